"""The verdict as a ticket for exactly one reader: what to change, how to check it, how to undo it."""

from __future__ import annotations

import re

from hairpin.doctor.finding import Finding, Owner, Remedy, Severity, Verdict
from hairpin.doctor.report.words import HANDS, MEANING, SURE, grave, place

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def as_markdown(verdict: Verdict, reader: Owner | None = None) -> str:
    """The whole verdict, or the part of one reader; what others do is named and not explained."""
    findings = tuple(one for one in verdict.findings if reader is None or _is_for(one, reader))
    lines = [f"# {MEANING[verdict.verdict]}", ""]
    for finding in findings:
        lines += _ticket(finding, verdict, reader)
    if not findings:
        lines += ["Nothing is to be changed." if reader is None else "Nothing is to be changed by you.", ""]
    if reader is not None:
        lines += _others(verdict, findings)
    if verdict.unseen:
        lines += [f"Not seen in these captures: {_plain(', '.join(verdict.unseen))}.", ""]
    return "\n".join(lines)


def _is_for(finding: Finding, reader: Owner) -> bool:
    return finding.severity is not Severity.INFO and bool(_parts(finding, reader))


def _parts(finding: Finding, reader: Owner) -> tuple[Remedy, ...]:
    return tuple(one for one in finding.remedies if one.owner is reader)


def _ticket(finding: Finding, verdict: Verdict, reader: Owner | None) -> list[str]:
    lines = [f"## {_plain(finding.title)}", "", _plain(finding.says), "", SURE[finding.certainty], ""]
    remedies = finding.remedies if reader is None else _parts(finding, reader)
    lines += ["### What to change", ""]
    for remedy in remedies:
        if reader is None:
            lines += [f"**{HANDS[remedy.owner]}**", ""]
        lines += _remedy(remedy)
    lines += ["### How to check it", "", *_remedy(finding.verify)]
    lines += ["### How to undo it", "", *_remedy(finding.undo)]
    lines += ["### Where it was seen", ""]
    for one in finding.evidence:
        where = place(one.capture, one.exchange, verdict)
        lines.append(f"- {_plain(where)} {_code(one.request)}, {_plain(one.part)}: {_code(one.seen)}")
    for symptom in finding.explains:
        lines.append(f"- It explains: {_plain(symptom.text)}")
    lines += ["", "### What looks the same", ""]
    lines += [f"- `{id}`: {_plain(text)}" for id, text in finding.look_alikes.items()]  # noqa: A001
    return [*lines, "", f"`hairpin explain {finding.id}` says more.", ""]


def _remedy(remedy: Remedy) -> list[str]:
    lines = [_plain(remedy.text), ""]
    for tool, commands in remedy.commands.items():
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", commands)), default=0))
        lines += [f"{_plain(tool)}:", "", fence, commands, fence, ""]
    return lines


def _others(verdict: Verdict, told: tuple[Finding, ...]) -> list[str]:
    rest = [one for one in grave(verdict) if one not in told]
    if not rest:
        return []
    listed = [f"- `{one.id}`: {HANDS[one.owner]}. {_plain(one.title)}." for one in rest]
    return ["## What is for somebody else", "", *listed, ""]


def _plain(text: str) -> str:
    """Text that Markdown and the HTML in it leave as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _code(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
