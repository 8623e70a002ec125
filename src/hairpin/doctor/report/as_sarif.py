"""The verdict as SARIF 2.1.0, for pipelines that show findings beside files."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hairpin import __version__
from hairpin.doctor.catalogue import BY_ID
from hairpin.doctor.entry import fill
from hairpin.doctor.finding import Finding, Severity, Verdict
from hairpin.doctor.report.words import name_of
from hairpin.signin.journey import Journey

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS = {"certain": 90.0, "probable": 60.0, "possible": 30.0}


def as_sarif(verdict: Verdict) -> str:
    """One run with a rule for each failure that was found; exchanges are logical locations."""
    ids = sorted({one.id for one in verdict.findings})
    run = {
        "tool": {"driver": {"name": "Hairpin", "version": __version__, "rules": [_rule(id) for id in ids]}},  # noqa: A001
        "artifacts": [{"location": {"uri": _uri(journey)}} for journey in verdict.journeys],
        "results": [_result(one, verdict) for one in verdict.findings],
        "properties": {"verdict": str(verdict.verdict), "unseen": list(verdict.unseen)},
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=1)


def _rule(id: str) -> dict[str, Any]:
    entry = BY_ID[id]
    return {
        "id": id,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": fill(entry.cause, {})},
        "help": {"text": fill(entry.looks_at, {})},
        "properties": {"tags": [entry.owner, entry.group.name.lower()]},
    }


def _result(finding: Finding, verdict: Verdict) -> dict[str, Any]:
    remedies = " ".join(remedy.text for remedy in finding.remedies)
    return {
        "ruleId": finding.id,
        "level": _LEVELS[finding.severity],
        "rank": _RANKS[finding.certainty],
        "message": {"text": f"{finding.says} {remedies}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(verdict.journeys[one.capture - 1])}},
                "logicalLocations": [{"name": f"exchange {one.exchange}", "fullyQualifiedName": one.request}],
                "message": {"text": f"{one.part}: {one.seen}"},
            }
            for one in finding.evidence
            if one.capture is not None
        ],
        "properties": {"certainty": str(finding.certainty), "owner": str(finding.owner)},
    }


def _uri(journey: Journey) -> str:
    """A capture's name as a relative reference (RFC 3986)."""
    return quote(name_of(journey), safe="")
