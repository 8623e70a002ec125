// Pages that get it wrong. `known`: root (the discovery URL without its port), port, username, password.

const FORM = "application/x-www-form-urlencoded;charset='utf-8'";

function at(known, path) {
  return `${known.root}${known.port === 443 ? "" : `:${known.port}`}${path}`;
}

// One frame of a host, asked by messages.
async function frameOf(url) {
  const element = document.createElement("iframe");
  element.src = url;
  document.body.append(element);
  await new Promise(loaded => element.addEventListener("load", loaded, { once: true }));
  return request => new Promise(done => {
    const messageId = crypto.randomUUID();
    addEventListener("message", function listen(event) {
      const answer = JSON.parse(event.data);
      if (answer.messageId !== messageId) return;
      removeEventListener("message", listen);
      done(answer);
    });
    element.contentWindow.postMessage(JSON.stringify({ ...request, messageId }), "*");
  });
}

// As Microsoft's sample does: the frame moves to the home pool, the ticket of the first pool goes along.
async function oneTicketForAll(known) {
  const links = answer => JSON.parse(answer.responseText)._links;
  const get = (ask, url, headers = {}) => ask({ type: "get", url, headers: { Accept: "application/json", ...headers } });
  const first = await frameOf(at(known, "/xframe"));
  const root = links(await get(first, at(known, "/")));
  const director = await frameOf(root.xframe.href);
  const challenge = (await get(director, root.user.href)).headers;
  const ticket = JSON.parse((await director({
    type: "post",
    url: /MsRtcOAuth href="([^"]*)"/.exec(challenge)[1],
    headers: { Accept: "application/json", "Content-Type": FORM },
    data: `grant_type=password&username=${encodeURIComponent(known.username)}&password=${known.password}`,
  })).responseText).access_token;
  const Authorization = `Bearer ${ticket}`;
  const user = links(await get(director, root.user.href, { Authorization }));
  const home = await frameOf(user.xframe.href);
  const created = await home({
    type: "post",
    url: user.applications.href,
    headers: { Accept: "application/json", "Content-Type": "application/json", Authorization },
    data: JSON.stringify({ UserAgent: "one ticket for all", EndpointId: crypto.randomUUID(), Culture: "en-US" }),
  });
  return `${created.status}`;
}

// No frame at all.
async function asksDirectly(known) {
  const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
  try {
    return `${(await fetch(at(known, "/"), { headers })).status}`;
  } catch (error) {
    return `${error}`;
  }
}
