"""Every report: complete for its reader, safe to open, and without a secret."""

from __future__ import annotations

import io
import json
import re
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import defusedxml.ElementTree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hairpin.doctor import CATALOGUE, Owner, Verdict, examine
from hairpin.doctor.finding import Evidence, Finding, Remedy, Symptom
from hairpin.doctor.report import as_html, as_json, as_junit, as_markdown, as_sarif, tell_verdict
from hairpin.doctor.report.as_json import Capture, Diagnosis
from hairpin.signin.journey import journey_of
from hairpin.wire.exchange import Failure, Kind, observe
from hairpin.wire.message import Headers, Request, Response
from tests.doctor import story
from tests.doctor.captures import FIRES
from tests.doctor.story import EXT, INT

SCHEMA_PAGE = Path(__file__).resolve().parents[2] / "docs" / "report-schema.md"


def as_text(verdict: Verdict) -> str:
    out = io.StringIO()
    tell_verdict(verdict, Console(file=out, width=120, highlight=False))
    return out.getvalue()


def for_readers(verdict: Verdict) -> str:
    return "\n".join(as_markdown(verdict, reader) for reader in [None, *Owner])


REPORTS = {
    "text": as_text,
    "json": as_json,
    "html": as_html,
    "markdown": for_readers,
    "sarif": as_sarif,
    "junit": as_junit,
}
ORIGINAL = examine(FIRES["ext-fqdn-resolves-to-internal-site"]().journeys)


@pytest.mark.parametrize("id", list(FIRES))
@pytest.mark.parametrize("format", list(REPORTS))
def test_every_failure_can_be_reported_in_every_format(format, id):
    capture = FIRES[id]()
    report = REPORTS[format](examine(capture.journeys, survey=capture.survey))
    assert id in report or (format == "junit" and id in report)


class _Page(HTMLParser):
    """Elements, and every attribute that could fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetches: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.fetches += [
            (name, value) for name, value in attrs if name in {"src", "href", "srcset", "action", "data"}
        ]


def test_the_page_needs_nothing_else_and_shows_the_wrong_turn():
    page = _Page()
    text = as_html(ORIGINAL)
    page.feed(text)
    assert page.fetches == []
    assert not {"script", "link", "iframe", "object", "img"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert text.count('<g class="wrong') == 2
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_a_drawing_of_a_long_journey_stays_small_and_keeps_what_went_wrong():
    noise = [
        story.ask("GET", f"https://{EXT}/ucwa/oauth/v1/applications/1/me?{at}", 200, {}) for at in range(2000)
    ]
    text = as_html(examine(story.journey(*noise, *(step.exchange for step in ORIGINAL.journeys[0].steps))))
    assert text.count("<g class=") <= 120
    assert text.count('<g class="wrong') == 2
    assert "other exchanges are not drawn" in text


@pytest.mark.parametrize("reader", list(Owner))
def test_a_ticket_is_for_one_reader(reader):
    ticket = as_markdown(ORIGINAL, reader)
    mine = [remedy for remedy in ORIGINAL.findings[0].remedies if remedy.owner is reader]
    others = [remedy for remedy in ORIGINAL.findings[0].remedies if remedy.owner is not reader]
    if mine:
        assert "### How to check it" in ticket
        assert "### How to undo it" in ticket
        assert all(lines in ticket for remedy in mine for lines in remedy.commands.values())
    else:
        assert "Nothing is to be changed by you." in ticket
    assert not any(lines in ticket for remedy in others for lines in remedy.commands.values())


def test_the_schema_page_names_every_field():
    page = SCHEMA_PAGE.read_text()
    for shape in (Finding, Evidence, Symptom, Remedy):
        assert [one.name for one in fields(shape) if f"`{one.name}`" not in page] == []
    for struct in (Diagnosis, Capture):
        assert [name for name in struct.__struct_fields__ if f"`{name}`" not in page] == []


def test_the_schema_holds():
    report = json.loads(as_json(ORIGINAL))
    assert list(report) == ["schema", "verdict", "findings", "captures", "unseen"]
    assert report["schema"] == "hairpin.diagnosis/1"
    (finding,) = report["findings"]
    assert list(finding) == [
        "id", "title", "says", "severity", "certainty", "owner", "evidence", "explains", "remedies", "verify",
        "undo", "look_alikes",
    ]  # fmt: skip
    assert finding["evidence"][0] | {"seen": ""} == {
        "capture": 1,
        "exchange": 1,
        "request": f"GET https://{EXT}{story.USER}",
        "part": "response header WWW-Authenticate",
        "seen": "",
    }
    assert report["captures"] == [
        {"source": "ext-fqdn-resolves-to-internal-site.har", "outcome": "failed", "exchanges": 2}
    ]


def test_pipelines_see_the_fault():
    results = json.loads(as_sarif(ORIGINAL))["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in results] == [
        ("ext-fqdn-resolves-to-internal-site", "error")
    ]
    suite = defusedxml.ElementTree.fromstring(as_junit(ORIGINAL))
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["ext-fqdn-resolves-to-internal-site"]
    assert suite.get("tests") == str(len(CATALOGUE) + 1)


HOSTILE = [
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b[0m\x07",
    "](javascript:alert(1)) **bold** `code` | # heading",
    "[bold]markup[/bold] [link=http://evil]x[/link]",
    "]]>&#0;\x00\x0b\ufffe\ud800",
    "line\r\nbreak\u2028and\u202eturned",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("format", list(REPORTS))
def test_what_a_capture_holds_cannot_leave_its_place(format, text):
    refused = story.ask(
        "POST",
        f"https://{EXT}{story.TICKET}?x={text}",
        400,
        {"X-Ms-diagnostics": f'28070;source="{text}";reason="{text}"', "X-MS-Server-Fqdn": text},
        sent={"X-Ms-Origin": text, "Origin": text},
        server=None,
        note=text,
    )
    report = REPORTS[format](examine(story.journey(refused, source=text)))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u202e\ud800-\udfff]", report.replace("\r\n", "\n"))
    match format:
        case "html":
            page = _Page()
            page.feed(report)
            assert "script" not in page.tags
            assert page.fetches == []
        case "json" | "sarif":
            json.loads(report)
        case "junit":
            defusedxml.ElementTree.fromstring(report)
        case "markdown":
            prose = "".join(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", report, flags=re.DOTALL).split("\n"))
            assert not re.search(r"(?<!\\)(<script|\]\()", prose)


@pytest.mark.parametrize(
    "name", ["a.b;rm -rf ~", "$(id).example", "x`id`.example", "a b.example", "'.example"]
)
def test_no_name_of_a_capture_ends_a_command(name):
    """A stranger's host name gets into a command only where it is a name and nothing else."""
    verdict = examine(
        story.journey(
            story.unauthorized(EXT, INT, address=name),
            story.silent("GET", f"https://{name}{story.FRAME}", Failure.NAME_NOT_RESOLVED, kind=Kind.FRAME),
            story.preflight(INT, f"https://{EXT}", address=name),
            story.ask(
                "GET",
                f"https://{EXT}/",
                403,
                story.diagnosed(28070, "x"),
                sent={"X-Ms-Origin": f"https://{name}"},
            ),
        )
    )
    lines = [
        one for finding in verdict.findings for remedy in finding.remedies for one in remedy.commands.values()
    ]
    assert lines
    assert not any(name in one for one in lines)


