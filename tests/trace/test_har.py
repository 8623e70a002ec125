"""HARs of every dialect tell the same journey."""

from __future__ import annotations

import json

import pytest

from hairpin.signin.journey import Journey, Outcome
from hairpin.trace import BadCapture, read
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
