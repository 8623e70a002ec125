"""Web tickets: who somebody is, sealed by the pool that said so (`docs/protocol.md` 3.8).

A ticket is ``cwt=`` and unpadded base64url of a small binary, a header and items of type, length, value, as
published ones are. It is closed with HMAC-SHA256 under a key of the issuing pool, so another pool, a
changed bit and a guess all look the same: invalid. Clients treat it as opaque.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "cwt="

_HEADER = b"\x00\x01"
_SUBJECT, _MEETING, _ISSUER, _NONCE, _EXPIRES = 0x01, 0x0C, 0x81, 0x82, 0x86
_SEAL_SIZE = 32
_LONGEST = 4096


class TicketRefused(ValueError):
    """A ticket that opens nothing here."""


class InvalidTicket(TicketRefused):
    """Not a ticket, changed on the way, or sealed by somebody else (28032)."""


class ExpiredTicket(TicketRefused):
    """Sealed here, and over (28033)."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """``subject`` is a SIP address without its scheme, ``expires`` seconds since the epoch.

    ``meeting`` is the conference URI of an anonymous guest, empty for a user.
    """

    subject: str
    expires: int
    meeting: str = ""


def seal(ticket: Ticket, audience: str, key: bytes, nonce: bytes) -> str:
    """The ticket as it travels. ``audience`` names the pool that issues it, and may accept it."""
    items = (
        (_SUBJECT, ticket.subject.encode()),
        (_MEETING, ticket.meeting.encode()),
        (_ISSUER, _issuer(audience)),
        (_NONCE, nonce),
        (_EXPIRES, ticket.expires.to_bytes(8, "little")),
    )
    plain = _HEADER + b"".join(_item(kind, value) for kind, value in items)
    return PREFIX + urlsafe_b64encode(plain + _mac(plain, key)).rstrip(b"=").decode()


def unseal(text: str, audience: str, key: bytes, now: float) -> Ticket:
    """The ticket in ``cwt=…``, checked. Raises InvalidTicket, and ExpiredTicket from its expiry on."""
    plain = _opened(text, key)
    items = dict(_items(plain))
    if not hmac.compare_digest(items[_ISSUER], _issuer(audience)):
        raise InvalidTicket("issued for another pool")
    expires = int.from_bytes(items[_EXPIRES], "little")
    if now >= expires:
        raise ExpiredTicket("past its expiry")
    return Ticket(items[_SUBJECT].decode(), expires, items[_MEETING].decode())


def _opened(text: str, key: bytes) -> bytes:
    """What the seal covers, once the seal has been found good."""
    if len(text) > _LONGEST or not text.startswith(PREFIX):
        raise InvalidTicket("not a web ticket")
    encoded = text.removeprefix(PREFIX)
    try:
        blob = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        raise InvalidTicket("not base64url") from None
    # base64 spells one value in several ways and skips strange characters; a ticket has one spelling.
    if urlsafe_b64encode(blob).rstrip(b"=").decode() != encoded:
        raise InvalidTicket("not base64url")
    plain, mac = blob[:-_SEAL_SIZE], blob[-_SEAL_SIZE:]
    if not hmac.compare_digest(mac, _mac(plain, key)):
        raise InvalidTicket("sealed with another key, or changed")
    return plain


def _item(kind: int, value: bytes) -> bytes:
    return bytes((kind,)) + len(value).to_bytes(2, "big") + value


def _items(plain: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(_HEADER)
    while at < len(plain):
        size = int.from_bytes(plain[at + 1 : at + 3], "big")
        yield plain[at], plain[at + 3 : at + 3 + size]
        at += 3 + size


def _issuer(audience: str) -> bytes:
    return hashlib.sha256(audience.encode()).digest()[:16]


def _mac(plain: bytes, key: bytes) -> bytes:
    return hmac.digest(key, plain, "sha256")
