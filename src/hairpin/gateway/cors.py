"""Which pages may call through the gateway, and what a browser is told about it (Fetch 3.2, 4.8-4.10).

The web sites behind answer preflights with 400 (protocol.md 4.5), so the gateway answers them. An origin that is not
listed is refused here, with the diagnostics id the web sites use for it; one that is listed may still be refused by
a web site's own allow list, because X-Ms-Origin goes up, and is added where a page calls without the frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from hairpin.wire.origin import Origin, maybe_origin

Line = tuple[bytes, bytes]

EXPOSED = (
    b"WWW-Authenticate, X-Ms-diagnostics, X-MS-Server-Fqdn, X-MS-WebTicketURL, X-MS-WebTicketSupported, "
    b"X-MS-UcwaVersion, X-MS-Correlation-Id, client-request-id, ETag, Location, Content-Location, Link, "
    b"Retry-After, Warning"
)
METHODS = b"GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"
MAX_AGE = b"7200"

_TOKENS = re.compile(rb"[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refused`` names the origin that may not call; ``origin`` is the foreign one that may."""

    origin: bytes | None = None
    refused: bytes | None = None


OWN_PAGE = Verdict()


@dataclass(frozen=True, slots=True)
class Policy:
    """The origins on the list, and those under which the gateway itself is known."""

    listed: tuple[str, ...]
    own: frozenset[Origin]
    _exact: frozenset[Origin] = field(init=False)
    _patterns: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        exact = {origin for entry in self.listed if "*" not in entry and (origin := maybe_origin(entry))}
        object.__setattr__(self, "_exact", frozenset(exact))
        wild = [
            re.escape(entry.lower()).replace(r"\*", r"[a-z0-9.-]+") for entry in self.listed if "*" in entry
        ]
        object.__setattr__(self, "_patterns", re.compile("|".join(wild) or r"(?!)"))

    def allows(self, value: bytes) -> bool:
        origin = maybe_origin(value.decode("latin-1"))
        if origin is None:
            return False
        return origin in self.own or origin in self._exact or bool(self._patterns.fullmatch(str(origin)))

    def judge(self, origin: bytes | None, ms_origin: bytes | None) -> Verdict:
        """From the Origin and the X-Ms-Origin of a request."""
        if ms_origin is not None and not self.allows(ms_origin):
            return Verdict(refused=ms_origin)
        if origin is None or maybe_origin(origin.decode("latin-1")) in self.own:
            return OWN_PAGE
        return Verdict(origin=origin) if self.allows(origin) else Verdict(refused=origin)


def preflight(origin: bytes, wanted: dict[bytes, bytes]) -> list[Line]:
    """The lines that answer a preflight; ``wanted`` are its lines by lower-case name."""
    lines = [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Credentials", b"true"),
        (b"Access-Control-Allow-Methods", METHODS),
        (b"Access-Control-Max-Age", MAX_AGE),
    ]
    asked = wanted.get(b"access-control-request-headers", b"").strip()
    if _TOKENS.fullmatch(asked):
        lines.append((b"Access-Control-Allow-Headers", asked))
    lines += [
        (b"Access-Control-Allow-" + kind, b"true")
        for kind in (b"Private-Network", b"Local-Network")
        if wanted.get(b"access-control-request-" + kind.lower(), b"").strip().lower() == b"true"
    ]
    lines.append((b"Vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"))
    return lines


def permitted(lines: Iterable[Line], origin: bytes) -> list[Line]:
    """A web site's answer for a listed foreign origin: its own Access-Control lines give way to the gateway's."""
    kept = [line for line in lines if not line[0].lower().startswith(b"access-control-")]
    return [
        *kept,
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Credentials", b"true"),
        (b"Access-Control-Expose-Headers", EXPOSED),
    ]
