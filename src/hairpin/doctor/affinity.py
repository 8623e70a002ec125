"""Which servers answered under a name, and where one of them did not know an application."""

from __future__ import annotations

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.errors import error_of
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role

_SESSION = (Role.APPLICATION, Role.EVENTS, Role.RESOURCE)


def servers_at(case: Case, capture: int, host: str) -> dict[str, set[str]]:
    """address (or ``""`` where unknown) → the servers that answered there under that name, in lower case."""
    found: dict[str, set[str]] = {}
    for turn in case.ours:
        if (turn.capture, turn.host) == (capture, host) and (name := turn.got.get("x-ms-server-fqdn")):
            found.setdefault(turn.address or "", set()).add(name.lower())
    return found


def lost_applications(case: Case) -> Iterator[Turn]:
    """The first answer of each host that does not know an application the client has."""
    told: set[tuple[int, str]] = set()
    for turn in case.of(*_SESSION):
        key = (turn.capture, turn.host)
        if turn.status == 404 and key not in told and error_of(turn).subcode in {"", "ApplicationNotFound"}:
            told.add(key)
            yield turn
