"""HARs of every dialect tell the same journey."""

from __future__ import annotations

import json

import pytest

from hairpin.signin.journey import Journey, Outcome
from hairpin.trace import BadCapture, har, read
from hairpin.wire.exchange import Failure, Kind
from tests.trace import dialects
from tests.trace.telling import APP, EXT, INT, SECRETS, TICKET, healthy, original

ALL = (*dialects.BROWSERS, *dialects.PROXIES)


def said(journey: Journey) -> list[tuple[str, ...]]:
    return [line for line in journey.outline() if "oauthtoken" in line[1]]


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.__name__)
def test_the_original_case_reads_the_same_in_every_dialect(dialect):
    journey = read(dialect(original()), "x.har")
    url = f"https://{INT}{TICKET}".lower()
    preflight = ("OPTIONS", url, "400", "director.nny.local", "28020", "")
    blocked = ("POST", url, "blocked-cors", "", "", "")
    expected = [preflight, blocked]
    if dialect in dialects.PROXIES:
        expected = [preflight]
    if dialect is dialects.playwright:
        expected = [blocked]
    assert said(journey) == expected
    assert journey.outcome is Outcome.FAILED
    assert str(journey.page) == APP
    assert {str(step.exchange.source) for step in journey.steps if "oauthtoken" in step.request.url} == {
        f"https://{EXT}"
    }


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.__name__)
def test_the_healthy_case_signs_in_in_every_dialect(dialect):
    journey = read(dialect(healthy()), "x.har")
    assert journey.outcome is Outcome.SIGNED_IN
    assert [line[:3] for line in journey.outline()] == [
        (s.request.method, s.request.url.lower(), str(s.response and s.response.status)) for s in healthy()
    ]
    assert not any(step.exchange.failure for step in journey.steps)
    sanitized = dialect is dialects.chrome_sanitized
    assert ("authorization headers" in journey.unseen) == sanitized


@pytest.mark.parametrize("dialect", ALL, ids=lambda dialect: dialect.__name__)
@pytest.mark.parametrize("story", [original, healthy])
def test_no_secret_comes_out(dialect, story):
    shown = repr(read(dialect(story()), "x.har"))
    assert not [secret for secret in SECRETS if secret in shown]


def test_devtools_order_is_turned_around():
    steps = read(dialects.chrome(original())).steps
    assert [step.exchange.kind for step in steps[-2:]] == [Kind.PREFLIGHT, Kind.FETCH]
    assert steps[-1].exchange.failure is Failure.BLOCKED_CORS


def test_kinds_and_servers():
    steps = read(dialects.chrome(original())).steps
    assert [step.exchange.kind for step in steps[:3]] == [Kind.FRAME, Kind.FETCH, Kind.FRAME]
    assert (steps[-2].exchange.address, steps[-2].exchange.port) == ("10.10.0.10", 443)


def test_playwright_lacks_preflights():
    assert "preflights" in read(dialects.playwright(original())).unseen


HAR = {"log": {"entries": [{"request": {"method": "GET", "url": "https://a.example/"}}]}}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b'{"log": {"entries": []}}', "$.log.entries is empty"),
        (b'{"log": {"version": "1.2"}}', "$.log has no entries"),
        (
            b'{"log": {"entries": [{"request": {"method": "GET"}}]}}',
            "$.log.entries[0]: Object missing required field `url`",
        ),
        (json.dumps(HAR).encode()[:-9], "cut off at byte 74"),
        (json.dumps(HAR).encode()[:-2] + b"]", "not JSON at byte"),
        (b'{"log": {"entries": [' + b"[" * 100_000, "nested too deep"),
    ],
)
def test_bad_captures_are_told_in_one_line(data, says):
    with pytest.raises(BadCapture) as caught:
        read(data, "bad.har")
    assert str(caught.value).startswith("bad.har: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def entry(url, status=200, body="", **more):
    headers = [{"name": "Content-Type", "value": "application/json"}]
    return {
        "request": {"method": "GET", "url": url, "headers": [{"name": "Referer", "value": f"{APP}/"}]},
        "response": {"status": status, "headers": headers, "content": {"text": body}},
        **more,
    }


def har_of(entries):
    return json.dumps({"log": {"entries": entries}}).encode()


def test_other_traffic_is_counted_and_its_order_kept_but_not_what_was_asked():
    others = [entry(f"https://shop.example/basket/{number}?card=4111") for number in range(5)]
    asked = f"https://{EXT}/Autodiscover/AutodiscoverService.svc/root"
    journey = read(har_of([*others, entry(asked), *others, entry("data:image/png;base64,aGVsbG8")]))
    urls = [step.request.url for step in journey.steps]
    assert urls == [*["https://shop.example/*"] * 5, asked, *["https://shop.example/*"] * 5, "data:*"]


@pytest.mark.parametrize("url", ["https://user:hunter2@shop.example/a", "https://shop.example?pin=hunter2"])
def test_other_traffic_keeps_no_secret_of_its_url(url):
    assert "hunter2" not in repr(read(har_of([entry(url)])))


def test_a_capture_of_endless_sign_ins_stays_small(monkeypatch):
    monkeypatch.setattr(har, "MOST_SIGHTINGS", 10)
    monkeypatch.setattr(har, "MOST_BODIES", 2000)
    root = f"https://{EXT}/Autodiscover/AutodiscoverService.svc/root"
    entries = [entry(root, status, "x" * 900) for status in (200, 403) for _ in range(6)]
    journey = read(har_of(entries))
    bodies = [len(step.response.body) for step in journey.steps if step.response is not None]
    assert bodies == [900, 900, 0, 0, 0, 0, 900, 900, 900, 900]
    assert {
        "later requests, because there are so many",
        "bodies of later answers, because there are so many",
    } <= {*journey.unseen}