SECRETS = st.from_regex(r"[A-Za-z0-9]{24,40}", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(SECRETS)
def test_a_planted_secret_is_in_no_report(secret):
    cookies = {"Set-Cookie": f"FedAuth={secret}; path=/; secure", "Content-Type": "text/html"}
    sent = {
        "Authorization": f"Bearer cwt={secret}",
        "Cookie": f"RPSAuth={secret}; MSISAuth={secret}",
        "X-MS-WebTicket": f"opaque={secret}",
        "Referer": f"https://{EXT}/x?access_token={secret}",
        "X-Ms-Origin": f"https://user:{secret}@app.example",
        "Proxy-Authorization": f"NTLM TlRMTVNTUAAD{secret}",
    }
    answer = {"access_token": f"cwt={secret}", "error": "invalid_grant", "password": secret}
    broken = {
        "X-Ms-diagnostics": f'28020;source="x";reason="access_token={secret}"',
        "WWW-Authenticate": f"NTLM TlRMTVNTUAAC{secret}",
        "Location": f"https://sts.example/adfs/ls/?code={secret}",
        "Warning": f"cwt={secret}",
    }

    def ask(method: str, path: str, status: int | None, got: dict, body: bytes = b"", **more):
        request = Request(
            method,
            f"https://user:{secret}@{EXT}{path}?access_token={secret}",
            Headers.of(sent.items()),
            f"grant_type=password&username=x&password={secret}&ms_rtc_renew={secret}".encode(),
        )
        response = None if status is None else Response(status, Headers.of(got.items()), body)
        return observe(request, response, note=f"cwt={secret}" if status is None else "", **more)

    journey = journey_of(
        (
            *[
                ask("POST", story.TICKET, status, broken, json.dumps(answer).encode())
                for status in (400, 401, 403, 500, 302)
            ],
            ask("POST", story.TICKET, 200, cookies, json.dumps(answer).encode()),
            ask("OPTIONS", story.TICKET, 400, broken),
            *[
                ask("GET", path, status, broken)
                for path in (story.USER, "/", story.FRAME)
                for status in (401, 500, None)
            ],
            ask("POST", story.APPLICATIONS, 500, broken),
            ask("GET", story.APPLICATIONS + "/1/photos/x", 401, cookies),
        )
    )
    verdict = examine(journey)
    assert verdict.findings
    for name, report in REPORTS.items():
        assert secret not in report(verdict), name
    assert secret not in repr(verdict)
