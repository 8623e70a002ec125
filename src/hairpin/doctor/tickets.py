"""Token requests: which grant was asked for, and which ones the challenge before it offered."""

from __future__ import annotations

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Refused, Role
from hairpin.wire.challenge import PASSIVE, Challenge
from hairpin.wire.diagnostics import GRANT_NOT_ALLOWED
from hairpin.wire.oauth import read_form
from hairpin.wire.origin import maybe_origin


def grant_of(turn: Turn) -> str | None:
    """The grant a token request asked for; None where the capture has no body."""
    form = read_form(turn.step.request.body)
    return form.grant if form else None


def challenge_before(case: Case, turn: Turn) -> Challenge | None:
    """The last challenge that sent the client to this token request."""
    found = None
    for one in case.before(turn):
        if one.challenge is not None and one.challenge.grants:
            found = one.challenge
    return found


def offers_passive(case: Case, turn: Turn) -> bool:
    challenge = challenge_before(case, turn)
    return challenge is not None and PASSIVE in challenge.grants


def grant_refusals(case: Case) -> Iterator[Turn]:
    """The first refusal of a grant by each host."""
    told: set[tuple[int, str]] = set()
    for turn in case.of(Role.TICKET):
        refused = turn.code == GRANT_NOT_ALLOWED or turn.error == "unsupported_grant_type"
        if refused and turn.method == "POST" and (turn.capture, turn.host) not in told:
            told.add((turn.capture, turn.host))
            yield turn


def first_legs(case: Case) -> Iterator[list[Turn]]:
    """The passive answers of each host that no ticket followed: the first is normal, more are not."""
    found: dict[tuple[int, str], list[Turn]] = {}
    for turn in case.of(Role.TICKET):
        if turn.method == "POST" and isinstance(turn.answer, Refused) and turn.answer.passive:
            found.setdefault((turn.capture, turn.host), []).append(turn)
    for legs in found.values():
        if not case.later(legs[-1], Role.TICKET, legs[-1].host) and not case.signed_in(legs[-1]):
            yield legs


def visited(case: Case, first: Turn) -> Turn | None:
    """The passive page or the federation service behind it, opened after the first leg."""
    passive = maybe_origin(first.answer.passive) if isinstance(first.answer, Refused) else None
    for turn in case.turns:
        if turn.capture == first.capture and turn.number > first.number:
            federation = "/adfs/ls" in turn.url.lower() or "wa=wsignin" in turn.url.lower()
            if (
                turn.role is Role.PASSIVE
                or federation
                or (passive and turn.origin == passive != first.origin)
            ):
                return turn
    return None
