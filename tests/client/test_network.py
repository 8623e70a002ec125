"""The network under a sign-in, against the lab and against servers that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from hairpin.client.names import NotResolved, name_server, this_machine
from hairpin.client.network import Network
from hairpin.deployment.file import load
from hairpin.deployment.routing import NoRoute, route
from hairpin.lab.lab import Lab
from hairpin.wire.exchange import Failure, Reply
from hairpin.wire.message import Headers, Request
from hairpin.wire.origin import BadUrl

CASE = load()


def through(lab: Lab, view: str, patience: float = 10.0) -> Network:
    server = next(one for one in lab.describe().dns if one.view == view)
    lookup = name_server(server.address, server.port)
    return Network(lookup, trust=lab.certificate, known_as=lab.places.real, patience=patience)


URLS = (
    "https://lyncdiscover.nnylync.info{}/",
    "https://webdir.nnylync.info{}/",
    "https://webext-ny.nny.info{}/",
    "https://director.nny.local{}/",
    "https://lyncdiscoverinternal.nnylync.info{}/",
)


def test_every_url_ends_where_routing_says() -> None:
    async def main() -> None:
        async with Lab(CASE) as lab:
            ports = [80, 443, 4443, 8080, 8443]
            urls = [url.format(f":{port + lab.offset}") for url in URLS for port in ports]
            urls += [url.replace("https:", "http:") for url in urls]
            for view in ("inside", "outside"):
                async with through(lab, view) as network:
                    for url in urls:
                        reply = await network.send(Request("GET", url))
                        assert ended(reply) == foreseen(lab, view, url), f"{url} from {view}: {reply.note}"

    asyncio.run(main())


def ended(reply: Reply) -> tuple[Failure | None, str | None]:
    return reply.failure, reply.address


def foreseen(lab: Lab, view: str, url: str) -> tuple[Failure | None, str | None]:
    way = route(lab.deployment, view, url)
    return (way.failure, way.address) if isinstance(way, NoRoute) else (None, way.address)


def test_an_internal_address_cannot_be_reached_from_outside() -> None:
    async def main() -> Reply:
        leaked = replace(CASE, dns={"outside": {"director.nny.local": "10.10.0.10"}})
        async with Lab(leaked) as lab, through(lab, "outside") as network:
            return await network.send(Request("GET", f"https://director.nny.local:{443 + lab.offset}/"))

    assert asyncio.run(main()).failure is Failure.UNREACHABLE


def test_an_untrusted_authority_is_a_tls_failure() -> None:
    async def main() -> Reply:
        async with Lab(CASE) as lab:
            server = lab.describe().dns[0]
            async with Network(name_server(server.address, server.port)) as network:
                return await network.send(Request("GET", f"https://webdir.nnylync.info:{443 + lab.offset}/"))

    reply = asyncio.run(main())
    assert reply.failure is Failure.TLS
    assert "certificate" in reply.note


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Serve) -> AsyncIterator[str]:
    """A server on loopback that does what it is told; gives its URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server:
        yield f"http://{host}:{port}"


def exchanged(answer: Serve, request: Callable[[str], Request], patience: float = 5.0) -> Reply:
    async def main() -> Reply:
        async with serving(answer) as url, Network(patience=patience) as network:
            return await network.send(request(url))

    return asyncio.run(main())


def saying(raw: bytes, heard: list[bytes] | None = None) -> Serve:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head)
        writer.write(raw)
        await writer.drain()

    return answer


def get(url: str) -> Request:
    return Request("GET", url)


