// Signs in the way a page on an origin of its own has to: every request goes through a frame loaded from the host that
// is asked, by messages. A new host means a new frame, and a new pool means a new ticket.

const FRAME_LOADS_WITHIN = 10_000;
const FRAME_ANSWERS_WITHIN = 4_000;
const REQUEST_TAKES_AT_MOST = 20_000;
const MOST_REDIRECTS = 10;

const outcome = document.getElementById("outcome");
const steps = document.getElementById("steps");

class Stopped extends Error {}

// One frame, and the requests it makes for this page.
class Frame {
  #element = document.createElement("iframe");
  #waiting = new Map();

  constructor(url) {
    this.url = url;
    this.origin = new URL(url).origin;
    addEventListener("message", (event) => this.#reply(event));
  }

  async open() {
    const loaded = new Promise((done) => this.#element.addEventListener("load", done, { once: true }));
    this.#element.src = this.url;
    document.body.append(this.#element);
    await Promise.race([loaded, after(FRAME_LOADS_WITHIN)]);
    // A frame that shows an error page loads as well; only one that answers is the pool's.
    const self = await this.ask({ type: "get", url: this.url, headers: { Accept: "text/html" } }, FRAME_ANSWERS_WITHIN);
    return self.status === 200;
  }

  ask(request, patience = REQUEST_TAKES_AT_MOST) {
    const messageId = crypto.randomUUID();
    const answer = new Promise((done) => this.#waiting.set(messageId, done));
    this.#element.contentWindow.postMessage(JSON.stringify({ ...request, messageId }), this.origin);
    return Promise.race([answer, after(patience, { status: 408, headers: "", responseText: "" })])
      .finally(() => this.#waiting.delete(messageId));
  }

  close() {
    this.#element.remove();
  }

  #reply(event) {
    if (event.source !== this.#element.contentWindow || event.origin !== this.origin) return;
    let answer;
    try { answer = JSON.parse(event.data); } catch { return; }
    this.#waiting.get(answer?.messageId)?.(answer);
  }
}

class SignIn {
  #frame;
  #redirects = 0;

  constructor(domain, deployment, username, password) {
    Object.assign(this, { domain, username, password });
    const suffix = deployment.httpsPort === 443 ? "" : `:${deployment.httpsPort}`;
    const names = ["lyncdiscoverinternal", "lyncdiscover"].map((label) => `https://${label}.${domain}${suffix}/`);
    this.roots = deployment.roots.length ? deployment.roots : names;
  }

  async run() {
    const user = await this.#discover();
    const challenge = await this.#get(user);
    if (challenge.status !== 401) throw new Stopped(`${user} answered ${challenge.status}`);
    const ticket = await this.#ticket(challenge);
    const known = linksOf(await this.#get(user, ticket));
    if (known.redirect) throw new Stopped(`redirected to ${known.redirect}`);
    if (!known.applications) throw new Stopped("the user resource has no applications link");
    await this.#moveTo(known.xframe);
    const isElsewhere = new URL(known.applications).origin !== new URL(user).origin;
    const own = isElsewhere ? await this.#ticket(await this.#get(known.applications)) : ticket;
    return this.#create(known.applications, own);
  }

  async #discover() {
    for (const root of this.roots) {
      let url = root;
      if (!await this.#moveTo(new URL("xframe", url).href, true)) continue;
      for (;;) {
        const answer = await this.#get(url);
        const known = answer.status === 200 ? linksOf(answer) : {};
        if (known.user) {
          await this.#moveTo(known.xframe);
          return known.user;
        }
        if (!known.redirect || ++this.#redirects > MOST_REDIRECTS) break;
        url = known.redirect;
        await this.#moveTo(new URL("/Autodiscover/XFrame/XFrame.html", url).href);
      }
    }
    throw new Stopped("no discovery name leads to a server");
  }

  async #ticket(challenge) {
    const href = challengeOf(challenge);
    if (!href) throw new Stopped(`the ${challenge.status} carries no challenge`);
    const form = new URLSearchParams({ grant_type: "password", username: this.username, password: this.password });
    const answer = await this.#ask({
      type: "post",
      url: href,
      headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded;charset='utf-8'" },
      data: form.toString(),
    });
    const ticket = answer.status === 200 && jsonOf(answer).access_token;
    if (!ticket) throw new Stopped(`no ticket from ${href}: ${answer.status} ${reasonOf(answer)}`);
    return ticket;
  }

  async #create(url, ticket) {
    const answer = await this.#ask({
      type: "post",
      url,
      headers: { Accept: "application/json", Authorization: `Bearer ${ticket}`, "Content-Type": "application/json" },
      data: JSON.stringify({ UserAgent: "Sample UCWA application", EndpointId: crypto.randomUUID(), Culture: "en-US" }),
    });
    if (answer.status !== 201) throw new Stopped(`no application at ${url}: ${answer.status} ${reasonOf(answer)}`);
    return jsonOf(answer);
  }

  #get(url, ticket) {
    const headers = { Accept: "application/json" };
    if (ticket) headers.Authorization = `Bearer ${ticket}`;
    return this.#ask({ type: "get", url, headers });
  }

  async #ask(request) {
    const answer = await this.#frame.ask(request);
    tell(`${request.type.toUpperCase()} ${request.url}: ${answer.status || "no answer"}`);
    return answer;
  }

  async #moveTo(url, maybe = false) {
    if (!url || url === this.#frame?.url) return true;
    const next = new Frame(url);
    const answers = await next.open();
    tell(`frame ${url}: ${answers ? "answers" : "does not answer"}`);
    if (!answers) {
      next.close();
      if (maybe) return false;
      throw new Stopped(`the frame ${url} does not answer`);
    }
    this.#frame?.close();
    this.#frame = next;
    return true;
  }
}

function after(milliseconds, value) {
  return new Promise((done) => setTimeout(done, milliseconds, value));
}

function headerOf(answer, name) {
  const start = `${name.toLowerCase()}:`;
  const line = answer.headers.split("\r\n").find((one) => one.toLowerCase().startsWith(start));
  return line ? line.slice(start.length).trim() : "";
}

function challengeOf(answer) {
  return /MsRtcOAuth\s[^]*?\bhref="?([^",\s]+)/i.exec(headerOf(answer, "WWW-Authenticate"))?.[1];
}

function reasonOf(answer) {
  return headerOf(answer, "X-Ms-diagnostics") || answer.statusText || "";
}

function jsonOf(answer) {
  try { return JSON.parse(answer.responseText); } catch { return {}; }
}

function linksOf(answer) {
  const links = jsonOf(answer)._links ?? {};
  return Object.fromEntries(Object.entries(links).map(([rel, link]) => [rel, link.href]));
}

function tell(text) {
  const item = document.createElement("li");
  item.textContent = text;
  steps.append(item);
}

function show(state, text) {
  outcome.dataset.outcome = state;
  outcome.textContent = text;
}

const form = document.getElementById("sign-in");
const deployment = await (await fetch("deployment.json")).json();
form.domain.append(...deployment.sipDomains.map((domain) => new Option(domain)));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  steps.replaceChildren();
  document.querySelectorAll("iframe").forEach((frame) => frame.remove());
  show("running", "signing in");
  try {
    const application = await new SignIn(
      form.domain.value, deployment, form.username.value, form.password.value,
    ).run();
    show("signed-in", `signed-in as ${application._embedded?.me?.name ?? form.username.value}`);
  } catch (error) {
    show("failed", `failed: ${error.message}`);
    if (!(error instanceof Stopped)) throw error;
  }
});
document.body.dataset.ready = "true";
