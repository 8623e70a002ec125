"""The side of the clients: one connection, its requests in order, its limits and its deadline.

Requests may be pipelined; they are answered one after the other. After anything that is not HTTP as everyone reads it
the connection is closed, because nobody can say where the next request would begin.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import cast

import httptools

from hairpin.gateway import answers
from hairpin.gateway.checks import Refused
from hairpin.gateway.outgoing import Outgoing, notice_death
from hairpin.gateway.state import State
from hairpin.gateway.turn import Turn

Line = tuple[bytes, bytes]

MOST_WAITING = 16
LINGER_SECONDS = 2.0
# A body may take its time, as long as it brings this many bytes a second.
SLOWEST = 1024


class Incoming(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_advancing",
        "_asleep",
        "_closing",
        "_fatal",
        "_lines",
        "_parser",
        "_raw",
        "_receiving",
        "_since",
        "_size",
        "_target",
        "_turns",
        "address",
        "deadline",
        "pinned",
        "secure",
        "state",
        "transport",
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.pinned: dict[str, Outgoing] = {}
        self.deadline = time.monotonic() + state.config.limits.head_seconds
        self._turns: deque[Turn] = deque()
        self._receiving: Turn | None = None
        self._fatal: Refused | None = None
        self._closing = False
        self._advancing = False
        self._asleep = False
        self._raw = 0
        self._since = 0.0
        self._begin_head()

    def _begin_head(self) -> None:
        self._lines: list[Line] = []
        self._target = b""
        self._size = 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpRequestParser(self)
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else ""
        state = self.state
        state.clients.add(self)
        state.counters.add("connections")
        if (sock := transport.get_extra_info("socket")) is not None:
            notice_death(sock)
        if len(state.clients) > state.config.limits.connections:
            state.counters.add("refusals", "too-many")
            self._refuse(Refused(503, "too many connections are open"))

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        limits = self.state.config.limits
        if self._receiving is None and not self._raw:
            self._since = time.monotonic()
            if not self._turns:
                self.deadline = self._since + limits.head_seconds
        in_head = self._receiving is None
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Nothing is upgraded here: what follows is the next request.
            self._parser = httptools.HttpRequestParser(self)
            rest = data[upgrade.args[0] :]
            if rest:
                self.data_received(rest)
            return
        except httptools.HttpParserError as error:
            self._broken(Refused(400, f"this is not HTTP as everyone reads it: {error}"))
            return
        self._hurry(in_head=in_head)

    def _hurry(self, *, in_head: bool) -> None:
        """Nobody sends a head or a body for ever."""
        limits = self.state.config.limits
        turn = self._receiving
        if self._closing:
            return
        if turn is not None:
            if self._raw > 8 * limits.body + limits.head:
                self._broken(Refused(413, "the body's chunks are too many"))
            elif not turn.sought:
                self.deadline = self._since + limits.body_seconds + self._raw / SLOWEST
        elif in_head and self._raw > limits.head + 2:
            self._broken(Refused(431, "the head is too large"))

    def eof_received(self) -> bool:
        """A client that will say no more may still want its answer, but nobody holds a channel for one."""
        turn = self._turns[0] if self._turns else None
        if turn is None or turn.is_events or self._receiving is not None:
            return False
        self._fatal = Refused(400, "")
        return self.transport.can_write_eof()

    def connection_lost(self, _: Exception | None) -> None:
        self._closing = True
        self.state.clients.discard(self)
        self.state.counters.add("connections", by=-1)
        for turn in self._turns:
            turn.abandoned()
        self._turns.clear()
        for pinned in self.pinned.values():
            pinned.close()
        self.state.counters.add("pinned", by=-len(self.pinned))
        self.pinned.clear()

    def pause_writing(self) -> None:
        if self._turns:
            self._turns[0].hold_back()

    def resume_writing(self) -> None:
        if self._turns:
            self._turns[0].go_on()

    def expired(self) -> None:
        """The deadline is over: of the client, or of the web site it waits for."""
        self.deadline = float("inf")
        turn = self._turns[0] if self._turns else None
        if self._closing:
            self.transport.abort()
        elif turn is not None and turn.waiting and turn.sought:
            turn.late()
        elif self._receiving is not None or self._raw:
            self.state.counters.add("refusals", "too-slow")
            self._broken(Refused(408, "the request did not arrive in time"))
        else:
            self.transport.close()

    # httptools

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._receiving is None:
            self._size += len(name) + len(value) + 4
            self._lines.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        lines, target = self._lines, self._target
        limits = self.state.config.limits
        parser = self._parser
        turn = Turn(
            self, parser.get_method(), target, parser.get_http_version(), lines, parser.should_keep_alive()
        )
        if self._size + len(target) > limits.head or len(lines) > limits.lines:
            turn.refusal = Refused(431, "the head is too large")
        self._begin_head()
        self._receiving = turn
        self._turns.append(turn)
        if len(self._turns) > MOST_WAITING:
            self.stop_reading()
        self._advance()

    def on_body(self, body: bytes) -> None:
        if self._receiving is not None:
            self._receiving.more(body)

    def on_message_complete(self) -> None:
        turn, self._receiving = self._receiving, None
        self._raw = 0
        if turn is not None:
            turn.complete()

    # for turns

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def is_first(self, turn: Turn) -> bool:
        return bool(self._turns) and self._turns[0] is turn

    def wants_continue(self, turn: Turn) -> bool:
        return self._receiving is turn and self.is_first(turn)

    def stop_reading(self) -> None:
        if not self._asleep and not self.transport.is_closing():
            self._asleep = True
            self.transport.pause_reading()

    def go_on_reading(self) -> None:
        if self._asleep and len(self._turns) <= MOST_WAITING and not self.transport.is_closing():
            self._asleep = False
            self.transport.resume_reading()

    def turn_done(self, turn: Turn, *, close: bool) -> None:
        """The first turn has been answered in full."""
        if self._closing:
            return
        self._turns.popleft()
        if close or self._receiving is turn or (self.state.stopping and not self._turns):
            self._end()
            return
        if not self._turns:
            limits = self.state.config.limits
            self.deadline = time.monotonic() + (limits.head_seconds if self._raw else limits.idle_seconds)
            if self._fatal is not None:
                self._refuse(self._fatal)
                return
        self.go_on_reading()
        self._advance()

    def pin(self, one: Outgoing) -> None:
        name = one.pool.site.name
        if self.pinned.get(name) is not one:
            self.pinned[name] = one
            one.owner = self
            self.state.counters.add("pinned")

    def unpin(self, one: Outgoing) -> None:
        """The bound connection is gone: so is what this client's connection was good for, once it is idle."""
        name = one.pool.site.name
        if self.pinned.get(name) is one:
            del self.pinned[name]
            self.state.counters.add("pinned", by=-1)
            if not self._turns:
                self.transport.close()

    def retire(self) -> None:
        """No more requests: at once when idle, else after those under way."""
        if not self._turns and not self._raw:
            self.transport.close()

    def _advance(self) -> None:
        """Begin turns as they become first; those that answer themselves at once make way for the next."""
        if self._advancing:
            return
        self._advancing = True
        while self._turns and not self._turns[0].begun and not self._closing:
            self._turns[0].begin()
        self._advancing = False

    def _broken(self, refused: Refused) -> None:
        """The stream of requests cannot be read on. What was asked before is still answered."""
        turn = self._receiving
        if turn is not None and self.is_first(turn) and not turn.answered:
            turn.abandoned()
            self._refuse(refused)
        elif turn is not None and self.is_first(turn):
            self.transport.abort()
        elif self._turns:
            if turn is not None:
                self._turns.remove(turn)
                self._receiving = None
            self._fatal = refused
            self.stop_reading()
        else:
            self._refuse(refused)

    def _refuse(self, refused: Refused) -> None:
        if str(refused):
            if refused.status in {400, 431}:
                self.state.counters.add("refusals", "bad-request")
            self.write(answers.plain(refused.status, f"hairpin gateway: {refused}", close=True))
        self._end()

    def _end(self) -> None:
        """Close so that the client still gets what was written, although it may be sending."""
        self._closing = True
        for turn in self._turns:
            turn.abandoned()
        self._turns.clear()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.deadline = time.monotonic() + LINGER_SECONDS
            if self._asleep:
                self.transport.resume_reading()
        else:
            self.transport.close()
