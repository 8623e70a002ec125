"""Finding secrets in text: by the name they go under, and by their shape.

Text comes in layers: JSON in a JSON string, a URL in a form field, XML in an attribute, base64 of any of
it. Layers that can be taken apart are (JSON, forms, base64); in all other text the marks ``= : " <`` are
looked for in every spelling they may have (``%3d``, ``\\u003d``, ``&#61;``). What is taken out leaves a
marker, and markers are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote, unquote, unquote_plus

import msgspec

from hairpin.wire.secret import (
    COLON,
    EQUALS,
    IN_FORMS,
    LESS,
    LONG,
    MARK,
    MORE,
    QUOTE,
    REMOVED,
    SHORT,
    TICKET_HEAD,
    credential,
    fingerprint,
    is_secret_field,
    is_secret_name,
    masked,
    message_kind,
    unbase64,
)

_DEEPEST = 4

_BLOB = re.compile(
    r"(?i)(?P<scheme>\b(?:negotiate|ntlm|kerberos)\s+)(?P<blob>[A-Za-z0-9+/_-]{4,}={0,2})(?=\s*(?:,|$))"
)


def scrub_challenge(value: str) -> str:
    """A WWW-Authenticate value without a login's messages; its schemes, URLs and grants stay as they are."""
    return scrub(_BLOB.sub(lambda found: found["scheme"] + (message_kind(found["blob"]) or REMOVED), value))


# Most text has no secret in it; these are looked for first.
_SIGNS = (
    "passw", "passp", "pass_p", "passc", "pass_c", "token", "secret", "assertion", "apikey", "api_key", "api-key",
    "subscription", "credential", "authori", "cookie", "ticket", "private", "session", "access_code", "accesscode",
    "access-code", "conf", "meeting", "renew", "saml", "fedauth", "rpsauth", "cwt", "psat", "authcode", "auth_code",
    "device_code", "devicecode", "signature", "cipher", "binarysec", "binary_sec", "viewstate", "eyj", "tlrmt",
    "bearer", "basic ", "negotiate", "ntlm", "kerberos", "/meet", "aaeb", "opaque", "wresult", "wctx", "hidden",
    "[redacted", "\\u00", "&#",
)  # fmt: skip
_SMALL_SIGN = re.compile(rf"(?i)(?<![a-z0-9])(?:{SHORT}|{IN_FORMS}){QUOTE}?\s{{0,8}}(?:{EQUALS}|{COLON})")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}(?:={1,2}|(?:%3[dD]){1,2})?")


def suspicious(text: str) -> bool:
    """Whether there may be a secret in a text; False is certain."""
    lowered = text.lower()
    for sign in _SIGNS:
        if sign in lowered:
            return True
    if ("//" in text and "@" in text) or "%40" in text:
        return True
    return _SMALL_SIGN.search(text) is not None or _BASE64.search(text) is not None


def scrub(text: str, depth: int = 0) -> str:
    """Any text (a body, a header's value, a log line) without the secrets this protocol carries; idempotent."""
    if not suspicious(text):
        return text
    if depth >= _DEEPEST:
        return REMOVED
    start = text.lstrip("\ufeff \t\r\n")
    if start[:1] in {"{", "["}:
        clean = _scrub_json(start, depth)
        if clean is not None:
            return clean
    elif _FORM.fullmatch(text):
        return scrub_form(text, depth)
    return _scrub_free(text, depth)


_FORM = re.compile(
    r"grant_type=[^\r\n]*|(?:[\w.%+~*-]{1,80}=[^\s\"'<>{}&]*)(?:&[\w.%+~*-]{1,80}=[^\s\"'<>{}&]*)*"
)


def scrub_form(text: str, depth: int = 0) -> str:
    """A form body or a query string; every field is read for itself, so its value ends where the field ends."""
    return "&".join(_scrub_field(field, depth) for field in text.split("&"))


