"""Taking secrets out of messages: which parts are secret as they are, and which are read for secrets.

`scrub` knows what a secret looks like, this file where HTTP keeps them. Redacting twice changes nothing.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from functools import lru_cache

from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.scrub import scrub, scrub_challenge, scrub_form, suspicious
from hairpin.wire.secret import REMOVED, fingerprint, is_secret_name, masked

_URLS = frozenset({"location", "content-location", "referer"})
_CHALLENGES = re.compile(r"(?:www|proxy)-authenticate|(?:proxy-)?authentication-info")
# Named like secrets, but lists of names and addresses of services.
_PUBLIC = re.compile(r"access-control-.*|.*(?:url|uri|supported)")
_AUTHORITY = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]{0,30}:)?//)([^/?#]*)")


def redact_text(text: str) -> str:
    """Any text without the secrets this protocol carries."""
    return scrub(text)


def redact_headers(headers: Headers) -> Headers:
    """The same lines in the same order."""
    lines = headers.lines
    if not lines:
        return headers
    harmless = all(_treatment(name) is _read for name, _ in lines)
    if harmless and not suspicious("\n".join([value for _, value in lines])):
        return headers
    return Headers(tuple([_redact_line(line) for line in lines]))


def _redact_line(line: tuple[str, str]) -> tuple[str, str]:
    """The line itself where there is nothing in it, so that equal lines of a capture stay one in memory."""
    name, value = line
    clean = _treatment(name)(name, value)
    return line if clean == value else (name, clean)


def _read(_: str, value: str) -> str:
    return scrub(value)


def _read_url(_: str, value: str) -> str:
    return redact_url(value)


def _read_challenge(_: str, value: str) -> str:
    return scrub_challenge(value)


@lru_cache(maxsize=1024)
def _treatment(name: str) -> Callable[[str, str], str]:
    """How the value of a header of that name is redacted."""
    name = name.lower()
    if name in _URLS:
        return _read_url
    if _CHALLENGES.fullmatch(name):
        return _read_challenge
    if (is_secret_name(name) or name == "x-auth") and not _PUBLIC.fullmatch(name):
        return masked
    return _read


def redact_url(url: str) -> str:
    """A URL without user information and without the secrets of its path, query and fragment."""
    if not suspicious(url):
        return url
    start, authority, at = "", "", 0
    if found := _AUTHORITY.match(url):
        start, authority, at = found[1], found[2].rpartition("@")[2], found.end()
    rest, hash_, fragment = url[at:].partition("#")
    path, mark, query = rest.partition("?")
    return scrub(start + authority + path) + mark + scrub_form(query) + hash_ + scrub_form(fragment)


def redact_request(request: Request) -> Request:
    url, headers = redact_url(request.url), redact_headers(request.headers)
    return Request(request.method, url, headers, _body(request.headers, request.body))


def redact_response(response: Response) -> Response:
    return Response(response.status, redact_headers(response.headers), _body(response.headers, response.body))


def _body(headers: Headers, body: bytes) -> bytes:
    """A body without secrets; what is no text, and so shows nothing to a reader but may hide much, is dropped."""
    if not body:
        return body
    try:
        encoding = _encoding(body)
        text = body.decode(encoding, "surrogateescape")
        form = "urlencoded" in (headers.get("content-type") or "").lower() and text[:1] not in {"{", "[", "<"}
        clean = scrub_form(text) if form else scrub(text)
        return body if clean == text else clean.encode(encoding, "surrogateescape")
    except UnicodeError:
        return b""


def _encoding(body: bytes) -> str:
    """The encoding of a text; raises UnicodeError for what is none."""
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" not in body[:4096]:
        return "utf-8"
    if b"\0" not in body[:64:2] and not any(body[1:64:2]):
        return "utf-16-le"
    if b"\0" not in body[1:64:2] and not any(body[:64:2]):
        return "utf-16-be"
    raise UnicodeError("not a text")


__all__ = [
    "REMOVED",
    "fingerprint",
    "redact_headers",
    "redact_request",
    "redact_response",
    "redact_text",
    "redact_url",
]