def test_header_lines_keep_case_order_and_number_both_ways() -> None:
    heard: list[bytes] = []
    raw = b"HTTP/1.1 401 No\r\nWWW-Authenticate: A\r\nx-MS-thing: 1\r\nWWW-Authenticate: B\r\nContent-Length: 0\r\n\r\n"
    lines = [
        ("Host", "other.example"),
        ("X-Ms-Origin", "https://app.example"),
        ("accept", "b"),
        ("Accept", "a"),
    ]
    reply = exchanged(
        saying(raw, heard), lambda url: Request("GET", f"{url}/A%2fb?q=%20#part", Headers.of(lines))
    )
    assert reply.response is not None
    assert reply.response.headers.lines == (
        ("WWW-Authenticate", "A"), ("x-MS-thing", "1"), ("WWW-Authenticate", "B"), ("Content-Length", "0"),
    )  # fmt: skip
    assert heard[0] == (
        b"GET /A%2fb?q=%20 HTTP/1.1\r\n"
        b"Host: other.example\r\nX-Ms-Origin: https://app.example\r\naccept: b\r\nAccept: a\r\n\r\n"
    )


def test_a_post_has_a_length_even_when_it_is_empty() -> None:
    heard: list[bytes] = []
    exchanged(saying(b"HTTP/1.1 204 No\r\n\r\n", heard), lambda url: Request("POST", url))
    assert b"POST / HTTP/1.1\r\nHost: 127.0.0.1:" in heard[0]
    assert b"\r\nContent-Length: 0\r\n" in heard[0]


@pytest.mark.parametrize(
    ("coding", "packed"), [("gzip", gzip.compress(b"{}")), ("deflate", zlib.compress(b"{}"))]
)
def test_bodies_are_decoded(coding: str, packed: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n"
    reply = exchanged(saying(head.encode() + packed), get)
    assert reply.response is not None
    assert reply.response.body == b"{}"


def test_redirects_are_handed_back() -> None:
    reply = exchanged(saying(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"), get)
    assert reply.response is not None
    assert reply.response.status == 302


CUT = [
    (b"", Failure.RESET),
    (b"nonsense\r\n\r\n", Failure.RESET),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", Failure.RESET),
    (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxxx", Failure.UNKNOWN),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n", Failure.RESET),
]


@pytest.mark.parametrize(("raw", "failure"), CUT, ids=["silent", "no http", "short", "no gzip", "long head"])
def test_answers_that_cannot_be_read_have_a_reason(raw: bytes, failure: Failure) -> None:
    reply = exchanged(saying(raw), get)
    assert reply.response is None
    assert reply.failure is failure
    assert reply.note


def test_a_server_that_never_answers_is_a_timeout() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    reply = exchanged(hang, get, patience=0.2)
    assert reply.failure is Failure.TIMEOUT
    assert (reply.seconds or 0) < 3


def test_a_body_without_end_is_cut_off() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        block = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            for _ in range(100):
                writer.write(block)
                await writer.drain()
        except ConnectionError:
            pass

    reply = exchanged(flood, get)
    assert reply.failure is not None
    assert "more than" in reply.note


def test_a_bomb_is_not_unpacked_to_its_end() -> None:
    packed = gzip.compress(b"x" * (200 * 1024 * 1024))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    reply = exchanged(saying(head.encode() + packed), get)
    assert reply.failure is not None
    assert "more than" in reply.note


def test_what_is_no_url_is_refused() -> None:
    async def main() -> None:
        async with Network() as network:
            with pytest.raises(BadUrl):
                await network.send(Request("GET", "/relative"))

    asyncio.run(main())


def test_a_name_server_that_is_not_there_resolves_nothing() -> None:
    async def main() -> Reply:
        async with Network(name_server("127.0.0.1", 1)) as network:
            return await network.send(Request("GET", "https://webdir.nnylync.info/"))

    reply = asyncio.run(main())
    assert reply.failure is Failure.NAME_NOT_RESOLVED
    assert reply.address is None


def test_this_machine_knows_localhost_and_nothing_invalid() -> None:
    assert "127.0.0.1" in asyncio.run(this_machine("localhost")) or "::1" in asyncio.run(
        this_machine("localhost")
    )
    with pytest.raises(NotResolved):
        asyncio.run(this_machine("a" * 70 + ".invalid"))
