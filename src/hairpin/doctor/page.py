"""A page about one failure, from its entry: what `hairpin explain` prints and what stands in docs/failures.

Its names and addresses are those of the original case, so that the commands can be read.
"""

from __future__ import annotations

from hairpin.doctor.catalogue import BY_ID
from hairpin.doctor.entry import Entry, Mark, SeenBy, fill, fill_change
from hairpin.doctor.finding import Remedy
from hairpin.doctor.report.words import HANDS

EXAMPLE = {
    "ext": "webdir.nnylync.info",
    "ext2": "webpool.nnylync.info",
    "int": "director.nny.local",
    "server": "director.nny.local",
    "host": "webdir.nnylync.info",
    "discover": "lyncdiscover.nnylync.info",
    "sip domain": "nnylync.info",
    "zone": "nnylync.info",
    "label": "webdir",
    "pool": "pool01.nny.local",
    "proxy address": "203.0.113.10",
    "proxy inside address": "172.16.0.10",
    "server address": "10.10.0.10",
    "app origin": "https://app.nnylync.info",
    "listed origin": "http://app.nnylync.info",
    "user": "lene@nnylync.info",
    "path": "/WebTicket/",
    "verb": "OPTIONS",
    "target": "webdir.example.net",
    "other name": "fe01.nny.local",
    "sts": "sts.nnylync.info",
}
_MARKS = {Mark.DOCUMENTED: "documented", Mark.INFERRED: "inferred, so worded with care"}
_SEERS = {
    SeenBy.CAPTURE: "a capture (`hairpin diagnose`)",
    SeenBy.PROBE: "a probe of the live names",
    SeenBy.PREDICT: "a prediction from the deployment file (`hairpin predict`)",
}


def page_of(entry: Entry) -> str:
    """The page in Markdown, under the fixed headings."""
    lines = [
        f"# {entry.title}",
        "",
        f"`{entry.id}` · {entry.group} · {HANDS[entry.owner]} can repair it.",
        "",
    ]
    seers = ", ".join(_SEERS[one] for one in entry.seen_by)
    lines += _section("What is seen", entry.symptom)
    lines += _section("What the rule looks at", entry.looks_at)
    lines += [f"It can be found by: {seers}.", ""]
    if SeenBy.CAPTURE not in entry.seen_by:
        lines += ["No capture can show it.", ""]
    lines += _section("Why it happens", entry.cause)
    lines += ["## What to change", ""]
    for change in entry.remedies:
        lines += _remedy(fill_change(change, EXAMPLE, entry.owner), entry)
    lines += ["## How to check it", "", *_remedy(fill_change(entry.verify, EXAMPLE, entry.owner), entry)]
    lines += ["## How to undo it", "", *_remedy(fill_change(entry.undo, EXAMPLE, entry.owner), entry)]
    lines += ["## What looks the same", ""]
    lines += [f"- [{other}]({other}.md): {fill(text, EXAMPLE)}" for other, text in entry.look_alikes.items()]
    if entry.causes:
        lines += ["", "## What it may bring about", ""]
        lines += [f"- [{other}]({other}.md): {BY_ID[other].title}" for other in entry.causes]
    lines += ["", "## Sources", "", *(f"- {text} ({_MARKS[mark]})" for mark, text in entry.sources), ""]
    return "\n".join(lines)


def _section(heading: str, text: str) -> list[str]:
    return [f"## {heading}", "", fill(text, EXAMPLE), ""]


def _remedy(remedy: Remedy, entry: Entry) -> list[str]:
    who = "" if remedy.owner is entry.owner else f"{HANDS[remedy.owner]}: "
    lines = [f"{who}{remedy.text}", ""]
    for tool, commands in remedy.commands.items():
        lines += [f"{tool}:", "", "```", commands, "```", ""]
    return lines
