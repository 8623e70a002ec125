"""HTTP/1.1 on a listener: bytes to `Request`, `Response` to bytes, header lines as they were written.

h11 frames the messages. ASGI servers fold header names to lower case on the way in and some on the way out,
and clients of this protocol match ``WWW-Authenticate`` by case; a lab must show what is really on the wire.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from hairpin.server import Login
from hairpin.wire.message import Headers, Request, Response

LARGEST_BODY = 4 * 1024 * 1024
_LARGEST_HEAD = 64 * 1024
_IDLE = 120.0  # seconds until a silent client is let go
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose body is passed on as it arrives."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[bytes]
    reason: str = ""


@dataclass(eq=False, slots=True)
class Peer:
    """One client connection: where it arrived, whose it is, and what has to be closed when it ends."""

    address: str
    port: int
    secure: bool
    login: Login = field(default_factory=Login)
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)


class Hangup(Exception):
    """A handler's wish to close the connection without an answer."""


Handler = Callable[[Request, Peer], Awaitable[Response | Stream]]


async def serve(handle: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until either side ends it."""
    address, port = writer.get_extra_info("sockname")[:2]
    peer = Peer(address, port, writer.get_extra_info("ssl_object") is not None)
    connection = _Connection(handle, peer, reader, writer)
    async with peer.closing:
        with suppress(ConnectionError, TimeoutError, Hangup, h11.LocalProtocolError):
            while await connection.one_exchange():
                pass


class _Connection:
    def __init__(
        self, handle: Handler, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._handle = handle
        self._peer = peer
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER, _LARGEST_HEAD)

    async def one_exchange(self) -> bool:
        """Serve one request; false when the connection is at its end."""
        try:
            request = await self._request()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)
            return False
        if request is None:
            return False
        answer = await self._answered(request)
        await self._send(request, answer)
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            if self._h11.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            async with asyncio.timeout(_IDLE):
                self._h11.receive_data(await self._reader.read(65536))

    async def _request(self) -> Request | None:
        """The next request with its whole body; None when the client has ended."""
        head = await self._event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                raise h11.RemoteProtocolError("body too large", error_status_hint=413)
        headers = Headers.of(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()
        )
        return Request(head.method.decode("ascii"), self._url(head, headers), headers, bytes(body))

    def _url(self, head: h11.Request, headers: Headers) -> str:
        target = head.target.decode("latin-1")
        if not target.startswith("/") and target != "*":
            return target  # absolute form (RFC 9112 3.2.2)
        scheme = "https" if self._peer.secure else "http"
        host = headers.get("host") or f"{self._peer.address}:{self._peer.port}"
        return f"{scheme}://{host}{'' if target == '*' else target}"

    async def _answered(self, request: Request) -> Response | Stream:
        """The handler's answer; when the client leaves meanwhile, as from a held GET, so does the handler."""
        try:
            urlsplit(request.url)
        except ValueError:
            return Response(400)
        working = asyncio.ensure_future(self._handled(request))
        leaving = asyncio.ensure_future(self._left())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise Hangup
            return await working
        finally:
            for task in (working, leaving):
                task.cancel()
            await asyncio.gather(working, leaving, return_exceptions=True)

    async def _handled(self, request: Request) -> Response | Stream:
        try:
            return await self._handle(request, self._peer)
        except Hangup:
            raise
        except Exception:
            logging.getLogger(__name__).exception("%s %s", request.method, self._peer)
            return Response(500)

    async def _left(self) -> None:
        """Return when the client has gone; what it sends ahead is kept, and ends the watch."""
        with suppress(ConnectionError):
            if data := await self._reader.read(65536):
                self._h11.receive_data(data)
                await asyncio.Event().wait()

    async def _send(self, request: Request, answer: Response | Stream) -> None:
        headers = answer.headers
        empty = request.method == "HEAD" or answer.status in _BODILESS
        framed = "content-length" in headers or "transfer-encoding" in headers
        if isinstance(answer, Response) and not framed and answer.status not in _BODILESS:
            headers = headers.plus("Content-Length", str(len(answer.body)))
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._write(h11.Response(status_code=answer.status, headers=lines, reason=answer.reason))
        if isinstance(answer, Stream):
            async with aclosing(answer.chunks) as chunks:
                async for chunk in chunks:
                    if not empty:
                        await self._write(h11.Data(data=chunk))
        elif answer.body and not empty:
            await self._write(h11.Data(data=answer.body))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        data = self._h11.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def _refuse(self, status: int) -> None:
        with suppress(h11.LocalProtocolError):
            await self._write(
                h11.Response(status_code=status, headers=[("Content-Length", "0"), ("Connection", "close")])
            )
            await self._write(h11.EndOfMessage())
