"""Writes a capture again without its secrets: HAR, SAZ, mitmproxy flows and pasted text.

Only what the redaction has looked at is written. Bodies are written decoded, and what is no text, web socket
messages, a proxy's notes and the prose around pasted messages are left out. The rest keeps its place, so that the
doctor gives one verdict on both.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hairpin.trace.flows import decoded_message, read_tnetstring, write_tnetstring
from hairpin.trace.har import body_bytes
from hairpin.trace.http1 import decode_body, parted
from hairpin.trace.load import CaptureFormat, format_of, read_capture
from hairpin.trace.pasted import read_pasted
from hairpin.trace.saz import LONGEST_TOGETHER, Archive, part_of
from hairpin.trace.sighting import BadCapture, Sighting
from hairpin.trace.source import Source
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.redact import REMOVED, redact_request, redact_response, redact_text, redact_url
from hairpin.wire.scrub import scrub
from hairpin.wire.secret import is_secret_field, masked

_CODINGS = frozenset({"content-encoding", "transfer-encoding", "content-length"})


@dataclass(slots=True)
class Copy:
    """A capture without secrets; ``taken`` counts the places where something was taken out, by kind of place."""

    format: CaptureFormat
    data: bytes = b""
    taken: Counter[str] = field(default_factory=Counter)

    def text(self, kind: str, text: str, redact: Callable[[str], str] = redact_text) -> str:
        clean = redact(text)
        self.taken[kind] += clean != text
        return clean

    def request(self, request: Request) -> Request:
        clean = redact_request(request)
        self.taken["URL"] += clean.url != request.url
        self._count_headers(request.headers, clean.headers)
        self._count_body("request body", request.body, clean.body)
        return clean

    def response(self, response: Response) -> Response:
        clean = redact_response(response)
        self._count_headers(response.headers, clean.headers)
        self._count_body("response body", response.body, clean.body)
        return clean

    def _count_headers(self, before: Headers, after: Headers) -> None:
        for (name, value), (_, clean) in zip(before, after, strict=True):
            self.taken[f"{name.lower()} header"] += clean != value

    def _count_body(self, kind: str, before: bytes, after: bytes) -> None:
        self.taken[kind if after else "body that is no text"] += before != after


def without_secrets(source: Source) -> Copy:
    """The same capture without secrets; raises BadCapture for what cannot be read or not be written."""
    try:
        kind = format_of(source)
        writer = _WRITERS.get(kind)
        if writer is None:
            known = ", ".join(_WRITERS)
            raise BadCapture(f"this is a {kind}, which cannot be written; what can is {known}")
        read_capture(source)
        copy = Copy(kind)
        copy.data = writer(source, copy)
        return copy
    except BadCapture as error:
        raise error.of(source.name) from None


def _har(source: Source, copy: Copy) -> bytes:
    text = bytes(source.data).decode("utf-8-sig", "replace")
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadCapture(f"no JSON: {error}") from None
    log = document["log"]
    entries = log.pop("entries")
    clean = {**_rest(document, copy, {"log"}), "log": _rest(log, copy)}
    clean["log"]["entries"] = [_entry(number, entry, copy) for number, entry in enumerate(entries)]
    return msgspec.json.encode(clean)


def _rest(members: dict[str, Any], copy: Copy, known: Iterable[str] = ()) -> dict[str, Any]:
    """What has no treatment of its own; what cannot be looked through is left out."""
    others = {name: value for name, value in members.items() if name not in known}
    try:
        return dict(msgspec.json.decode(copy.text("other text", msgspec.json.encode(others).decode())))
    except (ValueError, TypeError, RecursionError):
        copy.taken["part that cannot be read"] += 1
        return {}


def _entry(number: int, entry: dict[str, Any], copy: Copy) -> dict[str, Any]:
    clean = _rest(entry, copy, {"request", "response", "_webSocketMessages"})
    copy.taken["web socket message"] += len(entry.get("_webSocketMessages") or ())
    told = entry.get("response")
    try:
        clean["request"] = _har_request(entry["request"], copy)
        clean["response"] = _har_response(told, copy) if isinstance(told, dict) else None
    except (AttributeError, TypeError) as error:
        raise BadCapture(f"$.log.entries[{number}] has another shape than HAR gives it: {error}") from None
    return clean


def _har_request(asked: dict[str, Any], copy: Copy) -> dict[str, Any]:
    clean = _rest(asked, copy, {"url", "headers", "cookies", "queryString", "postData"})
    post = asked.get("postData") or {}
    body = body_bytes(_string(post.get("text")), post.get("encoding"))
    request = copy.request(Request("", asked["url"], _har_headers(asked), body))
    clean |= {"url": request.url, "headers": _har_lines(asked, request.headers)}
    clean |= {
        "cookies": _har_cookies(asked, copy),
        "queryString": _har_fields(asked.get("queryString"), copy),
    }
    if post:
        told = _har_text(request.body, post.get("encoding"))
        clean["postData"] = {**_rest(post, copy, {"text", "params"}), "text": told}
        clean["postData"]["params"] = _har_fields(post.get("params"), copy)
    return clean


def _har_response(told: dict[str, Any], copy: Copy) -> dict[str, Any]:
    clean = _rest(told, copy, {"headers", "cookies", "content", "redirectURL"})
    content = told.get("content") or {}
    body = body_bytes(_string(content.get("text")), content.get("encoding"))
    response = copy.response(Response(0, _har_headers(told), body))
    clean |= {"headers": _har_lines(told, response.headers), "cookies": _har_cookies(told, copy)}
    clean["redirectURL"] = copy.text("URL", str(told.get("redirectURL") or ""), redact_url)
    clean["content"] = _rest(content, copy, {"text"})
    if "text" in content:
        clean["content"]["text"] = _har_text(response.body, content.get("encoding"))
    return clean


def _har_headers(message: dict[str, Any]) -> Headers:
    """One line for each line of a value: browsers join repeated headers with line breaks."""
    return Headers.of(
        (_string(pair.get("name")), line)
        for pair in message.get("headers") or ()
        for line in _string(pair.get("value")).split("\n")
    )


def _har_lines(message: dict[str, Any], headers: Headers) -> list[dict[str, str]]:
    """The lines joined again as they were."""
    values = iter(value for _, value in headers)
    return [
        {
            "name": _string(pair.get("name")),
            "value": "\n".join(next(values) for _ in _string(pair.get("value")).split("\n")),
        }
        for pair in message.get("headers") or ()
    ]


def _har_cookies(message: dict[str, Any], copy: Copy) -> list[dict[str, Any]]:
    cookies = message.get("cookies") or ()
    copy.taken["cookie"] += len(cookies)
    return [{**_rest(cookie, copy, {"value"}), "value": REMOVED} for cookie in cookies]


def _har_fields(fields: list[dict[str, Any]] | None, copy: Copy) -> list[dict[str, Any]]:
    """The fields of a query or a form."""
    clean = []
    for one in fields or ():
        name, value = _string(one.get("name")), _string(one.get("value"))
        shown = masked(name, value) if is_secret_field(name) else scrub(value)
        copy.taken["field of a query or form"] += shown != value
        clean.append({**_rest(one, copy, {"name", "value"}), "name": redact_text(name), "value": shown})
    return clean


def _har_text(body: bytes, encoding: object) -> str:
    return base64.b64encode(body).decode() if encoding == "base64" else body.decode("utf-8", "replace")


def _string(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _saz(source: Source, copy: Copy) -> bytes:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(source.data)) as told,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        archive = Archive(told)
        sessions = any(part_of(member.filename) for member in archive.members)
        for member in archive.members:
            part = part_of(member.filename)
            if part is not None:
                clean = _SESSION_PARTS[part](archive.read(member), copy)
            elif member.filename == "[Content_Types].xml":
                clean = redact_text(archive.read(member).decode("utf-8", "replace")).encode()
            elif not sessions and member.filename.lower().endswith(".har"):
                clean = _har(Source(archive.read(member, LONGEST_TOGETHER)), copy)
            else:
                clean = None
            if clean is None:
                copy.taken["file beside the messages"] += not member.is_dir()
            else:
                written.writestr(member.filename, clean)
    return packed.getvalue()


def _saz_request(data: bytes, copy: Copy) -> bytes | None:
    start, headers, rest = parted(data)
    method, _, target = start.partition(" ")
    target, _, version = target.partition(" ")
    if not target:
        return None
    request = copy.request(Request(method, target, headers, decode_body(headers, rest)))
    return _message(f"{method} {request.url} {version}".strip(), request.headers, request.body)


def _saz_response(data: bytes, copy: Copy) -> bytes | None:
    for _ in range(8):
        start, headers, rest = parted(data)
        if not start.startswith("HTTP/"):
            return None
        if not start.partition(" ")[2].startswith("1") or " 101" in start:
            break
        data = rest
    response = copy.response(Response(0, headers, decode_body(headers, rest)))
    return _message(copy.text("other text", start), response.headers, response.body)


def _saz_metadata(data: bytes, copy: Copy) -> bytes:
    return copy.text("other text", data.decode("utf-8-sig", "replace")).encode()


_SESSION_PARTS: dict[str, Callable[[bytes, Copy], bytes | None]] = {
    "c": _saz_request,
    "s": _saz_response,
    "m": _saz_metadata,
}


def _message(start: str, headers: Headers, body: bytes, end: str = "\r\n") -> bytes:
    """A message with its body as it is now, which has no coding and maybe another length."""
    lines = [f"{name}: {value}" for name, value in headers if name.lower() not in _CODINGS]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return end.join([start, *lines, "", ""]).encode("utf-8", "replace") + body


def _flows(source: Source, copy: Copy) -> bytes:
    written: list[bytes] = []
    at = 0
    while at < len(source):
        flow, at = read_tnetstring(memoryview(source.data), at)
        if isinstance(flow.get("request"), dict):
            written.append(write_tnetstring(_flow(flow, copy)))
        else:
            copy.taken["flow that is no HTTP"] += 1
    return b"".join(written)


def _flow(flow: dict[str, Any], copy: Copy) -> dict[str, Any]:
    clean: dict[str, Any] = _checked(flow, copy)
    if flow.get("websocket"):
        copy.taken["web socket message"] += 1
        clean["websocket"] = None
    if flow.get("metadata"):
        copy.taken["note of the proxy"] += 1
        clean["metadata"] = {}
    for part, redact in (("request", _flow_request), ("response", _flow_response)):
        if isinstance(flow.get(part), dict):
            clean[part] |= redact(flow[part], copy)
    return clean


def _flow_request(told: dict[str, Any], copy: Copy) -> dict[str, Any]:
    path, headers, body = decoded_message(told)
    request = copy.request(Request("", path, headers, body))
    return {"path": request.url.encode(), **_flow_message(request)}


def _flow_response(told: dict[str, Any], copy: Copy) -> dict[str, Any]:
    _, headers, body = decoded_message(told)
    return _flow_message(copy.response(Response(0, headers, body)))


def _flow_message(message: Request | Response) -> dict[str, Any]:
    lines = [[n.encode(), v.encode()] for n, v in message.headers if n.lower() not in _CODINGS]
    if message.body:
        lines.append([b"content-length", str(len(message.body)).encode()])
    return {"headers": lines, "content": message.body, "trailers": None}


_MESSAGES = frozenset({"path", "headers", "content", "trailers", "websocket", "metadata"})


def _checked(value: Any, copy: Copy) -> Any:
    """Everything else in a flow: addresses, certificates, times, an error's text."""
    match value:
        case dict():
            return {name: None if name in _MESSAGES else _checked(one, copy) for name, one in value.items()}
        case list():
            return [_checked(one, copy) for one in value]
        case str():
            return copy.text("other text", value)
        case bytes():
            return copy.text("other text", value.decode("utf-8", "replace")).encode()
        case _:
            return value


