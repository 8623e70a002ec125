"""A client's request on its way to the web site: its head rewritten, its body too, and framed anew.

A body that has arrived whole goes up with its length. A long one goes up while it arrives, in chunks if it is text.
"""

from __future__ import annotations

from collections.abc import Callable

from hairpin.gateway import answers
from hairpin.gateway.checks import HOP_BY_HOP, told
from hairpin.gateway.downward import is_text
from hairpin.gateway.plan import View

Line = tuple[bytes, bytes]

# Parts of a body that is rewritten could not be told from each other, so nobody is asked for parts.
_FRAMING = HOP_BY_HOP | {b"host"}
_LEFT_OUT = HOP_BY_HOP | {b"host", b"range", b"if-range"}


class Ask:
    """One request as the web site will see it. ``vouched`` says that its origin was replaced."""

    __slots__ = (
        "_announced",
        "_chunked",
        "_feed",
        "_finish",
        "_host",
        "_lines",
        "_method",
        "_path",
        "_rules",
        "_view",
        "vouched",
    )

    def __init__(
        self, view: View, method: bytes, path: bytes, lines: list[Line], origin: bytes | None
    ) -> None:
        self._view = view
        self._method = method
        self._path = path
        asked = told(lines)
        self._announced = asked.get(b"content-length")
        kind = asked.get(b"content-type")
        text = kind is not None and is_text(kind) and not kind.lower().startswith(b"multipart/form-data")
        readable = text and b"content-encoding" not in asked
        self._rules = view.heads.bodies_up if view.heads is not None and readable else None
        self._chunked = False
        self._feed: Callable[[bytes], bytes] | None = None
        self._finish: Callable[[], bytes] | None = None
        self.vouched = False
        self._host = view.host or asked.get(b"host", b"")
        self._lines = self._head(lines, asked.get(b"x-ms-origin"), origin)

    def whole(self, body: bytes) -> bytes:
        """Head and body at once."""
        if body and self._rules is not None:
            body = self._rules.whole(body)
        if body or self._announced is not None:
            return self._bytes((b"Content-Length", b"%d" % len(body))) + body
        return self._bytes() + body

    def begin(self, body: bytes) -> bytes:
        """Head and the first part of a body of which more will come."""
        if self._rules is not None:
            stream = self._rules.stream()
            self._feed, self._finish = stream.feed, stream.finish
        elif self._announced is not None:
            return self._bytes((b"Content-Length", self._announced)) + body
        self._chunked = True
        return self._bytes((b"Transfer-Encoding", b"chunked")) + self.more(body)

    def more(self, data: bytes, *, last: bool = False) -> bytes:
        if self._feed is not None:
            data = self._feed(data)
            if last and self._finish is not None:
                data += self._finish()
        if self._chunked:
            data = answers.chunk(data) + (answers.LAST_CHUNK if last else b"")
        return data

    def _head(self, lines: list[Line], embedder: bytes | None, foreign: bytes | None) -> list[Line]:
        heads = self._view.heads
        if heads is None:
            return [line for line in lines if line[0].lower() not in _FRAMING]
        kept = heads.up([line for line in lines if line[0].lower() not in _LEFT_OUT])
        if embedder is None:
            if foreign is None:
                return kept
            # A page that calls without the frame must not get past the web site's allow list.
            embedder = foreign
            kept.append((b"X-Ms-Origin", embedder))
        shown = self._view.site.present_as
        if shown is not None and shown.encode() != embedder:
            self.vouched = True
            replaced = {b"x-ms-origin"} if foreign is None else {b"x-ms-origin", b"origin"}
            kept = [(name, shown.encode() if name.lower() in replaced else value) for name, value in kept]
        return kept

    def _bytes(self, *framing: Line) -> bytes:
        lines = [(b"Host", self._host), *self._lines, *framing]
        text = b"".join([b"%b: %b\r\n" % line for line in lines])
        return b"%b %b HTTP/1.1\r\n%b\r\n" % (self._method, self._path, text)
