"""One failure of the catalogue, under fixed headings, and the filling in of its texts.

Texts name things as ``<ext>`` or ``<proxy address>``. A finding fills in what its journey showed, a page the
names of the original case, and what nobody knows stays as it is and can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from textwrap import dedent

from hairpin.doctor.case import Case
from hairpin.doctor.finding import Certainty, Evidence, Owner, Remedy, Severity
from hairpin.doctor.turn import Turn


class SeenBy(StrEnum):
    """What can find it: captured traffic, a probe of the live names, a prediction from the deployment file."""

    CAPTURE = "capture"
    PROBE = "probe"
    PREDICT = "predict"


class Group(StrEnum):
    """The part of the system that has the fault."""

    NAMES = "Names: which machine, and which of its two web sites, answers"
    PROXY = "Reverse proxy, load balancer, firewall"
    TLS = "TLS and trust on the client"
    CROSS_DOMAIN = "Cross-domain: allow list, frames, preflights, tickets"
    AUTHENTICATION = "Authentication and hybrid"
    CLIENT = "Browser and client environment"
    SERVER = "Server health that looks like a deployment fault"


class Mark(StrEnum):
    """How well a source supports the entry."""

    DOCUMENTED = "documented"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class Sign:
    """What a rule saw: how sure, in one sentence, where, and which other turns went wrong because of it.

    ``facts`` fill the entry's texts (``{"ext": "webdir.nnylync.info"}``). ``severity`` and ``owner`` replace
    the entry's.
    """

    certainty: Certainty
    says: str
    evidence: tuple[Evidence, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    explains: tuple[Turn, ...] = ()
    severity: Severity | None = None
    owner: Owner | None = None


Rule = Callable[[Case], Iterator[Sign]]


@dataclass(frozen=True, slots=True)
class Change:
    """What to do, and the lines to type: tool → commands. Without an owner it is for the entry's own."""

    text: str
    commands: Mapping[str, str] = field(default_factory=dict)
    owner: Owner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A failure: ``looks_at`` says in words what ``rule`` does; ``causes`` are ids it may bring about."""

    id: str
    title: str
    group: Group
    owner: Owner
    seen_by: tuple[SeenBy, ...]
    symptom: str
    looks_at: str
    cause: str
    remedies: tuple[Change, ...]
    verify: Change
    undo: Change
    look_alikes: Mapping[str, str]
    sources: tuple[tuple[Mark, str], ...]
    rule: Rule
    severity: Severity = Severity.ERROR
    causes: tuple[str, ...] = ()


_BLANK = re.compile(r"<([a-z][a-z0-9 ]*)>")
# Filled-in names end up in commands that people paste: only what cannot end a word in a shell gets in.
_HARMLESS = re.compile(r"[A-Za-z0-9\[][A-Za-z0-9._:/\[\]-]{0,252}")


def fill(text: str, facts: Mapping[str, str]) -> str:
    """A text in one line, its blanks filled as far as the facts reach and are harmless."""
    return _filled(" ".join(text.split()), facts)


def fill_change(change: Change, facts: Mapping[str, str], owner: Owner) -> Remedy:
    """A change with its texts filled; ``owner`` makes it unless the change names somebody else."""
    commands = {tool: dedent(_filled(lines, facts)).strip() for tool, lines in change.commands.items()}
    return Remedy(fill(change.text, facts), change.owner or owner, commands)


def _filled(text: str, facts: Mapping[str, str]) -> str:
    def known(blank: re.Match[str]) -> str:
        value = facts.get(blank[1], "")
        return value if _HARMLESS.fullmatch(value) else blank[0]

    return _BLANK.sub(known, text)
