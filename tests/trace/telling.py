"""Two sign-ins as they were on the wire, with their secrets: the original case and the one that works."""

from __future__ import annotations

import json

from hairpin.trace.sighting import Sighting
from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import origin_of

EXT, INT, SERVER = "webdir.nnylync.info", "director.nny.local", "Director.NNY.local"
APP = "https://app.nnylync.info"
DISCOVER = "lyncdiscover.nnylync.info"
FRAME = "/Autodiscover/XFrame/XFrame.html"
USER = "/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=nnylync.info"
TICKET = "/WebTicket/oauthtoken"
APPLICATIONS = "/ucwa/oauth/v1/applications"
OUTSIDE, INSIDE = "203.0.113.10", "10.10.0.10"
STARTED = 1_800_000_000.0

PASSWORD = "pass@word1-Hunter2"
CWT = "cwt=AAEBHAEFAAAAAAAFFQAAAGeheimnisvoll"
COOKIE = "AAEBkeksKeksKeks"
SECRETS = (PASSWORD, "pass%40word1-Hunter2", CWT.removeprefix("cwt="), COOKIE)

_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0"


def _frame_headers(host: str) -> list[tuple[str, str]]:
    return [
        ("Accept", "application/json"),
        ("X-Ms-Origin", APP),
        ("X-Requested-With", "XMLHttpRequest"),
        ("Referer", f"https://{host}{FRAME}"),
        ("User-Agent", _AGENT),
    ]


def _links(**hrefs: str) -> bytes:
    return json.dumps({"_links": {rel: {"href": href} for rel, href in hrefs.items()}}).encode()


def _said(
    status: int, *lines: tuple[str, str], body: bytes = b"", type_: str = "application/json"
) -> Response:
    head = [("Content-Type", type_), ("X-MS-Server-Fqdn", SERVER), ("Server", "Microsoft-IIS/8.5")]
    return Response(status, Headers.of([*head, *lines]), body)


def _challenge(host: str) -> Response:
    return _said(
        401,
        ("WWW-Authenticate", 'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"'),
        (
            "WWW-Authenticate",
            f'MsRtcOAuth href="https://{host}{TICKET}",grant_type="urn:microsoft.rtc:windows,password"',
        ),
        body=b"<html>401 - Unauthorized</html>",
        type_="text/html",
    )


class Telling:
    """Sightings, a second apart."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []

    def add(self, request: Request, response: Response | None, kind: Kind, source: str, **more) -> None:
        host = origin_of(request.url).host
        more.setdefault("address", INSIDE if host in {EXT, INT} else OUTSIDE)
        more.setdefault("port", 443)
        started = STARTED + len(self.sightings)
        self.sightings.append(
            Sighting(
                request, response, kind=kind, source=origin_of(source), started=started, seconds=0.25, **more
            )
        )

    def ask(self, host: str, path: str, response: Response | None, *lines, method="GET", body=b"", **more):
        request = Request(method, f"https://{host}{path}", Headers.of([*_frame_headers(host), *lines]), body)
        self.add(request, response, Kind.FETCH, f"https://{host}", **more)

    def frame(self, host: str, path: str = FRAME) -> None:
        headers = [("Accept", "text/html,*/*;q=0.8"), ("Referer", f"{APP}/"), ("User-Agent", _AGENT)]
        request = Request("GET", f"https://{host}{path}", Headers.of(headers))
        self.add(
            request,
            _said(200, body=b"<html><script>frame</script></html>", type_="text/html"),
            Kind.FRAME,
            APP,
        )

    def begin(self, challenged: str) -> None:
        self.frame(DISCOVER, "/xframe")
        root = f"https://{EXT}/Autodiscover/AutodiscoverService.svc/root?originalDomain=nnylync.info"
        self.ask(
            DISCOVER,
            "/",
            _said(200, body=_links(self=root, user=f"https://{EXT}{USER}", xframe=f"https://{EXT}{FRAME}")),
        )
        self.frame(EXT)
        self.ask(EXT, USER, _challenge(challenged))


def _token_request() -> bytes:
    return (
        b"grant_type=password&username=lene%40nnylync.info&password=" + PASSWORD.replace("@", "%40").encode()
    )


def original() -> list[Sighting]:
    """The case the project is named for: the external name leads to the internal web site."""
    telling = Telling()
    telling.begin(challenged=INT)
    preflight = Headers.of(
        [
            ("Accept", "*/*"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "accept,x-ms-origin,x-requested-with"),
            ("Origin", f"https://{EXT}"),
            ("User-Agent", _AGENT),
        ]
    )
    refused = _said(
        400,
        ("X-Ms-diagnostics", f'28020;source="{SERVER}";reason="No valid security token."'),
        type_="text/plain",
    )
    telling.add(
        Request("OPTIONS", f"https://{INT}{TICKET}", preflight), refused, Kind.PREFLIGHT, f"https://{EXT}"
    )
    lines = [
        *(line for line in _frame_headers(EXT) if line[0] != "Referer"),
        ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8"),
        ("Origin", f"https://{EXT}"),
        ("Referer", f"https://{EXT}/"),
    ]
    telling.add(
        Request("POST", f"https://{INT}{TICKET}", Headers.of(lines), _token_request()),
        None,
        Kind.FETCH,
        f"https://{EXT}",
        failure=Failure.BLOCKED_CORS,
        note="net::ERR_FAILED",
        address=None,
        port=None,
    )
    return telling.sightings


def healthy() -> list[Sighting]:
    """A sign-in that works, up to the event channel."""
    telling = Telling()
    telling.begin(challenged=EXT)
    bearer = ("Authorization", f"Bearer {CWT}")
    granted = {
        "access_token": CWT,
        "expires_in": 28289,
        "ms_rtc_identityscope": "local",
        "token_type": "Bearer",
    }
    telling.ask(
        EXT,
        TICKET,
        _said(200, body=json.dumps(granted).encode()),
        ("Content-Type", "application/x-www-form-urlencoded;charset='utf-8'"),
        ("Origin", f"https://{EXT}"),
        method="POST",
        body=_token_request(),
    )
    here = f"https://{EXT}{APPLICATIONS}"
    telling.ask(EXT, USER, _said(200, body=_links(applications=here, xframe=f"https://{EXT}{FRAME}")), bearer)
    created = json.dumps(
        {
            "_links": {
                "self": {"href": f"{APPLICATIONS}/105"},
                "events": {"href": f"{APPLICATIONS}/105/events?ack=1"},
            }
        }
    )
    cookie = ("Set-Cookie", f"cwt_ucwa={COOKIE}; path={APPLICATIONS}/105/photos; secure; HttpOnly")
    telling.ask(
        EXT,
        APPLICATIONS,
        _said(201, cookie, body=created.encode()),
        bearer,
        ("Content-Type", "application/json"),
        ("Origin", f"https://{EXT}"),
        method="POST",
        body=b'{"UserAgent":"UCWA Samples","EndpointId":"a917c6f4","Culture":"en-US"}',
    )
    telling.ask(EXT, f"{APPLICATIONS}/105/events?ack=1", _said(200, body=b'{"_links":{}}'), bearer)
    return telling.sightings