def _pasted(source: Source, copy: Copy) -> bytes:
    return (
        b"\n\n".join(_pasted_exchange(sighting, copy) for sighting in read_pasted(source).sightings) + b"\n"
    )


def _pasted_exchange(sighting: Sighting, copy: Copy) -> bytes:
    request = copy.request(sighting.request)
    host = urlsplit(request.url).hostname or "server"
    target = f"{host}:443" if request.method == "CONNECT" else request.url
    parts = [_message(f"{request.method} {target} HTTP/1.1", request.headers, request.body.strip(), "\n")]
    if sighting.address:
        parts.insert(0, f"* Connected to {host} ({sighting.address}) port {sighting.port}".encode())
    if sighting.note:
        parts.append(f"curl: (1) {copy.text('other text', sighting.note)}".encode())
    if sighting.response is not None:
        response = copy.response(sighting.response)
        start = f"HTTP/1.1 {response.status} {response.reason}".strip()
        parts.append(_message(start, response.headers, response.body.strip(), "\n"))
    return b"\n".join(parts)


_WRITERS: dict[CaptureFormat, Callable[[Source, Copy], bytes]] = {
    CaptureFormat.HAR: _har,
    CaptureFormat.ZIP: _saz,
    CaptureFormat.FLOWS: _flows,
    CaptureFormat.PASTED: _pasted,
}
