"""The original case in a real browser: it fails as reported, the captures tell why, and the change cures it."""

import json
from dataclasses import replace

import pytest

from hairpin.doctor import Word, examine
from hairpin.predict import foresee
from hairpin.signin.steps import Role
from hairpin.signin.wish import CLIENTS
from hairpin.trace import read
from hairpin.wire.exchange import Kind
from tests.browser.scenarios import CAPTURES, PASSWORD, SCENARIOS, record_all

pytestmark = pytest.mark.timeout(300)

HEALTHY = [scenario.name for scenario in SCENARIOS if scenario.cause is None]


@pytest.fixture(scope="module")
def recordings(run):
    return run(record_all())


def headers(message, name):
    return [line["value"] for line in message["headers"] if line["name"] == name]


@pytest.mark.parametrize("name", HEALTHY)
def test_it_signs_in(recordings, name):
    assert recordings[name].outcome == "signed-in as Adele Brandt"


def test_the_last_two_exchanges_are_those_of_the_original_case(recordings):
    case = recordings["original-case"]
    assert case.outcome.startswith("failed: no ticket from https://director.nny.local")
    ours = [one for one in case.entries("devtools") if one["request"]["url"].startswith("https://")]
    unauthorized, silent, preflight = ours[-3:]

    assert unauthorized["request"]["method"] == "GET"
    assert "//webdir.nnylync.info" in unauthorized["request"]["url"]
    assert unauthorized["response"]["status"] == 401
    bearer, offer = headers(unauthorized["response"], "WWW-Authenticate")
    assert bearer.startswith("Bearer trusted_issuers=")
    assert offer.startswith('MsRtcOAuth href="https://director.nny.local')

    assert (silent["request"]["method"], silent["response"]["status"]) == ("POST", 0)
    assert silent["response"]["_error"] == "net::ERR_FAILED"

    assert preflight["request"]["method"] == "OPTIONS"
    assert preflight["request"]["url"] == silent["request"]["url"]
    assert preflight["_initiator"]["type"] == preflight["_resourceType"] == "preflight"
    (origin,) = headers(preflight["request"], "Origin")
    assert origin.startswith("https://webdir.nnylync.info")
    (asked,) = headers(preflight["request"], "Access-Control-Request-Headers")
    assert "x-ms-origin" in asked
    assert preflight["response"]["status"] == 400
    (diagnostics,) = headers(preflight["response"], "X-Ms-diagnostics")
    assert diagnostics == '28020;source="Director.NNY.local";reason="No valid security token."'
    assert case.real_addresses[preflight["serverIPAddress"]] == "10.10.0.10"
    assert preflight["serverIPAddress"] == unauthorized["serverIPAddress"], "both names are the Director"


def test_playwright_shows_the_request_and_no_preflight(recordings):
    entries = recordings["original-case"].entries("playwright")
    assert entries[-1]["request"]["method"] == "POST"
    assert entries[-1]["response"]["status"] == -1
    assert not [one for one in entries if one["request"]["method"] == "OPTIONS"]


@pytest.mark.parametrize("name", [*HEALTHY, "original-case", "rp-443-to-443"])
def test_the_journey_is_the_one_foreseen(recordings, name):
    scenario = next(one for one in SCENARIOS if one.name == name)
    live = recordings[name].deployment
    seen = read(recordings[name].devtools.encode())
    # The page asks each new frame for its own URL, to learn whether it answers; prediction leaves that out.
    asked = [
        step
        for step in seen.steps
        if step.role is not Role.OTHER and not (step.role is Role.XFRAME and step.exchange.kind is Kind.FETCH)
    ]
    foreseen = foresee(live, scenario.vantage, live.user[0], CLIENTS["frame"]).journey
    assert replace(seen, steps=tuple(asked)).outline() == foreseen.outline()
    assert seen.outcome is foreseen.outcome


@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_doctor_names_the_cause_from_one_capture(recordings, scenario, capture):
    text = getattr(recordings[scenario.name], capture)
    verdict = examine(read(text.encode(), capture))
    assert verdict.verdict is (Word.FAULT if scenario.cause else Word.HEALTHY)
    assert verdict.causes == ((scenario.cause,) if scenario.cause else ())


def test_a_capture_is_raw_and_its_verdict_is_not(recordings):
    case = recordings["bad-password"]
    assert "mistyped-7" in case.devtools
    assert "mistyped-7" not in repr(examine(read(case.devtools.encode())))
    assert PASSWORD in recordings["healthy-from-outside"].playwright


def test_a_sanitized_capture_lacks_what_devtools_leaves_out(recordings):
    case = recordings["healthy-from-outside"]
    assert "cwt_ucwa" in case.devtools
    sent = [line["name"] for one in case.entries("sanitized") for line in one["request"]["headers"]]
    assert "Authorization" not in sent
    assert "Set-Cookie" not in json.dumps(case.entries("sanitized"))
