"""mitmproxy's flow files: one tnetstring after the other, each the state of a flow.

A tnetstring is ``length:data`` and a mark for the type (https://tnetstrings.info, and mitmproxy's ``;`` for text).
The names of a flow's members have changed over mitmproxy's versions; those since version 1 are read.
"""

from __future__ import annotations

from typing import Any

from hairpin.trace.failures import failure_of
from hairpin.trace.http1 import decode_body
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source
from hairpin.wire.exchange import Failure
from hairpin.wire.message import Headers, Request, Response

LONGEST_FLOW = 256 << 20
_DEEPEST = 32


def read_flows(source: Source) -> Findings:
    """What a flow file shows; raises BadCapture."""
    findings = Findings()
    at, number = 0, 0
    while at < len(source):
        flow, at = read_tnetstring(memoryview(source.data), at)
        number += 1
        if not isinstance(flow, dict):
            raise BadCapture(f"flow {number} is no flow")
        sighting = _sighting(flow)
        if sighting is not None:
            findings.sightings.append(sighting)
        source.forget(at)
    if not findings.sightings:
        raise BadCapture(f"none of the {number} flows is an HTTP request")
    return findings


def read_tnetstring(data: memoryview, at: int, depth: int = 0) -> tuple[Any, int]:
    """(the value at ``at``, where the next one starts); raises BadCapture."""
    if depth > _DEEPEST:
        raise BadCapture(f"no flow file at byte {at}: values are nested too deep")
    head, colon, _ = bytes(data[at : at + 12]).partition(b":")
    if not colon or not head.isdigit():
        raise BadCapture(f"no flow file at byte {at}: expected a length and a colon")
    start = at + len(head) + 1
    end = start + int(head)
    if int(head) > LONGEST_FLOW:
        raise BadCapture(f"a value of {int(head)} bytes at byte {at} is longer than {LONGEST_FLOW}")
    if end >= len(data):
        raise BadCapture(f"the file is cut off at byte {len(data)}")
    return _value(data, start, end, depth), end + 1


def write_tnetstring(value: Any) -> bytes:
    """A value as mitmproxy writes it, read again by `read_tnetstring`."""
    match value:
        case bool():
            kind, text = "!", b"true" if value else b"false"
        case None:
            kind, text = "~", b""
        case int():
            kind, text = "#", str(value).encode()
        case float():
            kind, text = "^", repr(value).encode()
        case str():
            kind, text = ";", value.encode("utf-8", "replace")
        case list():
            kind, text = "]", b"".join(map(write_tnetstring, value))
        case dict():
            kind, text = "}", b"".join(write_tnetstring(part) for pair in value.items() for part in pair)
        case _:
            kind, text = ",", bytes(value)
    return b"%d:%b%b" % (len(text), text, kind.encode())


def decoded_message(message: dict[str, Any]) -> tuple[str, Headers, bytes]:
    """(path of a request, headers, body without its coding) of a flow's request or response."""
    headers = _headers(message.get("headers"))
    return _text(message.get("path")), headers, decode_body(headers, _bytes(message.get("content")))


def _value(data: memoryview, start: int, end: int, depth: int) -> Any:
    kind = chr(data[end])
    if kind in "]}":
        items = []
        at = start
        while at < end:
            item, at = read_tnetstring(data[:end], at, depth + 1)
            items.append(item)
        if kind == "]":
            return items
        return {_name(key): value for key, value in zip(items[::2], items[1::2], strict=False)}
    text = bytes(data[start:end])
    try:
        match kind:
            case ",":
                return text
            case ";":
                return text.decode("utf-8", "replace")
            case "#":
                return int(text[:30])
            case "^":
                return float(text[:60])
            case "!":
                return text == b"true"
            case "~":
                return None
    except ValueError:
        pass
    raise BadCapture(f"no flow file at byte {end}: {kind!r} is no type, or not of what stands before it")


def _name(key: object) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def _sighting(flow: dict[str, Any]) -> Sighting | None:
    request = flow.get("request")
    if not isinstance(request, dict):
        return None
    server = flow.get("server_conn")
    address, port = _server(server if isinstance(server, dict) else {})
    started = _number(request.get("timestamp_start"))
    sighting = Sighting(_request(request), address=address, port=port, started=started)
    response, error = flow.get("response"), flow.get("error")
    if isinstance(response, dict):
        headers = _headers(response.get("headers"))
        status = _number(response.get("status_code", response.get("code"))) or 0
        sighting.response = Response(
            int(status), headers, decode_body(headers, _bytes(response.get("content")))
        )
        ended = _number(response.get("timestamp_end"))
        sighting.seconds = ended - started if ended is not None and started is not None else None
    elif isinstance(error, dict):
        sighting.note = _text(error.get("msg"))
        sighting.failure = failure_of(sighting.note)
    else:
        sighting.failure = Failure.UNKNOWN
    return sighting


def _request(request: dict[str, Any]) -> Request:
    headers = _headers(request.get("headers"))
    scheme = _text(request.get("scheme")) or "https"
    host, port = _text(request.get("host")), _number(request.get("port"))
    shown = _text(request.get("authority")) or headers.get("host") or ""
    if not shown:
        default = {"https": 443, "http": 80}.get(scheme)
        shown = host if port in {None, default} else f"{host}:{int(port or 0)}"
    path = _text(request.get("path")) or "/"
    url = path if "://" in path[:16] else f"{scheme}://{shown}{path}"
    body = decode_body(headers, _bytes(request.get("content")))
    return Request(_text(request.get("method")) or "GET", url, headers, body)


def _headers(pairs: object) -> Headers:
    lines = pairs if isinstance(pairs, list) else []
    return Headers.of(
        (_text(line[0]), _text(line[1])) for line in lines if isinstance(line, list) and len(line) == 2
    )


def _server(connection: dict[str, Any]) -> tuple[str | None, int | None]:
    """The address that was really connected to: ``peername`` of later versions, ``ip_address`` of earlier ones."""
    for member in ("peername", "ip_address"):
        told = connection.get(member)
        if isinstance(told, dict):
            told = told.get("address")
        if isinstance(told, list) and len(told) >= 2 and isinstance(told[1], int):
            return _text(told[0]) or None, told[1]
    return None, None


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
