"""The token exchange at ``/WebTicket/oauthtoken`` (`docs/protocol.md` 3): its form, its answer, its errors.

Clients spell the form in many ways: a charset in single quotes, values raw or percent-encoded, a capital in
the grant, ``msrtc_conferenceuri`` for ``ms_rtc_conferenceuri``. All of them are read; the documented
spelling is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from xml.etree.ElementTree import Element

import msgspec

from hairpin.wire.document import local_name, read_document
from hairpin.wire.message import Response

FORM = "application/x-www-form-urlencoded;charset='utf-8'"

_LONGEST_FORM = 65536
_MOST_FIELDS = 64
_CONFERENCE = re.compile(
    r"(?i)(?:sip:)?(?P<organizer>[^;\s]+@[^;\s]+);gruu;opaque=app:conf:focus:id:(?P<id>[\w-]+)"
)


@dataclass(frozen=True, slots=True)
class TicketForm:
    """What a token request asks for; ``grant`` in lower case, absent fields None."""

    grant: str | None
    username: str | None = None
    password: str | None = None
    conference: str | None = None
    renew: str | None = None
    scope: str | None = None


def ticket_form(
    grant: str,
    *,
    username: str | None = None,
    password: str | None = None,
    conference: str | None = None,
    renew: str | None = None,
) -> bytes:
    """The form body of a token request, percent-encoded; fields that are None stay away."""
    fields = {
        "grant_type": grant,
        "username": username,
        "password": password,
        "ms_rtc_conferenceuri": conference,
        "ms_rtc_renew": renew,
    }
    return urlencode({name: value for name, value in fields.items() if value is not None}).encode()


def read_form(body: bytes) -> TicketForm | None:
    """The form of a token request; None when it is no form, not UTF-8, or beyond all measure."""
    if len(body) > _LONGEST_FORM:
        return None
    try:
        pairs = parse_qsl(
            body.decode("utf-8-sig"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name.strip().lower(), value)
    grant = fields.get("grant_type", "").strip().lower()
    return TicketForm(
        grant or None,
        fields.get("username"),
        fields.get("password"),
        fields.get("ms_rtc_conferenceuri", fields.get("msrtc_conferenceuri")),
        fields.get("ms_rtc_renew"),
        fields.get("scope"),
    )


def conference_uri(organizer: str, conference: str) -> str:
    """The URI of a meeting, of its organizer's SIP address (``sip:`` or not) and its conference id."""
    return f"sip:{organizer.removeprefix('sip:')};gruu;opaque=app:conf:focus:id:{conference}"


def read_conference(uri: str) -> tuple[str, str] | None:
    """(organizer's address in lower case without ``sip:``, conference id) of a meeting's URI, or None."""
    found = _CONFERENCE.fullmatch(uri.strip())
    return None if found is None else (found["organizer"].lower(), found["id"])


def write_ticket(ticket: str, seconds: int) -> bytes:
    """The answer to a granted request; ``ticket`` is the whole ``cwt=…``."""
    return msgspec.json.encode(
        {
            "access_token": ticket,
            "expires_in": seconds,
            "ms_rtc_identityscope": "local",
            "token_type": "Bearer",
        }
    )


def read_ticket(response: Response) -> str | None:
    """The ``access_token`` of an answer with its ``cwt=``, or None."""
    document = read_document(response)
    ticket = document.get("access_token") if isinstance(document, dict) else None
    return ticket if isinstance(ticket, str) and ticket else None


def write_error(error: str, passive: str | None = None) -> bytes:
    """The body of a 400; a passive sign-in page's URL has its slashes escaped, as servers print it (3.4)."""
    if passive is None:
        return msgspec.json.encode({"error": error})
    body = msgspec.json.encode({"error": error, "ms_rtc_passiveauthuri": passive})
    return body.replace(b"/", rb"\/")


def read_error(response: Response) -> tuple[str | None, str | None]:
    """(OAuth ``error`` or UCWA ``code``, ``ms_rtc_passiveauthuri``) of an answer, each None where absent."""
    document = read_document(response)
    if isinstance(document, dict):
        error = _text(document.get("error")) or _text(document.get("code"))
        return error, _text(document.get("ms_rtc_passiveauthuri"))
    if isinstance(document, Element) and local_name(document) == "reason":
        return next((_text(child.text) for child in document if local_name(child) == "code"), None), None
    return None, None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
