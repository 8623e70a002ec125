"""HAR 1.2, in the dialects of the browsers and proxies that write it.

What differs: browsers write status 0 (playwright -1) where no answer came and put the reason in ``_error``
or ``_failureText``; Chromium names the kind of a request in ``_resourceType``; Firefox joins repeated
headers with line breaks, Safari with commas; sanitized captures lack credentials and bodies. HAR 1.2:
http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from hairpin.signin.steps import Role, role_of
from hairpin.trace import sighting as unseen
from hairpin.trace.failures import failure_by_proxy, failure_of
from hairpin.trace.jsonwalk import Walk
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source
from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import Origin, maybe_origin

T = TypeVar("T")

LONGEST_BODY = 1 << 20
# When the bodies kept are this many bytes, only what went wrong is kept of later ones, and only its start.
MOST_BODIES = 32 << 20
_START = 4096
_MOST_LINES = 1 << 16
# What comes behind so many requests of a sign-in is left out.
MOST_SIGHTINGS = 20_000

# What is asked of a running application, events above all, succeeds often and then says nothing of a sign-in.
_BODIES = frozenset(
    {
        Role.XFRAME,
        Role.ROOT,
        Role.USER,
        Role.DOMAIN,
        Role.TICKET,
        Role.APPLICATIONS,
        Role.PASSIVE,
    }
)
_ORIGIN = re.compile(r"https?://[^/?#@\\]{1,255}(?=[/?#]|$)", re.IGNORECASE)
_KINDS = {"document": Kind.DOCUMENT, "preflight": Kind.PREFLIGHT}


# Most of a capture is unrelated traffic, so what only matters in the rest is decoded when it is looked at.
_NULL = Raw(b"null")


class _Pair(Struct, gc=False):
    name: str = ""
    value: Any = ""


class _Post(Struct):
    text: Any = ""
    params: list[_Pair] | None = None
    encoding: Any = ""


class _Content(Struct):
    text: Raw | UnsetType = UNSET
    encoding: Any = ""
    size: Any = 0


class _Request(Struct):
    method: str
    url: str
    headers: Raw = _NULL
    post: Raw = msgspec.field(default=_NULL, name="postData")


class _Response(Struct):
    status: float | str | None = 0
    text: Any = msgspec.field(default="", name="statusText")
    headers: Raw = _NULL
    content: Raw = _NULL
    error: Any = msgspec.field(default="", name="_error")
    failure_text: Any = msgspec.field(default="", name="_failureText")


class _Entry(Struct):
    request: _Request
    response: _Response | None = None
    started: Any = msgspec.field(default="", name="startedDateTime")
    time: Any = None
    address: Any = msgspec.field(default="", name="serverIPAddress")
    port: Any = msgspec.field(default=None, name="_serverPort")
    connection: Any = None
    resource_type: Any = msgspec.field(default="", name="_resourceType")


class _Page(Struct):
    title: Any = ""


class _Named(Struct):
    name: Any = ""


_entry = msgspec.json.Decoder(_Entry)
_pages = msgspec.json.Decoder(list[_Page] | None)
_creator = msgspec.json.Decoder(_Named | None)
_pairs = msgspec.json.Decoder(list[_Pair] | None)
_post = msgspec.json.Decoder(_Post | None)
_content = msgspec.json.Decoder(_Content | None)
_text = msgspec.json.Decoder(Any)


def read_har(source: Source) -> Findings:
    """What a HAR shows; raises BadCapture."""
    walk = Walk(source)
    findings: Findings | None = None
    for key in walk.members():
        if key == "log" and walk.is_object():
            findings = _log(walk)
        else:
            walk.skip()
    if findings is None:
        raise BadCapture("no HAR: there is no $.log")
    if not findings.sightings:
        raise BadCapture("$.log.entries is empty: nothing was recorded")
    return findings


def _log(walk: Walk) -> Findings:
    findings = Findings()
    entries: Entries | None = None
    creator = ""
    for key in walk.members():
        if key == "entries" and walk.is_array():
            entries = Entries(findings)
            for number, _ in enumerate(walk.elements()):
                where = f"$.log.entries[{number}]"
                entries.add(walk.take(_entry, where), where)
        elif key == "pages":
            findings.page = _page(walk.take(_pages, "$.log.pages"))
        elif key in {"creator", "browser"}:
            named = walk.take(_creator, f"$.log.{key}")
            creator += f" {named.name}".lower() if named else ""
        else:
            walk.skip()
    if entries is None:
        raise BadCapture("no HAR: $.log has no entries")
    entries.sum_up(creator)
    return findings


def _page(pages: list[_Page] | None) -> Origin | None:
    """Chromium and Safari title a page by its URL."""
    origins = [maybe_origin(page.title) for page in pages or () if isinstance(page.title, str)]
    return next((origin for origin in origins if origin is not None), None)


class Entries:
    """Turns entries into sightings and remembers what they all lack."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._bodies = self._missing_bodies = 0
        self._reasons = self._dumb = 0
        self._kept = self._read = 0
        self._lines: dict[tuple[str, str], tuple[str, str]] = {}
        self._others: dict[tuple[str, int], Sighting] = {}

    def add(self, entry: _Entry, where: str) -> None:
        """``where`` names the entry in the BadCapture of a part that has another shape."""
        role = role_of(entry.request.url)
        status = _status(entry.response)
        kind = _KINDS.get(entry.resource_type) if isinstance(entry.resource_type, str) else None
        if role is Role.OTHER and kind is None and _is_noise(entry.response, status):
            self._findings.sightings.append(self._noise(entry, status))
            return
        self._read += 1
        if self._read > MOST_SIGHTINGS:
            self._findings.unseen.add(unseen.LATER)
            return
        headers = self._headers(part(_pairs, entry.request.headers, f"{where}.request.headers"))
        body = _sent(part(_post, entry.request.post, f"{where}.request.postData"))
        response, failure, note = self._answer(entry.response, role, status, f"{where}.response")
        address, port = _server(entry)
        self._findings.sightings.append(
            Sighting(
                Request(entry.request.method, entry.request.url, headers, body), response, failure, kind, None,
                address, port, _instant(entry.started), _seconds(entry.time), note,
            )
        )  # fmt: skip

    def _answer(
        self, told: _Response | None, role: Role, status: int, where: str
    ) -> tuple[Response | None, Failure | None, str]:
        if told is None:
            self._dumb += 1
            return None, Failure.UNKNOWN, ""
        words = (told.error, told.failure_text, told.text if status <= 0 else "")
        note = next((text for text in words if isinstance(text, str) and text), "")
        if status <= 0:
            self._reasons += bool(note)
            self._dumb += not note
            return None, failure_of(note), note
        headers = self._headers(part(_pairs, told.headers, f"{where}.headers"))
        wanted = role in _BODIES or not 200 <= status < 300
        body = self._body(part(_content, told.content, f"{where}.content")) if wanted else b""
        self._kept += len(body)
        if self._kept > MOST_BODIES:
            self._findings.unseen.add(unseen.LATER_BODIES)
            body = b"" if 200 <= status < 300 else body[:_START]
        failure = failure_by_proxy(told.text, body) if isinstance(told.text, str) else None
        if failure is not None:
            return None, failure, told.text
        failure = failure_of(note)
        return Response(status, headers, body), None if failure is Failure.UNKNOWN else failure, note

    def _noise(self, entry: _Entry, status: int) -> Sighting:
        """Traffic that has nothing to do with a sign-in: that it was there, and how it ended.

        Captures hold thousands of these, so those of one origin share one sighting, without path and time.
        """
        found = _ORIGIN.match(entry.request.url)
        start = found[0] + "/" if found else entry.request.url[:20].partition(":")[0] + ":"
        key = start, status
        if key not in self._others:
            somewhere = Request(entry.request.method, start + "*")
            self._others[key] = Sighting(somewhere, Response(status), None, Kind.FETCH)
        return self._others[key]

    def _body(self, content: _Content | None) -> bytes:
        if content is None:
            return b""
        if content.text is UNSET:
            self._missing_bodies += isinstance(content.size, int | float) and content.size > 0
            return b""
        told = part(_text, content.text, "text")
        text = told if isinstance(told, str) else ""
        self._bodies += bool(text)
        return body_bytes(text, content.encoding)[:LONGEST_BODY]

    def _headers(self, pairs: list[_Pair] | None) -> Headers:
        """Header lines, of which most stand in a capture again and again, and in memory once."""
        lines, met = _lines(pairs), self._lines
        if len(met) < _MOST_LINES:
            return Headers(tuple([met.setdefault(line, line) for line in lines]))
        return Headers(tuple([met.get(line, line) for line in lines]))

    def sum_up(self, creator: str) -> None:
        """What this capture cannot show."""
        lacking = self._findings.unseen
        if self._missing_bodies and not self._bodies:
            lacking.add(unseen.BODIES)
        if self._dumb and not self._reasons:
            lacking.add(unseen.REASONS)
        if "playwright" in creator:
            lacking.add(unseen.PREFLIGHTS)


