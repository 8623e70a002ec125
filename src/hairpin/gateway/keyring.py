"""One ticket for the client, one for every pool inside it.

A web ticket is valid on the pool that issued it (protocol.md 3.9), and clients learn that they need another one from
the host of the applications link. Under one origin no host ever changes. So the ticket a client is handed is a ring of
tickets, one a pool, and each request goes up with the one of its pool. The ring is its own memory: any other gateway
reads it as well. To clients a ticket is opaque (3.8); the ring keeps to its alphabet.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

import msgspec

Line = tuple[bytes, bytes]

_MARK = b"HPR1"
_LONGEST = 16 * 1024
_BEARER = re.compile(rb"(?i)\s*bearer\s+cwt=" + _MARK + rb"([\w-]+)\s*")
_RENEWED = re.compile(rb"(?i)(ms_rtc_renew=(?:cwt(?:=|%3d))?)" + _MARK + rb"([\w-]+)")
_TICKET = re.compile(r"[\w+/=-]+")
_SHARED = frozenset(("password", "urn:microsoft.rtc:anonmeeting"))

_decode = msgspec.json.Decoder(dict[str, str]).decode


class _Issued(msgspec.Struct):
    access_token: str
    expires_in: int = 0


def may_be_shared(body: bytes) -> bool:
    """Whether a token request may be put to every pool: its grant needs nothing but the form itself."""
    fields = dict(parse_qsl(body.decode("latin-1")))
    return fields.get("grant_type", "").strip().lower() in _SHARED


def ticket_in(body: bytes) -> tuple[str, int] | None:
    """What a pool issued: the part after ``cwt=`` and its seconds; None when the answer is no ticket."""
    try:
        issued = msgspec.json.decode(body, type=_Issued)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    scheme, _, ticket = issued.access_token.partition("=")
    return (ticket, issued.expires_in) if scheme == "cwt" and _TICKET.fullmatch(ticket) else None


def ring(answer: bytes, tickets: Mapping[str, str], seconds: int) -> bytes:
    """A pool's answer with the ring in place of its own ticket, valid as long as the shortest-lived of them."""
    known = msgspec.json.decode(answer, type=dict[str, object])
    packed = base64.urlsafe_b64encode(msgspec.json.encode(tickets)).rstrip(b"=")
    known["access_token"] = f"cwt={(_MARK + packed).decode()}"
    if "expires_in" in known:
        known["expires_in"] = seconds
    return msgspec.json.encode(known)


def own_ticket(lines: list[Line], site: str) -> list[Line]:
    """The head with that site's ticket in place of a ring; without Authorization where the ring holds none."""
    found = [_BEARER.fullmatch(value) if name.lower() == b"authorization" else None for name, value in lines]
    if not any(found):
        return lines
    kept = []
    for line, ours in zip(lines, found, strict=True):
        if ours is None:
            kept.append(line)
        elif (ticket := _unpacked(ours[1]).get(site)) is not None:
            kept.append((line[0], b"Bearer cwt=" + ticket.encode()))
    return kept


def own_renewal(body: bytes, site: str) -> bytes:
    """A form that renews a ring, renewing that site's ticket of it."""
    return _RENEWED.sub(lambda found: found[1] + _unpacked(found[2]).get(site, "").encode(), body)


def _unpacked(packed: bytes) -> dict[str, str]:
    """The tickets of a ring; none of one that was tampered with."""
    if len(packed) > _LONGEST:
        return {}
    try:
        known = _decode(base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {site: ticket for site, ticket in known.items() if _TICKET.fullmatch(ticket)}
