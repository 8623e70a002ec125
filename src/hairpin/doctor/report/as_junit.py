"""The verdict as JUnit XML: every failure of the catalogue is a test, one that was found a failed one."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from hairpin.doctor.catalogue import CATALOGUE
from hairpin.doctor.finding import Finding, Verdict, Word
from hairpin.doctor.report.words import HANDS, MEANING, grave, place


def as_junit(verdict: Verdict) -> str:
    """One suite; an inconclusive verdict is an error of its own, so that no pipeline takes it for a pass."""
    found: dict[str, list[Finding]] = {}
    for finding in grave(verdict):
        found.setdefault(finding.id, []).append(finding)
    undecided = verdict.verdict is Word.INCONCLUSIVE
    suite = Element(
        "testsuite",
        name="hairpin",
        tests=str(len(CATALOGUE) + 1),
        failures=str(len(found)),
        errors=str(int(undecided)),
    )
    conclusive = SubElement(suite, "testcase", classname="hairpin", name="verdict")
    if undecided:
        SubElement(conclusive, "error", message=MEANING[verdict.verdict], type=str(verdict.verdict))
    for entry in CATALOGUE:
        case = SubElement(suite, "testcase", classname="hairpin.catalogue", name=entry.id)
        for finding in found.get(entry.id, []):
            failure = SubElement(case, "failure", message=finding.says, type=str(finding.certainty))
            failure.text = "\n".join(_lines(finding, verdict))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suite, encoding="unicode")


def _lines(finding: Finding, verdict: Verdict) -> list[str]:
    lines = [finding.says]
    for one in finding.evidence:
        where = place(one.capture, one.exchange, verdict)
        lines.append(f"{where} {one.request}: {one.part}: {one.seen}".strip())
    lines += [f"{HANDS[remedy.owner]}: {remedy.text}" for remedy in finding.remedies]
    return lines
