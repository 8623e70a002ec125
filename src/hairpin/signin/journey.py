"""The journey: what was asked of whom, who answered, and what that handed out.

Predict, lab, client and captures all end in this one shape, which is what the doctor reads and what the tests
compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hairpin.signin.steps import Created, Role, Silent, Step, step_of
from hairpin.wire.exchange import Exchange
from hairpin.wire.origin import Origin


class Outcome(StrEnum):
    """How a sign-in ended. UNFINISHED: the capture stops in the middle, or holds no sign-in."""

    SIGNED_IN = "signed-in"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Journey:
    """Steps in the order they left the client.

    ``page`` is the origin of the embedding page where known, ``unseen`` what this kind of capture cannot
    show, ``source`` a word on where the journey comes from (a file's name, ``predicted``, ``live``).
    """

    steps: tuple[Step, ...]
    outcome: Outcome
    page: Origin | None = None
    unseen: tuple[str, ...] = ()
    source: str = ""

    def outline(self) -> tuple[tuple[str, ...], ...]:
        """One comparable line a step: method, URL, status or failure, server FQDN, diagnostics id, challenge
        href.
        """
        return tuple(_line(step) for step in self.steps)


def journey_of(
    exchanges: tuple[Exchange, ...],
    *,
    page: Origin | None = None,
    unseen: tuple[str, ...] = (),
    source: str = "",
) -> Journey:
    """The journey in a list of exchanges, its outcome read from what they hold; the same one may stand in it again."""
    different = {id(exchange): exchange for exchange in exchanges}
    meaning = {at: step_of(exchange) for at, exchange in different.items()}
    steps = tuple(meaning[id(exchange)] for exchange in exchanges)
    return Journey(steps, _outcome(steps), page, unseen, source)


def _outcome(steps: tuple[Step, ...]) -> Outcome:
    ours = [step for step in steps if step.role is not Role.OTHER]
    if any(isinstance(step.answer, Created) or _was_created(step) for step in ours):
        return Outcome.SIGNED_IN
    if any(
        step.role in {Role.EVENTS, Role.APPLICATION} and (step.status or 0) in range(200, 300)
        for step in ours
    ):
        return Outcome.SIGNED_IN
    if not ours:
        return Outcome.UNFINISHED
    last = ours[-1]
    healthy_end = last.status is not None and last.status < 400 and not isinstance(last.answer, Silent)
    first_challenge = last.role is Role.USER and last.status == 401 and last.ticket is None
    return Outcome.UNFINISHED if healthy_end or first_challenge else Outcome.FAILED


def _was_created(step: Step) -> bool:
    """201 for a new application, in a capture that shows no bodies."""
    return step.role is Role.APPLICATIONS and step.status == 201 and step.exchange.failure is None


def _line(step: Step) -> tuple[str, ...]:
    failure = step.exchange.failure
    challenge = getattr(step.answer, "challenge", None)
    return (
        step.request.method,
        step.request.url.lower(),
        str(failure) if failure is not None else str(step.status),
        (step.server_fqdn or "").lower(),
        str(step.diagnostics.id) if step.diagnostics else "",
        ((challenge.href or "") if challenge else "").lower(),
    )
