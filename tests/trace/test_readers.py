"""Every other format tells the same journey as the HARs do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.doctor import examine
from hairpin.signin.journey import Outcome
from hairpin.signin.steps import Challenged
from hairpin.trace import BadCapture, read
from hairpin.wire.exchange import Failure, Kind
from tests.trace import archives, dialects
from tests.trace.telling import APP, EXT, INT, SECRETS, healthy, original

FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str):
    return lambda _: (FIXTURES / name).read_bytes()


FORMATS = {
    "saz": (archives.saz, archives.saz),
    "pasted": (archives.pasted, archives.pasted),
    "mailed": (archives.mailed, archives.mailed),
    "curl": (archives.curled, archives.curled),
    "mitmproxy flows": (fixture("mitmproxy-original.flows"), fixture("mitmproxy-healthy.flows")),
    "mitmproxy har": (fixture("mitmproxy-original.har"), dialects.mitmproxy),
}


@pytest.mark.parametrize("format", FORMATS)
def test_the_original_case_reads_the_same(format):
    journey = read(FORMATS[format][0](original()), "capture")
    expected = read(dialects.fiddler(original()))
    assert journey.outline() == expected.outline()
    assert journey.outcome is Outcome.FAILED
    assert journey.steps[-1].exchange.kind is Kind.PREFLIGHT
    assert str(journey.steps[-1].exchange.source) == f"https://{EXT}"
    assert str(journey.page) == APP


@pytest.mark.parametrize("format", FORMATS)
def test_the_healthy_case_signs_in(format):
    journey = read(FORMATS[format][1](healthy()), "capture")
    assert journey.outline() == read(dialects.chrome(healthy())).outline()
    assert journey.outcome is Outcome.SIGNED_IN


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("story", [original, healthy])
def test_no_secret_comes_out(format, story):
    shown = repr(read(FORMATS[format][story is healthy](story()), "capture"))
    assert not [secret for secret in SECRETS if secret in shown]


def test_sessions_keep_times_and_addresses():
    steps = read(archives.saz(original())).steps
    story = original()
    assert [step.exchange.address for step in steps] == [sighting.address for sighting in story[:-1]]
    assert [step.exchange.started for step in steps] == [sighting.started for sighting in story[:-1]]
    assert steps[0].exchange.seconds == pytest.approx(0.25)


def test_what_fiddler_answers_itself_is_no_answer():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("raw/1_c.txt", f"GET https://{EXT}/Autodiscover/XFrame/XFrame.html HTTP/1.1\r\n\r\n")
        archive.writestr(
            "raw/1_s.txt",
            "HTTP/1.1 502 Fiddler - DNS Lookup Failed\r\nContent-Type: text/html\r\n\r\n[Fiddler] DNS Lookup for "
            f'"{EXT}" failed. System.Net.Sockets.SocketException No such host is known',
        )
    (step,) = read(packed.getvalue()).steps
    assert (step.status, step.exchange.failure) == (None, Failure.NAME_NOT_RESOLVED)


def test_tunnels_that_were_not_opened_are_told():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("raw/1_c.txt", f"CONNECT {EXT}:443 HTTP/1.1\r\nHost: {EXT}:443\r\n\r\n")
        archive.writestr("raw/1_s.txt", "HTTP/1.1 200 Connection Established\r\n\r\n")
    assert "what went through encrypted tunnels" in read(packed.getvalue()).unseen


def test_a_har_in_a_zip_is_read():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("capture.har", dialects.chrome(original()))
        archive.writestr("resources/1.png", b"")
    assert read(packed.getvalue()).outline() == read(dialects.chrome(original())).outline()


def test_failed_flows_say_why():
    failures = [step.exchange.failure for step in read(fixture("mitmproxy-failed.flows")(None)).steps]
    assert failures == [Failure.NAME_NOT_RESOLVED, Failure.REFUSED]


ARTICLE = f"""
This is what you see towards the end:

