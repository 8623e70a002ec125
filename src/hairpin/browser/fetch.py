"""One request of a page, frame or script, as the browser lets it out.

A generator without sockets: it yields every request that leaves the browser and is sent the network's reply;
it returns what the asking script gets to see. A driver in memory and a driver on sockets run the same
decisions.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from hairpin.browser.cors import (
    allows_origin,
    exposed,
    forbidden,
    needs_preflight,
    normalized_method,
    preflight,
    preflight_passes,
    readable,
)
from hairpin.browser.frames import may_be_framed
from hairpin.browser.mixed import blocked_as_mixed
from hairpin.wire.exchange import Failure, Kind, Reply
from hairpin.wire.message import Headers, Request
from hairpin.wire.origin import Origin, origin_of


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request that leaves the browser. ``source`` is the origin it leaves from."""

    request: Request
    kind: Kind
    source: Origin | None


Leaving = Generator[Outgoing, Reply, Reply]


def fetch(document: str, request: Request, *, credentials: bool = True) -> Leaving:
    """A script in the document at URL ``document`` asks; raises BadUrl for a URL that is not http(s)."""
    source, target = origin_of(document), origin_of(request.url)
    request = _as_sent(document, source, target, request)
    if blocked_as_mixed(source, target):
        return Reply(failure=Failure.BLOCKED_MIXED)
    if source == target:
        reply = yield Outgoing(request, Kind.FETCH, source)
        return reply if reply.response is None else replace(reply, response=readable(reply.response))
    if needs_preflight(request):
        answer = yield Outgoing(preflight(source, request), Kind.PREFLIGHT, source)
        if answer.response is None:
            return replace(answer, failure=answer.failure or Failure.UNKNOWN)
        if not preflight_passes(source, request, answer.response, credentials=credentials):
            return replace(answer, response=None, failure=Failure.BLOCKED_CORS)
    reply = yield Outgoing(request, Kind.FETCH, source)
    if reply.response is None:
        return reply
    if not allows_origin(source, reply.response, credentials=credentials):
        return replace(reply, failure=Failure.BLOCKED_CORS)
    return replace(reply, response=exposed(reply.response, credentials=credentials))


def load_frame(page: Origin, url: str) -> Leaving:
    """A page of origin ``page`` shows ``url`` in a frame."""
    target = origin_of(url)
    if blocked_as_mixed(page, target):
        return Reply(failure=Failure.BLOCKED_MIXED)
    lines = [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
    if not (page.scheme == "https" and target.scheme == "http"):
        lines.append(("Referer", f"{page}/"))
    reply = yield Outgoing(Request("GET", url, Headers.of(lines)), Kind.FRAME, page)
    if reply.response is not None and not may_be_framed(target, [page], reply.response):
        return replace(reply, failure=Failure.BLOCKED_FRAME)
    return reply


def _as_sent(document: str, source: Origin, target: Origin, request: Request) -> Request:
    """The request with what the browser adds and without what a script may not set."""
    lines = [line for line in request.headers if not forbidden(line[0])]
    if not any(name.lower() == "accept" for name, _ in lines):
        lines.append(("Accept", "*/*"))
    method = normalized_method(request.method)
    if source != target or method not in {"GET", "HEAD"}:
        lines.append(("Origin", str(source)))
    if not (source.scheme == "https" and target.scheme == "http"):
        lines.append(("Referer", document.partition("#")[0] if source == target else f"{source}/"))
    return Request(method, request.url, Headers.of(lines), request.body)
