"""For each failure of the catalogue what shows it: a journey, or what a probe finds.

Written by hand from the protocol, in the order of the catalogue. What a deployment file can bring about is
also made by the core itself, in `test_foreseen`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hairpin.doctor.survey import Certificate, Lookup, Survey
from hairpin.signin.journey import Journey
from hairpin.wire.exchange import Exchange, Failure, Kind
from tests.doctor.story import (
    APP,
    APPLICATIONS,
    EXT,
    FRAME,
    INT,
    PASSWORD_FORM,
    PROXY_ADDRESS,
    ROOT,
    SERVER_ADDRESS,
    TICKET,
    USER,
    ask,
    challenge,
    created,
    diagnosed,
    frame,
    healthy,
    journey,
    links,
    preflight,
    root,
    silent,
    ticket,
    unauthorized,
    user,
)

EXT2, SERVER2 = "webpool.nnylync.info", "fe01.nny.local"
DISCOVER, DISCOVER_INTERNAL = "lyncdiscover.nnylync.info", "lyncdiscoverinternal.nnylync.info"
ONLINE = "webdir1a.online.lync.com"
HTML = {
    "Content-Type": "text/html; charset=utf-8",
    "Server": "nginx/1.22.1",
    "Date": "Mon, 09 Feb 2015 10:00:00 GMT",
}
IE = "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko"
OWN = "cwt=AAEBticketOfTheHomePool"
EVENTS = f"{APPLICATIONS}/104082042405/events?ack=1"
WINDOWS_FORM = b"grant_type=urn:microsoft.rtc:windows"
PASSIVE_FORM = b"grant_type=urn:microsoft.rtc:passive"


MODERN = (
    'Bearer trusted_issuers="x@*", client_id="y", '
    'authorization_uri="https://login.windows.net/common/oauth2/authorize"'
)


@dataclass(frozen=True)
class Capture:
    """What is examined, and the one cause that must be found in it."""

    journeys: tuple[Journey, ...]
    survey: Survey | None = None


FIRES: dict[str, Callable[[], Capture]] = {}


def fires(id: str) -> Callable:
    def keep(make: Callable[[], tuple[Exchange, ...] | Survey]) -> Callable[[], Capture]:
        def capture() -> Capture:
            made = make()
            if isinstance(made, Survey):
                return Capture((), made)
            return Capture((journey(*made, source=f"{id}.har"),))

        FIRES[id] = capture
        return capture

    return keep


def page(status: int, text: str = "<html>error</html>", **headers: str) -> dict:
    """What somebody who is not Lync answers."""
    return {"status": status, "got": {**HTML, **headers}, "body": text.encode(), "server": None}


def authorized(token: str = "cwt=AAEBticketOfThePool") -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def begun(host: str = EXT) -> tuple[Exchange, ...]:
    """Everything up to the first challenge."""
    return healthy(host)[:4]


def passive_begun() -> tuple[Exchange, ...]:
    """The same on a pool that offers passive sign-in."""
    offered = challenge(EXT, "urn:microsoft.rtc:passive,urn:microsoft.rtc:anonmeeting")
    return (*healthy()[:3], ask("GET", f"https://{EXT}{USER}", 401, offered, frame=EXT))


def signed_in() -> tuple[Exchange, ...]:
    return healthy()


# Names


@fires("ext-fqdn-resolves-to-internal-site")
def _():
    return (
        unauthorized(EXT, INT, address=SERVER_ADDRESS),
        preflight(INT, f"https://{EXT}", address=SERVER_ADDRESS),
    )


@fires("ext-fqdn-missing-inside")
def _():
    return (
        *healthy()[:2],
        silent("GET", f"https://{EXT}{FRAME}", Failure.NAME_NOT_RESOLVED, kind=Kind.FRAME),
    )


@fires("hairpin-blocked")
def _():
    return (
        root(DISCOVER_INTERNAL, INT, address=SERVER_ADDRESS),
        unauthorized(INT, address=SERVER_ADDRESS),
        ticket(INT, address=SERVER_ADDRESS),
        user(INT, EXT, address=SERVER_ADDRESS),
        silent("GET", f"https://{EXT}{FRAME}", Failure.TIMEOUT, kind=Kind.FRAME, address=PROXY_ADDRESS),
    )


@fires("lyncdiscover-resolves-to-internal-site")
def _():
    return (
        root(DISCOVER, INT, address=SERVER_ADDRESS),
        silent("GET", f"https://{INT}{FRAME}", Failure.TLS, kind=Kind.FRAME, address=SERVER_ADDRESS),
    )


@fires("lyncdiscoverinternal-missing")
def _():
    return (
        silent("GET", f"https://{DISCOVER_INTERNAL}/", Failure.NAME_NOT_RESOLVED),
        silent("GET", f"https://{DISCOVER}/", Failure.NAME_NOT_RESOLVED),
    )


@fires("wildcard-dns-catches-discover")
def _():
    return (ask("GET", f"https://{DISCOVER_INTERNAL}/", **page(200, "<html>Buy now</html>")),)


@fires("discover-cname-other-domain")
def _():
    return Survey(
        (Lookup("outside", DISCOVER, ("198.51.100.7",), ("lync.hoster.example",)),),
        (Certificate("outside", DISCOVER, "198.51.100.7", ("lync.hoster.example",)),),
    )


@fires("discover-points-to-online")
def _():
    document = links(redirect=f"https://{ONLINE}{ROOT}?originalDomain=nnylync.info")
    return (
        ask("GET", f"https://{DISCOVER}/", 200, {}, document, server=None),
        ask("GET", f"https://{ONLINE}{ROOT}", 403, {"Content-Type": "text/html"}, server=None),
    )


@fires("discover-points-to-legacy-pool")
def _():
    document = links(
        **{"self": f"https://{EXT}{ROOT}/user", "external/mcx": f"https://{EXT}/Mcx/McxService.svc"}
    )
    return (
        *begun(),
        ticket(EXT),
        ask("GET", f"https://{EXT}{USER}", 200, {}, document, frame=EXT, sent=authorized()),
    )


@fires("web-names-dns-load-balanced")
def _():
    events = f"https://{EXT}{EVENTS}"
    return (
        *signed_in()[:6],
        created(EXT, address="10.10.0.21", server="fe01.nny.local"),
        ask("GET", events, 404, {}, {"code": "NotFound", "subcode": "ApplicationNotFound"}, frame=EXT,
            sent=authorized(), address="10.10.0.22", server="fe02.nny.local"),
    )  # fmt: skip


@fires("internal-equals-external-fqdn")
def _():
    document = links(**{"internal/xframe": f"https://{EXT}{FRAME}", "external/xframe": f"https://{EXT}{FRAME}",
                        "user": f"https://{EXT}{ROOT}/user"})  # fmt: skip
    return (ask("GET", f"https://{DISCOVER}/", 200, {}, document),)


@fires("client-and-proxy-see-different-dns")
def _():
    return (
        *healthy()[:2],
        ask(
            "GET",
            f"https://{EXT}{FRAME}",
            kind=Kind.FRAME,
            **page(503, **{"X-Squid-Error": "ERR_DNS_FAIL 0"}),
        ),
    )


# Reverse proxy, load balancer, firewall


@fires("rp-443-to-443")
def _():
    return (
        unauthorized(EXT, INT, address=PROXY_ADDRESS),
        silent("POST", f"https://{INT}{TICKET}", Failure.NAME_NOT_RESOLVED, frame=EXT),
    )


@fires("rp-host-header-rewritten")
def _():
    return (
        *healthy()[:3],
        unauthorized(EXT, "10.10.0.10", address=PROXY_ADDRESS),
        preflight("10.10.0.10", f"https://{EXT}", status=None, failure=Failure.TLS),
    )


@fires("rp-path-not-published")
def _():
    return (*begun(), ask("POST", f"https://{EXT}{TICKET}", form=PASSWORD_FORM, frame=EXT, **page(404)))


@fires("rp-preauthentication")
def _():
    return (
        ask(
            "GET",
            f"https://{DISCOVER}/",
            **page(302, Location="https://sso.nnylync.info/adfs/ls/?wa=wsignin1.0"),
        ),
        ask("GET", "https://sso.nnylync.info/adfs/ls/?wa=wsignin1.0", **page(200, "<form>")),
    )


@fires("rp-options-blocked")
def _():
    allow = {"Access-Control-Allow-Origin": APP, "Content-Type": "text/html"}
    got = [*challenge(EXT), ("Access-Control-Allow-Origin", APP)]
    return (
        ask(
            "GET",
            f"https://{EXT}{ROOT}",
            200,
            allow,
            links(user=f"https://{EXT}{USER}"),
            sent={"Origin": APP},
        ),
        ask("GET", f"https://{EXT}{USER}", 401, got, sent={"Origin": APP}),
        preflight(EXT, APP, 405, got=dict(HTML), server=None),
    )


@fires("rp-timeout-shorter-than-pget")
def _():
    events = f"https://{EXT}{EVENTS}"
    cut = [
        ask("GET", events, frame=EXT, sent=authorized(), seconds=60.0 + at / 10, **page(504)) for at in (0, 1)
    ]
    return (*signed_in(), *cut)


@fires("rp-cert-san-missing")
def _():
    return (
        *healthy()[:2],
        silent(
            "GET",
            f"https://{EXT}{FRAME}",
            Failure.TLS,
            kind=Kind.FRAME,
            note="net::ERR_CERT_COMMON_NAME_INVALID",
        ),
    )


@fires("rp-chain-incomplete")
def _():
    note = "unable to get local issuer certificate"
    return (silent("GET", f"https://{DISCOVER}/", Failure.TLS, note=note),)


@fires("rp-backend-tls-fails")
def _():
    text = "<html>502.3 Bad Gateway. Error code 0x80072f8f</html>"
    return (
        ask("GET", f"https://{DISCOVER}/", **page(502, text)),
        ask("GET", f"https://{DISCOVER}/xframe", kind=Kind.FRAME, **page(502, text)),
    )


@fires("rp-sni-default-certificate")
def _():
    return (*begun(), ask("POST", f"https://{EXT}{TICKET}", form=PASSWORD_FORM, frame=EXT, **page(421)))


@fires("rp-http-redirect-wrong")
def _():
    return (
        ask("GET", f"http://{DISCOVER}/", **page(301, Location="https://www.nnylync.info/")),
        ask("GET", "https://www.nnylync.info/", **page(200, "<html>Welcome</html>")),
    )


@fires("rp-ssl-offload")
def _():
    document = links(user=f"http://{EXT}{USER}", xframe=f"http://{EXT}{FRAME}")
    return (
        ask("GET", f"https://{EXT}{ROOT}", 200, {}, document, frame=EXT),
        silent(
            "GET", f"http://{EXT}{FRAME}", Failure.BLOCKED_MIXED, kind=Kind.FRAME, sent={"Referer": APP + "/"}
        ),
    )


@fires("rp-strips-or-merges-headers")
def _():
    return (*healthy()[:3], ask("GET", f"https://{EXT}{USER}", 401, {"Content-Type": "text/html"}, frame=EXT))


@fires("rp-caches-responses")
def _():
    document = links(user=f"https://{EXT}{USER}", xframe=f"https://{EXT}{FRAME}")
    return (
        ask("GET", f"https://{EXT}{ROOT}", 200, {"Age": "4711", "X-Cache": "HIT"}, document, frame=EXT),
        *signed_in()[2:],
    )


@fires("rp-url-or-body-filter")
def _():
    text = "<html>The requested URL was rejected. Your support ID is 4711</html>"
    return (*begun(), ask("POST", f"https://{EXT}{TICKET}", form=PASSWORD_FORM, frame=EXT, **page(403, text)))


def windows(host: str, times: int, *, sent: bool) -> tuple[Exchange, ...]:
    got = [("WWW-Authenticate", "Negotiate"), ("WWW-Authenticate", "NTLM")]
    credentials = {"Authorization": "NTLM TlRMTVNTUAADAAAA"} if sent else {}
    return tuple(
        ask("POST", f"https://{host}{TICKET}", 401, got, form=WINDOWS_FORM, frame=host, sent=credentials)
        for _ in range(times)
    )


@fires("rp-breaks-ntlm")
def _():
    return (*begun(), *windows(EXT, 5, sent=True))


@fires("hlb-affinity-wrong")
def _():
    events = f"https://{EXT}{EVENTS}"
    lost = {"code": "NotFound", "subcode": "ApplicationNotFound"}
    return (
        *signed_in()[:6],
        created(EXT, address=PROXY_ADDRESS, server="fe01.nny.local"),
        ask(
            "GET",
            events,
            404,
            {},
            lost,
            frame=EXT,
            sent=authorized(),
            address=PROXY_ADDRESS,
            server="fe02.nny.local",
        ),
    )


@fires("home-pool-not-published")
def _():
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        silent("GET", f"https://{EXT2}{FRAME}", Failure.NAME_NOT_RESOLVED, kind=Kind.FRAME),
    )


@fires("rp-adds-frame-or-csp-headers")
def _():
    got = {"Content-Type": "text/html", "X-Frame-Options": "SAMEORIGIN"}
    return (
        ask("GET", f"https://{DISCOVER}/xframe", 200, got, b"<html>", kind=Kind.FRAME,
            sent={"Referer": APP + "/"}, failure=Failure.BLOCKED_FRAME),
    )  # fmt: skip


# TLS and trust on the client


@fires("internal-ca-not-trusted")
def _():
    note = "net::ERR_CERT_AUTHORITY_INVALID"
    return (silent("GET", f"https://{DISCOVER_INTERNAL}/", Failure.TLS, note=note),)


@fires("cert-interstitial-hidden-in-iframe")
def _():
    return (
        *healthy()[:2],
        silent("GET", f"https://{EXT}{FRAME}", Failure.TLS, kind=Kind.FRAME, sent={"Referer": APP + "/"}),
    )


@fires("certificate-expired")
def _():
    note = "net::ERR_CERT_DATE_INVALID"
    return (*healthy()[:2], silent("GET", f"https://{EXT}{FRAME}", Failure.TLS, kind=Kind.FRAME, note=note))


@fires("tls-version-mismatch")
def _():
    note = "net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH"
    return (silent("GET", f"https://{DISCOVER}/xframe", Failure.TLS, kind=Kind.FRAME, note=note),)


@fires("hsts-pins-the-name")
def _():
    upgraded = {"Location": f"https://{DISCOVER}/", "Non-Authoritative-Reason": "HSTS"}
    return (
        ask("GET", f"http://{DISCOVER}/", 307, upgraded, server=None),
        silent("GET", f"https://{DISCOVER}/", Failure.TLS),
    )


# Cross-domain


def refused_origin(host: str, server: str = "Director.NNY.local", **more) -> Exchange:
    reason = "Service does not allow a cross domain request from this origin."
    return ask(
        "GET", f"https://{host}/", 403, diagnosed(28070, reason, server), frame=host, server=server, **more
    )


@fires("origin-not-allowed-28070")
def _():
    return (frame(DISCOVER, "/xframe"), refused_origin(DISCOVER))


@fires("origin-list-wrong-scope")
def _():
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        frame(EXT2, server=SERVER2),
        ask(
            "GET", f"https://{EXT2}{APPLICATIONS}", 403,
            diagnosed(28070, "Service does not allow a cross domain request from this origin.", SERVER2),
            frame=EXT2, server=SERVER2,
        ),
    )  # fmt: skip


@fires("origin-string-mismatch")
def _():
    sandboxed = {"X-Ms-Origin": "null"}
    return (frame(DISCOVER, "/xframe"), refused_origin(DISCOVER, sent=sandboxed))


@fires("xframe-not-moved-to-home-pool")
def _():
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        preflight(
            EXT2, f"https://{EXT}", 401, APPLICATIONS, got={"Content-Type": "text/html"}, server=SERVER2
        ),
        silent("POST", f"https://{EXT2}{APPLICATIONS}", Failure.BLOCKED_CORS, frame=EXT),
    )


@fires("direct-xhr-without-xframe")
def _():
    return (preflight(DISCOVER, APP, path="/"), silent("GET", f"https://{DISCOVER}/", sent={"Origin": APP}))


@fires("frame-postmessage-origin")
def _():
    moved = f"https://{EXT}{FRAME}"
    return (
        ask(
            "GET",
            f"https://{DISCOVER}/xframe",
            302,
            {"Location": moved},
            kind=Kind.FRAME,
            sent={"Referer": APP + "/"},
        ),
        frame(EXT),
    )


@fires("ticket-from-other-pool")
def _():
    reason = "The web ticket is invalid."
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        frame(EXT2, server=SERVER2),
        ask("POST", f"https://{EXT2}{APPLICATIONS}", 500, diagnosed(28032, reason, SERVER2), frame=EXT2,
            sent=authorized(), server=SERVER2),
    )  # fmt: skip


@fires("multi-pool-401-without-challenge")
def _():
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        frame(EXT2, server=SERVER2),
        ask(
            "GET",
            f"https://{EXT2}{APPLICATIONS}",
            401,
            {"Content-Type": "text/html"},
            frame=EXT2,
            server=SERVER2,
        ),
    )


@fires("ticket-expired-or-unverifiable")
def _():
    late = ask("GET", f"https://{EXT}{EVENTS}", 401, diagnosed(28033, "The web ticket has expired."), frame=EXT,
               sent=authorized())  # fmt: skip
    return (*signed_in(), late)


@fires("token-audience-wrong")
def _():
    got = [
        *challenge(EXT),
        ("X-Ms-diagnostics", '28077;source="fe01";reason="Invalid Audience in the web ticket."'),
    ]
    return (
        *begun(),
        ask(
            "GET",
            f"https://{EXT}{USER}",
            403,
            got,
            frame=EXT,
            sent={"Authorization": "Bearer eyJhbGciOi.e30.sig"},
        ),
    )


# Authentication and hybrid


def token(host: str, status: int, body: dict, form: bytes = PASSWORD_FORM, **more) -> Exchange:
    return ask(
        "POST", f"https://{host}{TICKET}", status, more.pop("got", {}), body, form=form, frame=host, **more
    )


@fires("grant-type-not-offered")
def _():
    got = diagnosed(28029, "Authentication type not allowed.")
    return (*begun(), token(EXT, 400, {"error": "unsupported_grant_type"}, got=got))


@fires("auth-differs-by-side")
def _():
    got = diagnosed(28029, "Authentication type not allowed.")
    return (
        unauthorized(EXT),
        ask("GET", f"https://{INT}{USER}", 401, challenge(INT, "urn:microsoft.rtc:windows"), frame=INT),
        token(INT, 400, {"error": "unsupported_grant_type"}, got=got),
    )


@fires("bad-credentials-invalid-grant")
def _():
    got = diagnosed(28020, "No valid security token.")
    return (*begun(), token(EXT, 400, {"error": "invalid_grant"}, got=got))


@fires("user-not-enabled-28000")
def _():
    got = diagnosed(28000, "User is not SIP enabled.")
    return (*begun(), token(EXT, 403, {}, got=got))


@fires("mobility-or-app-policy-403")
def _():
    refused = {
        "code": "Forbidden",
        "subcode": "None",
        "message": "The user may not create a mobile application.",
    }
    return (
        *signed_in()[:6],
        ask("POST", f"https://{EXT}{APPLICATIONS}", 403, {}, refused, frame=EXT, sent=authorized()),
    )


def first_leg(host: str = EXT) -> Exchange:
    body = {"error": "invalid_grant", "ms_rtc_passiveauthuri": f"https://{host}/PassiveAuth/PassiveAuth.aspx"}
    return token(host, 400, body, PASSIVE_FORM, got=diagnosed(28020, "No valid security token."))


@fires("passive-only-28020")
def _():
    return (*passive_begun(), first_leg(), first_leg())


@fires("passive-blocked-by-cookies")
def _():
    return (
        *passive_begun(),
        first_leg(),
        ask("GET", f"https://{EXT}/PassiveAuth/PassiveAuth.aspx", 302, {"Location": "https://sts.nnylync.info/adfs/ls/"},
            kind=Kind.FRAME),
        ask("GET", "https://sts.nnylync.info/adfs/ls/", 200, {"Content-Type": "text/html"}, b"<html>", server=None,
            kind=Kind.FRAME),
        first_leg(),
    )  # fmt: skip


@fires("kerberos-or-zone-prompt-loop")
def _():
    return (*begun(), *windows(EXT, 1, sent=False))


@fires("web-ticket-service-down")
def _():
    return (*begun(), ask("POST", f"https://{EXT}{TICKET}", 503, HTML, form=PASSWORD_FORM, frame=EXT))


@fires("hma-spn-missing")
def _():
    text = (
        b"<html>AADSTS500011: The resource principal named https://webdir.nnylync.info/ was not found</html>"
    )
    got = challenge(EXT, "urn:microsoft.rtc:anonmeeting")
    got[1] = ("WWW-Authenticate", MODERN)
    return (
        *healthy()[:3],
        ask("GET", f"https://{EXT}{USER}", 401, got, frame=EXT),
        ask("GET", "https://login.windows.net/common/oauth2/authorize?resource=x", 400, HTML, text, server=None,
            kind=Kind.FRAME),
    )  # fmt: skip


@fires("hma-breaks-password-clients")
def _():
    got = challenge(EXT, "urn:microsoft.rtc:passive,urn:microsoft.rtc:anonmeeting")
    got[1] = ("WWW-Authenticate", MODERN)
    refused = diagnosed(28029, "Authentication type not allowed.")
    return (
        *healthy()[:3],
        ask("GET", f"https://{EXT}{USER}", 401, got, frame=EXT),
        token(EXT, 400, {"error": "unsupported_grant_type"}, got=refused),
    )


@fires("hybrid-user-homed-online")
def _():
    document = links(redirect=f"https://{ONLINE}{ROOT}?originalDomain=nnylync.info")
    return (
        *begun(),
        ticket(EXT),
        ask("GET", f"https://{EXT}{USER}", 200, {}, document, frame=EXT, sent=authorized()),
        ask("GET", f"https://{ONLINE}{ROOT}", 403, {"Content-Type": "text/html"}, server=None),
    )


@fires("autodiscover-redirect-not-trusted")
def _():
    document = links(redirect=f"https://lync.hoster.example{ROOT}")
    return (ask("GET", f"http://{DISCOVER}/", 200, {}, document),)


# Browser and client environment


@fires("third-party-frame-storage-partitioned")
def _():
    photo = f"https://{EXT}{APPLICATIONS}/104082042405/photos/lene@nnylync.info"
    return (*signed_in(), ask("GET", photo, 401, {"Content-Type": "text/html"}, sent={"Referer": APP + "/"}))


@fires("ie-security-zones")
def _():
    page = "http://intranet/apps/chat"
    loaded = {"Content-Type": "text/html"}
    return (
        ask("GET", f"https://{EXT}{FRAME}", 200, loaded, b"<html>", kind=Kind.FRAME,
            sent={"Referer": page, "User-Agent": IE}),
    )  # fmt: skip


@fires("mixed-content-frame")
def _():
    return (
        silent(
            "GET",
            f"http://{DISCOVER}/xframe",
            Failure.BLOCKED_MIXED,
            kind=Kind.FRAME,
            sent={"Referer": APP + "/"},
        ),
    )


@fires("local-network-access-blocked")
def _():
    note = "Permission was denied for this request to access the unknown address space"
    return (
        *healthy()[:2],
        silent("GET", f"https://{EXT}{FRAME}", Failure.BLOCKED_LOCAL_NETWORK, kind=Kind.FRAME, note=note),
    )


@fires("private-network-preflight")
def _():
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Private-Network": "true",
    }
    return (
        ask(
            "OPTIONS",
            f"https://{EXT}{FRAME}",
            405,
            {"Content-Type": "text/html"},
            sent=asked,
            kind=Kind.PREFLIGHT,
        ),
    )


@fires("proxy-or-tls-inspection-in-the-way")
def _():
    got = {"Proxy-Authenticate": "NTLM", "Via": "1.1 proxy4711"}
    return (ask("GET", f"https://{DISCOVER}/", **page(407, **got)),)


@fires("second-instance-replaces-channel")
def _():
    replaced = {"code": "Conflict", "subcode": "PGetReplaced"}
    events = [
        ask("GET", f"https://{EXT}{EVENTS}", 409, {}, replaced, frame=EXT, sent=authorized())
        for _ in range(2)
    ]
    return (*signed_in(), *events)


@fires("client-parses-discovery-naively")
def _():
    return (*begun(), ask("POST", f"https://{EXT}/%22https://{EXT}{TICKET}%22", 404, {}, form=PASSWORD_FORM))


@fires("sdk-or-cloud-retired")
def _():
    return (
        silent(
            "GET",
            "https://swx.cdn.skype.com/shared/v/1.2.15/SkypeBootstrap.min.js",
            Failure.NAME_NOT_RESOLVED,
        ),
    )


# Server health


@fires("lyncucwa-app-pool-dead")
def _():
    return (
        *signed_in()[:6],
        ask("POST", f"https://{EXT}{APPLICATIONS}", 503, HTML, frame=EXT, sent=authorized()),
    )


@fires("dos-filter-or-throttling")
def _():
    return (
        *begun(),
        ask(
            "POST",
            f"https://{EXT}{TICKET}",
            form=PASSWORD_FORM,
            frame=EXT,
            **page(429, **{"Retry-After": "60"}),
        ),
    )


@fires("exchange-or-ucs-side-errors")
def _():
    failed = {"code": "ExchangeServiceFailure", "subcode": "ExchangeTimeout"}
    contacts = f"https://{EXT}{APPLICATIONS}/104082042405/people/contacts"
    return (*signed_in(), ask("GET", contacts, 500, {}, failed, frame=EXT, sent=authorized()))
