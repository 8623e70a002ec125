"""In front of the lab: a user at home on another pool signs in through one origin, the way a browser would."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from urllib.parse import urljoin, urlsplit

import pytest

from hairpin.deployment.file import load
from hairpin.gateway.config import Config, Listen, from_deployment
from hairpin.gateway.keyring import own_ticket
from hairpin.gateway.serve import Gateway
from hairpin.lab import browser
from hairpin.lab.lab import Lab
from tests.gateway.front import Front, read_answer, request

APP = "https://app.nnylync.info"
JSON = "Accept: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded;charset='utf-8'"


def original_case():
    return load("nnylync")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def lab_behind_gateway(path="", **more):
    async with Lab(original_case()) as lab:
        port = free_port()
        sites = from_deployment(
            lab.deployment, ca=str(lab.certificate), reach=lab.places.of, vouch=more.pop("vouch", False)
        )
        config = Config(
            sites=sites,
            public=(f"http://localhost:{port}{path}",),
            listen=(Listen("127.0.0.1", port),),
            origins=more.pop("origins", (APP,)),
        )
        async with Gateway(config) as gateway:
            yield lab, Front(gateway)


async def ask(front, base, url, *lines, method="GET", body=b""):
    """One request to an absolute or relative URL; it must be at the gateway."""
    url = urljoin(base, url)
    parts = urlsplit(url)
    assert parts.netloc == f"localhost:{front.port}", url
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    reader, writer = await front.open()
    try:
        writer.write(request(target, f"Host: {parts.netloc}", *lines, method=method, body=body))
        got = await read_answer(reader, method)
    finally:
        writer.close()
    shown = (b"".join([f"{name}: {value}\n".encode() for name, value in got.lines]) + got.body).lower()
    for hidden in (b"nny.local", b"webdir.", b"webext-ny.", b"//lyncdiscover.nnylync.info"):
        assert hidden not in shown
    return got, url


def href(got, rel):
    return json.loads(got.body)["_links"][rel]["href"]


async def ticket(front, url, user):
    got, url = await ask(front, url, url, JSON)
    assert got.status == 401
    challenge = next(value for value in got.all("WWW-Authenticate") if "MsRtcOAuth" in value)
    token_url = challenge.partition('href="')[2].partition('"')[0]
    body = f"grant_type=password&username={user.address}&password={user.password}".encode()
    got, _ = await ask(front, url, token_url, JSON, FORM, method="POST", body=body)
    assert got.status == 200, got.body
    return f"Authorization: Bearer {json.loads(got.body)['access_token']}"


def directors_own(bearer):
    """The director's ticket out of the ring of tickets that the gateway hands out."""
    name, value = bearer.split(": ")
    (line,) = own_ticket([(name.encode(), value.encode())], "director")
    return b": ".join(line).decode()


@pytest.mark.parametrize("asks_again", [True, False], ids=["a ticket a pool", "one ticket"])
@pytest.mark.parametrize("path", ["", "/lync"])
def test_a_user_signs_in_through_one_origin(path, asks_again):
    async def main():
        async with lab_behind_gateway(path) as (lab, front):
            user = next(one for one in lab.deployment.users if one.enabled)
            root, at = await ask(front, f"http://localhost:{front.port}{path}/", "", JSON)
            assert root.status == 200
            bearer = await ticket(front, urljoin(at, href(root, "user")), user)
            mine, at = await ask(front, at, href(root, "user"), JSON, bearer)
            applications = urljoin(at, href(mine, "applications"))
            assert applications.startswith(f"http://localhost:{front.port}{path}/ny/ucwa/")
            post = (JSON, "Content-Type: application/json")
            wrong, _ = await ask(
                front, at, applications, *post, directors_own(bearer), method="POST", body=b"{}"
            )
            assert wrong.status == 500
            assert front.count("findings", "ny", "ticket-from-other-pool") == 1
            if asks_again:
                bearer = await ticket(front, applications, user)
            wish = json.dumps({"UserAgent": "test", "EndpointId": "e1", "Culture": "en-US"}).encode()
            made, at = await ask(
                front,
                at,
                applications,
                JSON,
                bearer,
                "Content-Type: application/json",
                method="POST",
                body=wish,
            )
            assert made.status == 201
            assert href(made, "self").startswith(f"{path}/ny/ucwa/")
            assert f"path={path}/ny/ucwa/" in made.get("Set-Cookie")
            gone, _ = await ask(front, at, href(made, "self"), JSON, bearer, method="DELETE")
            assert gone.status == 204

    asyncio.run(main())


