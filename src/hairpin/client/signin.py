"""A sign-in on sockets: the same generator that prediction drives in memory, over a real network."""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.client.network import Network
from hairpin.signin.journey import Journey, Outcome
from hairpin.signin.run import Recorder, run
from hairpin.signin.wish import Wish
from hairpin.wire.message import Headers, Request


@dataclass(frozen=True, slots=True)
class SignedIn:
    """How a sign-in ended. ``application`` and ``ticket`` are set when it worked; the journey is redacted."""

    journey: Journey
    application: str | None
    ticket: str | None
    why: str

    def __repr__(self) -> str:
        return f"SignedIn({self.journey.outcome}, application={self.application!r})"

    @property
    def works(self) -> bool:
        return self.journey.outcome is Outcome.SIGNED_IN


async def sign_in(wish: Wish, network: Network) -> SignedIn:
    """Sign in over ``network``. Raises BadUrl where a server hands out a link that is no URL."""
    recorder = Recorder()
    running = run(wish, recorder)
    try:
        outgoing = next(running)
        while True:
            outgoing = running.send(await network.send(outgoing.request))
    except StopIteration as end:
        machine = end.value
    journey = recorder.journey(machine, "live")
    return SignedIn(journey, machine.application, machine.ticket, machine.why)


async def sign_out(session: SignedIn, network: Network) -> bool:
    """Delete the application of a sign-in that worked; whether the server took it."""
    if session.application is None or session.ticket is None:
        return False
    headers = Headers.of([("Authorization", f"Bearer {session.ticket}"), ("Accept", "application/json")])
    reply = await network.send(Request("DELETE", session.application, headers))
    return reply.response is not None and reply.response.status == 204
