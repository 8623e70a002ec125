"""Token requests: which grant was asked for, and which ones the challenge before it offered."""

from __future__ import annotations

from hairpin.doctor.case import Case
from hairpin.doctor.turn import Turn
from hairpin.wire.challenge import PASSIVE, Challenge
from hairpin.wire.oauth import read_form


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
