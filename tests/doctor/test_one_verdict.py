"""The original case gets one verdict, whatever it was captured with: browser, proxy, or an article's text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from hairpin.doctor import Owner, Word, examine
from hairpin.trace import load, read

TESTS = Path(__file__).resolve().parents[1]

OPTIONS = """\
OPTIONS https://director.nny.local/WebTicket/oauthtoken HTTP/1.1
Accept: */*
Origin: https://webdir.nnylync.info
Access-Control-Request-Method: POST
Access-Control-Request-Headers: content-type, accept, x-ms-origin
"""
REFUSED = """\
HTTP/1.1 400 Bad Request
X-Ms-diagnostics: 28020;source="Director.NNY.local";reason="No valid security token."
X-MS-Server-Fqdn: Director.NNY.local
"""
USER = """\
GET https://webdir.nnylync.info/Autodiscover/AutodiscoverService.svc/root/oauth/user?\
originalDomain=nnylync.info HTTP/1.1
"""
CHALLENGED = """\
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"
WWW-Authenticate: MsRtcOAuth href="https://director.nny.local/WebTicket/oauthtoken",\
grant_type="urn:microsoft.rtc:windows,urn:microsoft.rtc:passive,urn:microsoft.rtc:anonmeeting,password"
"""

PASTED = f"{USER}\n{CHALLENGED}\n{OPTIONS}\n{REFUSED}"

# The last exchange is shown first, as somebody tells it who looks for the reason afterwards.
ARTICLE = f"""\
Signing in stops here, at the end of the trace:

{OPTIONS}
{REFUSED}
That is a preflight. One step before it, the first 401 came back:

{USER}
{CHALLENGED}
The href names another host than the one that was asked.
"""


def archive(address: str | None = None) -> bytes:
    """A Fiddler archive of the two exchanges; ``address`` is the server's, where Fiddler kept it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as members:
        for number, (asked, answered) in enumerate(((USER, CHALLENGED), (OPTIONS, REFUSED)), 1):
            members.writestr(f"raw/{number}_c.txt", asked.replace("\n", "\r\n") + "\r\n")
            members.writestr(f"raw/{number}_s.txt", answered.replace("\n", "\r\n") + "\r\n")
            if address is not None:
                flag = f'<SessionFlag N="x-hostIP" V="{address}" />'
                members.writestr(
                    f"raw/{number}_m.xml", f"<Session><SessionFlags>{flag}</SessionFlags></Session>"
                )
    return packed.getvalue()


CAPTURES = {
    "in Chromium, by DevTools": (TESTS / "captures" / "original-case.devtools.har").read_bytes(),
    "in Chromium, by playwright": (TESTS / "captures" / "original-case.playwright.har").read_bytes(),
    "by mitmproxy, as HAR": (TESTS / "trace" / "fixtures" / "mitmproxy-original.har").read_bytes(),
    "by mitmproxy, as flows": (TESTS / "trace" / "fixtures" / "mitmproxy-original.flows").read_bytes(),
    "by Fiddler": archive(),
    "by Fiddler, with addresses": archive("10.10.0.10"),
    "pasted": PASTED.encode(),
    "pasted with CRLF": PASTED.replace("\n", "\r\n").encode(),
    "told in an article": ARTICLE.encode(),
    "told in a mail": "".join(f"> {line}\n" for line in ARTICLE.splitlines()).encode(),
}


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_original_case_has_one_verdict(capture):
    verdict = examine(read(CAPTURES[capture], capture))
    assert verdict.verdict is Word.FAULT
    (finding,) = verdict.findings
    assert (finding.id, finding.owner) == ("ext-fqdn-resolves-to-internal-site", Owner.DNS_ADMIN)
    assert "webdir.nnylync.info" in finding.says
    assert "director.nny.local" in finding.says
    assert finding.explains, "the failed token request is explained by it"
    assert any("webdir" in lines for one in finding.remedies for lines in one.commands.values())


def test_given_together_the_captures_have_one_cause(tmp_path):
    for number, data in enumerate(CAPTURES.values()):
        (tmp_path / f"{number:02}").write_bytes(data)
    verdict = examine(load([str(path) for path in sorted(tmp_path.iterdir())]))
    assert verdict.verdict is Word.FAULT
    assert set(verdict.causes) == {"ext-fqdn-resolves-to-internal-site"}


def test_an_address_behind_both_names_makes_it_certain():
    told = {name: examine(read(CAPTURES[name])).findings[0].certainty for name in CAPTURES}
    assert told["by Fiddler, with addresses"] == told["in Chromium, by DevTools"] == "certain"
    assert told["by Fiddler"] == told["pasted"] == told["told in an article"] == "probable"
