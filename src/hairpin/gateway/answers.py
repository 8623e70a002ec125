"""The gateway's own answers: plain text, because JSON would look like the web site's (protocol.md 6.10)."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

Line = tuple[bytes, bytes]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def head(status: int, reason: bytes, lines: Iterable[Line]) -> bytes:
    """A response's status line, lines and the empty line."""
    text = b"".join([b"%b: %b\r\n" % line for line in lines])
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, text)


def plain(
    status: int, text: str, lines: Iterable[Line] = (), *, close: bool = False, body: bool = True
) -> bytes:
    """A whole response with a line of text; ``body`` is false for an answer to HEAD."""
    content = f"{text}\n".encode() if text else b""
    own = [(b"Content-Type", b"text/plain; charset=utf-8")] if content else []
    if status != HTTPStatus.NO_CONTENT:
        own.append((b"Content-Length", b"%d" % len(content)))
    own += [(b"Cache-Control", b"no-store"), *lines]
    if close:
        own.append((b"Connection", b"close"))
    return head(status, HTTPStatus(status).phrase.encode(), own) + (content if body else b"")


def chunk(data: bytes) -> bytes:
    """One chunk; nothing for no data, because an empty chunk would be the last."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
