"""Requests without an answer: why, as far as a capture's own words tell, and how the client came by the name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from hairpin.deployment.model import Side
from hairpin.doctor.case import Case
from hairpin.doctor.turn import DISCOVER_INTERNAL, Turn
from hairpin.signin.steps import Links, Role
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import maybe_origin


class Tls(StrEnum):
    """What was wrong with a certificate or a handshake."""

    NAME = "name"
    DATE = "date"
    ISSUER = "issuer"
    CHAIN = "chain"
    VERSION = "version"
    UNSAID = "unsaid"


# The words of Chromium, Firefox, Safari, OpenSSL, Go and Java; the first that fits decides.
_TLS_WORDS: dict[Tls, tuple[str, ...]] = {
    Tls.DATE: ("DATE_INVALID", "EXPIRED", "has expired", "not yet valid"),
    Tls.VERSION: (
        "VERSION_OR_CIPHER", "UNSUPPORTED_PROTOCOL", "UNSUPPORTED_VERSION", "protocol version",
        "wrong version number",
    ),
    Tls.CHAIN: (
        "local issuer", "first certificate", "LEAF_SIGNATURE", "incomplete chain", "missing intermediate",
    ),
    Tls.NAME: (
        "COMMON_NAME", "BAD_CERT_DOMAIN", "does not cover", "does not match", "doesn't match",
        "hostname mismatch", "altname", "alternative name", "not valid for",
    ),
    Tls.ISSUER: (
        "AUTHORITY_INVALID", "UNKNOWN_ISSUER", "UNKNOWN_CA", "unknown authority", "self.signed",
        "not trusted", "PKIX path",
    ),
}  # fmt: skip
_TLS_TABLE = tuple(
    (reason, re.compile("|".join(words), re.IGNORECASE)) for reason, words in _TLS_WORDS.items()
)


def tls_reason(turn: Turn) -> Tls:
    note = turn.step.exchange.note
    return next((reason for reason, words in _TLS_TABLE if words.search(note)), Tls.UNSAID)


def unanswered(case: Case, *failures: Failure) -> Iterator[Turn]:
    """The first request to each host that ended so, where that host never answered and the sign-in did not end well."""
    told: set[tuple[int, str]] = set()
    for turn in case.ours:
        key = (turn.capture, turn.host)
        if turn.failure not in failures or turn.status is not None or key in told or case.signed_in(turn):
            continue
        told.add(key)
        if not case.answered(turn.capture, turn.host):
            yield turn


def tls_failures(case: Case, *reasons: Tls) -> Iterator[Turn]:
    return (turn for turn in unanswered(case, Failure.TLS) if tls_reason(turn) in reasons)


def is_internal(case: Case, turn: Turn) -> bool:
    """Asked under a name for inside: an internal FQDN or the internal discovery name."""
    return turn.host.startswith(DISCOVER_INTERNAL) or case.names.side(turn.host) is Side.INTERNAL


def is_second_pool(case: Case, turn: Turn) -> bool:
    """A host the client was sent to only after it had proved who the user is: the user's home pool.

    An internal web site sends everybody on to the external name of the same pool, which proves nothing.
    """
    for one in case.before(turn):
        if one.role is not Role.USER or not one.succeeded or one.host == turn.host or is_internal(case, one):
            continue
        if not isinstance(one.answer, Links):
            # Its body was not captured; a new host right after it is what it must have named.
            return not any(earlier.host == turn.host for earlier in case.before(one))
        origin = maybe_origin(one.answer.get("applications"))
        if origin is not None and origin.host == turn.host:
            return True
    return False
