"""The challenge of a 401: who may issue tickets, where, and by which grants.

``docs/protocol.md`` 2.1 has the two lines as servers send them, 2.2 every published variant. An RFC 7235
parser does not do: the grant list has commas inside its quotes, the href may be unquoted, and both schemes
may be folded into one line with or without a space. So the reader splits by scheme first and by parameter
second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOWS = "urn:microsoft.rtc:windows"
PASSIVE = "urn:microsoft.rtc:passive"
ANONYMOUS = "urn:microsoft.rtc:anonmeeting"
PASSWORD = "password"

CLIENT_ID = "00000004-0000-0ff1-ce00-000000000000"

_PARAMETER = re.compile(
    r"""\s*(?P<name>[A-Za-z_][\w-]*)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*))\s*(?:,|$|(?=\s))""",
    re.VERBOSE,
)
_SCHEME = re.compile(r"\s*(?P<scheme>[A-Za-z][\w.-]*)(?=\s|,|$)(?!\s*=)")
_LONGEST = 65536


@dataclass(frozen=True, slots=True)
class Scheme:
    """One authentication scheme of a 401 with its parameters, names in lower case."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the ``MsRtcOAuth`` scheme offers; ``href`` is None when only grants were printed (2.2)."""

    href: str | None
    grants: tuple[str, ...] = ()
    trusted_issuers: tuple[str, ...] = field(default=())
    authorization_uri: str | None = None


def read_schemes(lines: Iterable[str]) -> tuple[Scheme, ...]:
    """Every scheme in the ``WWW-Authenticate`` lines of one answer, in order; garbage is passed over."""
    found: list[Scheme] = []
    for line in lines:
        found.extend(_schemes_of(line[:_LONGEST]))
    return tuple(found)


def _schemes_of(line: str) -> list[Scheme]:
    found: list[Scheme] = []
    name: str | None = None
    parameters: list[tuple[str, str]] = []
    at = 0
    while at < len(line):
        parameter = _PARAMETER.match(line, at)
        if parameter is not None and name is not None:
            bare = parameter["bare"]
            value = parameter["quoted"] if bare is None else bare
            parameters.append((parameter["name"].lower(), value))
            at = parameter.end()
            continue
        scheme = _SCHEME.match(line, at)
        if scheme is not None:
            if name is not None:
                found.append(Scheme(name, tuple(parameters)))
            name, parameters = scheme["scheme"], []
            at = scheme.end()
            continue
        at += 1
    if name is not None:
        found.append(Scheme(name, tuple(parameters)))
    return found


def read_challenge(lines: Iterable[str]) -> Challenge | None:
    """The ``MsRtcOAuth`` challenge in the ``WWW-Authenticate`` lines of one answer, or None where there is
    none.
    """
    schemes = read_schemes(lines)
    ours = next((scheme for scheme in schemes if scheme.name.lower() == "msrtcoauth"), None)
    if ours is None:
        return None
    bearer = next((scheme for scheme in schemes if scheme.name.lower() == "bearer"), Scheme("Bearer"))
    return Challenge(
        href=ours.get("href") or None,
        grants=_items(ours.get("grant_type")),
        trusted_issuers=_items(bearer.get("trusted_issuers")),
        authorization_uri=bearer.get("authorization_uri"),
    )


def _items(value: str | None) -> tuple[str, ...]:
    """A comma list without blanks, empty items and repetitions."""
    return tuple(dict.fromkeys(item.strip() for item in (value or "").split(",") if item.strip()))


def write_challenge(challenge: Challenge) -> tuple[tuple[str, str], tuple[str, str]]:
    """The two header lines as 2.1 prints them: Bearer first, href first and quoted, no blank before
    grant_type.
    """
    bearer = f'Bearer trusted_issuers="{",".join(challenge.trusted_issuers)}", client_id="{CLIENT_ID}"'
    if challenge.authorization_uri:
        bearer += f', authorization_uri="{challenge.authorization_uri}"'
    offer = f'MsRtcOAuth href="{challenge.href}",grant_type="{",".join(challenge.grants)}"'
    return ("WWW-Authenticate", bearer), ("WWW-Authenticate", offer)
