"""What counts as a secret by its name, and what is left of a secret when it is taken out.

What stays is what a diagnosis needs: the scheme of a credential, the kind of an NTLM message, the names and attributes
of cookies, the tokens of discovery links (protocol.md 1.7), and a short fingerprint of a web ticket, so that two uses
of one ticket can be told from two tickets. Only tickets get one: they are long and random; a short fingerprint of a
password would be the password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote

REMOVED = "[redacted]"

# Endings of names that are secrets' wherever they stand.
LONG = (
    r"passw(?:or)?d|pass[-_ ]?phrase|pass[-_ ]?code|token|secret|assertion|api[-_ ]?key|subscription[-_]?key"
    r"|credentials?|authorization|cookies?2?|web[-_]?ticket|private[-_]?key|session[-_]?key|session[-_]?id|access[-_]?code"
    r"|conference[-_]?key|conference[-_]?id|meeting[-_]?id|ms_rtc_renew|saml(?:request|response|art)|fedauth1?|rpsauth"
    r"|cwt_ucwa|auth(?:orization)?[-_]?code|device[-_]?code|signature[-_]?value|cipher[-_]?value|binary[-_]?secret|viewstate"
)
# Whole names, too short to be looked for inside of others.
SHORT = r"pass|pwd|pw|pin|jwt|otp|sid|auth|wresult|wctx"
# In a form or a query these are secrets, in JSON they are anything.
IN_FORMS = r"code|key|sig|signature"
_PREFIXES = r"cwt|psat|opaque"
_SECRET_NAME = re.compile(rf"(?i)(?:.*(?:{LONG})|{SHORT})\s*", re.DOTALL)
_SECRET_FIELD = re.compile(rf"(?i)(?:.*(?:{LONG})|{SHORT}|{IN_FORMS}|{_PREFIXES})\s*", re.DOTALL)
_TICKET_NAME = re.compile(rf"(?i).*(?:access|refresh|id)[-_]?token|.*ms_rtc_renew|{_PREFIXES}", re.DOTALL)
_LINK_TOKEN = re.compile(
    r"(?i)(?:(?:in|ex)ternal/)?(?:redirect|user|domain|oauth|self|autodiscover|authbroker|ucwa|mcx|xframe|webscheduler"
    r"|remotepowershell|hybrid|certprov\w{0,30}|telemetry\w{0,10})"
)

EQUALS = r"(?:=|%(?:25)*3d|\\+u003d|&#0*61;|&#x0*3d;)"
COLON = r"(?::|%(?:25)*3a|\\+u003a|&#0*58;)"
QUOTE = r"(?:\\*[\"']|%(?:25)*2[27]|\\+u002[27]|&(?:amp;)*(?:quot|apos|#0*3[49]|#x0*2[27]);)"
LESS = r"(?:<|%(?:25)*3c|\\+u003c|&(?:amp;)*(?:lt|#0*60|#x0*3c);)"
MORE = r"(?:>|%(?:25)*3e|\\+u003e|&(?:amp;)*(?:gt|#0*62|#x0*3e);)"
MARK = r"\[redacted(?::(?:[0-9a-f]{6}|ntlm[123]|kerberos))?\]"
_SCHEMES = "bearer|basic|negotiate|ntlm|kerberos|digest"
TICKET_HEAD = rf"(?:cwt|psat){EQUALS}"
_DONE = re.compile(rf"(?i)\s*(?:(?:{_SCHEMES})\s+)?(?:(?:{_PREFIXES}){EQUALS})?{MARK}\s*")


def fingerprint(ticket: str) -> str:
    """Six hexadecimal digits that stand for a ticket, equal for equal tickets however they are escaped."""
    plain = unquote(ticket).replace("\\/", "/").replace("\\u003d", "=").replace("\\u002b", "+")
    return hashlib.sha256(plain.rstrip("=").encode("utf-8", "surrogatepass")).hexdigest()[:6]


@lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Whether the value of a JSON member, header or XML element of that name is a secret."""
    return len(name) < 200 and _SECRET_NAME.fullmatch(name) is not None


def is_secret_field(name: str) -> bool:
    """Whether the value of a form's or a query's field of that name is a secret."""
    return _SECRET_FIELD.fullmatch(name[-200:]) is not None


def masked(name: str, value: str) -> str:
    """The value of a secret's name without the secret."""
    lowered = name.lower()
    if _DONE.fullmatch(value) or value.lower() in {"", "true", "false", "null", "none"}:
        return value
    if lowered.endswith("authorization"):
        return credential(value)
    if "cookie" in lowered:
        return cookie(value)
    if lowered.endswith("token") and _LINK_TOKEN.fullmatch(value):
        return value
    ticket = _TICKET_NAME.fullmatch(name) or _STARTS_TICKET.match(value)
    return masked_ticket(value) if ticket else REMOVED


def masked_ticket(value: str) -> str:
    head = _STARTS_TICKET.match(value)
    start = head.end() if head else 0
    return f"{value[:start]}[redacted:{fingerprint(value[start:])}]"


_STARTS_TICKET = re.compile(rf"(?i)(?:{_PREFIXES}){EQUALS}")


def credential(value: str) -> str:
    """An Authorization value: its scheme, and of the secret no more than a ticket's fingerprint or a message's kind."""
    if _DONE.fullmatch(value):
        return value
    scheme, _, secret = value.strip().partition(" ")
    if scheme.lower() not in _SCHEMES.split("|"):
        return masked_ticket(value.strip()) if _STARTS_TICKET.match(value.strip()) else REMOVED
    if not secret.strip():
        return scheme
    if scheme.lower() == "bearer":
        return f"{scheme} {masked_ticket(secret.strip())}"
    return f"{scheme} {message_kind(secret.strip()) or REMOVED}"


def message_kind(blob: str) -> str | None:
    """The marker of an NTLM or Kerberos message in base64; None for anything else."""
    raw = unbase64(blob[:4096])
    at = raw.find(b"NTLMSSP\0")
    if at >= 0:
        kind = raw[at + 8 : at + 9]
        return f"[redacted:ntlm{kind[0]}]" if kind in {b"\1", b"\2", b"\3"} else REMOVED
    if raw[:1] not in {b"\x60", b"\xa1"}:
        return None
    # Kerberos 5 and Microsoft's misspelling of it, RFC 4178 and [MS-SPNG]; SPNEGO around something else.
    if b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" in raw or b"\x2a\x86\x48\x82\xf7\x12\x01\x02\x02" in raw:
        return "[redacted:kerberos]"
    return REMOVED if raw[:1] == b"\xa1" or b"\x2b\x06\x01\x05\x05\x02" in raw else None


_ATTRIBUTE = re.compile(
    r"(?i)\s*(?:path|domain|expires|max-age|samesite|priority|version|comment)\s*=|\s*(?:secure|httponly|partitioned)\s*$"
)
_NEXT_COOKIE = re.compile(r",\s*(?=[^\s=;,]+=)")


def cookie(value: str) -> str:
    """A Cookie or Set-Cookie value with the names and attributes, without the values."""
    return ", ".join(";".join(map(_cookie_part, line.split(";"))) for line in _NEXT_COOKIE.split(value))


def _cookie_part(part: str) -> str:
    if _ATTRIBUTE.match(part) or not part.strip() or part.strip() == REMOVED:
        return part
    name, equals, _ = part.partition("=")
    if equals:
        return f"{name}={REMOVED}"
    return part[: len(part) - len(part.lstrip())] + REMOVED


def unbase64(blob: str) -> bytes:
    """Decoded base64 of either alphabet, padded or not; empty for what is none."""
    plain = blob.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
