"""The verdict for programs: schema ``hairpin.diagnosis/1``, in docs/report-schema.md."""

from __future__ import annotations

import msgspec

from hairpin.doctor.finding import Finding, Verdict, Word
from hairpin.doctor.report.words import name_of
from hairpin.signin.journey import Outcome

SCHEMA = "hairpin.diagnosis/1"


class Capture(msgspec.Struct, frozen=True):
    """One capture, in the order given; ``exchanges`` counts all it holds, ``exchange`` elsewhere counts from 1."""

    source: str
    outcome: Outcome
    exchanges: int


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer; root causes come first in ``findings``."""

    schema: str = SCHEMA
    verdict: Word
    findings: tuple[Finding, ...]
    captures: tuple[Capture, ...]
    unseen: tuple[str, ...]


def diagnosis_of(verdict: Verdict) -> Diagnosis:
    captures = (
        Capture(name_of(journey), journey.outcome, len(journey.steps)) for journey in verdict.journeys
    )
    return Diagnosis(
        verdict=verdict.verdict,
        findings=verdict.findings,
        captures=tuple(captures),
        unseen=verdict.unseen,
    )


def as_json(verdict: Verdict) -> str:
    """One object on one line."""
    return msgspec.json.encode(diagnosis_of(verdict)).decode()
