"""Several requests in one: a multipart body of HTTP requests, answered by position (`docs/protocol.md` 6.7).

The clients there are write the parts carelessly: blank lines too many or too few, wrong lengths, a body in a
``Data`` header. So the boundary alone decides where a part ends. A part that is no request gets a 400 in its
place; a batch that is cut off before its last boundary is not carried out at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import takewhile
from urllib.parse import urlsplit

from hairpin.server.answers import answer
from hairpin.server.asked import Asked, asked_of
from hairpin.server.hold import Hold
from hairpin.server.representation import LONGEST_INPUT, BadInput, error
from hairpin.wire.message import Headers, Request, Response

MULTIPART = "multipart/batching"
MOST = 100

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_REQUEST_LINE = re.compile(
    rb"(?P<method>[a-z]+)[ \t]+(?P<target>(?:/|https?:)\S*)(?:[ \t]+http/[\d.]+)?[ \t\r]*", re.IGNORECASE
)
_NOT_INSIDE = re.compile(r"/(?:batch|events|photos?(?:/.*)?)$")
# What the answer around them says for all of them.
_SAID_OUTSIDE = {
    "server", "date", "pragma", "expires", "x-aspnet-version", "x-ms-server-fqdn", "x-powered-by",
    "x-content-type-options",
}  # fmt: skip

Ask = Callable[[Asked], Response | Hold]


def batch(asked: Asked, ask: Ask, boundary: str) -> Response:
    """The answers of ``ask`` to every request in a batch; ``boundary`` is a line that none of them has."""
    try:
        parts = _parts(asked)
    except BadInput as bad:
        return error(asked, bad.status, bad.subcode, "The batch cannot be read.")
    if len(parts) > MOST:
        return error(asked, 429, "None", "So many requests may not be under way at once.")
    answers = [_answered(asked, part, ask) for part in parts]
    return answer(asked, 200, _joined(answers, boundary), f'{MULTIPART}; boundary="{boundary}"')


def _parts(asked: Asked) -> list[bytes]:
    """What stands between the boundaries. Raises BadInput."""
    media, body = asked.header("content-type") or "", asked.request.body
    if media.partition(";")[0].strip().lower() != MULTIPART:
        raise BadInput(415, "UnsupportedMediaType")
    if len(body) > LONGEST_INPUT:
        raise BadInput(413, "LimitExceeded")
    named = _BOUNDARY.search(media)
    if named is None:
        raise BadInput(400, "DeserializationFailure")
    boundary = re.escape((named[1] or named[2]).encode())
    lines = re.compile(rb"(?:\A|\r?\n)--" + boundary + rb"(?P<last>--)?[ \t]*(?=\r?\n|\Z)")
    found: list[bytes] = []
    begin = None
    for line in lines.finditer(body):
        if begin is not None:
            found.append(body[begin : line.start()])
        begin = line.end()
        if line["last"] and found:
            return found
    raise BadInput(400, "DeserializationFailure")


def _answered(asked: Asked, part: bytes, ask: Ask) -> Response:
    try:
        inner = asked_of(asked.site, _request(asked, part), asked.now)
    except ValueError:
        return error(asked, 400, "None", "This part of the batch is no request.")
    if _NOT_INSIDE.search(inner.path):
        return error(inner, 403, "NotAllowed", "This resource is not to be asked for in a batch.")
    response = ask(inner)
    assert isinstance(response, Response), "only events wait"
    return response


def _request(asked: Asked, part: bytes) -> Request:
    """The request in a part; the part's own headers tell nothing. Raises ValueError where there is none."""
    lines = part.split(b"\n")
    at, found = next(
        ((at, found) for at, line in enumerate(lines) if (found := _REQUEST_LINE.fullmatch(line))), (0, None)
    )
    if found is None:
        raise ValueError("no request line")
    head = list(takewhile(bytes.strip, lines[at + 1 :]))
    body = b"\n".join(lines[at + 2 + len(head) :])
    headers = Headers.of(_header(line.decode("latin-1")) for line in head)
    target = found["target"].decode("latin-1")
    if target.startswith("/"):
        outer = urlsplit(asked.request.url)
        target = f"{outer.scheme}://{outer.netloc}{target}"
    body = body if body.strip() else (headers.get("data") or "").encode("latin-1")
    return Request(found["method"].decode(), target, headers, body)


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _joined(answers: Iterable[Response], boundary: str) -> bytes:
    dashes = f"--{boundary}"
    pieces: list[bytes] = []
    for one in answers:
        lines = [f"{name}: {value}" for name, value in one.headers if name.lower() not in _SAID_OUTSIDE]
        kind = "Content-Type: application/http; msgtype=response"
        head = [dashes, kind, "", f"HTTP/1.1 {one.status} {one.reason}", *lines, "", ""]
        pieces += ["\r\n".join(head).encode("latin-1"), one.body, b"\r\n"]
    return b"".join([*pieces, f"{dashes}--\r\n".encode()])
