"""NetLogs that Chromium wrote, and what may be wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.signin.journey import Outcome
from hairpin.trace import BadCapture, read
from hairpin.wire.exchange import Failure, Kind

FIXTURES = Path(__file__).parent / "fixtures"
PLAIN = (FIXTURES / "chromium.netlog.json").read_bytes()
EVERYTHING = (FIXTURES / "chromium-everything.netlog.json").read_bytes()
TICKET = "http://director.nny.local:18101/webticket/oauthtoken"


@pytest.mark.parametrize("data", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_the_original_case_is_all_there(data):
    journey = read(data)
    told = [line[:3] for line in journey.outline() if "director" in line[1]]
    assert told == [("OPTIONS", TICKET, "400"), ("POST", TICKET, "blocked-cors")]
    blocked = next(step for step in journey.steps if step.exchange.failure is Failure.BLOCKED_CORS)
    assert str(blocked.exchange.source) == "http://webdir.nnylync.info:18100"
    assert str(journey.page) == "http://app.nnylync.info:18102"
    assert journey.outcome is Outcome.FAILED


def test_kinds_addresses_and_failures():
    steps = {step.host: step for step in read(PLAIN).steps}
    assert steps["app.nnylync.info"].exchange.kind in {Kind.DOCUMENT, Kind.FETCH}
    assert steps["director.nny.local"].exchange.kind is Kind.FETCH
    assert (steps["webdir.nnylync.info"].exchange.address, steps["webdir.nnylync.info"].exchange.port) == (
        "127.0.0.1",
        18100,
    )
    assert steps["missing.nny.local"].exchange.failure is Failure.NAME_NOT_RESOLVED
    assert steps["closed.nny.local"].exchange.note == "net::ERR_UNSAFE_PORT"


def test_what_a_plain_one_strips_is_told():
    assert {"authorization headers", "cookies"} <= set(read(PLAIN).unseen)
    assert "authorization headers" not in read(EVERYTHING).unseen


def test_no_secret_comes_out():
    assert "geheim" not in repr(read(EVERYTHING))


def test_a_browser_that_was_killed_leaves_what_it_wrote():
    journey = read(PLAIN[: len(PLAIN) * 3 // 4])
    assert "the end of the recording" in journey.unseen
    assert any("oauth/user" in line[1] for line in journey.outline())


def test_logins_and_redirects_are_exchanges_of_their_own():
    types = {"URL_REQUEST_START_JOB": 1, "HTTP_TRANSACTION_SEND_REQUEST_HEADERS": 2}
    types |= {"HTTP_TRANSACTION_READ_RESPONSE_HEADERS": 3, "URL_REQUEST_REDIRECTED": 4}
    said = [
        (1, {"url": "https://a.example/x", "method": "GET", "initiator": "https://b.example"}),
        (2, {"headers": ["Accept: */*"]}),
        (3, {"headers": ["HTTP/1.1 401 Unauthorized", "WWW-Authenticate: NTLM"]}),
        (2, {"headers": ["Authorization: NTLM [56 bytes were stripped]"]}),
        (3, {"headers": ["HTTP/1.1 302 Found", "Location: /y"]}),
        (4, {"location": "/y"}),
        (1, {"url": "https://a.example/y", "method": "GET"}),
        (2, {"headers": []}),
        (3, {"headers": ["HTTP/1.1 200 OK"]}),
    ]
    events = [
        {"type": t, "source": {"id": 7, "type": 1}, "time": str(i), "phase": 0, "params": p}
        for i, (t, p) in enumerate(said)
    ]
    log = {"constants": {"logEventTypes": types, "netError": {}, "timeTickOffset": 0}, "events": events}
    outline = [line[1:3] for line in read(json.dumps(log).encode()).outline()]
    assert outline == [
        ("https://a.example/x", "401"),
        ("https://a.example/x", "302"),
        ("https://a.example/y", "200"),
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"constants": {}}', "$.constants: Object missing required field `logEventTypes`"),
        (b'{"constants": {"logEventTypes": {}}}', "holds no request"),
        (b'{"constants": {"logEventTypes": {}}, "events": [{"type": "x"}]}', "$.events[0]"),
        (b'{"constants": {"logEventTypes": {}', "cut off at byte 34"),
    ],
)
def test_bad_captures_are_told_in_one_line(data, says):
    with pytest.raises(BadCapture) as caught:
        read(data, "bad")
    assert says in str(caught.value)


@settings(max_examples=60)
@given(st.data())
def test_damaged_captures_end_well(data):
    damaged = bytearray(EVERYTHING)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        read(bytes(damaged))
    except BadCapture:
        return
