"""Is this head one that every machine on the way reads alike? (RFC 9112; RFC 9110 7.1, 7.6.1)

llhttp already refuses bare CR and LF, NUL, folded lines, spaces before a colon, doubled or malformed lengths, and
lengths beside a transfer coding. What it lets pass and others might read differently is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Line = tuple[bytes, bytes]

METHODS = frozenset((b"GET", b"POST", b"PUT", b"DELETE", b"PATCH", b"HEAD", b"OPTIONS"))
HOP_BY_HOP = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade",
        b"content-length", b"expect", b"proxy-authorization", b"alt-svc",
    )
)  # fmt: skip

# What a client may ask to have dropped with Connection; anything else it names would be a check circumvented.
_DROPPABLE = HOP_BY_HOP | {b"close", b"http2-settings", b"persist", b"x-requested-with", b""}
_CHECKED = frozenset((b"connection", b"transfer-encoding", b"expect"))
_AUTHORITY = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_TARGET = re.compile(rb"/[!-~\x80-\xff]*")
_ABSOLUTE = re.compile(rb"(?i)https?://([^/?#@]+)(/[^#]*|)")


class Refused(ValueError):
    """A request that is not answered by a web site: the status to answer with, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def told(lines: Sequence[Line]) -> dict[bytes, bytes]:
    """The first value of each name, by the name in lower case."""
    return {name.lower(): value for name, value in reversed(lines)}


def check_head(method: bytes, version: str, target: bytes, lines: Sequence[Line]) -> tuple[bytes, bytes]:
    """The authority asked for and the path with its query. Raises Refused.

    The authority is empty where HTTP/1.0 leaves it out, as health checks of load balancers do.
    """
    if version not in {"1.1", "1.0"}:
        raise Refused(505, f"HTTP/{version} is not spoken here")
    if method not in METHODS:
        raise Refused(405 if method in {b"CONNECT", b"TRACE"} else 501, "this method is not forwarded")
    hosts: list[bytes] = []
    for name, value in lines:
        kind = name.lower()
        if kind == b"host":
            hosts.append(value.strip())
        elif kind in _CHECKED:
            _check_line(kind, value.strip().lower(), version)
    if not hosts and version == "1.0":
        hosts = [b""]
    elif len(hosts) != 1 or not _AUTHORITY.fullmatch(hosts[0]):
        raise Refused(400, "a request needs exactly one Host, and that must be a host name")
    if _TARGET.fullmatch(target) and b"#" not in target:
        return hosts[0], target
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise Refused(400, "the request target is neither a path nor an absolute http URL")
    if absolute[1].lower() != hosts[0].lower():
        raise Refused(400, "the request target and Host name different machines")
    return hosts[0], absolute[2] or b"/"


def _check_line(kind: bytes, value: bytes, version: str) -> None:
    if kind == b"connection":
        if not {token.strip() for token in value.split(b",")} <= _DROPPABLE:
            raise Refused(400, "Connection names a header that must not be dropped")
    elif kind == b"transfer-encoding":
        if value != b"chunked" or version == "1.0":
            raise Refused(501, "only the transfer coding chunked is understood, in HTTP/1.1")
    elif value != b"100-continue":
        raise Refused(417, "only 100-continue can be expected")


def climbs(path: bytes) -> bool:
    """Whether a path could lead out of the place it was matched in, however often it is decoded."""
    bare = path.partition(b"?")[0].lower()
    if b"%" not in bare and b"/." not in bare and b"\\" not in bare:
        return False
    for _ in range(3):
        if b"\\" in bare or any(segment in {b"..", b"."} for segment in bare.split(b"/")):
            return True
        if b"%" not in bare:
            return False
        bare = _decoded(bare)
    return False


def _decoded(path: bytes) -> bytes:
    return re.sub(rb"%([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), path).lower()