def _is_noise(response: _Response | None, status: int) -> bool:
    """An answer that neither failed nor is a page, which could be a proxy's or an identity provider's."""
    return (
        (200 <= status < 300 or status == 304)
        and response is not None
        and b"text/html" not in bytes(response.headers)
    )


def _status(response: _Response | None) -> int:
    try:
        return int(response.status or 0) if response is not None else 0
    except (ValueError, OverflowError):
        return 0


def _lines(pairs: list[_Pair] | None) -> list[tuple[str, str]]:
    """Header lines; what a browser joined with line breaks is parted, HTTP/2 pseudo-headers are left out."""
    lines: list[tuple[str, str]] = []
    for pair in pairs or ():
        name, value = pair.name, pair.value
        if not name or name[0] == ":":
            continue
        if not isinstance(value, str):
            value = "" if value is None else str(value)
        if "\n" in value:
            lines.extend((name, part.strip()) for part in value.split("\n"))
        else:
            lines.append((name, value))
    return lines


def _sent(post: _Post | None) -> bytes:
    if post is None:
        return b""
    if isinstance(post.text, str) and post.text:
        return body_bytes(post.text, post.encoding)[:LONGEST_BODY]
    return urlencode([(pair.name, str(pair.value)) for pair in post.params or ()]).encode()[:LONGEST_BODY]


