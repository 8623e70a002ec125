"""One request on its way: through the policy, to its web site, and the answer back.

A turn is told what happens by the two connections it stands between, and tells them what to do. It answers itself
where no web site is asked: preflights, refusals, health and metrics, and failures of a web site.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from hairpin.gateway import answers, cors, keyring, own, watch
from hairpin.gateway.checks import Refused, check_head, climbs, told
from hairpin.gateway.downward import CONNECTION_BOUND, Answer
from hairpin.gateway.outgoing import Connections, Outgoing, Unreachable
from hairpin.gateway.plan import View
from hairpin.gateway.sharing import Sharing, without_coding
from hairpin.gateway.upward import Ask
from hairpin.rewrite.coding import BadCoding

if TYPE_CHECKING:
    from hairpin.gateway.incoming import Incoming

Line = tuple[bytes, bytes]

# A body that is longer goes up while it is still arriving.
WHOLE_BODY = 256 * 1024
RESENDABLE = frozenset((b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"))

_CLOSING = frozenset((400, 408, 413, 417, 431, 501, 505))
_LAST_MESSAGE = re.compile(rb"(?i)\s*(?:ntlm|negotiate)\s+TlRMTVNTUAAD")


class Turn:
    """One request and its answer."""

    __slots__ = (
        "_answer",
        "_ask",
        "_body",
        "_close",
        "_held",
        "_lines",
        "_method",
        "_out",
        "_path",
        "_retried",
        "_sent",
        "_shares",
        "_sharing",
        "_size",
        "_started",
        "_status",
        "_streaming",
        "_target",
        "_told",
        "_verdict",
        "_version",
        "_view",
        "answered",
        "begun",
        "bound",
        "client",
        "is_complete",
        "is_events",
        "refusal",
        "sought",
        "waiting",
    )

    def __init__(
        self,
        client: Incoming,
        method: bytes,
        target: bytes,
        version: str,
        lines: list[Line],
        keep_alive: bool,
    ) -> None:
        self.client = client
        self.refusal: Refused | None = None
        self.begun = False
        self.waiting = False  # for a web site
        self.answered = False  # something has been written
        self.bound = False
        self.is_complete = False
        self.is_events = False
        self._method = method
        self._target = target
        self._version = version
        self._lines = lines
        self._told = told(lines)
        self._close = not keep_alive
        self._body: list[bytes] = []
        self._size = 0
        self._started = time.monotonic()
        self._view: View | None = None
        self._path = b""
        self._verdict = cors.OWN_PAGE
        self._ask: Ask | None = None
        self._answer: Answer | None = None
        self._out: Outgoing | None = None
        self.sought = False  # a connection to the web site is wanted or found
        self._streaming = False
        self._retried = False
        self._held = False
        self._sharing: Sharing | None = None
        self._shares = False
        self._status = 0
        self._sent = 0

    @property
    def framed(self) -> bool:
        """Whether the web site's answer ends before its connection does."""
        return self._answer is None or self._answer.framed

    # from the client's side

    def begin(self) -> None:
        """All earlier requests are answered: do what this one asks."""
        self.begun = True
        try:
            if self.refusal is not None:
                raise self.refusal
            authority, path = check_head(self._method, self._version, self._target, self._lines)
            self._check_size(self._told.get(b"content-length"))
            self._route(authority, path)
        except Refused as refused:
            self._refuse(refused)

    def more(self, data: bytes) -> None:
        """More of the request's body."""
        self._size += len(data)
        if self.answered and not self.waiting:
            return
        if self._size > self.client.state.config.limits.body:
            self.abandoned()
            self._refuse(Refused(413, "the body is too large"))
        elif self._streaming and self._ask is not None:
            self._send_more(self._ask.more(data))
        else:
            self._body.append(data)
            if self.waiting and self._size > WHOLE_BODY and not self.sought:
                self.client.stop_reading()
                self._seek()

    def complete(self) -> None:
        """The request has arrived in full."""
        self.is_complete = True
        if self._streaming and self._ask is not None:
            self._streaming = False
            self._send_more(self._ask.more(b"", last=True))
            self._await_site()
        elif self.waiting and not self.sought:
            self._seek()

    def abandoned(self) -> None:
        """The client is gone, or cannot be answered."""
        self._let_go()
        if self._out is not None:
            self._out.close()
            self._out = None
        self.waiting = False

    def hold_back(self) -> None:
        if self._out is not None and self._out.alive:
            self._out.transport.pause_reading()

    def go_on(self) -> None:
        if self._out is not None and self._out.alive:
            self._out.transport.resume_reading()

    def late(self) -> None:
        """The web site has not answered, or the client has not read, for too long."""
        limits = self.client.state.config.limits
        seconds = limits.events_seconds if self.is_events else limits.answer_seconds
        if self._out is not None:
            self._out.close()
        self.failed(504, "timeout", f"no answer within {seconds:g} s")

    # what it asks

    def _route(self, authority: bytes, path: bytes) -> None:
        state, asked = self.client.state, self._told
        answer = own.health(state, self.client.address, self._method, path)
        if answer is not None:
            self._answer_self(*answer)
            return
        if not state.plan.knows(authority):
            state.counters.add("refusals", "unknown-host")
            raise Refused(421, "the gateway is not known by this name")
        origin = asked.get(b"origin")
        policy = state.plan.policy
        verdict = cors.OWN_PAGE if policy is None else policy.judge(origin, asked.get(b"x-ms-origin"))
        if verdict.refused is not None:
            state.counters.add("refusals", "origin")
            self._answer_self(403, own.NOT_LISTED, own.not_listed())
            return
        preflight = self._method == b"OPTIONS" and b"access-control-request-method" in asked
        if preflight and origin is not None and policy is not None:
            self._answer_self(204, "", cors.preflight(origin, asked))
            return
        self._verdict = verdict
        found = state.plan.find(authority, path)
        if found is None or climbs(path):
            state.counters.add("refusals", "unknown-path")
            raise Refused(404, "no pool is published under this path")
        self._view, self._path = found
        self._sharing = Sharing.wanted(state.plan, authority, self._view, self._method, self._path)
        self.is_events = self._method == b"GET" and b"/events" in self._path.lower().partition(b"?")[0]
        authorization = asked.get(b"authorization")
        self.bound = authorization is not None and CONNECTION_BOUND.match(authorization) is not None
        self.waiting = True
        if self.is_complete:
            self._seek()
        elif b"expect" in asked and self.client.wants_continue(self):
            self.client.write(answers.CONTINUE)

    def _check_size(self, length: bytes | None) -> None:
        if length is not None and int(length) > self.client.state.config.limits.body:
            self.client.state.counters.add("refusals", "too-large")
            raise Refused(413, "the body is too large")

    # to the web site

    def _await_site(self) -> None:
        if self.is_complete or self._streaming:
            limits = self.client.state.config.limits
            seconds = limits.events_seconds if self.is_events else limits.answer_seconds
            self.client.deadline = time.monotonic() + seconds

    def _seek(self) -> None:
        """Find a connection to the web site and send the request on it."""
        assert self._view is not None
        self.sought = True
        self._await_site()
        name, client = self._view.site.name, self.client
        pinned = client.pinned.get(name)
        if pinned is not None and pinned.alive:
            self._send(pinned)
            return
        pool = client.state.upstream.get(name)
        if pool is None:
            self.failed(502, "closed", "it is no longer published")
            return
        ready = None if self._retried else pool.take(time.monotonic(), fresh=self._method not in RESENDABLE)
        if ready is not None:
            self._send(ready)
        else:
            client.state.spawn(self._connect(pool))

    async def _connect(self, pool: Connections) -> None:
        try:
            one = await pool.connect()
        except Unreachable as trouble:
            if self.waiting:
                self.failed(trouble.status, trouble.kind, str(trouble))
            return
        if self.waiting:
            self._send(one)
        else:
            one.close()

    def _send(self, one: Outgoing) -> None:
        view, state = self._view, self.client.state
        assert view is not None
        self._out = one
        if self.bound:
            self.client.pin(one)
        if self.is_events and not self._held:
            self._held = True
            state.counters.add("held")
        body = b"".join(self._body)
        if self._ask is None:
            lines = keyring.own_ticket(self._lines, view.pool)
            if self._sharing is not None:
                lines, body = without_coding(lines), keyring.own_renewal(body, view.pool)
            self._ask = Ask(view, self._method, self._path, lines, self._verdict.origin)
            if self._ask.vouched:
                state.counters.add("vouched", view.site.name)
        if self.is_complete:
            one.send(self, self._ask.whole(body))
        else:
            self._streaming = True
            one.send(self, self._ask.begin(body))
            self.client.go_on_reading()

    def _send_more(self, data: bytes) -> None:
        if self._out is not None and self._out.alive:
            self._out.transport.write(data)

    # from the web site's side

    def answer_begins(self, status: int, reason: bytes, lines: list[Line]) -> None:
        assert self._view is not None
        assert self._out is not None
        self._status = status
        try:
            answer = Answer(self._view, self._method, status, reason, lines, self._verdict.origin)
        except BadCoding as bad:
            self._out_of_order(bad)
            return
        self._answer = answer
        if status >= 400:
            self._note(status, answer.kept)
        if answer.bound or self.bound:
            self.bound = True
            self.client.pin(self._out)

    def answer_goes_on(self, data: bytes, done: bool) -> None:
        """More of the body, and whether that is all of it."""
        answer, client = self._answer, self.client
        if answer is None:
            return
        if self._sharing is not None and self._status == 200:
            self._sharing.keep(data)
            if done:
                self._shares = True
                client.state.spawn(self._share())
            return
        done = done or self._method == b"HEAD"
        chunks = self._version == "1.1"
        if not answer.begun and (
            client.state.stopping or not self.is_complete or not (done or chunks or not answer.needs_close)
        ):
            self._close = True
        try:
            out = answer.relay(data, done=done, chunks=chunks, close=self._close, keep_alive=not chunks)
        except BadCoding as bad:
            self._out_of_order(bad)
            return
        if out:
            self.answered = True
            self._sent += len(out)
            client.write(out)
        if done:
            self._finished()
        else:
            self._await_site()

    async def _share(self) -> None:
        """Ask the other pools for their tickets too, and go on with all of them."""
        sharing, self._sharing = self._sharing, None
        assert sharing is not None
        form = b"".join(self._body)
        data = await sharing.tickets(self.client.state.upstream, form, self._lines, self._verdict.origin)
        self._shares = False
        if self.waiting:
            self.answer_goes_on(data, True)

    def _finished(self) -> None:
        one, self._out = self._out, None
        assert self._view is not None
        assert self._answer is not None
        client, name = self.client, self._view.site.name
        if self._answer.rewritten:
            client.state.counters.add("rewrites", name, by=self._answer.rewritten)
        if one is not None:
            keep = one.finished() and self.is_complete and self._method != b"HEAD"
            if client.pinned.get(name) is one:
                if not keep:
                    one.close()
                    self._close = True
                    client.unpin(one)
            elif keep:
                one.pool.give_back(one, time.monotonic())
            else:
                one.close()
        self._done()

    def upstream_lost(self, *, until_close: bool) -> None:
        """The web site hung up: that may be the end of its answer, or of an idle connection."""
        one, self._out = self._out, None
        if one is not None:
            self.client.unpin(one)
        if self._shares:
            return  # the whole answer is here
        if until_close:
            self.answer_goes_on(b"", True)
        elif one is not None and one.used and self._may_be_sent_again():
            self._retried = True
            self._seek()
        else:
            why = "it hung up in the middle of its answer" if self._status else "it hung up without an answer"
            self.failed(502, "closed", why)

    def _may_be_sent_again(self) -> bool:
        again = self._retried or self._streaming or not self.is_complete
        return self._method in RESENDABLE and not (self._status or self.bound or again)

    def failed(self, status: int, kind: str, why: str) -> None:
        """No answer, or no end of one: say so, or break off where the client would take it for the whole."""
        assert self._view is not None
        name = self._view.site.name
        self._out = None
        self.client.state.counters.add("failures", name, kind)
        if self.answered:
            self._let_go()
            self._log(why)
            self.waiting = False
            self.client.transport.abort()
            return
        self._close = self._close or not self.is_complete
        self._answer_self(status, f"hairpin gateway: pool {name}: {why}", [], why)

    def _out_of_order(self, bad: BadCoding) -> None:
        if self._out is not None:
            self._out.close()
        self.failed(502, "coding", str(bad))

    def _note(self, status: int, lines: list[Line]) -> None:
        assert self._view is not None
        authorization = self._told.get(b"authorization", b"")
        site, body = self._view.site, b"".join(self._body)
        last_message = _LAST_MESSAGE.match(authorization) is not None
        for finding in watch.findings(status, lines, site.internal, body, last_message):
            self.client.state.counters.add("findings", site.name, finding)

    # the end

    def _refuse(self, refused: Refused) -> None:
        if refused.status in {400, 431, 501, 505}:
            self.client.state.counters.add("refusals", "bad-request")
        if refused.status in _CLOSING or not self.is_complete:
            self._close = True
        self._answer_self(refused.status, f"hairpin gateway: {refused}", [])

    def _answer_self(self, status: int, text: str, lines: list[Line], why: str = "") -> None:
        self._status = status
        self.answered = True
        if self._verdict.origin is not None:
            lines = cors.permitted(lines, self._verdict.origin)
        if self.client.state.plan.policy is not None and not any(name == b"Vary" for name, _ in lines):
            lines = [*lines, (b"Vary", b"Origin")]
        if self.client.state.stopping:
            self._close = True
        self.client.write(answers.plain(status, text, lines, close=self._close, body=self._method != b"HEAD"))
        self._done(why)

    def _done(self, why: str = "") -> None:
        self.waiting = False
        self._let_go()
        name = watch.OWN if self._view is None else self._view.site.name
        seconds = time.monotonic() - self._started
        self.client.state.counters.exchange(name, self._status, seconds, self._sent)
        self._log(why)
        self.client.turn_done(self, close=self._close)

    def _let_go(self) -> None:
        if self._held:
            self._held = False
            self.client.state.counters.add("held", by=-1)

    def _log(self, why: str) -> None:
        log = self.client.state.log
        if not log.wanted:
            return
        entry = {
            "time": round(time.time(), 3),
            "client": self.client.address,
            "method": self._method.decode("latin-1"),
            "target": self._target.decode("latin-1"),
            "pool": "" if self._view is None else self._view.site.name,
            "status": self._status,
            "bytes": self._sent,
            "seconds": round(time.monotonic() - self._started, 4),
        }
        log.write(entry | ({"why": why} if why else {}))
