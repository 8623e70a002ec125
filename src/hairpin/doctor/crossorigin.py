"""What a browser did not let through: requests across origins, told by who asked."""

from __future__ import annotations

from hairpin.doctor.case import Case
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.origin import Origin

_UNREADABLE = frozenset({Failure.BLOCKED_CORS, Failure.UNKNOWN})


def blocked(case: Case, turn: Turn) -> bool:
    """A script's request to another origin that its browser withheld: refused by preflight, or unreadable."""
    if (
        not turn.cross_origin
        or turn.role is Role.XFRAME
        or turn.step.exchange.kind in {Kind.FRAME, Kind.DOCUMENT}
    ):
        return False
    if case.signed_in(turn) and not turn.preflight:
        return False
    if turn.failure is not None and turn.failure not in _UNREADABLE:
        return False
    # Scripts that ask across origins say so; images and links do not, and were never withheld.
    if turn.failure is None and "origin" not in turn.sent:
        return False
    return turn.failure is Failure.BLOCKED_CORS or not allowed(turn)


def allowed(turn: Turn) -> bool:
    """The answer permits the origin that asked; a preflight must also be a success (Fetch, CORS-preflight fetch)."""
    told = turn.got.get("access-control-allow-origin")
    if told is None:
        return False
    if turn.preflight and not (turn.status is not None and 200 <= turn.status < 300):
        return False
    return told.strip() == "*" or told.strip().lower() == str(turn.asker).lower()


def is_frame_origin(case: Case, origin: Origin) -> bool:
    """A frame of the deployment: the origin of an XFrame page, or a name the deployment handed out."""
    return origin.host in case.hosts and origin != case.page


def cors_is_on(case: Case, host: str) -> bool:
    """That host itself allowed another origin somewhere: its server takes part in CORS."""
    return any(
        turn.by_server and turn.got.get("access-control-allow-origin") is not None
        for turn in case.ours
        if turn.host == host
    )
