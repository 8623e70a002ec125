"""Makes a journey of what a capture shows: order, preflights, who asked, what a browser withheld.

Captures disagree here: DevTools writes a request before the preflight that stopped it, playwright writes no
preflights, and proxies know nothing of frames. A journey always has the preflight first, marked, and what
it guarded behind it.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator

from hairpin.browser.cors import allows_origin, normalized_method, preflight_passes
from hairpin.signin.journey import Journey, journey_of
from hairpin.signin.steps import Role, role_of
from hairpin.trace import sighting as unseen
from hairpin.trace.sighting import Findings, Sighting
from hairpin.wire.exchange import Exchange, Failure, Kind, observe
from hairpin.wire.message import Headers, Request
from hairpin.wire.origin import Origin, maybe_origin

_REQUESTED_METHOD = "access-control-request-method"
_FRAMES = {"iframe": Kind.FRAME, "frame": Kind.FRAME, "document": Kind.DOCUMENT}
_SCRIPT_MARKS = ("x-ms-origin", "x-requested-with", "origin")
# How many requests of one URL are looked at, before and after a preflight, for the one it guards.
_NEIGHBOURS = 8
_NEED_TICKET = frozenset({Role.APPLICATIONS, Role.APPLICATION, Role.EVENTS, Role.RESOURCE})
_DOCUMENTS = frozenset({Role.ROOT, Role.USER, Role.TICKET})


def assemble(findings: Findings, name: str) -> Journey:
    """The journey of a capture."""
    sightings = _in_order(findings.sightings)
    for sighting in _once(sightings).values():
        sighting.kind = _kind(sighting)
        sighting.source = sighting.source or _asker(sighting)
    sightings = _preflights_first(sightings)
    distinct = _once(sightings)
    for sighting in distinct.values():
        _withhold(sighting)
    ours = [sighting for sighting in distinct.values() if role_of(sighting.request.url) is not Role.OTHER]
    exchanges = {at: _exchange(sighting) for at, sighting in distinct.items()}
    return journey_of(
        tuple(exchanges[id(sighting)] for sighting in sightings),
        page=_page(ours) or findings.page,
        unseen=tuple(sorted(findings.unseen | set(_unseen(ours)))),
        source=name,
    )


def _once(sightings: list[Sighting]) -> dict[int, Sighting]:
    """Each sighting once, by identity."""
    return {id(sighting): sighting for sighting in sightings}


def _exchange(sighting: Sighting) -> Exchange:
    return observe(
        sighting.request,
        sighting.response,
        failure=sighting.failure,
        kind=sighting.kind or Kind.FETCH,
        source=sighting.source,
        address=sighting.address,
        port=sighting.port,
        started=sighting.started,
        seconds=sighting.seconds,
        note=sighting.note,
    )


def _in_order(sightings: list[Sighting]) -> list[Sighting]:
    """By the time they left; one without a time stays behind the one before it."""
    times: list[float] = []
    for sighting in sightings:
        earlier = times[-1] if times else float("-inf")
        times.append(earlier if sighting.started is None else sighting.started)
    return [sightings[at] for at in sorted(range(len(times)), key=times.__getitem__)]


def _kind(sighting: Sighting) -> Kind:
    request = sighting.request
    headers = request.headers
    if not headers.lines:
        return sighting.kind or Kind.FETCH
    if request.method.upper() == "OPTIONS" and _REQUESTED_METHOD in headers:
        return Kind.PREFLIGHT
    told = _FRAMES.get((headers.get("sec-fetch-dest") or "").lower())
    if told is not None:
        return told
    by_script = any(mark in headers for mark in _SCRIPT_MARKS)
    if role_of(request.url) is Role.XFRAME and not by_script and sighting.kind in {None, Kind.DOCUMENT}:
        return Kind.FRAME
    if sighting.kind is not None:
        return sighting.kind
    navigates = (headers.get("accept") or "").lower().startswith("text/html") and not by_script
    return Kind.DOCUMENT if navigates else Kind.FETCH


def _asker(sighting: Sighting) -> Origin | None:
    """The Origin header, else the Referer: a script's frame, or the page around a frame."""
    if sighting.kind is Kind.DOCUMENT:
        return None
    headers = sighting.request.headers
    return maybe_origin(headers.get("origin")) or maybe_origin(headers.get("referer"))


def _preflights_first(sightings: list[Sighting]) -> list[Sighting]:
    """Every preflight directly before the request it guards, which it blocks where it did not pass."""
    guarded = dict(_pairs(sightings))
    if not guarded:
        return sightings
    before: dict[int, int] = {}
    for preflight, request in guarded.items():
        _block(sightings[preflight], sightings[request])
        if request < preflight:
            before[request] = preflight
    moved = set(before.values())
    ordered: list[Sighting] = []
    for at, sighting in enumerate(sightings):
        if at in before:
            ordered.append(sightings[before[at]])
        if at not in moved:
            ordered.append(sighting)
    return ordered


def _pairs(sightings: list[Sighting]) -> Iterator[tuple[int, int]]:
    """(position of a preflight, position of the request it guards)."""
    requests: dict[tuple[str, str], list[int]] = {}
    preflights = [at for at, sighting in enumerate(sightings) if sighting.kind is Kind.PREFLIGHT]
    wanted = {_guards(sightings[at]) for at in preflights}
    urls = {url for url, _ in wanted}
    for at, sighting in enumerate(sightings):
        if sighting.kind is Kind.PREFLIGHT or sighting.request.url not in urls:
            continue
        key = (sighting.request.url, normalized_method(sighting.request.method))
        if key in wanted:
            requests.setdefault(key, []).append(at)
    taken: set[int] = set()
    for at in preflights:
        candidates = requests.get(_guards(sightings[at]), [])
        middle = bisect(candidates, at)
        near = candidates[max(0, middle - _NEIGHBOURS) : middle + _NEIGHBOURS]
        found = _nearest(sightings, at, [other for other in near if other not in taken])
        if found is not None:
            taken.add(found)
            yield at, found


