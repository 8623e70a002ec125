"""Taking secrets out of messages.

What stays is what a diagnosis needs: the scheme of a credential, the grant asked for, and a short fingerprint of a web
ticket, so that two uses of one ticket can be told from two tickets. Fingerprints are given to tickets only, which are
long and random; a short fingerprint of a password would be the password.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from hairpin.wire.message import Headers, Request, Response

REMOVED = "[redacted]"

_COOKIES = {"cookie", "set-cookie", "set-cookie2"}

_SECRET_KEYS = (
    r"password|passwd|pwd|access_token|refresh_token|id_token|token|code|assertion|client_secret|"
    r"client_assertion|ms_rtc_renew|saml(?:request|response)|wresult|wctx|sig|signature|api[-_]?key|secret|session(?:id)?|key"
)
_FORM_SECRET = re.compile(rf"""(?i)(?P<head>(?:^|[?&;#\s"'>])(?:{_SECRET_KEYS})=)(?P<value>[^&\s#\"'<>]*)""")
_JSON_SECRET = re.compile(
    r'(?i)(?P<head>"(?:password|passwd|access_token|refresh_token|id_token|client_secret|ms_rtc_renew|'
    r'assertion|token|secret)"\s*:\s*")(?P<value>(?:[^"\\]|\\.)*)'
)
_TICKET = re.compile(r"(?i)\b(?P<head>cwt=|cwt%3d|psat=|psat%3d)(?P<value>[A-Za-z0-9_\-+/=.%]+)")
_SAML = re.compile(r"(?s)<(?P<name>(?:\w+:)?Assertion)\b.*?(?:</(?P=name)>|\Z)")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*)?")
_NTLM = re.compile(r"\bTlRMTVNTUA[A-Za-z0-9+/=]*")
_WSSE = re.compile(r"(?is)(<(?:\w+:)?(?:Password|BinarySecurityToken)\b[^>]*>)[^<]*")
_BLOB = re.compile(r"(?i)\b(?P<scheme>negotiate|ntlm|basic|kerberos|digest)\s+(?P<blob>[^,;]{4,}.*)")
_OPAQUE = re.compile(r"(?i)\bopaque=[A-Za-z0-9+/=_-]{16,}")


def fingerprint(ticket: str) -> str:
    """Six hexadecimal digits that stand for a ticket, equal for equal tickets."""
    return hashlib.sha256(ticket.encode()).hexdigest()[:6]


def _marked(ticket: str) -> str:
    return f"[redacted:{fingerprint(ticket)}]"


def redact_text(text: str) -> str:
    """Any text (a body, a URL, a log line) without the secrets this protocol carries."""
    text = _TICKET.sub(lambda found: found["head"] + _marked(found["value"]), text)
    text = _JSON_SECRET.sub(
        lambda found: found["head"] + (found["value"] if "[redacted" in found["value"] else REMOVED), text
    )
    text = _FORM_SECRET.sub(
        lambda found: found["head"] + (found["value"] if "[redacted" in found["value"] else REMOVED), text
    )
    text = _SAML.sub(lambda found: f"<{found['name']}>{REMOVED}</{found['name']}>", text)
    text = _WSSE.sub(rf"\g<1>{REMOVED}", text)
    text = _OPAQUE.sub(f"opaque={REMOVED}", text)
    text = _JWT.sub(lambda found: _marked(found[0]), text)
    return _NTLM.sub(f"NTLMSSP{REMOVED}", text)


def _credential(value: str) -> str:
    """An Authorization value with its scheme and nothing else that is secret."""
    scheme, _, secret = value.strip().partition(" ")
    if not secret:
        return REMOVED if len(scheme) > 16 else scheme
    if scheme.lower() != "bearer":
        return f"{scheme} {REMOVED}"
    head, _, ticket = secret.strip().rpartition("cwt=")
    if ticket.startswith("[redacted"):
        return value
    return f"{scheme} cwt={_marked(ticket)}" if "cwt=" in secret else f"{scheme} {_marked(head + ticket)}"


def _cookie(value: str) -> str:
    """A cookie line with its names and attributes and without its values."""
    return re.sub(r"(?i)((?:^|[;,]\s*)(?!path=|domain=|expires=|max-age=|samesite=)[^=;,\s]+=)[^;]*", rf"\g<1>{REMOVED}", value)


def _header(name: str, value: str) -> str:
    key = name.lower()
    if key in _COOKIES:
        return _cookie(value)
    if key in {"authorization", "proxy-authorization"}:
        return _credential(value)
    if key == "x-ms-webticket":
        return REMOVED
    if key in {"www-authenticate", "proxy-authenticate"}:
        return _BLOB.sub(lambda found: f"{found['scheme']} {REMOVED}", value) if "href" not in value else value
    return redact_text(value)


def redact_headers(headers: Headers) -> Headers:
    return Headers(tuple((name, _header(name, value)) for name, value in headers))


def redact_url(url: str) -> str:
    """A URL without user information and without the secrets of its query."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    return redact_text(urlunsplit(parts._replace(netloc=netloc)) if netloc != parts.netloc else url)


def _body(body: bytes) -> bytes:
    if not body:
        return body
    return redact_text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def redact_request(request: Request) -> Request:
    return replace(
        request, url=redact_url(request.url), headers=redact_headers(request.headers), body=_body(request.body)
    )


def redact_response(response: Response) -> Response:
    return replace(response, headers=redact_headers(response.headers), body=_body(response.body))
