"""Exchanges as they look on the wire, written short: what tests of the doctor tell their stories with."""

from __future__ import annotations

import json

from hairpin.signin.journey import Journey, journey_of
from hairpin.wire.exchange import Exchange, Failure, Kind, observe
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import maybe_origin, origin_of

EXT, INT = "webdir.nnylync.info", "director.nny.local"
SERVER = "Director.NNY.local"
PROXY_ADDRESS, SERVER_ADDRESS = "203.0.113.10", "10.10.0.10"
APP = "https://app.nnylync.info"
USER = "/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=nnylync.info"
ROOT = "/Autodiscover/AutodiscoverService.svc/root"
FRAME = "/Autodiscover/XFrame/XFrame.html"
TICKET = "/WebTicket/oauthtoken"
APPLICATIONS = "/ucwa/oauth/v1/applications"
PASSWORD_FORM = b"grant_type=password&username=lene%40nnylync.info&password=hunter2"
GRANTS = "urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting,password"


def ask(
    method: str,
    url: str,
    status: int | None = None,
    got: dict[str, str] | list[tuple[str, str]] | None = None,
    body: bytes | dict = b"",
    *,
    sent: dict[str, str] | None = None,
    form: bytes = b"",
    frame: str | None = None,
    server: str | None = SERVER,
    **more,
) -> Exchange:
    """One exchange. ``frame`` is the host whose XFrame page asked, ``server`` what the answer calls itself."""
    lines = list((got or {}).items() if not isinstance(got, list) else got)
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    if isinstance(body, dict):
        lines.append(("Content-Type", "application/json"))
    if server is not None and status is not None:
        lines.append(("X-MS-Server-Fqdn", server))
    headers = dict(sent or {})
    if frame is not None:
        headers.setdefault("Referer", f"https://{frame}{FRAME}")
        headers.setdefault("X-Ms-Origin", APP)
        more.setdefault("source", origin_of(f"https://{frame}/"))
    response = None if status is None else Response(status, Headers.of(lines), raw)
    return observe(Request(method, url, Headers.of(headers.items()), form), response, **more)


def challenge(href_host: str, grants: str = GRANTS) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "text/html"),
        (
            "WWW-Authenticate",
            'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"',
        ),
        ("WWW-Authenticate", f'MsRtcOAuth href="https://{href_host}{TICKET}",grant_type="{grants}"'),
    ]


def diagnosed(code: int, reason: str, source: str = SERVER) -> dict[str, str]:
    return {"X-Ms-diagnostics": f'{code};source="{source}";reason="{reason}"'}


def links(**hrefs: str) -> dict:
    return {"_links": {rel: {"href": href} for rel, href in hrefs.items()}}


def root(discover: str, web: str, **more) -> Exchange:
    """The discovery document of a name, handing out a web host."""
    document = links(self=f"https://{web}{ROOT}", user=f"https://{web}{USER}", xframe=f"https://{web}{FRAME}")
    return ask("GET", f"https://{discover}/", 200, {}, document, frame=discover, **more)


def frame(host: str, path: str = FRAME, **more) -> Exchange:
    return ask(
        "GET",
        f"https://{host}{path}",
        200,
        {"Content-Type": "text/html"},
        b"<html></html>",
        sent={"Referer": APP + "/"},
        kind=Kind.FRAME,
        **more,
    )


def unauthorized(host: str, href_host: str | None = None, path: str = USER, **more) -> Exchange:
    more.setdefault("frame", host)
    return ask("GET", f"https://{host}{path}", 401, challenge(href_host or host), **more)


def ticket(
    host: str, token: str = "cwt=AAEBticketOfThePool", form: bytes = PASSWORD_FORM, **more
) -> Exchange:
    more.setdefault("frame", host)
    answer = {
        "access_token": token,
        "expires_in": 28289,
        "ms_rtc_identityscope": "local",
        "token_type": "Bearer",
    }
    return ask("POST", f"https://{host}{TICKET}", 200, {}, answer, form=form, **more)


def user(
    host: str, applications: str | None = None, token: str = "cwt=AAEBticketOfThePool", **more
) -> Exchange:
    more.setdefault("frame", host)
    home = applications or host
    document = links(
        self=f"https://{home}{ROOT}/user",
        applications=f"https://{home}{APPLICATIONS}",
        xframe=f"https://{home}{FRAME}",
    )
    more["sent"] = {"Authorization": f"Bearer {token}", **more.get("sent", {})}
    return ask("GET", f"https://{host}{USER}", 200, {}, document, **more)


def created(host: str, token: str = "cwt=AAEBticketOfThePool", **more) -> Exchange:
    more.setdefault("frame", host)
    here = f"{APPLICATIONS}/104082042405"
    document = {**links(self=here, events=f"{here}/events?ack=1"), "rel": "application"}
    more["sent"] = {"Authorization": f"Bearer {token}", **more.get("sent", {})}
    return ask("POST", f"https://{host}{APPLICATIONS}", 201, {}, document, **more)


def preflight(
    host: str, origin: str, status: int | None = 400, path: str = TICKET, got=None, **more
) -> Exchange:
    """A preflight, answered as servers answer it unless told otherwise."""
    if got is None:
        got = diagnosed(28020, "No valid security token.") if status == 400 else {}
    asked = {
        "Accept": "*/*",
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, accept, x-ms-origin",
    }
    return ask(
        "OPTIONS",
        f"https://{host}{path}",
        status,
        got,
        sent=asked,
        kind=Kind.PREFLIGHT,
        source=maybe_origin(origin),
        **more,
    )


def silent(method: str, url: str, failure: Failure = Failure.UNKNOWN, **more) -> Exchange:
    return ask(method, url, None, failure=failure, **more)


def journey(*exchanges: Exchange, **more) -> Journey:
    return journey_of(exchanges, **more)


def healthy(host: str = EXT, address: str | None = PROXY_ADDRESS) -> tuple[Exchange, ...]:
    """The whole sign-in through one pool, as it should be."""
    discover = "lyncdiscover.nnylync.info"
    return (
        frame(discover, "/xframe", address=address),
        root(discover, host, address=address),
        frame(host, address=address),
        unauthorized(host, address=address),
        ticket(host, address=address),
        user(host, address=address),
        created(host, address=address),
    )
