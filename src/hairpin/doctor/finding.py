"""What the doctor says: findings, and the verdict they add up to.

These shapes are what every report renders and what ``docs/report-schema.md`` documents; they hold text that
is already redacted and free of control characters, so no renderer has to think about secrets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hairpin.signin.journey import Journey


class Severity(StrEnum):
    """ERROR ends the sign-in, WARNING spoils it, INFO never makes a fault."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Certainty(StrEnum):
    """CERTAIN: nothing else looks like this; PROBABLE: its look-alikes are less likely; POSSIBLE: a hint."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


class Owner(StrEnum):
    """Whose hands can repair it."""

    DNS_ADMIN = "dns-admin"
    PROXY_ADMIN = "proxy-admin"
    SERVER_ADMIN = "server-admin"
    NETWORK_ADMIN = "network-admin"
    CLIENT_ADMIN = "client-admin"
    APP_DEVELOPER = "app-developer"
    USER = "user"


class Word(StrEnum):
    """The verdict in one word; exit codes 0, 1 and 3."""

    HEALTHY = "healthy"
    FAULT = "fault"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES = {Word.HEALTHY: 0, Word.FAULT: 1, Word.INCONCLUSIVE: 3}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a claim can be checked: capture and exchange (counted from 1; None for what a probe found), the
    part that was looked at, the words seen there.
    """

    capture: int | None
    exchange: int | None
    request: str
    part: str
    seen: str


@dataclass(frozen=True, slots=True)
class Symptom:
    """What a cause explains: an exchange that went wrong because of it, or another finding's ``id``."""

    text: str
    id: str | None = None
    capture: int | None = None
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change: what to do in a sentence, who does it, and the commands for it, by the tool they are for."""

    text: str
    owner: Owner
    commands: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure found in a journey, with the names and addresses of that journey in every text."""

    id: str
    title: str
    says: str
    severity: Severity
    certainty: Certainty
    owner: Owner
    evidence: tuple[Evidence, ...]
    explains: tuple[Symptom, ...]
    remedies: tuple[Remedy, ...]
    verify: Remedy
    undo: Remedy
    look_alikes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Root causes first, then what is only worth knowing; ``unseen`` is what the captures cannot show."""

    verdict: Word
    findings: tuple[Finding, ...]
    journeys: tuple[Journey, ...]
    unseen: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.verdict]

    @property
    def causes(self) -> tuple[str, ...]:
        """The ids of everything above info."""
        return tuple(one.id for one in self.findings if one.severity is not Severity.INFO)
