"""Servers that answer from a table, and a Chromium that sees them.

The same function answers a browser on sockets and `hairpin.browser` in memory, and keeps what it was asked.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from hypothesis import Phase

from hairpin.lab.authority import Authority
from hairpin.lab.browser import Chromium, chromium
from hairpin.lab.naming import DOH_PATH, View
from hairpin.wire.message import Headers, Request, Response

ADDRESS = "127.250.0.1"
RESOLVER = "127.250.0.53"
HOSTS = ("page.example", "pool.example", "sub.page.example", "machine.pool.local")

# What differs is told case by case, so nothing is won by looking for fewer.
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)

Answer = Callable[[Request], Response]


@dataclass
class Ground:
    """Every host on four ports of one address: https, https ``again``, https ``elsewhere``, and http.

    ``answers`` and ``asked`` are by path: what is answered there, and what was asked; ``looked_up`` is DNS.
    """

    https: int
    again: int
    elsewhere: int
    http: int
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)
    asked: dict[str, list[Request]] = field(default_factory=dict, repr=False)
    looked_up: list[Request] = field(default_factory=list, repr=False)

    def url(self, host: str, path: str = "/", *, port: str = "https") -> str:
        scheme = "http" if port == "http" else "https"
        return f"{scheme}://{host}:{getattr(self, port)}{path}"

    def answer(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        self.asked.setdefault(path, []).append(request)
        return self.answers.get(path, page)(request)


def page(request: Request) -> Response:
    """An empty page, for whatever has no answer of its own."""
    del request
    return response(200, body=b"<!doctype html><title>ground</title>", media_type="text/html")


def response(
    status: int, *lines: tuple[str, str], body: bytes = b"", media_type: str = "text/plain"
) -> Response:
    """A response with the two lines that are always there."""
    framing = (("Content-Type", media_type), ("Content-Length", str(len(body))))
    return Response(status, Headers.of((*lines, *framing)), body)


@asynccontextmanager
async def ground(*flags: str) -> AsyncIterator[tuple[Ground, Chromium]]:
    """The servers and a browser; the names of their ports, in braces, may stand in a flag."""
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        authority = Authority(directory)
        view = View(dict.fromkeys(HOSTS, ADDRESS), {})
        here = Ground(0, 0, 0, 0)
        tls = authority.server_context(HOSTS)
        here.https = await serve(stack, ADDRESS, tls, here.answer)
        here.again = await serve(stack, ADDRESS, tls, here.answer)
        here.elsewhere = await serve(stack, ADDRESS, tls, here.answer)
        here.http = await serve(stack, ADDRESS, None, here.answer)

        def look_up(request: Request) -> Response:
            here.looked_up.append(request)
            return view.over_https(request)

        names = await serve(stack, RESOLVER, authority.server_context([RESOLVER]), look_up)
        endpoint = f"https://{RESOLVER}:{names}{DOH_PATH}"
        filled = tuple(flag.format(**vars(here)) for flag in flags)
        opened = chromium(view, endpoint, authority.certificate, flags=filled)
        yield here, await stack.enter_async_context(opened)


async def serve(stack: AsyncExitStack, address: str, tls: ssl.SSLContext | None, answer: Answer) -> int:
    """Serve HTTP/1.1 on some port of an address; the port."""
    scheme = "http" if tls is None else "https"

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                _write(writer, answer(await _read(scheme, reader)))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, address, 0, ssl=tls)
    stack.callback(server.close)
    port = server.sockets[0].getsockname()[1]
    assert isinstance(port, int)
    return port


async def _read(scheme: str, reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *rest = head.split("\r\n")
    lines = [(name, value.strip()) for name, _, value in (line.partition(":") for line in rest if line)]
    headers = Headers.of(lines)
    method, target, _ = first.split(" ", 2)
    body = await reader.readexactly(int(headers.get("content-length") or 0))
    return Request(method, f"{scheme}://{headers.get('host')}{target}", headers, body)


def _write(writer: asyncio.StreamWriter, answer: Response) -> None:
    headers = answer.headers
    if "content-length" not in headers:
        headers = headers.plus("Content-Length", str(len(answer.body)))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    writer.write(f"HTTP/1.1 {answer.status} {answer.reason}\r\n{lines}\r\n".encode("latin-1") + answer.body)
