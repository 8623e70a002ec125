"""A whole sign-in as one generator: the machine decides, the browser permits, the driver moves bytes.

It yields every request that leaves the client and is sent the network's reply. Predict drives it in memory,
the client on sockets; the journey is the same because everything that decides is in here.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from hairpin.browser.fetch import Outgoing, fetch, load_frame
from hairpin.signin.journey import Journey
from hairpin.signin.machine import ENDED, Ask, LoadFrame, SignIn
from hairpin.signin.steps import step_of
from hairpin.signin.wish import Wish
from hairpin.wire.exchange import Exchange, Failure, Kind, Reply, observe
from hairpin.wire.message import Request
from hairpin.wire.origin import Origin, maybe_origin

Running = Generator[Outgoing, Reply, SignIn]


class Recorder:
    """Keeps every exchange of a running sign-in, redacted as it is made."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def keep(self, outgoing: Outgoing, reply: Reply) -> None:
        self.exchanges.append(_observed(outgoing, reply, reply.failure))

    def withheld(self, request: Request, source: Origin | None, kind: Kind, failure: Failure) -> None:
        """The browser let this request not out, or its answer not in."""
        last = self.exchanges[-1] if self.exchanges else None
        sent = last is not None and last.kind is kind and last.request.url == observe(request).request.url
        if last is not None and sent:
            self.exchanges[-1] = replace(last, failure=failure)
        else:
            self.exchanges.append(observe(request, failure=failure, kind=kind, source=source))

    def journey(self, machine: SignIn, source: str = "") -> Journey:
        """What was recorded, with the outcome as the client saw it."""
        steps = tuple(step_of(exchange) for exchange in self.exchanges)
        return Journey(steps, machine.outcome, machine.wish.page, (), source)


def _observed(outgoing: Outgoing, reply: Reply, failure: Failure | None) -> Exchange:
    return observe(
        outgoing.request,
        reply.response,
        failure=failure,
        kind=outgoing.kind,
        source=outgoing.source,
        address=reply.address,
        port=reply.port,
        started=reply.started,
        seconds=reply.seconds,
        note=reply.note,
    )


def run(wish: Wish, recorder: Recorder) -> Running:
    """Sign in; returns the machine in its final state."""
    machine = SignIn(wish)
    while machine.state not in ENDED:
        reply = yield from _perform(machine.ask(), wish, recorder)
        machine.answered(reply)
    return machine


def _perform(ask: Ask, wish: Wish, recorder: Recorder) -> Generator[Outgoing, Reply, Reply]:
    if isinstance(ask, LoadFrame):
        page = wish.page
        if page is None:
            raise ValueError("a client that uses the frame needs a page to embed it")
        leaving = load_frame(page, ask.url)
        request, kind = Request("GET", ask.url), Kind.FRAME
        source: Origin | None = page
    elif ask.document is None:
        reply = yield Outgoing(ask.request, Kind.FETCH, None)
        recorder.keep(Outgoing(ask.request, Kind.FETCH, None), reply)
        return reply
    else:
        leaving = fetch(ask.document, ask.request)
        request, kind, source = ask.request, Kind.FETCH, maybe_origin(ask.document)
    seen = yield from _recorded(leaving, recorder)
    if seen.failure in _WITHHELD:
        recorder.withheld(request, source, kind, seen.failure)
    return seen


_WITHHELD = frozenset(
    {Failure.BLOCKED_CORS, Failure.BLOCKED_FRAME, Failure.BLOCKED_MIXED, Failure.BLOCKED_LOCAL_NETWORK}
)


def _recorded(
    leaving: Generator[Outgoing, Reply, Reply], recorder: Recorder
) -> Generator[Outgoing, Reply, Reply]:
    try:
        outgoing = next(leaving)
        while True:
            reply = yield outgoing
            recorder.keep(outgoing, reply)
            outgoing = leaving.send(reply)
    except StopIteration as end:
        reply = end.value
        assert isinstance(reply, Reply)
        return reply
