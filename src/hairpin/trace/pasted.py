"""Requests and responses as text, the way people paste them into mails, tickets and articles.

There may be prose around them, quotation marks in front of the lines (``> ``), or the arrows of ``curl -v``. What
follows a head is taken for its body only when it looks like data, because prose may follow as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hairpin.trace import sighting as unseen
from hairpin.trace.failures import failure_of
from hairpin.trace.http1 import LONGEST_BODY, absolute, read_head
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source
from hairpin.wire.challenge import read_challenge
from hairpin.wire.message import Headers, Request, Response

LONGEST_TEXT = 64 << 20
MOST_LINES = 20_000
LONGEST_ARTICLE = 1000

_REQUEST = re.compile(
    r"(GET|POST|PUT|DELETE|OPTIONS|HEAD|PATCH|CONNECT) +(?:(\S+) +HTTP/\d(?:\.\d)?|(https?://[^\s/]\S*))",
    re.IGNORECASE,
)
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? +([1-5]\d\d)(?: .*)?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}:")
_QUOTED = re.compile(r"(?:\s*[>|])+ ?")
_ARROW = re.compile(r"\s*(?:>\s*)?([<>*])(?: |$)")
_ANSWERED = re.compile(r"\s*(?:>\s*)?< HTTP/\d")
_CONNECTED = re.compile(r"Connected to \S+ \(([0-9a-fA-F.:]+)\) port (\d+)")
_CURL_FAILED = re.compile(
    r"(?:curl: \(\d+\) |\* +)"
    r"(.*(?:not resolve|onnect to .*(?:fail|refused|timed out|after)|problem|Recv failure|timed out).*)"
)
_HOST = re.compile(r"(?:resolve host|connect to):? '?(\[?[\w.:-]*\w)", re.IGNORECASE)
# What editors put in the place of blanks and quotation marks.
_TYPOGRAPHY = str.maketrans("\u00a0\u2007\u202f\u201c\u201d\u201e", '   """', "\u200b\ufeff")
_FORM = re.compile(r"[\w.%+-]{1,80}=\S*")


@dataclass(slots=True)
class Message:
    """A message in the making."""

    method: str | None = None
    target: str = ""
    status: int | None = None
    head: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    in_head: bool = True
    in_body: bool = False
    brackets: int = 0
    address: str | None = None
    port: int | None = None
    note: str = ""

    def add(self, line: str) -> None:
        text = line.strip()
        if self.in_head:
            self._add_to_head(line, text)
        elif self.in_body:
            self._add_to_body(line, text)

    def _add_to_head(self, line: str, text: str) -> None:
        if _HEADER.match(text):
            self.head.append(text)
        elif text and self.head and line[:1] in {" ", "\t"}:
            self.head[-1] += f" {text}"
        else:
            self.in_head = False
            self.in_body = not text

    def _add_to_body(self, line: str, text: str) -> None:
        if not self.body:
            if not text:
                return
            self.in_body = text[0] in "{[<"
            if self.in_body or _FORM.fullmatch(text):
                self.body.append(text)
        else:
            self.body.append(line)
        if not self.in_body:
            return
        if self.body[0][0] == "<":
            self.in_body = bool(text)
        else:
            self.brackets += sum(text.count(mark) for mark in "{[") - sum(text.count(mark) for mark in "}]")
            self.in_body = self.brackets > 0
        self.in_body = self.in_body and len(self.body) < MOST_LINES


def looks_pasted(text: str) -> bool:
    """Whether there is a line that starts a request or a response, or that says why curl sent none."""
    return any(_start(line) or _CURL_FAILED.match(line.strip()) for line in text.splitlines())


def read_pasted(source: Source) -> Findings:
    """What a pasted text shows; raises BadCapture."""
    if len(source) > LONGEST_TEXT:
        raise BadCapture(f"{len(source)} bytes of text are more than {LONGEST_TEXT >> 20} MiB")
    messages = _messages(decode_text(bytes(source.data)).splitlines())
    findings = Findings(_in_causal_order(list(_paired(messages))))
    if not findings.sightings:
        raise BadCapture("no request line (GET https://… HTTP/1.1) in this text")
    if any(sighting.response is None and not sighting.note for sighting in findings.sightings):
        findings.unseen.add(unseen.REASONS)
    return findings


