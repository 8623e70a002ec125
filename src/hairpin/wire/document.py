"""Reading JSON and XML that a stranger wrote: bounded in size and depth, None instead of an exception.

Which of the two a body is, is decided by its first character, because captures and proxies lose media
types. HTML is neither: it is how a proxy, IIS or a login page answers (`docs/protocol.md` 2.1, 6.10).
"""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
import msgspec

from hairpin.wire.message import Response

LONGEST = 4 * 1024 * 1024

_MARKS = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_NEVER = ("text/html", "application/xhtml+xml", "multipart/", "image/")


def read_document(response: Response) -> object | Element | None:
    """The body of an answer as a decoded JSON object or as an XML element; None when it is neither."""
    if not response.body or response.media_type.startswith(_NEVER):
        return None
    match _first(response.body):
        case b"{":
            return read_json(response.body)
        case b"<":
            return read_xml(response.body)
        case _:
            return None


def looks_like_xml(body: bytes) -> bool:
    """Whether the first character after byte order marks and blanks opens a tag."""
    return _first(body) == b"<"


def _first(body: bytes) -> bytes:
    return body[:256].lstrip(_MARKS)[:1]


def read_json(body: bytes) -> object | None:
    """Decoded JSON in any UTF, byte order mark or not; None when it is malformed, too long or too deep."""
    if len(body) > LONGEST:
        return None
    try:
        found: object = msgspec.json.decode(body.decode(json.detect_encoding(body)))
    except (ValueError, RecursionError):
        return None
    return found


def read_xml(body: bytes) -> Element | None:
    """The root element; None when it is malformed, too long, or brings a DTD along."""
    if len(body) > LONGEST:
        return None
    try:
        found: Element = defusedxml.ElementTree.fromstring(body.lstrip(), forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return None
    return found


def local_name(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()
