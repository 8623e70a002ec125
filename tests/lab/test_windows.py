"""Windows logins on real sockets: straight to a web site, and through the lab's own reverse proxy."""

import asyncio
import shutil
import ssl
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path

import httpcore2
import pytest

from hairpin.lab.http import Peer
from hairpin.lab.lab import Lab
from hairpin.lab.proxy import ReverseProxy
from tests.gateway.front import Answer
from tests.lab.running import machine, running
from tests.lab.windows import GRANT, TOKEN, Connection, connected, crowd, crowded, initiator, whose

HOST = "webdir.nnylync.info"
PORTS = {"Director.NNY.local": 4443, "reverse proxy": 443}
USERS = 40
INVITED = ["Negotiate", "NTLM"]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
by_both_ways = pytest.mark.parametrize("way", PORTS)
with_both = pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])


@pytest.fixture(scope="module")
def busy() -> Iterator[Lab]:
    with running(crowded(USERS)) as lab:
        yield lab


def connection(lab: Lab, way: str = "reverse proxy") -> AbstractAsyncContextManager[Connection]:
    return connected(machine(lab, way).loopback, PORTS[way] + lab.offset, HOST, trust(lab.certificate))


@cache
def trust(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority)


def curl(lab: Lab, way: str, credentials: str) -> Answer:
    """What ``curl --ntlm`` gets in the end."""
    port = PORTS[way] + lab.offset
    command = [
        "curl",
        "-sS",
        "--max-time",
        "20",
        "--cacert",
        str(lab.certificate),
        "--ntlm",
        "-u",
        credentials,
    ]
    command += ["--resolve", f"{HOST}:{port}:{machine(lab, way).loopback}", "--data", GRANT.decode()]
    command += ["-w", "\n%{http_code}", f"https://{HOST}:{port}{TOKEN}"]
    body, _, status = subprocess.run(command, capture_output=True, check=True).stdout.rpartition(b"\n")
    return Answer(int(status), [], body)


@needs_curl
@by_both_ways
@pytest.mark.parametrize("name", ["NNY\\user3", "nny\\USER3", "user3", "user3@nnylync.info"])
def test_curl_logs_in(busy: Lab, way: str, name: str) -> None:
    assert whose(curl(busy, way, f"{name}:pass@3")) == "user3@nnylync.info"


@needs_curl
@pytest.mark.parametrize(
    "credentials", ["NNY\\user3:pass@4", "NNY\\nobody:pass@3", "LA\\user3:pass@3", "NNY\\user3:"]
)
def test_curl_with_credentials_that_do_not_hold(busy: Lab, credentials: str) -> None:
    assert curl(busy, "reverse proxy", credentials).status == 401


@by_both_ways
@with_both
def test_a_login_is_its_connections_own(busy: Lab, way: str, scheme: str) -> None:
    async def story() -> None:
        async with connection(busy, way) as own, connection(busy, way) as other:
            invited = await own.ask()
            assert (invited.status, invited.all("WWW-Authenticate")) == (401, INVITED)
            assert whose(await own.log_in("NNY\\user1", "pass@1", scheme)) == "user1@nnylync.info"
            assert whose(await own.ask()) == "user1@nnylync.info", "the connection is logged in"
            assert (await other.ask()).status == 401, "and no other is"
            assert whose(await own.log_in("NNY\\user2", "pass@2", scheme)) == "user2@nnylync.info"
            assert whose(await own.ask()) == "user2@nnylync.info"
            refused = await own.log_in("NNY\\user1", "wrong", scheme)
            assert (refused.status, refused.all("WWW-Authenticate")) == (401, INVITED)
            assert (await own.ask()).status == 401

    asyncio.run(story())


def test_a_handshake_that_changes_its_connection_fails(busy: Lab) -> None:
    async def story() -> None:
        context = initiator("NNY\\user1", "pass@1", "NTLM")
        async with connection(busy) as one, connection(busy) as other:
            challenged = await one.ask(line(context.step() or b""))
            reply = (challenged.get("WWW-Authenticate") or "").removeprefix("NTLM ")
            moved = await other.ask(line(context.step(b64decode(reply)) or b""))
            assert (moved.status, moved.all("WWW-Authenticate")) == (401, INVITED)

    asyncio.run(story())


def line(message: bytes) -> str:
    return f"Authorization: NTLM {b64encode(message).decode()}"


def test_many_at_once_and_never_anothers_ticket(busy: Lab) -> None:
    count = asyncio.run(crowd(lambda: connection(busy), USERS, 800))
    assert (count.leaks, count.broken) == ([], [])
    assert count.logins >= USERS
    blob = b64encode(b"NTLMSSP").decode()[:9]
    assert blob not in repr(busy.exchanges), "what is kept is redacted"


def test_a_proxy_that_shares_its_connections_gives_logins_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above would see if this lab's proxy were such a one."""
    shared: list[httpcore2.AsyncConnectionPool] = []

    async def any_connection(proxy: ReverseProxy, peer: Peer) -> httpcore2.AsyncConnectionPool:
        if not shared:
            pool = httpcore2.AsyncConnectionPool(ssl_context=proxy._trust, max_connections=1)
            shared.append(await peer.closing.enter_async_context(pool))
        return shared[0]

    monkeypatch.setattr(ReverseProxy, "_upstream", any_connection)

    async def story(lab: Lab) -> None:
        async with connection(lab) as one, connection(lab) as stranger:
            await one.log_in("NNY\\user1", "pass@1")
            assert whose(await stranger.ask()) == "user1@nnylync.info"

    with running(crowded(2)) as lab:
        asyncio.run(story(lab))