OPTIONS https://{INT}/WebTicket/oauthtoken HTTP/1.1
Accept: */*
Origin: https://{EXT}
Access-Control-Request-Method: POST

HTTP/1.1 400 Bad Request
X-Ms-diagnostics: 28020;source="Director.NNY.local";reason="No valid security token."

Well this is odd: an OPTIONS request? Looking one step back:

    GET\u00a0https://{EXT}/Autodiscover/AutodiscoverService.svc/root/oauth/user HTTP/1.1

    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer trusted_issuers=\u201c\u201d, client_id="0000"
    WWW-Authenticate: MsRtcOAuth href="https://{INT}/WebTicket/oauthtoken",grant_type="urn:microsoft.rtc:windows,
      password"

Note that our request here is going to {EXT}.
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_an_article_that_looks_back_is_put_in_order(encoding):
    journey = read(ARTICLE.encode(encoding))
    assert [line[0] for line in journey.outline()] == ["GET", "OPTIONS"]
    answer = journey.steps[0].answer
    assert isinstance(answer, Challenged)
    assert answer.challenge
    assert answer.challenge.grants == ("urn:microsoft.rtc:windows", "password")
    assert journey.outcome is Outcome.FAILED


def test_prose_is_no_body():
    for step in read(ARTICLE.encode()).steps:
        assert step.request.body == b""
        assert step.response is not None
        assert step.response.body == b""


REFUSED = f"""*   Trying 10.0.0.1:443...
* connect to 10.0.0.1 port 443 failed: Connection refused
* Failed to connect to {EXT} port 443 after 3 ms: Couldn't connect to server
"""
CUT = f"""* Connected to {EXT} (10.0.0.1) port 443
> GET /xframe HTTP/1.1
> Host: {EXT}
>
* Recv failure: Connection reset by peer
curl: (56) Recv failure: Connection reset by peer
"""


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (
            f"* Could not resolve host: {EXT}\ncurl: (6) Could not resolve host: {EXT}",
            Failure.NAME_NOT_RESOLVED,
        ),
        (REFUSED, Failure.REFUSED),
        (CUT, Failure.RESET),
    ],
)
def test_curl_says_why_there_is_no_answer(text, failure):
    (step,) = read(text.encode()).steps
    assert step.exchange.failure is failure


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("raw/1_c.txt", b"GET https://a.example/ HTTP/1.1\r\n\r\n" + bytes(200 << 20))
    return packed.getvalue()


def encrypted() -> bytes:
    data = bytearray(archives.saz(original()))
    at = 0
    while (at := data.find(b"PK\1\2", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x00\x01\x02", "no HAR"),
        (b"just words", "no HAR"),
        (b"PK\3\4 nothing more", "zip archive is damaged"),
        (archives.saz(original())[:-100], "zip archive is damaged"),
        (encrypted(), "is encrypted"),
        (b"PK\5\6" + bytes(18), "without Fiddler sessions"),
        ((FIXTURES / "mitmproxy-original.flows").read_bytes()[:-5], "cut off at byte"),
        (b"4:1:a?]", "no flow file at byte"),
        (b"9999999999:1:a,}", "longer than"),
        (b"4:1:a,]", "is no flow"),
    ],
)
def test_bad_captures_are_told_in_one_line(data, says):
    with pytest.raises(BadCapture) as caught:
        read(data, "bad")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bomb_is_read_to_its_bound():
    assert len(read(bomb()).steps[0].request.body) <= 1 << 20


def well(data: bytes) -> None:
    """A verdict or one clear line."""
    try:
        examine(read(data, "fuzz"))
    except BadCapture as error:
        line = str(error)
    else:
        line = ""
    assert "\n" not in line


SAMPLES = {
    "har": dialects.chrome(original()),
    "saz": archives.saz(original()),
    "flows": (FIXTURES / "mitmproxy-original.flows").read_bytes(),
    "pasted": archives.pasted(original()),
    "curl": archives.curled(original()),
}


@given(st.binary(max_size=300))
def test_any_bytes_end_well(data):
    well(data)


@pytest.mark.parametrize(
    "start", [b"PK\3\4", b'{"log":{"entries":[', b"12:3:", b"GET https://a/ HTTP/1.1\r\n"]
)
@settings(max_examples=50)
@given(rest=st.binary(max_size=200))
def test_any_bytes_behind_a_known_start_end_well(start, rest):
    well(start + rest)


@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=60)
@given(st.data())
def test_damaged_captures_end_well(sample, data):
    damaged = bytearray(SAMPLES[sample])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    well(bytes(damaged))


@pytest.mark.parametrize("sample", SAMPLES)
@settings(max_examples=30)
@given(st.data())
def test_captures_that_are_cut_off_end_well(sample, data):
    well(SAMPLES[sample][: data.draw(st.integers(0, len(SAMPLES[sample])))])
