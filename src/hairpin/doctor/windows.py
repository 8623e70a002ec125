"""Windows authentication on the token URL: runs of 401 that never end in a ticket."""

from __future__ import annotations

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.challenge import read_schemes

# One NTLM handshake sends credentials twice, a wrong password four times until a browser has asked again.
LOOP = 4
_WINDOWS = frozenset({"ntlm", "negotiate", "kerberos"})


def loops(attempts: list[Turn]) -> bool:
    """Credentials were sent again and again; nobody repeats a request without them so often, shown or not."""
    sent = [turn for turn in attempts if "authorization" in turn.sent]
    return len(sent or attempts) >= LOOP


def windows_attempts(case: Case) -> Iterator[list[Turn]]:
    """The token requests of each host that were answered with a Windows challenge, where none was granted."""
    found: dict[tuple[int, str], list[Turn]] = {}
    for turn in case.of(Role.TICKET):
        if turn.method == "POST" and turn.status == 401 and _is_windows(turn):
            found.setdefault((turn.capture, turn.host), []).append(turn)
    for attempts in found.values():
        if not case.later(attempts[-1], Role.TICKET, attempts[-1].host) and not case.signed_in(attempts[-1]):
            yield attempts


def _is_windows(turn: Turn) -> bool:
    return any(scheme.name.lower() in _WINDOWS for scheme in read_schemes(turn.got.all("www-authenticate")))