def decode_text(data: bytes) -> str:
    """Text in any encoding that Windows and mail programs write, without their typography."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    return text.translate(_TYPOGRAPHY)


def _start(line: str) -> Message | None:
    """The message that a line starts, if it does."""
    text = _QUOTED.sub("", line, count=1).strip() if line.lstrip()[:1] in {">", "|", "<"} else line.strip()
    text = text.removeprefix("< ")
    if found := _REQUEST.fullmatch(text):
        return Message(method=found[1].upper(), target=found[2] or found[3])
    if found := _STATUS.fullmatch(text):
        return Message(status=int(found[1]))
    return None


def _messages(lines: list[str]) -> Iterator[Message]:
    """The messages in the order in which they are written."""
    by_curl = any(_ANSWERED.match(line) for line in lines)
    message: Message | None = None
    connected: tuple[str | None, int | None] = (None, None)
    for line in lines:
        failed = _CURL_FAILED.search(line)
        started = _start(line)
        if failed is not None and (message is None or message.status is not None):
            started = _unsent(failed[1])
        if started is not None:
            if message is not None:
                yield message
            message = started
            message.address, message.port = connected
        if failed is not None and message is not None:
            message.note = message.note or failed[1]
        elif found := _CONNECTED.search(line):
            connected = found[1], int(found[2])
        elif message is not None and started is None:
            _add(message, line, by_curl=by_curl)
    if message is not None:
        yield message


def _add(message: Message, line: str, *, by_curl: bool) -> None:
    arrow = _ARROW.match(line) if by_curl else None
    if arrow is None:
        message.add(line if by_curl else _unquoted(line))
    elif arrow[1] != "*":
        message.add(line[arrow.end() :])


def _unquoted(line: str) -> str:
    found = _QUOTED.match(line)
    return line[found.end() :] if found else line


def _unsent(words: str) -> Message | None:
    """What curl never came to send; its words name the host."""
    host = _HOST.search(words)
    return Message(method="GET", target=f"https://{host[1]}/") if host else None


def _paired(messages: Iterator[Message]) -> Iterator[Sighting]:
    """Each request with the final response that follows it."""
    asked: Sighting | None = None
    for message in messages:
        headers = read_head(message.head)
        body = "\n".join(message.body).encode()[:LONGEST_BODY]
        if message.status is not None:
            if asked is not None and message.status >= 200 and asked.response is None:
                asked.response, asked.failure = Response(message.status, headers, body), None
            continue
        if asked is not None and not _is_open_tunnel(asked):
            yield asked
        asked = _asked(message, headers, body)
    if asked is not None and not _is_open_tunnel(asked):
        yield asked


def _asked(message: Message, headers: Headers, body: bytes) -> Sighting:
    method = message.method or "GET"
    scheme = "http" if message.port in {80, 8080} else "https"
    url = absolute(message.target, headers, scheme, connect=method == "CONNECT")
    failure = failure_of(message.note)
    address, port = message.address, message.port
    return Sighting(
        Request(method, url, headers, body), failure=failure, address=address, port=port, note=message.note
    )


def _is_open_tunnel(asked: Sighting) -> bool:
    return asked.request.method == "CONNECT" and asked.response is not None and asked.response.status < 300


def _in_causal_order(sightings: list[Sighting]) -> list[Sighting]:
    """An article shows the end first and looks back; a challenge comes before what goes to the URL it handed out."""
    ordered = list(sightings)
    if len(ordered) > LONGEST_ARTICLE:
        return ordered
    for challenged in sightings:
        href = _handed_out(challenged)
        if not href:
            continue
        at = next(place for place, other in enumerate(ordered) if other is challenged)
        earlier = ordered[:at]
        followed = next(
            (place for place, other in enumerate(earlier) if other.request.url.lower() == href), None
        )
        if followed is not None and not any(_handed_out(other) == href for other in earlier):
            ordered.insert(followed, ordered.pop(at))
    return ordered


def _handed_out(sighting: Sighting) -> str:
    """The URL of a challenge in lower case, empty where there is none."""
    if sighting.response is None or sighting.response.status != 401:
        return ""
    challenge = read_challenge(sighting.response.headers.all("www-authenticate"))
    return (challenge.href or "").lower() if challenge else ""
