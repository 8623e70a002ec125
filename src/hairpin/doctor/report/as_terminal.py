"""The verdict on a terminal."""

from __future__ import annotations

import textwrap

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from hairpin.doctor.finding import Evidence, Finding, Severity, Verdict, Word
from hairpin.doctor.report.words import ENDS, HANDS, MEANING, SURE, name_of, place

_COLOURS = {Word.HEALTHY: "green", Word.FAULT: "red", Word.INCONCLUSIVE: "yellow"}
_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}


def tell_verdict(verdict: Verdict, console: Console) -> None:
    """Print the verdict with its evidence, and what the captures could not show."""
    colour = _COLOURS[verdict.verdict]
    console.print(f"[bold {colour}]{verdict.verdict}[/bold {colour}]  {MEANING[verdict.verdict]}")
    for journey in verdict.journeys:
        count = len(journey.steps)
        console.print(
            f"  {escape(name_of(journey))}: {count} exchanges, {ENDS[journey.outcome]}", style="dim"
        )
    for finding in verdict.findings:
        _tell_finding(finding, console, verdict)
    if verdict.unseen:
        console.print(f"\n[dim]Not seen in these captures: {escape(', '.join(verdict.unseen))}.[/dim]")


def tell_findings(findings: tuple[Finding, ...], console: Console) -> None:
    """Print causes alone, without evidence, for a reader who has the trace before him."""
    for finding in findings:
        if finding.severity is not Severity.INFO:
            _tell_finding(finding, console)


def _tell_finding(finding: Finding, console: Console, verdict: Verdict | None = None) -> None:
    colour = _SEVERITIES[finding.severity]
    console.print(Padding(f"[{colour}]{finding.id}[/{colour}]  {escape(finding.title)}", (1, 0, 0, 2)))
    console.print(Padding(escape(finding.says), (0, 0, 0, 2)))
    if verdict is not None:
        console.print(Padding(f"[dim]{SURE[finding.certainty]}[/dim]", (0, 0, 0, 2)))
        _tell_evidence(finding, console, verdict)
    if finding.severity is not Severity.INFO:
        _tell_remedies(finding, console)
    console.print(Padding(f"[dim]More about it: hairpin explain {finding.id}[/dim]", (1, 0, 0, 2)))


def _tell_evidence(finding: Finding, console: Console, verdict: Verdict) -> None:
    for one in finding.evidence:
        console.print(f"    {escape(_line(one, verdict))}", soft_wrap=True)
    if finding.explains:
        console.print(Padding("It explains:", (0, 0, 0, 2)))
    for symptom in finding.explains:
        where = place(symptom.capture, symptom.exchange, verdict) or symptom.id or ""
        console.print(f"    {escape(f'{where} {symptom.text}')}", soft_wrap=True)


def _line(one: Evidence, verdict: Verdict) -> str:
    where = place(one.capture, one.exchange, verdict)
    return f"{where} {one.request}: {one.part}: {one.seen}".strip()


def _tell_remedies(finding: Finding, console: Console) -> None:
    for remedy in finding.remedies:
        console.print(Padding(f"[bold]{HANDS[remedy.owner]}[/bold]: {escape(remedy.text)}", (1, 0, 0, 2)))
        for tool, lines in list(remedy.commands.items())[:1]:
            console.print(Padding(f"[dim]{escape(tool)}[/dim]", (0, 0, 0, 4)))
            console.print(textwrap.indent(escape(lines), "    "), soft_wrap=True)