def _scrub_field(field: str, depth: int) -> str:
    name, equals, value = field.partition("=")
    key, plain = unquote_plus(name), unquote_plus(value)
    secret = bool(equals) and is_secret_field(key)
    clean_key = key if secret else scrub(key, depth + 1)
    clean = masked(key, plain) if secret else scrub(plain, depth + 1)
    kept_name = name if clean_key == key else _quoted(clean_key)
    return kept_name + equals + (value if clean == plain else _quoted(clean))


def _quoted(text: str) -> str:
    return quote(text, safe="[]:/@,;~!*'()", errors="surrogateescape")


def _scrub_json(text: str, depth: int) -> str | None:
    """A JSON document, written anew if there was something in it; None when it is no JSON."""
    try:
        document = msgspec.json.decode(text)
        clean = _scrub_value(document, depth, "")
        return text if clean is document else msgspec.json.encode(clean).decode()
    except (ValueError, RecursionError):
        return None


def _scrub_value(value: object, depth: int, secret: str) -> object:
    """A decoded value, itself when nothing was in it; ``secret`` is the secret's name it stands under."""
    if isinstance(value, str):
        clean = masked(secret, value) if secret else scrub(value, depth + 1)
        return value if clean == value else clean
    if isinstance(value, dict):
        return _scrub_object(value, depth, secret)
    if isinstance(value, list):
        items = [_scrub_value(item, depth, secret) for item in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return REMOVED if secret and value is not None and not isinstance(value, bool) else value


def _scrub_object(members: dict[str, object], depth: int, secret: str) -> dict[str, object]:
    named = members.get("name", members.get("key"))
    clean: dict[str, object] = {}
    same = True
    for name, value in members.items():
        under = secret
        if not under and is_secret_name(name):
            under = name
        elif not under and name.lower() == "value" and isinstance(named, str) and is_secret_name(named):
            under = named
        kept = name if not suspicious(name) or is_secret_name(name) else scrub(name, depth + 1)
        clean[kept] = new = _scrub_value(value, depth, under)
        same = same and new is value and kept == name
    return members if same else clean


def _scrub_free(text: str, depth: int) -> str:
    text = _scrub_elements(text)
    text = _INPUT.sub(_scrub_input, text)
    text = _scrub_named(text)
    text = _scrub_keyed(text)
    for pattern, replacement in _SHAPES:
        text = pattern.sub(replacement, text)
    return _BASE64.sub(lambda found: _scrub_base64(found[0], depth), text)


_ELEMENT = re.compile(
    rf"(?i){LESS}(?P<tag>(?:[\w.-]{{1,40}}{COLON})?(?:[\w.-]{{0,40}}?(?:{LONG})|{SHORT}))(?:\s(?:(?!{MORE}).){{0,2000}}?)?{MORE}",
    re.DOTALL,
)


def _scrub_elements(text: str) -> str:
    """What stands between the tags of an XML element with a secret's name."""
    parts: list[str] = []
    at = 0
    while found := _ELEMENT.search(text, at):
        parts.append(text[at : found.end()])
        at = found.end()
        if text[at - 2 : at] == "/>":
            continue
        closing = re.compile(rf"(?i){LESS}(?:/|%(?:25)*2f|\\+/|\\+u002f){re.escape(found['tag'])}\s*{MORE}")
        opening = re.compile(rf"(?i){LESS}{re.escape(found['tag'])}(?=[\s/]|{MORE})")
        end = _matching(text, at, opening, closing)
        inner = text[at:end]
        parts.append(inner if not inner.strip() else masked(found["tag"], inner))
        at = end
    return "".join(parts) + text[at:]


def _matching(text: str, at: int, opening: re.Pattern[str], closing: re.Pattern[str]) -> int:
    """Where the closing tag starts that belongs to what was opened before ``at``; the end of a text that is cut off."""
    open_tags = 1
    while True:
        close = closing.search(text, at)
        if close is None:
            return len(text)
        inner = opening.search(text, at, close.start())
        while inner is not None:
            open_tags += 1
            inner = opening.search(text, inner.end(), close.start())
        open_tags -= 1
        if not open_tags:
            return close.start()
        at = close.end()


_INPUT = re.compile(r"(?i)<input\b[^<>]{0,100000}>")
_INPUT_VALUE = re.compile(r"(?i)(\bvalue\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")
_KEEPS_NOTHING = re.compile(
    rf"(?i)\b(?:type\s*=\s*[\"']?(?:hidden|password)|(?:name|id)\s*=\s*[\"']?[\w.:$-]*(?:{LONG}|{SHORT}))"
)


def _scrub_input(found: re.Match[str]) -> str:
    """Sign-in pages carry tickets from page to page in hidden fields."""
    if not _KEEPS_NOTHING.search(found[0]):
        return found[0]
    return _INPUT_VALUE.sub(lambda value: f'{value[1]}"{REMOVED}"', found[0])


_NAMED = re.compile(
    rf"(?i)\b(?:name|key){QUOTE}?\s{{0,8}}(?:{EQUALS}|{COLON})\s{{0,8}}(?P<quote>{QUOTE})"
    rf"(?P<name>[\w.:$-]{{0,60}}?(?:{LONG})|{SHORT})(?P=quote)"
    rf"(?:(?P<value>[^<>\r\n]{{0,300}}?\bvalue{QUOTE}?\s{{0,8}}(?:{EQUALS}|{COLON})\s{{0,8}}(?={QUOTE}))"
    rf"|(?P<element>[^<>]{{0,300}}>)(?=[^<\s])|(?P<part>[^\r\n]{{0,300}}\r?\n(?:[\w-]+:[^\r\n]*\r?\n){{0,8}}\r?\n))"
)
_END_OF_PART = re.compile(r"\r?\n--|\Z")
_END_OF_TEXT = re.compile(r"<|\Z")


def _scrub_named(text: str) -> str:
    """``name="password"`` and then its value: as an attribute, between tags, or as a part of multipart/form-data."""
    parts: list[str] = []
    at = 0
    while found := _NAMED.search(text, at):
        parts.append(text[at : found.end()])
        at = found.end()
        if found["value"] is not None:
            end = _end_of_value(text, at, colon=False)
            quote_ = _OPENING.match(text, at)
            assert quote_ is not None
            parts.append(quote_[0])
            at = quote_.end()
        else:
            ending = (_END_OF_TEXT if found["element"] is not None else _END_OF_PART).search(text, at)
            end = ending.start() if ending else len(text)
        parts.append(masked(found["name"], text[at:end]))
        at = end
    return "".join(parts) + text[at:]


_OPENING = re.compile(QUOTE, re.IGNORECASE)
_KEYED = re.compile(
    rf"(?i)(?P<name>(?:{LONG})|(?<![a-z0-9])(?:{SHORT}|(?P<field>{IN_FORMS})))(?P<close>{QUOTE})?\s{{0,8}}"
    rf"(?:(?P<equals>{EQUALS})|(?P<colon>{COLON}|=>))[ \t]{{0,8}}"
)


def _scrub_keyed(text: str) -> str:
    """A secret's name, an equals sign or colon, and the value."""
    parts: list[str] = []
    at = 0
    while found := _KEYED.search(text, at):
        if found["field"] is not None and found["equals"] is None:
            parts.append(text[at : found.end()])
            at = found.end()
            continue
        start = found.end()
        opening = _OPENING.match(text, start)
        end = _end_of_value(text, start, colon=found["equals"] is None and found["close"] is None)
        start = opening.end() if opening else start
        parts += (text[at:start], masked(_whole_name(text, found), text[start:end]))
        at = max(end, start)
    return "".join(parts) + text[at:]


def _whole_name(text: str, found: re.Match[str]) -> str:
    """The name with what it begins with: ``access_`` before ``token`` tells a ticket."""
    return text[max(0, found.start() - 12) : found.start()].rpartition(" ")[2] + found["name"]


_BARE = re.compile(r"[\s&\"'<>]|%(?:25)*26|\\+u0026|\\+[nr\"]|\Z", re.IGNORECASE)
_LINE = re.compile(r"[\r\n]|\\[rn]|\Z")


def _end_of_value(text: str, at: int, *, colon: bool) -> int:
    """Where the value that starts at ``at`` ends: at its closing quote, its line's end or the next field."""
    opening = _OPENING.match(text, at)
    if opening is not None:
        return _closing_quote(text, opening.end(), opening[0])
    ending = (_LINE if colon else _BARE).search(text, at)
    return ending.start() if ending else len(text)


def _closing_quote(text: str, at: int, quote_: str) -> int:
    """The same quote again, not escaped; the end of a text that is cut off."""
    while True:
        end = text.find(quote_, at)
        if end < 0:
            return len(text)
        first = end
        while quote_ in {'"', "'"} and first > at and text[first - 1] == "\\":
            first -= 1
        if (end - first) % 2 == 0:
            return end
        at = end + 1


def _scrub_base64(run: str, depth: int) -> str:
    """A long run of base64: gone when it is a login's message or holds text with a secret in it."""
    blob = unquote(run)
    if kind := message_kind(blob):
        return kind
    try:
        text = unbase64(blob).decode()
    except UnicodeDecodeError:
        return run
    return run if scrub(text, depth + 1) == text else REMOVED


def _scrub_scheme(found: re.Match[str]) -> str:
    """``Basic dTpw`` in running text; words that only look like it stay."""
    scheme, blob = found["scheme"].lower(), found["blob"]
    if scheme == "basic":
        secret = b":" in unbase64(blob)
    elif scheme == "bearer":
        secret = re.search(r"[\d._~+/=-]", blob) is not None or len(blob) > 24
    else:
        secret = len(blob) >= 16
    return (
        found[0]
        if not secret
        else f"{found['scheme']} {credential(found['scheme'] + ' ' + blob).split(' ', 1)[1]}"
    )


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(
            rf"(?i)(?<![a-z0-9])(?P<ticket>{TICKET_HEAD}(?:{MARK})?(?:[\w+/=.~-]|%(?:25)*(?:2b|2f|3d)|\\/|\\+u00(?:2b|2f|3d))*)"
        ),
        lambda found: masked("ticket", found["ticket"]),
    ),
    (
        re.compile(r"(?<![\w-])(?:eyJ[\w-]{8,}(?:\.[\w-]*){1,4}|AAEB[\w-]{40,})"),
        lambda found: f"[redacted:{fingerprint(found[0])}]",
    ),
    (
        re.compile(
            r"(?i)\b(?P<scheme>bearer|basic|negotiate|ntlm|kerberos)\s+(?P<blob>[\w+/.~%-]{8,}={0,2})(?![\w=\"'])"
        ),
        _scrub_scheme,
    ),
    (re.compile(r"TlRMTVNTUA[A-Za-z0-9+/=_-]*"), lambda found: message_kind(found[0]) or REMOVED),
    (
        re.compile(rf"(?i)(?P<head>\bopaque{EQUALS})(?P<ticket>[\w+/=-]{{16,}})"),
        lambda found: f"{found['head']}[redacted:{fingerprint(found['ticket'])}]",
    ),
    (
        re.compile(
            r"(?i)(?P<head>(?::|%3a)(?://|%2f%2f|\\/\\/))(?:(?!%2f|%3f|%40)[^\s/?#\"'<>\\@]){1,300}(?:@|%40)"
        ),
        lambda found: found["head"],
    ),
    (
        re.compile(rf"(?i)(?P<head>conf{COLON}focus{COLON}id{COLON})[\w-]+"),
        lambda found: found["head"] + REMOVED,
    ),
    (
        re.compile(
            r"(?i)(?P<head>(?://meet[\w.-]*(?::\d+)?|/meet)/[^\s/?#\"'<>]+/|/onlineMeetings/)(?!myOnline)[a-z0-9]{6,16}\b"
        ),
        lambda found: found["head"] + REMOVED,
    ),
)
