"""Server logs: which web site was asked, and nothing that grows with the log."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.trace import BadCapture, load, read
from hairpin.trace.iis import MOST_SIGHTINGS, SAME_KEPT
from hairpin.wire.exchange import Kind

HEAD = "#Software: Microsoft Internet Information Services 8.5\n#Version: 1.0\n#Date: 2027-01-12 00:00:00\n"
FIELDS = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) "
    "cs-host sc-status sc-substatus sc-win32-status time-taken\n"
)
USER = "/Autodiscover/AutodiscoverService.svc/root/oauth/user"


def line(
    path: str,
    status: int,
    *,
    method="GET",
    port=443,
    client="10.1.2.3",
    at="01:00:37",
    query="-",
    host="webdir.nnylync.info",
) -> str:
    return (
        f"2027-01-12 {at} 10.10.0.10 {method} {path} {query} {port} - {client} Mozilla/5.0+(Windows+NT+10.0) - "
        f"{host} {status} 0 0 15\n"
    )


ORIGINAL = (
    HEAD
    + FIELDS
    + line(USER, 401, query="originalDomain=nnylync.info")
    + line("/abs/handler/F-0ab1.lsabs", 200)
    + line("/WebTicket/oauthtoken", 400, method="OPTIONS", at="01:00:38", host="director.nny.local")
)


def test_the_site_that_was_asked_is_told():
    journey = read(ORIGINAL.encode())
    asked, preflight = journey.steps
    assert asked.request.url == f"https://webdir.nnylync.info{USER}?originalDomain=nnylync.info"
    assert (asked.status, asked.exchange.port, asked.exchange.address) == (401, 443, None)
    assert asked.exchange.note == "client 10.1.2.3, server 10.10.0.10"
    assert asked.request.headers.get("user-agent") == "Mozilla/5.0 (Windows NT 10.0)"
    assert preflight.exchange.kind is Kind.PREFLIGHT
    assert {"headers", "bodies", "server addresses"} <= set(journey.unseen)


def test_logs_of_several_servers_are_one_journey(tmp_path):
    (tmp_path / "one.log").write_text(HEAD + FIELDS + line(USER, 401, at="01:00:02"))
    (tmp_path / "two.log").write_text(HEAD + FIELDS + line(USER, 200, at="01:00:01", port=4443))
    (journey,) = load([str(tmp_path / "one.log"), str(tmp_path / "two.log")])
    assert [step.exchange.port for step in journey.steps] == [4443, 443]
    assert journey.source == "one.log, two.log"


def test_fields_may_change_on_the_way():
    shorter = "#Fields: date time cs-method cs-uri-stem sc-status\n2027-01-12 02:00:00 POST /WebTicket/oauthtoken 403\n"
    journey = read((ORIGINAL + HEAD + shorter).encode())
    assert journey.steps[-1].status == 403
    assert "host names" in journey.unseen


def test_headers_that_the_site_logs_are_read():
    fields = "#Fields: date time cs-method cs-uri-stem sc-status cs(Origin) sc(X-Ms-diagnostics)\n"
    entry = '2027-01-12 02:00:00 POST /WebTicket/oauthtoken 403 https://a.example 28070;source="a"\n'
    (step,) = read((fields + entry).encode()).steps
    assert step.request.headers.get("origin") == "https://a.example"
    assert step.diagnostics is not None
    assert step.diagnostics.id == 28070


def test_http_sys_tells_its_reasons():
    log = (
        "#Software: Microsoft HTTP API 2.0\n#Version: 1.0\n"
        "#Fields: date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-reason s-queuename\n"
        "2027-01-12 02:00:00 10.1.2.3 5000 10.10.0.10 4443 HTTP/1.1 POST /ucwa/oauth/v1/applications?a=b 503 "
        "AppOffline LyncUcwa\n"
    )
    (step,) = read(log.encode()).steps
    assert step.status == 503
    assert "reason AppOffline" in step.exchange.note


def test_what_repeats_is_kept_a_few_times():
    busy = (
        HEAD
        + FIELDS
        + line("/ucwa/oauth/v1/applications/105/events", 200) * 1000
        + line("/WebTicket/oauthtoken", 403) * 1000
    )
    assert len(read(busy.encode()).steps) == SAME_KEPT


def test_memory_is_bounded():
    many = "".join(
        line("/WebTicket/oauthtoken", 403, client=f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")
        for i in range(MOST_SIGHTINGS + 10)
    )
    assert len(read((HEAD + FIELDS + many).encode()).steps) == MOST_SIGHTINGS


def test_queries_are_redacted():
    (step,) = read((HEAD + FIELDS + line(USER, 401, query="access_token=geheim77")).encode()).steps
    assert "geheim77" not in repr(step)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, "no #Fields line"),
        (HEAD + line(USER, 401), "no #Fields line before the first entry"),
        ("#Fields: date time\n", "no cs-uri-stem"),
        (HEAD + FIELDS + line("/meet/", 200), "no request to the web services"),
    ],
)
def test_bad_logs_are_told_in_one_line(text, says):
    with pytest.raises(BadCapture) as caught:
        read(text.encode(), "bad.log")
    assert says in str(caught.value)


@settings(max_examples=60)
@given(st.data())
def test_damaged_logs_end_well(data):
    damaged = bytearray(ORIGINAL.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        read(bytes(damaged))
    except BadCapture:
        return
