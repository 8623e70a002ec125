"""What a gateway for these web sites must do, one check a line; each is true or false of a running proxy.

A check asks the proxy raw requests and looks at what arrives on either side. The upstream answers by path.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import brotli  # type: ignore[import-untyped]
import zstandard

from bench.peers import EXTERNAL, INTERNAL, Setup
from tests.gateway.front import Answer, read_answer, request
from tests.gateway.ntlm import NOBODY, LoginSite, log_in
from tests.gateway.upstream import Asked, answer

LINKED = f'{{"a":"https://{EXTERNAL}/ucwa/a","b":"https://{INTERNAL}/ucwa/b"}}'.encode()
SLASHED = LINKED.replace(b"/", b"\\/")
POINTED = LINKED.replace(b"/", b"\\u002f")
XML = f'<resource href="https://{INTERNAL}/ucwa/v1"/>'.encode()
HTML = f'<script>var home = "https://{INTERNAL}/Autodiscover/XFrame/XFrame.html";</script>'.encode()
RELATIVE = b'{"self":{"href":"/ucwa/oauth/v1/applications/1"}}'
BATCH = (
    b"--b\r\nContent-Type: application/http; msgtype=response\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    + LINKED
    + b"\r\n--b--"
)
USERS = ["user0", "user1", "user2", "user3"]

_CODERS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (gzip.compress, gzip.decompress),
    "deflate": (zlib.compress, zlib.decompress),
    "br": (brotli.compress, brotli.decompress),
    "zstd": (zstandard.compress, lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
}
_BODIES = {
    "/json": (LINKED, "application/json"),
    "/slashed": (SLASHED, "application/json"),
    "/pointed": (POINTED, "application/json"),
    "/xml": (XML, "application/xml"),
    "/html": (HTML, "text/html"),
    "/relative": (RELATIVE, "application/json"),
    "/batch": (BATCH, "multipart/batching; boundary=b"),
}
_HEADS = (
    f"Location: https://{INTERNAL}/a",
    f"Content-Location: https://{INTERNAL}/b",
    f'Link: <https://{INTERNAL}/c>; rel="next"',
    f"Refresh: 5;url=https://{INTERNAL}/d",
    f"X-MS-WebTicketURL: https://{INTERNAL}/e",
    f"Access-Control-Allow-Origin: https://{EXTERNAL}",
    f"Set-Cookie: a=b; Domain={EXTERNAL}; Path=/ucwa; HttpOnly",
)


@dataclass
class Site:
    """The upstream: answers by path, remembers what it was asked, logs connections in by NTLM."""

    login: LoginSite = field(default_factory=LoginSite)
    asked: list[Asked] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        path = asked.target.partition("?")[0]
        coding = path.removeprefix("/")
        if path in {"/who", "/open"}:
            await self.login(asked, writer)
        elif path == "/challenge":
            lines = (
                'WWW-Authenticate: Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"',
                f'WWW-Authenticate: MsRtcOAuth href="https://{INTERNAL}/WebTicket/oauthtoken",grant_type="a,b"',
            )
            writer.write(answer(b"<html>", "401 Unauthorized", *lines, kind="text/html"))
        elif path == "/heads":
            writer.write(answer(b"{}", "201 Created", *_HEADS))
        elif coding in _CODERS:
            writer.write(answer(_CODERS[coding][0](LINKED), "200 OK", f"Content-Encoding: {coding}"))
        elif path == "/bomb":
            bomb = gzip.compress(bytes(200_000_000), 9)
            writer.write(answer(bomb, "200 OK", "Content-Encoding: gzip"))
        elif path in {"/cut", "/stream"}:
            await self._chunks(path, writer)
        else:
            body, kind = _BODIES.get(path, (b"{}", "application/json"))
            writer.write(answer(body, kind=kind))

    async def _chunks(self, path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        step = 7 if path == "/cut" else len(LINKED)
        for at in range(0, len(LINKED), step):
            piece = LINKED[at : at + step]
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await asyncio.sleep(0.01)
        if path == "/stream":
            await self.going.wait()
        writer.write(b"0\r\n\r\n")


@dataclass
class Probe:
    """One proxy under test."""

    setup: Setup
    site: Site
    trust: ssl.SSLContext

    @property
    def host(self) -> str:
        return f"localhost:{self.setup.port}"

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            "127.0.0.1", self.setup.port, ssl=self.trust, server_hostname="localhost"
        )

    async def ask(self, path: str, *lines: str, method: str = "GET", body: bytes = b"") -> Answer:
        reader, writer = await self.open()
        try:
            host = () if any(line.startswith("Host:") for line in lines) else (f"Host: {self.host}",)
            writer.write(request(path, *host, *lines, method=method, body=body))
            return await read_answer(reader, method)
        finally:
            writer.close()

    async def raw(self, data: bytes) -> bytes:
        reader, writer = await self.open()
        out = b""
        try:
            writer.write(data)
            async with asyncio.timeout(2):
                while piece := await reader.read(65536):
                    out += piece
        except (TimeoutError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()
        return out

    def seen(self, text: bytes) -> bytes:
        """A body as it should reach the client: every name replaced, in the spelling it had."""
        for name in (EXTERNAL, INTERNAL):
            for slash in (b"/", b"\\/", b"\\u002f"):
                found = f"https://{name}".encode().replace(b"/", slash)
                text = text.replace(found, self.setup.base.encode().replace(b"/", slash))
        return text


Check = Callable[[Probe], Awaitable[bool]]


async def challenge(probe: Probe) -> bool:
    got = await probe.ask("/director/challenge")
    return got.all("WWW-Authenticate") == [
        'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"',
        f'MsRtcOAuth href="{probe.setup.base}/WebTicket/oauthtoken",grant_type="a,b"',
    ]


def head(name: str, wanted: Callable[[Probe], str]) -> Check:
    async def check(probe: Probe) -> bool:
        return (await probe.ask("/director/heads")).get(name) == wanted(probe)

    return check


async def cookie(probe: Probe) -> bool:
    value = ((await probe.ask("/director/heads")).get("Set-Cookie") or "").lower()
    return EXTERNAL not in value and "path=/director/ucwa" in value and "httponly" in value


def body(path: str) -> Check:
    async def check(probe: Probe) -> bool:
        return (await probe.ask(f"/director{path}")).body == probe.seen(_BODIES[path][0])

    return check


async def relative(probe: Probe) -> bool:
    got = await probe.ask("/director/relative")
    return got.body == RELATIVE.replace(b'"/ucwa/', b'"/director/ucwa/')


def coded(coding: str) -> Check:
    async def check(probe: Probe) -> bool:
        got = await probe.ask(f"/director/{coding}", f"Accept-Encoding: {coding}")
        plain = got.body if got.get("Content-Encoding") is None else _CODERS[coding][1](got.body)
        return plain == probe.seen(LINKED)

    return check


async def cut(probe: Probe) -> bool:
    return (await probe.ask("/director/cut")).body == probe.seen(LINKED)


async def streams(probe: Probe) -> bool:
    probe.site.going.clear()
    reader, writer = await probe.open()
    writer.write(request("/director/stream", f"Host: {probe.host}"))
    got = b""
    try:
        async with asyncio.timeout(3):
            while LINKED[-8:] not in got:
                got += await reader.read(65536) or b""
        return True
    except TimeoutError:
        return False
    finally:
        probe.site.going.set()
        writer.close()


async def hidden(probe: Probe) -> bool:
    for path in ("/challenge", "/heads", "/json", "/xml", "/html", "/batch"):
        got = await probe.ask(f"/director{path}")
        shown = "".join(f"{name}: {value}\n" for name, value in got.lines).encode() + got.body
        if INTERNAL.encode() in shown.lower():
            return False
    return True


async def upward(probe: Probe) -> bool:
    await probe.ask(
        "/director/ucwa/up",
        f"Referer: {probe.setup.base}/xframe",
        f"Origin: {probe.setup.public}",
        "Content-Type: application/json",
        method="POST",
        body=f'{{"href":"{probe.setup.base}/ucwa/a"}}'.encode(),
    )
    asked = probe.site.asked[-1]
    return (
        asked.get("host") == EXTERNAL
        and asked.get("referer") == f"https://{EXTERNAL}/xframe"
        and asked.get("origin") == f"https://{EXTERNAL}"
        and asked.body == f'{{"href":"https://{EXTERNAL}/ucwa/a"}}'.encode()
    )


async def preflight(probe: Probe) -> bool:
    got = await probe.ask(
        "/director/WebTicket/oauthtoken",
        "Origin: https://app.nnylync.info",
        "Access-Control-Request-Method: POST",
        method="OPTIONS",
    )
    return got.status in {200, 204} and got.get("Access-Control-Allow-Origin") == "https://app.nnylync.info"


async def stranger(probe: Probe) -> bool:
    return (await probe.ask("/director/json", "Origin: https://elsewhere.example")).status == 403


async def logins(probe: Probe) -> bool:
    """Eight times: one logs in and stays, another asks on a connection of its own."""
    for number in range(8):
        reader, writer = await probe.open()
        asking = f"Host: {probe.host}"
        got = await log_in(reader, writer, USERS[number % len(USERS)], "/director/who", host=probe.host)
        if got.status != 200:
            writer.close()
            return False
        for path in ("/director/open", "/director/who"):
            other = await probe.ask(path, asking)
            if other.body not in {NOBODY.encode(), b""}:
                writer.close()
                return False
        writer.close()
    return True


def refused(data: str) -> Check:
    async def check(probe: Probe) -> bool:
        before = len(probe.site.asked)
        got = await probe.raw(data.replace("HOST", f"Host: {probe.host}").encode("latin-1"))
        return (
            got.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 5")) and len(probe.site.asked) == before
        )

    return check


async def no_open_proxy(probe: Probe) -> bool:
    before = len(probe.site.asked)
    got = await probe.ask("/director/json", "Host: elsewhere.example")
    return got.status >= 400 and len(probe.site.asked) == before


async def bomb(probe: Probe) -> bool:
    """Refused, or broken off, before 20 MB of the 200 have been unfolded or sent on."""
    try:
        got = await probe.ask("/director/bomb", "Accept-Encoding: gzip")
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        return True
    return got.status >= 500


async def metrics(probe: Probe) -> bool:
    healthy = (await probe.ask("/healthz")).status == 200
    return healthy and b"# TYPE " in (await probe.ask("/metrics")).body


SMUGGLED = "GET /director/json HTTP/1.1\r\nHOST\r\n\r\n"
LINES: dict[str, Check] = {
    "both challenge lines, the second rewritten": challenge,
    "`Location`": head("Location", lambda probe: f"{probe.setup.base}/a"),
    "`Content-Location`": head("Content-Location", lambda probe: f"{probe.setup.base}/b"),
    "`Link`": head("Link", lambda probe: f'<{probe.setup.base}/c>; rel="next"'),
    "`Refresh`": head("Refresh", lambda probe: f"5;url={probe.setup.base}/d"),
    "`X-MS-WebTicketURL`": head("X-MS-WebTicketURL", lambda probe: f"{probe.setup.base}/e"),
    "`Access-Control-Allow-Origin`": head("Access-Control-Allow-Origin", lambda probe: probe.setup.public),
    "`Set-Cookie` domain and path": cookie,
    "JSON": body("/json"),
    "JSON with `\\/`": body("/slashed"),
    "JSON with `\\u002f`": body("/pointed"),
    "XML": body("/xml"),
    "HTML and script": body("/html"),
    "multipart batch": body("/batch"),
    "host-relative links": relative,
    "gzip": coded("gzip"),
    "deflate": coded("deflate"),
    "br": coded("br"),
    "zstd": coded("zstd"),
    "a name cut over many chunks": cut,
    "a streamed body is not held back": streams,
    "the internal name never leaves": hidden,
    "`Referer`, `Origin`, `Host` and body on the way up": upward,
    "a preflight is answered": preflight,
    "an origin that is not listed gets 403": stranger,
    "NTLM logins stay with their owner (8 of 8)": logins,
    "length and transfer coding together are refused": refused(
        "POST /director/json HTTP/1.1\r\nHOST\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + SMUGGLED
    ),
    "two lengths are refused": refused(
        "POST /director/json HTTP/1.1\r\nHOST\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" + SMUGGLED
    ),
    "a bare LF in the head is refused": refused("GET /director/json HTTP/1.1\r\nHOST\r\nX: a\nY: b\r\n\r\n"),
    "a folded line is refused": refused("GET /director/json HTTP/1.1\r\nHOST\r\nX: a\r\n b\r\n\r\n"),
    "a bad chunk size is refused": refused(
        "POST /director/json HTTP/1.1\r\nHOST\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"
    ),
    "another Host is refused": no_open_proxy,
    "a decompression bomb is refused": bomb,
    "health and metrics": metrics,
}
