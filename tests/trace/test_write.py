"""A copy without secrets: nothing planted is left, the doctor says the same, and it is read like any capture."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.doctor import examine
from hairpin.doctor.report import as_json
from hairpin.trace import BadCapture, read
from hairpin.trace.sighting import Sighting
from hairpin.trace.source import Source
from hairpin.trace.write import without_secrets
from hairpin.wire.message import Headers, Request, Response
from tests.browser.scenarios import PASSWORD
from tests.trace import archives, dialects
from tests.trace.telling import EXT, SECRETS, healthy, original

TESTS = Path(__file__).resolve().parent.parent
RECORDED = sorted((TESTS / "captures").glob("*.har")) + sorted(
    (TESTS / "trace" / "fixtures").glob("mitmproxy*")
)
TEXTS = (archives.saz, archives.pasted, archives.mailed, archives.curled)
FORMATS = (*dialects.BROWSERS, *dialects.PROXIES, *TEXTS)


def copy_of(data: bytes) -> bytes:
    return without_secrets(Source(data, "capture")).data


def said(data: bytes):
    return json.loads(as_json(examine(read(data, "capture"))))


def unpacked(data: bytes) -> bytes:
    """Everything in a capture, whatever it is packed in."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.name)
def test_the_verdict_on_a_recorded_capture_stays(file):
    data = file.read_bytes()
    clean = copy_of(data)
    assert said(clean) == said(data)
    assert PASSWORD.encode() not in clean


@pytest.mark.parametrize("story", [original, healthy])
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)
def test_the_verdict_stays_in_every_format_and_the_secrets_go(form, story):
    data = form(story())
    clean = copy_of(data)
    assert said(clean) == said(data)
    assert form is archives.saz or copy_of(clean) == clean, "a second copy changes nothing"
    for secret in SECRETS:
        assert secret.encode() not in unpacked(clean)


@pytest.mark.parametrize("form", [archives.saz, dialects.chrome, archives.pasted])
def test_it_says_what_went(form):
    taken = without_secrets(Source(form(healthy()), "capture")).taken
    assert taken["authorization header"] >= 1
    assert taken["request body"] >= 1
    assert taken["response body"] >= 1


words = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ23456789", min_size=20, max_size=40).map(
    lambda text: f"Zq7{text}"
)


@settings(max_examples=60, deadline=None)
@given(words, st.sampled_from([dialects.chrome, dialects.firefox, dialects.charles, *TEXTS]))
def test_a_planted_secret_is_not_in_the_copy(secret, form):
    clean = unpacked(copy_of(form([*original(), planted(secret)])))
    assert secret.encode() not in clean
    assert EXT.encode() in clean


def planted(secret: str) -> Sighting:
    """One exchange with the secret wherever this protocol and its neighbours put one."""
    asked = Headers.of(
        [
            ("Authorization", f"Bearer cwt={secret}"),
            ("Cookie", f"session={secret}; other={secret}"),
            ("Referer", f"https://app.nnylync.info/?access_token={secret}"),
            ("X-Api-Key", secret),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ]
    )
    told = Headers.of(
        [
            ("Content-Type", "application/json"),
            ("Set-Cookie", f"cwt_ucwa={secret}; path=/; secure"),
            ("Location", f"https://{EXT}/#access_token={secret}&expires_in=5"),
        ]
    )
    url = f"https://{EXT}/WebTicket/oauthtoken?code={secret}"
    form = f"grant_type=password&username=lene&password={secret}".encode()
    answer = json.dumps({"access_token": f"cwt={secret}", "ms_rtc_identityscope": "local"}).encode()
    return Sighting(
        Request("POST", url, asked, form),
        Response(200, told, answer),
        started=1_800_000_100.0,
        address="10.10.0.10",
    )


def test_parts_of_a_har_beside_the_messages_lose_their_secrets():
    har = json.loads(dialects.chrome(original()))
    entry = har["log"]["entries"][0]
    entry["_webSocketMessages"] = [{"data": "GeheimSocket"}]
    entry["request"]["cookies"] = [{"name": "sid", "value": "GeheimKeks"}]
    entry["request"]["queryString"] = [{"name": "code", "value": "GeheimCode"}]
    entry["_initiator"] = {"url": "https://u:GeheimUser@x.example/?access_token=GeheimToken"}
    entry["response"]["redirectURL"] = "https://x.example/#access_token=GeheimZiel"
    clean = copy_of(json.dumps(har).encode())
    assert b"Geheim" not in clean
    assert b"sid" in clean


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)]
)
def test_a_body_that_was_packed_is_written_as_it_was_read(coding, pack):
    packed = pack(b'{"access_token": "cwt=GeheimGeheimGeheim", "kept": 1}')
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(
            "raw/1_c.txt", f"GET https://{EXT}/WebTicket/oauthtoken HTTP/1.1\r\nHost: {EXT}\r\n\r\n"
        )
        archive.writestr(
            "raw/1_s.txt", f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode() + packed
        )
        archive.writestr("_index.htm", "GeheimIndex")
    clean = unpacked(copy_of(data.getvalue()))
    assert b"Geheim" not in clean
    assert b'"kept":1' in clean
    assert b"Content-Encoding" not in clean


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"hello", "no HAR"),
        (b'{"log": {"entries": []}}', "nothing was recorded"),
        (b"#Software: Microsoft IIS\n#Fields: date time\n", "IIS log, which cannot be written"),
        (b"\x0a\x0d\x0d\x0a", "pcap, which cannot be written; what can is HAR, SAZ"),
        (b'{"constants": {}, "events": []}', "NetLog, which cannot be written"),
        (
            b'{"log": {"entries": [{"request": {"method": "GET", "url": "https://x.example/", "cookies": [1]}}]}}',
            "another shape",
        ),
    ],
)
def test_what_cannot_be_written_is_told_in_one_line(data, says):
    with pytest.raises(BadCapture, match=says) as told:
        copy_of(data)
    assert "\n" not in str(told.value)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_captures_end_well(data):
    sample = bytearray(data.draw(st.sampled_from([form(original()) for form in FORMATS])))
    for _ in range(data.draw(st.integers(1, 6))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    try:
        clean = copy_of(bytes(sample))
    except BadCapture:
        return
    read(clean)