def _guards(preflight: Sighting) -> tuple[str, str]:
    return preflight.request.url, _requested_method(preflight)


def _requested_method(preflight: Sighting) -> str:
    return normalized_method(preflight.request.headers.get(_REQUESTED_METHOD) or "POST")


def _nearest(sightings: list[Sighting], preflight: int, requests: list[int]) -> int | None:
    """The request it guards: DevTools writes it before the preflight, everybody else behind it.

    One that was written before and answered, though the preflight failed, was not its to guard.
    """
    asker = sightings[preflight].source
    passed = _passed(sightings[preflight])

    def fits(at: int) -> bool:
        other = sightings[at]
        if asker and other.source and asker != other.source:
            return False
        return at > preflight or passed or other.response is None

    behind = next((at for at in requests if at > preflight and fits(at)), None)
    ahead = next((at for at in reversed(requests) if at < preflight and fits(at)), None)
    if behind is None or ahead is None:
        return ahead if behind is None else behind
    return ahead if preflight - ahead <= behind - preflight else behind


def _passed(preflight: Sighting) -> bool:
    """Whether the answer allows what the preflight asked leave for."""
    headers = preflight.request.headers
    if preflight.response is None or preflight.source is None:
        return False
    names = (headers.get("access-control-request-headers") or "").split(",")
    # A quotation mark is in no safelisted value, so each of these names counts as one to be allowed.
    lines = [(name.strip(), '"') for name in names if name.strip()]
    asked = Request(_requested_method(preflight), preflight.request.url, Headers.of(lines))
    return preflight_passes(preflight.source, asked, preflight.response, credentials=False)


def _block(preflight: Sighting, request: Sighting) -> None:
    """A request that got no answer has the reason in its preflight; one that was never sent, its asker too."""
    request.source = request.source or preflight.source
    if request.response is not None or request.failure not in {None, Failure.UNKNOWN}:
        return
    if preflight.response is None:
        request.failure = preflight.failure or Failure.UNKNOWN
    elif not _passed(preflight):
        request.failure = Failure.BLOCKED_CORS


def _withhold(sighting: Sighting) -> None:
    """What follows from the rules of browsers: a script of another origin did not see this answer."""
    source, target = sighting.source, maybe_origin(sighting.request.url)
    if sighting.kind is not Kind.FETCH or source is None or source == target:
        return
    if sighting.response is None:
        # Chromium's word for a failed CORS check; failures of the network have words of their own.
        if sighting.failure is Failure.UNKNOWN and "ERR_FAILED" in sighting.note:
            sighting.failure = Failure.BLOCKED_CORS
    elif (
        sighting.failure is None
        and _is_cors(sighting.request)
        and not allows_origin(source, sighting.response, credentials=False)
    ):
        sighting.failure = Failure.BLOCKED_CORS


def _is_cors(request: Request) -> bool:
    """A browser sent this for a script: forms and links send no such marks."""
    headers = request.headers
    mode = headers.get("sec-fetch-mode")
    if mode is not None:
        return mode.lower() == "cors"
    by_browser = "mozilla/" in (headers.get("user-agent") or "").lower()
    return by_browser and "origin" in headers and ("x-ms-origin" in headers or "x-requested-with" in headers)


def _page(ours: list[Sighting]) -> Origin | None:
    """The embedding page: X-Ms-Origin says so; else who loaded the frame; else who asked without one."""
    for sighting in ours:
        if told := maybe_origin(sighting.request.headers.get("x-ms-origin")):
            return told
    hosts = {origin.host for sighting in ours if (origin := maybe_origin(sighting.request.url))}
    askers = [
        sighting.source
        for kind in (Kind.FRAME, Kind.FETCH)
        for sighting in ours
        if sighting.kind is kind and sighting.source is not None and sighting.source.host not in hosts
    ]
    return askers[0] if askers else None


def _unseen(ours: list[Sighting]) -> Iterator[str]:
    """What this capture does not show, though it must have been there."""
    answered = [(role_of(s.request.url), s.response) for s in ours if s.response is not None]
    inside = any(
        (role is Role.TICKET and response.status == 200) or (role in _NEED_TICKET and response.status < 300)
        for role, response in answered
    )
    if inside and not any("authorization" in s.request.headers or _has_cookie(s) for s in ours):
        yield unseen.AUTHORIZATION
        yield unseen.COOKIES
    if ours and not any(s.address for s in ours):
        yield unseen.ADDRESSES
    posts = [s for s in ours if role_of(s.request.url) is Role.TICKET and s.request.method.upper() == "POST"]
    if posts and not any(s.request.body for s in posts):
        yield unseen.REQUEST_BODIES
    documents = [response for role, response in answered if role in _DOCUMENTS and response.status == 200]
    if documents and not any(response.body for response in documents):
        yield unseen.BODIES
    if any(_was_preflighted(s) for s in ours) and not any(s.kind is Kind.PREFLIGHT for s in ours):
        yield unseen.PREFLIGHTS


def _was_preflighted(sighting: Sighting) -> bool:
    """A script's request to another origin, with a header that no browser lets out without asking."""
    across = sighting.source is not None and sighting.source != maybe_origin(sighting.request.url)
    headers = sighting.request.headers
    return sighting.kind is Kind.FETCH and across and ("x-ms-origin" in headers or "authorization" in headers)


def _has_cookie(sighting: Sighting) -> bool:
    response = sighting.response
    return "cookie" in sighting.request.headers or (response is not None and "set-cookie" in response.headers)
