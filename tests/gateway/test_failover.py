"""Two gateways behind HAProxy share nothing: one is killed under load, and clients sign in again without help."""

import asyncio
import contextlib
import json
import shutil
import sys
from urllib.parse import urljoin, urlsplit

import pytest

from hairpin.deployment.file import load
from hairpin.gateway.config import from_deployment
from hairpin.lab.lab import Lab
from tests.gateway.front import read_answer, request
from tests.gateway.test_lab import free_port

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")

CLIENTS, SECONDS = 12, 6.0
JSON = "Accept: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded;charset='utf-8'"
WISH = b'{"UserAgent": "test", "EndpointId": "%d", "Culture": "en-US"}'

GATEWAY = """
from hairpin.gateway.config import Config, Listen, Site
from hairpin.gateway.serve import run

async def ready(gateway):
    print("ready", flush=True)

run(Config({sites!r}, ({public!r},), (Listen("127.0.0.1", {port}),)), ready=ready)
"""
BALANCER = """
defaults
  mode http
  timeout connect 1s
  timeout client 20s
  timeout server 20s
  option redispatch
  retries 2
frontend all
  bind 127.0.0.1:{port}
  default_backend gateways
backend gateways
  balance roundrobin
  option httpchk GET /readyz
  server one 127.0.0.1:{one} check inter 200ms fall 1 rise 1
  server two 127.0.0.1:{two} check inter 200ms fall 1 rise 1
"""


class Trouble(Exception):
    """An exchange that a client may hope to go better next time."""


@contextlib.asynccontextmanager
async def program(*command, ready=b""):
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        if ready:
            assert process.stdout is not None
            assert await asyncio.wait_for(process.stdout.readline(), 20) == ready
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ask(base, url, *lines, method="GET", body=b""):
    url = urljoin(base, url)
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        try:
            writer.write(request(parts.path, f"Host: {parts.netloc}", *lines, method=method, body=body))
            got = await asyncio.wait_for(read_answer(reader, method), 10)
        finally:
            writer.close()
    except (OSError, EOFError, asyncio.IncompleteReadError) as broken:
        raise Trouble(str(broken)) from None
    if got.status in {502, 503, 504}:
        raise Trouble(str(got.status))
    return got, url


async def sign_in(base, user, number):
    """The whole sign-in, every request on a connection of its own; the application's URL and its ticket."""
    root, at = await ask(base, "/", JSON)
    links = json.loads(root.body)["_links"]
    asked, at = await ask(at, links["user"]["href"], JSON)
    assert asked.status == 401
    challenge = next(value for value in asked.all("WWW-Authenticate") if "MsRtcOAuth" in value)
    form = f"grant_type=password&username={user.address}&password={user.password}".encode()
    told, _ = await ask(at, challenge.split('"')[1], JSON, FORM, method="POST", body=form)
    assert told.status == 200, told.body
    bearer = f"Authorization: Bearer {json.loads(told.body)['access_token']}"
    mine, at = await ask(at, links["user"]["href"], JSON, bearer)
    assert mine.status == 200, mine.body
    applications = json.loads(mine.body)["_links"]["applications"]["href"]
    made, at = await ask(
        at, applications, JSON, bearer, "Content-Type: application/json", method="POST", body=WISH % number
    )
    assert made.status == 201, made.body
    return urljoin(at, json.loads(made.body)["_links"]["self"]["href"]), bearer


async def client(base, user, number, end, counts):
    """Signs in, asks for its application a few times, and begins again, also after trouble."""
    loop = asyncio.get_running_loop()
    while loop.time() < end:
        try:
            application, bearer = await sign_in(base, user, number)
            for _ in range(3):
                got, _ = await ask(base, application, JSON, bearer)
                assert got.status == 200, got.body
            counts["signed in"].append(loop.time())
        except Trouble:
            counts["troubles"].append(loop.time())
            await asyncio.sleep(0.05)


def test_a_gateway_is_killed_under_load(tmp_path):
    async def main():
        ports = {"port": free_port(), "one": free_port(), "two": free_port()}
        base = f"http://localhost:{ports['port']}/"
        (tmp_path / "haproxy.cfg").write_text(BALANCER.format(**ports))
        async with Lab(load("nnylync")) as lab:
            sites = from_deployment(lab.deployment, ca=str(lab.certificate), reach=lab.places.of)
            programs = [GATEWAY.format(sites=sites, public=base, port=ports[name]) for name in ("one", "two")]
            async with (
                program(sys.executable, "-c", programs[0], ready=b"ready\n") as one,
                program(sys.executable, "-c", programs[1], ready=b"ready\n"),
                program("haproxy", "-q", "-db", "-f", str(tmp_path / "haproxy.cfg")),
            ):
                await asyncio.sleep(1)
                user = next(one for one in lab.deployment.users if one.enabled)
                loop = asyncio.get_running_loop()
                counts: dict[str, list[float]] = {"signed in": [], "troubles": []}
                killed = loop.time() + SECONDS / 2
                clients = [
                    asyncio.create_task(client(base, user, number, killed + SECONDS / 2, counts))
                    for number in range(CLIENTS)
                ]
                await asyncio.sleep(SECONDS / 2)
                assert counts["troubles"] == []
                one.kill()
                killed = loop.time()
                await asyncio.gather(*clients)
        before = [time for time in counts["signed in"] if time < killed]
        after = [time for time in counts["signed in"] if time > killed + 1]
        assert len(before) >= CLIENTS
        assert len(after) >= CLIENTS
        # Only what the dead gateway had in its hands goes wrong, at the most once for every client.
        assert len(counts["troubles"]) <= CLIENTS
        assert all(time < killed + 1 for time in counts["troubles"])

    asyncio.run(main())