PAGE = """<!doctype html><title>app</title><script>
const base = new URLSearchParams(location.search).get("gateway");
let frame, waiting = {};
addEventListener("message", e => { const m = JSON.parse(e.data); if (waiting[m.messageId]) waiting[m.messageId](m); });
const load = url => new Promise(done => {
  if (frame) frame.remove();
  frame = document.createElement("iframe"); frame.onload = done; frame.src = url; document.body.append(frame);
});
const ask = (type, url, headers = {}, data = "") => new Promise(done => {
  const messageId = crypto.randomUUID(); waiting[messageId] = done;
  frame.contentWindow.postMessage(JSON.stringify({type, url, headers, data, messageId}), "*");
});
const json = {Accept: "application/json"};
const link = (answer, rel) => JSON.parse(answer.responseText)._links[rel].href;
async function ticket(url, user, password) {
  const refused = await ask("get", url, json);
  const href = /MsRtcOAuth href="([^"]*)"/.exec(refused.headers)[1];
  const form = new URLSearchParams({grant_type: "password", username: user, password}).toString();
  const kind = {"Content-Type": "application/x-www-form-urlencoded;charset='utf-8'"};
  const got = await ask("post", href, {...json, ...kind}, form);
  return {...json, Authorization: "Bearer " + JSON.parse(got.responseText).access_token};
}
async function signIn(user, password) {
  await load(base + "/xframe");
  const root = await ask("get", base + "/", json);
  await load(link(root, "xframe"));
  let mine = await ask("get", link(root, "user"), await ticket(link(root, "user"), user, password));
  await load(link(mine, "xframe"));
  const applications = link(mine, "applications"), own = await ticket(applications, user, password);
  const wish = JSON.stringify({UserAgent: "page", EndpointId: "e", Culture: "en-US"});
  const made = await ask("post", applications, {...own, "Content-Type": "application/json"}, wish);
  return made.status;
}
</script><body>"""


@pytest.mark.skipif(browser.missing() is not None, reason=str(browser.missing()))
@pytest.mark.parametrize("vouch", [True, False])
def test_an_ordinary_browser_signs_in_though_no_name_exists(vouch):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\nConnection: close\r\n\r\n"
        writer.write((head + PAGE).encode())
        await writer.drain()
        writer.close()

    async def main():
        from playwright.async_api import async_playwright

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        page_origin = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        async with server, lab_behind_gateway(origins=(page_origin,), vouch=vouch) as (lab, front):
            user = next(one for one in lab.deployment.users if one.enabled)
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(
                    executable_path=f"/usr/bin/{browser.PROGRAM}",
                    chromium_sandbox=False,
                    args=["--no-first-run", "--disable-background-networking", "--disable-component-update"],
                )
                page = await chromium.new_page()
                await page.goto(f"{page_origin}/?gateway=http://localhost:{front.port}")
                signing_in = page.evaluate(
                    "([user, password]) => signIn(user, password)", [user.address, user.password]
                )
                if vouch:
                    assert await asyncio.wait_for(signing_in, 30) == 201
                else:
                    with pytest.raises(Exception, match=r"null|undefined|JSON|Cannot read"):
                        await asyncio.wait_for(signing_in, 30)
                    assert (
                        front.count("findings", "lyncdiscover.nnylync.info", "origin-not-allowed-28070") > 0
                    )
                await chromium.close()

    asyncio.run(main())
