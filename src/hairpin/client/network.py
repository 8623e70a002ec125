"""The network under a sign-in: one request out, one reply or the precise reason why there is none.

Nothing is decided here: redirects are not followed, cookies not kept, tickets not added. Header lines keep
their case, order and number both ways. IPv4 literals are not looked up.
"""

from __future__ import annotations

import errno
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpcore2
import httpx2

from hairpin.client.names import Lookup, NotResolved, this_machine
from hairpin.deployment.names import is_address
from hairpin.wire.exchange import Failure, Reply
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import DEFAULT_PORTS, origin_of

_LARGEST_BODY = 32 * 1024 * 1024


class Network:
    """Sends requests. Use it as an async context manager.

    ``lookup`` resolves names; ``trust`` is a PEM file of authorities instead of this machine's own;
    ``known_as`` gives the address to report for one that was connected to; ``patience`` is in seconds, per
    connection and per read.
    """

    def __init__(
        self,
        lookup: Lookup = this_machine,
        *,
        trust: Path | None = None,
        known_as: Mapping[str, str] | None = None,
        patience: float = 30.0,
    ) -> None:
        self._known_as = known_as or {}
        self._patience = patience
        self._way = _Way(lookup)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(cafile=None if trust is None else str(trust)),
            network_backend=self._way,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def send(self, request: Request) -> Reply:
        """What came back, or why nothing did. Raises BadUrl for a URL that is not absolute http(s)."""
        target = origin_of(request.url)
        started, before = time.time(), time.monotonic()
        response: Response | None = None
        failure, note = None, ""
        try:
            response = await self._exchanged(request)
        except _NO_ANSWER as error:
            failure, note = _why(error)
        address = self._way.last.get(target.host)
        return Reply(
            response=response,
            failure=failure,
            address=None if address is None else self._known_as.get(address, address),
            port=target.port if address is not None else None,
            started=started,
            seconds=time.monotonic() - before,
            note=note,
        )

    async def _exchanged(self, request: Request) -> Response:
        sent = httpcore2.Request(
            request.method,
            _url(request.url),
            headers=_lines(request),
            content=request.body,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._patience)},
        )
        answer = await self._pool.handle_async_request(sent)
        try:
            decoded = httpx2.Response(answer.status, headers=answer.headers, stream=_Body(answer))
            body = bytearray()
            async for chunk in decoded.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_BODY:
                    raise httpcore2.ProtocolError(f"the answer has more than {_LARGEST_BODY} octets")
        finally:
            await answer.aclose()
        headers = Headers.of(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers
        )
        return Response(answer.status, headers, bytes(body))


_NO_ANSWER = (
    NotResolved,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    httpx2.DecodingError,
    ssl.SSLError,
    UnicodeError,
)

_KINDS: tuple[tuple[tuple[type[BaseException], ...], Failure], ...] = (
    ((ssl.SSLError,), Failure.TLS),
    ((ConnectionRefusedError,), Failure.REFUSED),
    ((ConnectionResetError, BrokenPipeError), Failure.RESET),
)
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
_CUT_OFF = (httpcore2.NetworkError, httpcore2.RemoteProtocolError)


class _Way(httpcore2.AsyncNetworkBackend):
    """Connects to a host where the look-up says it is; ``last`` is the address tried last for each host."""

    def __init__(self, lookup: Lookup) -> None:
        self.last: dict[str, str] = {}
        self._lookup = lookup
        self._sockets = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as the base class has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.last.pop(host, None)
        found = (host,) if is_address(host) else await self._lookup(host)
        problem: Exception = NotResolved(f"{host} has no address")
        for address in found:
            self.last[host] = address
            try:
                return await self._sockets.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem


class _Body(httpx2.AsyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk


def _url(url: str) -> httpcore2.URL:
    """The URL with its path and query as they were written."""
    parts, origin = urlsplit(url), origin_of(url)
    target = url.partition("#")[0][len(parts.scheme) + len("://") + len(parts.netloc) :]
    return httpcore2.URL(
        scheme=origin.scheme,
        host=origin.host,
        port=origin.port,
        target=(target if target.startswith("/") else f"/{target}").encode("ascii"),
    )


def _lines(request: Request) -> list[tuple[bytes, bytes]]:
    """The header lines, with Host in front and a length where a body is expected."""
    origin = origin_of(request.url)
    port = "" if DEFAULT_PORTS[origin.scheme] == origin.port else f":{origin.port}"
    lines = list(request.headers)
    if "host" not in request.headers:
        lines.insert(0, ("Host", f"{origin.host}{port}"))
    has_length = "content-length" in request.headers or "transfer-encoding" in request.headers
    if not has_length and (request.body or request.method in {"POST", "PUT"}):
        lines.append(("Content-Length", str(len(request.body))))
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]


def _why(error: BaseException) -> tuple[Failure, str]:
    """The first cause in the chain of an exception that is one of ours, and its text."""
    if isinstance(error, NotResolved):
        return Failure.NAME_NOT_RESOLVED, str(error)
    if isinstance(error, httpcore2.TimeoutException):
        return Failure.TIMEOUT, "no answer in time"
    if isinstance(error, (httpx2.DecodingError, UnicodeError)):
        return Failure.UNKNOWN, str(error)
    chain = _chain(error)
    for kind, failure in _KINDS:
        found = next((one for one in chain if isinstance(one, kind)), None)
        if found is not None:
            return failure, str(found)
    numbers = {one.errno for one in chain if isinstance(one, OSError)}
    if numbers & _UNREACHABLE:
        return Failure.UNREACHABLE, str(error)
    return Failure.RESET if isinstance(error, _CUT_OFF) else Failure.UNKNOWN, str(error)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
