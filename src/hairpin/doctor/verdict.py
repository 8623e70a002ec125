"""From journeys to a verdict: every rule looks, causes take their symptoms under them, the rest is weighed.

A capture in which nothing went wrong is healthy when it shows a finished sign-in; one that shows neither a
fault nor a sign-in is inconclusive, never healthy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from hairpin.deployment.model import Deployment
from hairpin.doctor.case import Case, case_of
from hairpin.doctor.catalogue import CATALOGUE
from hairpin.doctor.entry import Entry, Sign, fill, fill_change
from hairpin.doctor.finding import Certainty, Finding, Severity, Symptom, Verdict, Word
from hairpin.doctor.survey import Survey
from hairpin.doctor.turn import plain
from hairpin.signin.journey import Journey, Outcome
from hairpin.wire.redact import redact_text

MOST_SIGNS = 20
LONGEST_SENTENCE = 600
_SURENESS = {Certainty.CERTAIN: 2, Certainty.PROBABLE: 1, Certainty.POSSIBLE: 0}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A sign with the entry it belongs to and the turns it touches or explains."""

    entry: Entry
    sign: Sign
    place: int

    @property
    def severity(self) -> Severity:
        return self.sign.severity or self.entry.severity

    @property
    def touched(self) -> frozenset[tuple[int, int] | str]:
        """The turns, and what a probe asked, that the evidence is of."""
        return frozenset(
            (one.capture, one.exchange) if one.capture and one.exchange else one.request
            for one in self.sign.evidence
        )

    @property
    def explained(self) -> frozenset[tuple[int, int] | str]:
        return frozenset((turn.capture, turn.number) for turn in self.sign.explains)

    def explains(self, other: _Suspect) -> bool:
        """The catalogue says that this may bring about that, it is more than possible, and they meet in a turn."""
        if other.entry.id not in self.entry.causes or _WEIGHT[self.severity] > _WEIGHT[other.severity]:
            return False
        sure = self.sign.certainty is not Certainty.POSSIBLE or other.sign.certainty is Certainty.POSSIBLE
        return sure and bool((self.touched | self.explained) & other.touched)


def examine(
    journeys: Journey | Iterable[Journey],
    deployment: Deployment | None = None,
    survey: Survey | None = None,
) -> Verdict:
    """The verdict on one or more journeys through one deployment.

    A deployment file says what should be and makes it sharper; a survey adds what only a probe can see.
    """
    case = case_of(journeys, deployment, survey)
    suspects = [
        _Suspect(entry, sign, place)
        for place, entry in enumerate(CATALOGUE)
        for sign in islice(entry.rule(case), MOST_SIGNS)
    ]
    findings = tuple(_finding(case, suspect, symptoms) for suspect, symptoms in _roots(suspects))
    unseen = tuple(dict.fromkeys(what for journey in case.journeys for what in journey.unseen))
    return Verdict(_word(case, findings), findings, case.journeys, unseen)


def _roots(suspects: list[_Suspect]) -> list[tuple[_Suspect, list[_Suspect]]]:
    """Each suspect that no other explains, gravest and surest first, with those it explains."""
    waiting = sorted(
        suspects, key=lambda one: (_WEIGHT[one.severity], -_SURENESS[one.sign.certainty], one.place)
    )
    under: dict[int, _Suspect] = {}
    for one in waiting:
        cause = next((other for other in waiting if other is not one and other.explains(one)), None)
        if cause is not None:
            under[id(one)] = cause
    return [
        (one, [other for other in waiting if other is not one and _top(other, under) is one])
        for one in waiting
        if id(one) not in under
    ]


def _top(one: _Suspect, under: dict[int, _Suspect]) -> _Suspect:
    """The root above a suspect; the catalogue's causes have no cycle, which a test holds."""
    while id(one) in under:
        one = under[id(one)]
    return one


def _finding(case: Case, suspect: _Suspect, under: list[_Suspect]) -> Finding:
    entry, sign = suspect.entry, suspect.sign
    facts = {**case.facts, **sign.facts}
    symptoms = [
        Symptom(f"{turn.evidence('', '').request}: {turn.outcome()}", None, turn.capture, turn.number)
        for turn in sign.explains[:MOST_SIGNS]
    ]
    if len(sign.explains) > MOST_SIGNS:
        symptoms.append(Symptom(f"{len(sign.explains) - MOST_SIGNS:,} more exchanges that ended like these"))
    symptoms += [Symptom(_said(other.sign), other.entry.id) for other in under]
    owner = sign.owner or entry.owner
    return Finding(
        id=entry.id,
        title=entry.title,
        says=_said(sign),
        severity=suspect.severity,
        certainty=sign.certainty,
        owner=owner,
        evidence=sign.evidence,
        explains=tuple(symptoms),
        remedies=tuple(fill_change(one, facts, owner) for one in entry.remedies),
        verify=fill_change(entry.verify, facts, owner),
        undo=fill_change(entry.undo, facts, owner),
        look_alikes={other: fill(text, facts) for other, text in entry.look_alikes.items()},
    )


def _said(sign: Sign) -> str:
    """A sign's sentence, whatever the names in it hold."""
    return plain(redact_text(sign.says), LONGEST_SENTENCE)


def _word(case: Case, findings: tuple[Finding, ...]) -> Word:
    grave = [one for one in findings if one.severity is not Severity.INFO]
    if any(one.certainty is not Certainty.POSSIBLE for one in grave):
        return Word.FAULT
    if grave or not case.journeys:
        return Word.INCONCLUSIVE
    finished = all(journey.outcome is Outcome.SIGNED_IN for journey in case.journeys)
    return Word.HEALTHY if finished else Word.INCONCLUSIVE
