"""Chromium's NetLog (``chrome://net-export``, ``--log-net-log``): what the network stack did, event by event.

Numbers stand for names, which the ``constants`` at the file's start explain. A request is a source whose events tell
URL, headers and error; redirects and repeated logins are several exchanges of one source. A request that CORS held
back has a CORS_REQUEST and nothing else, its preflight is a request of its own. A browser that was killed leaves the
file open at its end: what was written counts.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import msgspec
from msgspec import Raw, Struct

from hairpin.signin.steps import Role, role_of
from hairpin.trace import sighting as unseen
from hairpin.trace.failures import failure_of
from hairpin.trace.http1 import LONGEST_BODY, read_head
from hairpin.trace.jsonwalk import Walk
from hairpin.trace.sighting import BadCapture, CutOff, Findings, Sighting
from hairpin.trace.source import Source
from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import maybe_origin

MOST_REQUESTS = 200_000

_END = 2
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? (\d{3})")
_ENDPOINT = re.compile(r"endpoint = \[?([0-9a-fA-F.:]+?)\]?:(\d+)")
_STRIPPED = re.compile(r"\[\d+ bytes were stripped\]")
_KINDS = {"main frame": Kind.DOCUMENT, "subframe": Kind.FRAME, "other": Kind.FETCH}


class _Constants(Struct):
    types: dict[str, int] = msgspec.field(name="logEventTypes")
    errors: dict[str, int] = msgspec.field(name="netError", default_factory=dict)
    offset: Any = msgspec.field(name="timeTickOffset", default=0)


class _Origin(Struct):
    id: int


class _Event(Struct):
    type: int
    source: _Origin
    time: Any = 0
    phase: int = 0
    params: Raw = Raw(b"null")


_constants = msgspec.json.Decoder(_Constants)
_event = msgspec.json.Decoder(_Event)
_params = msgspec.json.Decoder(dict[str, Any] | None)


def read_netlog(source: Source) -> Findings:
    """What a NetLog shows; raises BadCapture."""
    walk = Walk(source)
    log: Log | None = None
    findings = Findings()
    try:
        for key in walk.members():
            if key == "constants":
                log = Log(walk.take(_constants, "$.constants"))
            elif key == "events" and walk.is_array():
                if log is None:
                    raise BadCapture("no NetLog: $.constants does not come before $.events")
                for number, _ in enumerate(walk.elements()):
                    log.add(walk.take(_event, f"$.events[{number}]"))
            else:
                walk.skip()
    except CutOff:
        if log is None or not log.requests:
            raise
        findings.unseen.add(unseen.END)
    if log is None:
        raise BadCapture("no NetLog: there is no $.constants")
    findings.sightings = log.sightings()
    if not findings.sightings:
        raise BadCapture("the NetLog holds no request")
    if log.stripped:
        findings.unseen |= {unseen.AUTHORIZATION, unseen.COOKIES}
    findings.unseen.add(unseen.REQUEST_BODIES)
    return findings


@dataclass(slots=True)
class Asked:
    """What is known of a URL_REQUEST before and between its exchanges."""

    url: str = ""
    method: str = "GET"
    initiator: str = ""
    kind: Kind | None = None
    wanted: Headers | None = None
    current: Sighting | None = None
    body: bytes = b""


class Log:
    """Follows the requests through their events."""

    def __init__(self, constants: _Constants) -> None:
        names = {number: name for name, number in constants.types.items()}
        self._handlers = {number: _HANDLERS[name] for number, name in names.items() if name in _HANDLERS}
        self._errors = {number: name for name, number in constants.errors.items()}
        try:
            self._offset = float(constants.offset)
        except (TypeError, ValueError):
            self._offset = 0.0
        self.requests: dict[int, Asked] = {}
        self.stripped = False
        self._found: list[Sighting] = []

    def add(self, event: _Event) -> None:
        handler = self._handlers.get(event.type)
        if handler is None:
            return
        asked = self.requests.get(event.source.id)
        if asked is None:
            if len(self.requests) >= MOST_REQUESTS:
                raise BadCapture(f"more than {MOST_REQUESTS} requests")
            asked = self.requests[event.source.id] = Asked()
        try:
            params = _params.decode(event.params) or {}
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return
        handler(self, asked, event, params)

    def sightings(self) -> list[Sighting]:
        for asked in self.requests.values():
            self._close(asked)
        return self._found

    def _starts(self, asked: Asked, event: _Event, params: dict[str, Any]) -> None:
        """URL_REQUEST_START_JOB; its end may carry the error."""
        if event.phase == _END:
            self._fails(asked, event, params)
        elif isinstance(params.get("url"), str):
            wanted, asked.wanted = asked.wanted, None
            if wanted is None:
                self._close(asked)
            asked.url, asked.method = params["url"], _text(params.get("method")) or "GET"
            asked.initiator = _text(params.get("initiator"))
            asked.kind = _KINDS.get(_text(params.get("request_type")))
            self._open(asked, event, wanted or Headers())

    def _wants(self, asked: Asked, event: _Event, params: dict[str, Any]) -> None:
        """CORS_REQUEST: what a script asked for, whether or not it was let out."""
        if asked.url or not isinstance(params.get("url"), str):
            return
        told = params.get("request_headers")
        lines = told if isinstance(told, dict) else {}
        asked.url, asked.method = params["url"], _text(lines.get("line")).partition(" ")[0] or "GET"
        asked.wanted = self._headers(lines)
        self._open(asked, event, asked.wanted)

    def _sends(self, asked: Asked, event: _Event, params: dict[str, Any]) -> None:
        """Headers leave: the second time, a login goes on or a connection is tried again."""
        headers = self._headers(params)
        if asked.current is not None and asked.current.response is not None:
            self._close(asked)
            self._open(asked, event, headers)
        elif asked.current is not None:
            asked.current.request = Request(asked.method, asked.url, headers)

    def _receives(self, asked: Asked, event: _Event, params: dict[str, Any]) -> None:
        lines = params.get("headers")
        status = _STATUS.match(_text(lines[0])) if isinstance(lines, list) and lines else None
        if asked.current is None or status is None or int(status[1]) < 200:
            return
        asked.current.response = Response(int(status[1]), self._headers(params))
        if asked.current.started is not None:
            asked.current.seconds = max(0.0, self._instant(event) - asked.current.started)

    def _reads(self, asked: Asked, _: _Event, params: dict[str, Any]) -> None:
        """Bodies are only in NetLogs that were taken with everything in them."""
        if role_of(asked.url) is not Role.OTHER and len(asked.body) < LONGEST_BODY:
            try:
                asked.body += base64.b64decode(_text(params.get("bytes")))
            except (binascii.Error, ValueError):
                return

    def _fails(self, asked: Asked, _: _Event, params: dict[str, Any]) -> None:
        error = params.get("net_error")
        if (
            asked.current is None
            or not isinstance(error, int)
            or error >= 0
            or asked.current.failure is not None
        ):
            return
        name = self._errors.get(error, str(error))
        asked.current.failure, asked.current.note = failure_of(name), f"net::{name}"

    def _redirects(self, asked: Asked, _: _Event, params: dict[str, Any]) -> None:
        self._close(asked)
        asked.url = urljoin(asked.url, _text(params.get("location")))

    def _connects(self, asked: Asked, _: _Event, params: dict[str, Any]) -> None:
        """The network access check names the address that was connected to."""
        found = _ENDPOINT.search(_text(params.get("transport_info")))
        if asked.current is not None and found is not None:
            asked.current.address, asked.current.port = found[1], int(found[2])

    def _open(self, asked: Asked, event: _Event, headers: Headers) -> None:
        origin = None if asked.kind is Kind.DOCUMENT else maybe_origin(asked.initiator)
        request = Request(asked.method, asked.url, headers)
        asked.current = Sighting(request, kind=asked.kind, source=origin, started=self._instant(event))

    def _close(self, asked: Asked) -> None:
        if asked.current is None:
            return
        current, asked.current = asked.current, None
        if current.response is not None and asked.body:
            current.response = Response(current.response.status, current.response.headers, asked.body)
        if current.response is None and current.failure is None:
            current.failure = Failure.UNKNOWN
        asked.body = b""
        self._found.append(current)

    def _headers(self, params: dict[str, Any]) -> Headers:
        lines = params.get("headers")
        texts = [_text(line) for line in lines] if isinstance(lines, list) else []
        self.stripped = self.stripped or any(_STRIPPED.search(text) for text in texts)
        return read_head(text for text in texts if not text.startswith((":", "HTTP/")))

    def _instant(self, event: _Event) -> float:
        try:
            return (self._offset + float(event.time)) / 1000
        except (TypeError, ValueError):
            return 0.0


_HANDLERS = {
    "URL_REQUEST_START_JOB": Log._starts,
    "CORS_REQUEST": Log._wants,
    "HTTP_TRANSACTION_SEND_REQUEST_HEADERS": Log._sends,
    "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS": Log._sends,
    "HTTP_TRANSACTION_QUIC_SEND_REQUEST_HEADERS": Log._sends,
    "HTTP_TRANSACTION_READ_RESPONSE_HEADERS": Log._receives,
    "URL_REQUEST_JOB_FILTERED_BYTES_READ": Log._reads,
    "URL_REQUEST_REDIRECTED": Log._redirects,
    "REQUEST_ALIVE": Log._fails,
    "FAILED": Log._fails,
    "LOCAL_NETWORK_ACCESS_CHECK": Log._connects,
    "PRIVATE_NETWORK_ACCESS_CHECK": Log._connects,
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
