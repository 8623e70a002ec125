"""Cross-origin requests: which need a preflight, what it says, and which answers let a script go on.

Source: Fetch standard, sections "CORS protocol", "CORS-preflight fetch" and "CORS check".
"""

from __future__ import annotations

from dataclasses import replace

from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import Origin

SAFE_METHODS = frozenset({"GET", "HEAD", "POST"})
SIMPLE_BODIES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
SAFE_RESPONSE_HEADERS = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)
_NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_UNSAFE_BYTES = frozenset(chr(code) for code in [*range(0x20), 0x7F] if code != 0x09) | frozenset(
    '"():<>?@[\\]{}'
)
_LANGUAGE = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz *,-.;=")
_LONGEST_VALUE = 128
_LONGEST_TOGETHER = 1024


def normalized_method(method: str) -> str:
    """A method as the browser sends it: the six common ones in upper case, others as written."""
    return method.upper() if method.upper() in _NORMALIZED_METHODS else method


def forbidden(name: str) -> bool:
    """Whether a script may not set that request header; the browser drops it."""
    lowered = name.lower()
    return lowered in _FORBIDDEN or lowered.startswith(("proxy-", "sec-"))


def _safelisted(name: str, value: str) -> bool:
    name = name.lower()
    if len(value.encode()) > _LONGEST_VALUE:
        return False
    if name == "accept":
        return not _UNSAFE_BYTES.intersection(value)
    if name in {"accept-language", "content-language"}:
        return _LANGUAGE.issuperset(value)
    if name == "content-type":
        essence = value.partition(";")[0].strip().lower()
        return not _UNSAFE_BYTES.intersection(value) and essence in SIMPLE_BODIES
    if name == "range":
        start, dash, end = value.removeprefix("bytes=").partition("-")
        return value.startswith("bytes=") and bool(dash) and start.isdigit() and (not end or end.isdigit())
    return False


def unsafe_headers(headers: Headers) -> tuple[str, ...]:
    """The header names that force a preflight: lower case, sorted, each once."""
    unsafe: set[str] = set()
    doubtful: set[str] = set()
    together = 0
    for name, value in headers:
        if forbidden(name):
            continue
        if _safelisted(name, value):
            doubtful.add(name.lower())
            together += len(value.encode())
        else:
            unsafe.add(name.lower())
    return tuple(sorted(unsafe | doubtful if together > _LONGEST_TOGETHER else unsafe))


def needs_preflight(request: Request) -> bool:
    """Whether a cross-origin request of a script is preceded by an OPTIONS."""
    return normalized_method(request.method) not in SAFE_METHODS or bool(unsafe_headers(request.headers))


def preflight(source: Origin, request: Request) -> Request:
    """The OPTIONS request that asks leave for a cross-origin request of ``source``."""
    lines = [("Accept", "*/*"), ("Access-Control-Request-Method", normalized_method(request.method))]
    if names := unsafe_headers(request.headers):
        lines.append(("Access-Control-Request-Headers", ",".join(names)))
    lines.append(("Origin", str(source)))
    if referer := request.headers.get("referer"):
        lines.append(("Referer", referer))
    return Request("OPTIONS", request.url, Headers.of(lines))


def allows_origin(source: Origin, response: Response, *, credentials: bool) -> bool:
    """The CORS check: Access-Control-Allow-Origin, and -Credentials where cookies or logins go along."""
    allowed = response.headers.all("access-control-allow-origin")
    if len(allowed) != 1:
        return False
    value = allowed[0].strip()
    if value == "*":
        return not credentials
    if value != str(source):
        return False
    return not credentials or response.headers.get("access-control-allow-credentials") == "true"


def preflight_passes(source: Origin, request: Request, response: Response, *, credentials: bool) -> bool:
    """Whether an answer to the preflight lets the request be sent: an ok status, the origin, method and
    headers.
    """
    if not 200 <= response.status < 300 or not allows_origin(source, response, credentials=credentials):
        return False
    methods = _list(response, "access-control-allow-methods")
    names = {name.lower() for name in _list(response, "access-control-allow-headers")}
    method = normalized_method(request.method)
    any_method = "*" in methods and not credentials
    if method not in SAFE_METHODS and method not in methods and not any_method:
        return False
    any_name = "*" in names and not credentials  # the standard excepts Authorization, Chromium 156 does not
    return any_name or names.issuperset(unsafe_headers(request.headers))


def exposed(response: Response, *, credentials: bool) -> Response:
    """A cross-origin answer as a script sees it: only the safelisted and the exposed headers."""
    names = {name.lower() for name in _list(response, "access-control-expose-headers")}
    if "*" in names and not credentials:
        visible = response.headers
    else:
        visible = Headers.of(
            line for line in response.headers if line[0].lower() in SAFE_RESPONSE_HEADERS | names
        )
    return readable(Response(response.status, visible, response.body))


def readable(response: Response) -> Response:
    """An answer as any script sees it: without cookies."""
    return replace(response, headers=response.headers.without("set-cookie").without("set-cookie2"))


def _list(response: Response, name: str) -> tuple[str, ...]:
    lines = response.headers.all(name)
    return tuple(item.strip() for line in lines for item in line.split(",") if item.strip())
