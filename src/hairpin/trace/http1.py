"""HTTP/1 messages as capture tools store them: read leniently, bodies decoded within bounds.

Stored messages are not what a server may rely on: the chunking may be gone though its header stays, the body may be
cut off, lines may end in a single line feed. What cannot be decoded becomes an empty body, never an error.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

import brotli  # type: ignore[import-untyped]
import zstandard

from hairpin.wire.message import Headers, Request, Response

LONGEST_HEAD = 1 << 18
LONGEST_BODY = 1 << 20

_REQUEST = re.compile(r"(?P<method>[A-Za-z]{3,20}) (?P<target>\S+)(?: HTTP/(?P<version>\d(?:\.\d)?))?\s*")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? +(?P<status>\d{3})(?: (?P<reason>.*))?")
_HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200})[ \t]*:[ \t]*(?P<value>.*?)[ \t]*")
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r\n")


def read_head(lines: Iterable[str]) -> Headers:
    """Header lines; a line that starts with a blank goes on with the one before, what is no header is passed over."""
    found: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in {" ", "\t"} and found:
            name, value = found[-1]
            found[-1] = (name, f"{value} {line.strip()}"[:LONGEST_HEAD])
        elif header := _HEADER.fullmatch(line):
            found.append((header["name"], header["value"]))
    return Headers(tuple(found))


def read_request(data: bytes, scheme: str = "https") -> Request | None:
    """A request with an absolute URL (its own, or made of ``scheme`` and Host); None when the data is none."""
    start, headers, rest = parted(data)
    found = _REQUEST.fullmatch(start)
    if found is None:
        return None
    url = absolute(found["target"], headers, scheme, connect=found["method"] == "CONNECT")
    return Request(found["method"], url, headers, decode_body(headers, rest))


def read_response(data: bytes) -> tuple[Response, str] | None:
    """(the final response, its reason phrase), interim responses passed over; None when the data is none."""
    for _ in range(8):
        start, headers, rest = parted(data)
        found = _STATUS.fullmatch(start)
        if found is None:
            return None
        status = int(found["status"])
        if status >= 200 or status == 101:
            return Response(status, headers, decode_body(headers, rest)), found["reason"] or ""
        data = rest
    return None


def absolute(target: str, headers: Headers, scheme: str, *, connect: bool = False) -> str:
    """The URL of a request target."""
    if connect:
        return f"https://{target.removesuffix(':443')}/"
    if "://" in target[:16]:
        return target
    return f"{scheme}://{headers.get('host') or 'unknown.invalid'}{target if target.startswith('/') else '/' + target}"


def parted(data: bytes) -> tuple[str, Headers, bytes]:
    """(start line, headers, what follows the empty line)."""
    data = data.lstrip(b"\r\n") if data[:1] in {b"\r", b"\n"} else data
    end = _END_OF_HEAD.search(data, 0, LONGEST_HEAD)
    head = data[: end.start()] if end else data[:LONGEST_HEAD]
    start, *lines = head.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    return start, read_head(lines), data[end.end() :] if end else b""


def decode_body(headers: Headers, body: bytes) -> bytes:
    """A body without its transfer and content codings, at most LONGEST_BODY long; empty when it cannot be decoded."""
    if "chunked" in (headers.get("transfer-encoding") or "").lower():
        body = _unchunked(body)
    for coding in reversed((headers.get("content-encoding") or "").lower().split(",")):
        body = _decoded(coding.strip(), body)
    return body[:LONGEST_BODY]


def _unchunked(body: bytes) -> bytes:
    """The data of a chunked body; the body itself where a tool has put the chunks together already."""
    parts: list[bytes] = []
    at = length = 0
    while found := _CHUNK.match(body, at):
        size = int(found[1], 16)
        if not size or length > LONGEST_BODY:
            return b"".join(parts)
        parts.append(body[found.end() : found.end() + size])
        length += size
        at = found.end() + size + 2
    return b"".join(parts) if parts else body


def _decoded(coding: str, body: bytes) -> bytes:
    try:
        if coding in {"gzip", "x-gzip"} and body[:2] == b"\x1f\x8b":
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, LONGEST_BODY)
        if coding == "deflate":
            return _inflated(body)
        if coding == "br":
            return _unbrotlied(body)
        if coding == "zstd" and body[:4] == b"\x28\xb5\x2f\xfd":
            return zstandard.ZstdDecompressor().stream_reader(body).read(LONGEST_BODY)
    except (zlib.error, brotli.error, zstandard.ZstdError, MemoryError):
        return b""
    return body


def _inflated(body: bytes) -> bytes:
    """Deflate with its zlib frame, as the standard says, or without it, as some servers send it."""
    try:
        return zlib.decompressobj().decompress(body, LONGEST_BODY)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, LONGEST_BODY)


def _unbrotlied(body: bytes) -> bytes:
    """Decoded in small bites, so that a few bytes that stand for gigabytes stop early."""
    decoder = brotli.Decompressor()
    parts: list[bytes] = []
    length = 0
    for at in range(0, len(body), 512):
        parts.append(decoder.process(body[at : at + 512], output_buffer_limit=LONGEST_BODY))
        length += len(parts[-1])
        if length >= LONGEST_BODY:
            break
    return b"".join(parts)
