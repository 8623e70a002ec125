"""Captures of strangers: other names, other browsers, much noise, less in them; the same verdict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.doctor import BY_ID, Certainty, Severity, Word, examine
from hairpin.signin.journey import Journey, journey_of
from hairpin.wire.exchange import Exchange, Failure, Kind, observe
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import maybe_origin
from tests.doctor.captures import FIRES
from tests.doctor.healthy import HEALTHY

CAPTURED = [failure for failure, make in FIRES.items() if make().journeys]
LABELS = st.from_regex(r"[a-z][a-z0-9]{1,9}(-[a-z0-9]{1,5})?", fullmatch=True)
AGENTS = st.sampled_from(
    [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    ]
)


@st.composite
def renamings(draw):
    """Old name → new name, for every name the fixtures have; zones stay what they are, public or private."""
    public, other, private = (draw(LABELS) for _ in range(3))
    top = draw(st.sampled_from(["com", "net", "de", "co.uk", "info"]))
    inner = draw(st.sampled_from(["local", "lan", "corp", "internal"]))
    labels = draw(st.lists(LABELS, min_size=6, max_size=6, unique=True))
    return {
        "webdir.nnylync.info": f"{labels[0]}.{public}1.{top}",
        "webpool.nnylync.info": f"{labels[1]}.{public}1.{top}",
        "app.nnylync.info": f"{labels[2]}.{other}2.{top}",
        "nnylync.info": f"{public}1.{top}",
        "director.nny.local": f"{labels[3]}.{private}.{inner}",
        "fe01.nny.local": f"{labels[4]}.{private}.{inner}",
        "fe02.nny.local": f"{labels[5]}.{private}.{inner}",
    }


def renamed(journey: Journey, names: dict[str, str]) -> Journey:
    pattern = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))), re.IGNORECASE)

    def new(text: str) -> str:
        return pattern.sub(lambda found: names[found[0].lower()], text)

    def headers(old: Headers) -> Headers:
        return Headers.of((name, new(value)) for name, value in old)

    def exchange(old: Exchange) -> Exchange:
        request = replace(old.request, url=new(old.request.url), headers=headers(old.request.headers))
        response = old.response and Response(
            old.response.status, headers(old.response.headers), new(old.response.body.decode()).encode()
        )
        source = maybe_origin(new(str(old.source))) if old.source else None
        return replace(old, request=request, response=response, source=source)

    page = maybe_origin(new(str(journey.page))) if journey.page else None
    return journey_of(tuple(exchange(step.exchange) for step in journey.steps), page=page)


@st.composite
def noise(draw) -> Exchange:
    """Somebody else's exchange."""
    host = f"{draw(LABELS)}.noise{draw(st.integers(0, 9))}.example"
    path = draw(
        st.sampled_from(
            ["/", "/app.js", "/api/v1/applications", "/login", "/events?ack=1", "/root", "/token"]
        )
    )
    method = draw(st.sampled_from(["GET", "GET", "POST", "OPTIONS", "PUT"]))
    scheme = draw(st.sampled_from(["https", "https", "http"]))
    sent = {"Origin": "https://shop.example"} if draw(st.booleans()) else {}
    if method == "OPTIONS":
        sent |= {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    status = draw(
        st.sampled_from([200, 204, 301, 302, 304, 400, 401, 403, 404, 407, 429, 500, 502, 503, None])
    )
    got = draw(
        st.sampled_from(
            [
                {"Content-Type": "text/html", "Server": "nginx"},
                {"Content-Type": "application/json", "Age": "17", "X-Cache": "HIT"},
                {"WWW-Authenticate": 'Basic realm="x"', "Content-Type": "text/html"},
                {"Location": "https://sso.example/adfs/ls/", "Content-Type": "text/html"},
                {"X-Frame-Options": "DENY", "Content-Type": "text/html"},
            ]
        )
    )
    response = (
        None if status is None else Response(status, Headers.of(got.items()), b"<html>blocked by WAF</html>")
    )
    failure = None if response else draw(st.sampled_from(list(Failure)))
    kind = (
        Kind.PREFLIGHT
        if method == "OPTIONS"
        else draw(st.sampled_from([Kind.FETCH, Kind.FRAME, Kind.DOCUMENT]))
    )
    request = Request(method, f"{scheme}://{host}{path}", Headers.of(sent.items()))
    return observe(request, response, failure=failure, kind=kind, address="198.51.100.99")


@st.composite
def strangers(draw, journeys):
    """One of the journeys under other names, in another browser, among other people's exchanges."""
    name = draw(st.sampled_from(sorted(journeys)))
    journey = renamed(journeys[name], draw(renamings()))
    agent = draw(AGENTS)
    exchanges: list[Exchange] = []
    for step in journey.steps:
        exchanges += draw(st.lists(noise(), max_size=3))
        request = step.exchange.request
        if "user-agent" not in request.headers:
            request = request.with_headers(("User-Agent", agent))
        exchanges.append(replace(step.exchange, request=request))
    exchanges += draw(st.lists(noise(), max_size=3))
    return name, journey_of(tuple(exchanges), page=journey.page, source="stranger.har")


FAULTY = {failure: FIRES[failure]().journeys[0] for failure in CAPTURED}
SOUND = {name: make() for name, make in HEALTHY.items()}


@settings(max_examples=120, deadline=None)
@given(strangers(FAULTY))
def test_a_strangers_fault_is_the_same_fault(stranger):
    failure, journey = stranger
    assert [finding.id for finding in examine(journey).findings] == [failure]


@settings(max_examples=60, deadline=None)
@given(strangers(SOUND))
def test_a_strangers_healthy_sign_in_is_healthy(stranger):
    _, journey = stranger
    verdict = examine(journey)
    assert [one for one in verdict.findings if one.severity is not Severity.INFO] == []
    assert verdict.verdict is Word.HEALTHY


LOST: tuple[set[str], ...] = (
    set(),
    {"authorization", "cookies"},
    {"bodies"},
    {"addresses"},
    {"notes"},
    {"bodies", "authorization", "notes"},
)
# Told apart by nothing but what is lost, and the look-alike says so.
UNTELLABLE = {
    ("rp-443-to-443", "ext-fqdn-resolves-to-internal-site"),
    ("rp-breaks-ntlm", "kerberos-or-zone-prompt-loop"),
}


@pytest.mark.parametrize("id", CAPTURED)
def test_a_capture_that_shows_less_is_not_taken_for_something_else(id):
    """Sanitised, without bodies, without addresses, cut off anywhere: no other cause is more than possible."""
    journey = FAULTY[id]
    for lose in LOST:
        for end in range(1, len(journey.steps) + 1):
            poorer = tuple(_without(step.exchange, lose) for step in journey.steps[:end])
            for finding in examine(journey_of(poorer)).findings:
                told = finding.severity is not Severity.INFO and finding.certainty is not Certainty.POSSIBLE
                known = finding.id in {id, *BY_ID[id].causes} or (id, finding.id) in UNTELLABLE
                assert known or not told, (lose, end, finding.id, finding.says)


def _without(exchange: Exchange, lose: set[str]) -> Exchange:
    request, response = exchange.request, exchange.response
    for name in {"authorization", "cookies"} & lose:
        request = replace(request, headers=request.headers.without(name.removesuffix("s")))
    if "bodies" in lose:
        request = replace(request, body=b"")
        response = response and replace(response, body=b"")
    return replace(
        exchange,
        request=request,
        response=response,
        address=None if "addresses" in lose else exchange.address,
        note="" if "notes" in lose else exchange.note,
    )