def part(decoder: msgspec.json.Decoder[T], raw: Raw, where: str) -> T:
    """A part of an entry; broken UTF-8 in it is mended, another shape raises BadCapture."""
    try:
        return decoder.decode(raw)
    except UnicodeDecodeError:
        return decoder.decode(bytes(raw).decode("utf-8", "replace"))
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadCapture(f"{where}: {error}") from None


def body_bytes(text: str, encoding: object) -> bytes:
    """A body as HAR writes it, in base64 or as it is; empty where the base64 is broken."""
    if encoding == "base64":
        try:
            return base64.b64decode(text)
        except (binascii.Error, ValueError):
            return b""
    return text.encode("utf-8", "replace")


def _server(entry: _Entry) -> tuple[str | None, int | None]:
    """(address, port) of ``10.0.0.1``, ``[::1]``, ``[::1]:443`` and ``10.0.0.1:443``."""
    address, port = (entry.address if isinstance(entry.address, str) else ""), entry.port
    if address.startswith("["):
        address, _, tail = address[1:].partition("]")
        port = port or tail.removeprefix(":")
    elif address.count(":") == 1:
        address, _, tail = address.partition(":")
        port = port or tail
    if not port and isinstance(entry.connection, str) and len(entry.connection) <= 5:
        origin = maybe_origin(entry.request.url)
        # The format calls it an id; browsers write the server's port there.
        port = entry.connection if origin and entry.connection == str(origin.port) else None
    try:
        number = int(port or 0)
    except (TypeError, ValueError):
        number = 0
    return address or None, number if 0 < number < 65536 else None


def _instant(text: object) -> float | None:
    """Seconds since the epoch of an ISO 8601 time."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def _seconds(milliseconds: object) -> float | None:
    if isinstance(milliseconds, int | float) and milliseconds >= 0:
        return milliseconds / 1000
    return None
