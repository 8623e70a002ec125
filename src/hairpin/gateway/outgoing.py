"""The side of the web sites: connections to one site, kept and reused, and a reason when there is none.

A connection that ever carried a hint of NTLM or Negotiate is bound to a user (RFC 4559 6); it is pinned to one
client's connection and never comes back here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from hairpin.gateway.config import Limits, Site

if TYPE_CHECKING:
    from hairpin.gateway.incoming import Incoming
    from hairpin.gateway.turn import Turn

Line = tuple[bytes, bytes]

# A request that must not be sent twice goes only where the web site has hardly had time to hang up.
FRESH_SECONDS = 3.0


class Unreachable(Exception):
    """No connection to a site; ``status`` is 502 or 504, ``kind`` one of watch.FAILURES."""

    def __init__(self, status: int, kind: str, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.kind = kind


class Outgoing(asyncio.Protocol):
    """One connection to a web site, with at most one request on it."""

    __slots__ = (
        "_done",
        "_keep",
        "_lines",
        "_parser",
        "_parts",
        "_reason",
        "_size",
        "alive",
        "answering",
        "idle_since",
        "owner",
        "pool",
        "transport",
        "turn",
        "used",
    )

    def __init__(self, pool: Connections) -> None:
        self.pool = pool
        self.alive = False
        self.used = False
        self.answering = False
        self.idle_since = 0.0
        self.turn: Turn | None = None
        self.owner: Incoming | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        self._lines: list[Line] = []
        self._parts: list[bytes] = []
        self._reason = b""
        self._done = False
        self._size = 0
        self._keep = False
        self.answering = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.alive = True
        sock = transport.get_extra_info("socket")
        if sock is not None:
            notice_death(sock)

    def data_received(self, data: bytes) -> None:
        turn = self.turn
        if turn is None:
            self.close()  # an answer nobody asked for
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.close()
            turn.failed(502, "protocol", f"its answer is not HTTP: {error}")
            return
        if not self.answering:
            if self._size > self.pool.limits.head * 2:
                self.close()
                turn.failed(502, "protocol", "the head of its answer is too large")
            return
        parts, self._parts = self._parts, []
        turn.answer_goes_on(b"".join(parts) if len(parts) != 1 else parts[0], self._done)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: Exception | None) -> None:
        self.alive = False
        turn, self.turn = self.turn, None
        if turn is not None:
            turn.upstream_lost(until_close=self.answering and not turn.framed)
        elif self.owner is not None:
            self.owner.unpin(self)
        self.pool.gone(self)

    def pause_writing(self) -> None:
        if self.turn is not None:
            self.turn.client.stop_reading()

    def resume_writing(self) -> None:
        if self.turn is not None:
            self.turn.client.go_on_reading()

    # httptools

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.answering:
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        lines, reason = self._lines, self._reason
        self._lines, self._reason = [], b""
        if status < 200:
            return  # 100 and 103 are between the web site and the gateway
        assert self.turn is not None
        self.answering = True
        self._keep = self._parser.should_keep_alive()
        self.turn.answer_begins(status, reason, lines)

    def on_body(self, data: bytes) -> None:
        if self.answering:
            self._parts.append(data)

    def on_message_complete(self) -> None:
        if self.answering:
            self._done = True

    # for turns

    def send(self, turn: Turn, data: bytes) -> None:
        self.turn = turn
        self.transport.write(data)

    def finished(self) -> bool:
        """The answer is complete: whether another request may use this connection."""
        keep = self._keep and self.alive
        self.turn = None
        self.used = True
        self._reset()
        return keep

    def close(self) -> None:
        self.alive = False
        self.turn = None
        self.transport.abort()


class Connections:
    """Idle connections to one site and the way to make more."""

    def __init__(self, site: Site, limits: Limits) -> None:
        self.site = site
        self.limits = limits
        self.closing = False
        self.last_failure = ""
        self._idle: deque[Outgoing] = deque()
        self._tls = _context(site) if site.tls else None
        self._next = 0

    def take(self, now: float, *, fresh: bool) -> Outgoing | None:
        """The connection used last, if one is left that may be used; ``fresh`` when it must be quite alive."""
        while self._idle:
            one = self._idle[-1]
            if not one.alive or one.transport.is_closing():
                self._idle.pop()
            elif fresh and now - one.idle_since > FRESH_SECONDS:
                return None
            else:
                return self._idle.pop()
        return None

    def give_back(self, one: Outgoing, now: float) -> None:
        if self.closing or len(self._idle) >= self.limits.idle_upstream:
            one.close()
            return
        one.idle_since = now
        self._idle.append(one)

    def gone(self, one: Outgoing) -> None:
        if one in self._idle:
            self._idle.remove(one)

    def sweep(self, now: float) -> None:
        """Let go of what has been idle too long."""
        while self._idle and now - self._idle[0].idle_since > self.limits.idle_seconds / 2:
            self._idle.popleft().close()

    def close(self) -> None:
        """No connection is kept any more; those in use end with their request."""
        self.closing = True
        while self._idle:
            self._idle.pop().close()

    async def connect(self) -> Outgoing:
        """A new connection, the addresses tried in turn. Raises Unreachable for the last one's reason."""
        loop = asyncio.get_running_loop()
        addresses = self.site.addresses
        trouble = Unreachable(502, "refused", "it has no address")
        for attempt in range(len(addresses)):
            spot = (self._next + attempt) % len(addresses)
            host, port = addresses[spot]
            try:
                async with asyncio.timeout(self.limits.connect_seconds):
                    _, protocol = await loop.create_connection(
                        lambda: Outgoing(self),
                        host,
                        port,
                        ssl=self._tls,
                        server_hostname=self.site.host if self._tls else None,
                    )
            except TimeoutError:
                trouble = Unreachable(
                    504, "timeout", f"no connection within {self.limits.connect_seconds:g} s"
                )
            except ssl.SSLCertVerificationError as error:
                trouble = Unreachable(502, "tls", f"its certificate is not accepted: {error.verify_message}")
            except ssl.SSLError as error:
                trouble = Unreachable(502, "tls", f"the TLS handshake failed: {error.reason or 'cut off'}")
            except ConnectionRefusedError:
                trouble = Unreachable(502, "refused", "connection refused")
            except OSError as error:
                trouble = Unreachable(
                    502, "closed", f"no connection: {error.strerror or type(error).__name__}"
                )
            else:
                self._next = spot
                self.last_failure = ""
                return protocol
        self.last_failure = str(trouble)
        raise trouble


def notice_death(sock: socket.socket) -> None:
    """Ask the kernel to find out within a minute and a half that the other side is gone."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        ("TCP_KEEPIDLE", 45),
        ("TCP_KEEPINTVL", 10),
        ("TCP_KEEPCNT", 4),
        ("TCP_NODELAY", 1),
    ):
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def _context(site: Site) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=site.ca)
    context.set_alpn_protocols(["http/1.1"])
    if not site.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
