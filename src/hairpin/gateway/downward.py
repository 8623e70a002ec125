"""A web site's answer on its way to the client: its head rewritten, its body rewritten as it streams, framed anew.

A body that has arrived whole goes out with its length, any other in chunks: nothing is held back to be measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from hairpin.gateway import answers, cors
from hairpin.gateway.checks import HOP_BY_HOP
from hairpin.gateway.plan import View
from hairpin.rewrite.coding import Recoder

Line = tuple[bytes, bytes]

CONNECTION_BOUND = re.compile(rb"(?i)\s*(?:ntlm|negotiate|kerberos)\b")

_TEXT = re.compile(
    rb"(?i)\s*(?:text/|multipart/|application/(?:[\w.+-]*[+])?(?:json|xml)|application/[\w.+-]*"
    rb"(?:javascript|http|x-www-form-urlencoded|soap))"
)
_BODY_DIGESTS = frozenset((b"content-md5", b"digest", b"content-digest", b"repr-digest"))
_TELLING = frozenset((b"content-type", b"content-encoding", b"persistent-auth", b"www-authenticate"))
_NO_BODY = frozenset((204, 304))


@lru_cache(maxsize=256)
def is_text(kind: bytes | None) -> bool:
    """Whether a body of that Content-Type may hold links; one without a type may."""
    return kind is None or _TEXT.match(kind) is not None


class Answer:
    """One answer. Raises BadCoding where its body is not what its head says.

    ``bound`` says that it carries a hint of NTLM or Negotiate, ``framed`` that its end is told by a length or chunks
    and not by the connection's end. ``kept`` are its lines, hop-by-hop ones left out, before rewriting.
    """

    __slots__ = (
        "_body",
        "_change",
        "_chunked",
        "_finish",
        "_length",
        "_lines",
        "_rules",
        "begun",
        "bound",
        "framed",
        "kept",
        "reason",
        "rewritten",
        "status",
    )

    def __init__(
        self, view: View, method: bytes, status: int, reason: bytes, lines: list[Line], origin: bytes | None
    ) -> None:
        self.status = status
        self.reason = reason
        self.begun = False
        self.bound = False
        self.kept: list[Line] = []
        self._body = method != b"HEAD" and status not in _NO_BODY
        self._length: bytes | None = None
        self._chunked = False
        self._change: Callable[[bytes], bytes] | None = None
        self._finish: Callable[[], bytes] | None = None
        self._rules = None if view.heads is None else view.heads.bodies_down
        kind, coding = self._sort(lines)
        self.framed = not self._body or self._chunked or self._length is not None
        self._chunked = False
        self.rewritten = 0
        if view.heads is None:
            self._lines = list(self.kept)
            self._change = _unchanged
            return
        before = view.heads.replaced
        self._lines = view.heads.down(self.kept)
        self.rewritten = view.heads.replaced - before
        if is_text(kind):
            self._length = None
            self._lines = [line for line in self._lines if line[0].lower() not in _BODY_DIGESTS]
            self._read_coding(coding)
        else:
            self._change = _unchanged
        if origin is not None:
            self._lines = cors.permitted(self._lines, origin)
        self._lines.append((b"Vary", b"Origin"))

    def _sort(self, lines: list[Line]) -> tuple[bytes | None, bytes | None]:
        """Keep what goes through; the type and the coding of the body."""
        kind = coding = None
        for line in lines:
            low = line[0].lower()
            if low in HOP_BY_HOP:
                if low == b"content-length":
                    self._length = line[1]
                elif low == b"transfer-encoding":
                    self._chunked = True
                continue
            self.kept.append(line)
            if low not in _TELLING:
                continue
            if low == b"content-type":
                kind = line[1]
            elif low == b"content-encoding" and line[1].strip().lower() != b"identity":
                coding = line[1]
            elif low == b"persistent-auth" or (
                low == b"www-authenticate" and CONNECTION_BOUND.match(line[1])
            ):
                self.bound = True
        return kind, coding

    def _read_coding(self, coding: bytes | None) -> None:
        if coding is not None and self._body and self._rules is not None:
            stream = self._rules.stream()
            recoder = Recoder(coding.decode("latin-1"), stream.feed, stream.finish)
            self._change, self._finish = recoder.feed, recoder.finish

    def relay(self, data: bytes, *, done: bool, chunks: bool, close: bool, keep_alive: bool) -> bytes:
        """What to send for more of the body, the head first.

        ``chunks`` says that the client understands them, ``close`` and ``keep_alive`` what Connection shall say.
        """
        data = self._rewritten(data, done=done)
        head = b""
        if not self.begun:
            self.begun = True
            self._frame(len(data), done=done, chunks=chunks)
            if close:
                self._lines.append((b"Connection", b"close"))
            elif keep_alive:
                self._lines.append((b"Connection", b"keep-alive"))
            head = answers.head(self.status, self.reason, self._lines)
        if self._chunked:
            data = answers.chunk(data) + (answers.LAST_CHUNK if done else b"")
        return head + data

    @property
    def needs_close(self) -> bool:
        """Whether a client that knows no chunks learns of the end only when the connection ends."""
        return self._length is None

    def _rewritten(self, data: bytes, *, done: bool) -> bytes:
        rules = self._rules
        if rules is None:
            return data
        before = rules.replaced
        if self._change is not None:
            data = self._change(data)
            if done and self._finish is not None:
                data += self._finish()
        elif done:
            data = rules.whole(data)
        else:
            stream = rules.stream()
            self._change, self._finish = stream.feed, stream.finish
            data = stream.feed(data)
        self.rewritten += rules.replaced - before
        return data

    def _frame(self, size: int, *, done: bool, chunks: bool) -> None:
        if not self._body:
            length = None if self.status == 204 else self._length
        else:
            length = b"%d" % size if done else self._length
        if length is not None:
            self._lines.append((b"Content-Length", length))
        elif self._body and chunks:
            self._lines.append((b"Transfer-Encoding", b"chunked"))
            self._chunked = True


def _unchanged(data: bytes) -> bytes:
    return data
