"""Sign-ins in which nothing is wrong, though much of them looks like trouble."""

from __future__ import annotations

from collections.abc import Callable

from hairpin.signin.journey import Journey
from hairpin.wire.exchange import Exchange, Failure, Kind
from tests.doctor.captures import (
    DISCOVER_INTERNAL,
    EXT2,
    HTML,
    OWN,
    SERVER2,
    WINDOWS_FORM,
    authorized,
    begun,
    first_leg,
    page,
    passive_begun,
    signed_in,
    windows,
)
from tests.doctor.story import (
    APP,
    APPLICATIONS,
    EXT,
    FRAME,
    GRANTS,
    INT,
    PASSWORD_FORM,
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
    root,
    silent,
    ticket,
    unauthorized,
    user,
)

HEALTHY: dict[str, Callable[[], Journey]] = {}


def works(make: Callable[[], tuple[Exchange, ...]]) -> Callable[[], Journey]:
    HEALTHY[make.__name__] = lambda: journey(*make(), source=make.__name__)
    return HEALTHY[make.__name__]


@works
def plain():
    return healthy()


@works
def no_addresses():
    return healthy(address=None)


@works
def outside_the_internal_discovery_name_does_not_exist():
    return (
        silent("GET", f"https://{DISCOVER_INTERNAL}/xframe", Failure.NAME_NOT_RESOLVED, kind=Kind.FRAME),
        *healthy(),
    )


@works
def a_wildcard_answers_first_and_the_client_goes_on():
    return (ask("GET", f"https://{DISCOVER_INTERNAL}/", **page(200)), *healthy())


@works
def the_internal_discovery_name_has_an_untrusted_certificate_and_the_client_goes_on():
    return (silent("GET", f"https://{DISCOVER_INTERNAL}/", Failure.TLS), *healthy())


@works
def through_a_director_to_the_home_pool_with_a_ticket_of_its_own():
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        frame(EXT2, server=SERVER2),
        unauthorized(EXT2, path=APPLICATIONS, server=SERVER2),
        ticket(EXT2, OWN, server=SERVER2),
        created(EXT2, OWN, server=SERVER2),
    )


@works
def the_old_ticket_is_tried_first_on_the_home_pool():
    refused = diagnosed(28032, "The web ticket is invalid.", SERVER2)
    return (
        *begun(),
        ticket(EXT),
        user(EXT, EXT2),
        ask(
            "POST",
            f"https://{EXT2}{APPLICATIONS}",
            500,
            refused,
            sent=authorized(),
            frame=EXT2,
            server=SERVER2,
        ),
        ticket(EXT2, OWN, server=SERVER2),
        created(EXT2, OWN, server=SERVER2),
    )


@works
def inside_discovery_is_internal_and_the_application_external():
    return (
        root(DISCOVER_INTERNAL, INT, address=SERVER_ADDRESS),
        frame(INT, address=SERVER_ADDRESS),
        unauthorized(INT, address=SERVER_ADDRESS),
        ticket(INT, address=SERVER_ADDRESS),
        user(INT, EXT, address=SERVER_ADDRESS),
        *healthy()[2:],
    )


@works
def a_script_inside_gets_along_with_the_wrong_site():
    return (
        ask("GET", f"https://{EXT}{USER}", 401, challenge(INT), address=SERVER_ADDRESS),
        ask("POST", f"https://{INT}{TICKET}", 200, {}, {"access_token": "cwt=AAEBx", "expires_in": 1}),
        user(EXT, token="cwt=AAEBx"),
        created(EXT, "cwt=AAEBx"),
    )


@works
def both_names_are_one_in_a_lab():
    document = links(
        **{"internal/xframe": f"https://{EXT}{FRAME}", "external/xframe": f"https://{EXT}{FRAME}"}
    )
    return (ask("GET", f"https://{EXT}{ROOT}", 200, {}, document), *healthy()[2:])


@works
def passive_with_its_normal_first_leg():
    return (
        *passive_begun(),
        first_leg(),
        ask(
            "GET",
            f"https://{EXT}/PassiveAuth/PassiveAuth.aspx",
            200,
            {"Content-Type": "text/html"},
            kind=Kind.FRAME,
        ),
        ticket(EXT, form=b"grant_type=urn:microsoft.rtc:passive"),
        user(EXT),
        created(EXT),
    )


@works
def a_windows_handshake():
    handshake = windows(EXT, 1, sent=False) + windows(EXT, 1, sent=True)
    return (*begun(), *handshake, ticket(EXT, form=WINDOWS_FORM), user(EXT), created(EXT))


@works
def the_password_was_mistyped_once():
    refused = ask(
        "POST", f"https://{EXT}{TICKET}", 400, {}, {"error": "invalid_grant"}, form=PASSWORD_FORM, frame=EXT
    )
    return (*begun(), refused, *healthy()[4:])


@works
def an_expired_ticket_is_renewed():
    events = f"https://{EXT}{APPLICATIONS}/104082042405/events?ack=2"
    return (
        *signed_in(),
        ask(
            "GET", events, 401, diagnosed(28033, "The web ticket has expired."), frame=EXT, sent=authorized()
        ),
        ticket(EXT, OWN),
        ask("GET", events, 200, {}, links(next=events), frame=EXT, sent=authorized(OWN)),
    )


@works
def a_folded_challenge_that_the_client_can_read():
    line = f'Bearer trusted_issuers="", client_id="x", MsRtcOAuth href="https://{EXT}{TICKET}",grant_type="{GRANTS}"'
    return (
        *healthy()[:3],
        ask("GET", f"https://{EXT}{USER}", 401, {"WWW-Authenticate": line}, frame=EXT),
        *healthy()[4:],
    )


@works
def cors_is_on_and_the_page_asks_directly():
    allow = [("Access-Control-Allow-Origin", APP)]
    sent = {"Origin": APP}
    preflight = ask(
        "OPTIONS", f"https://{EXT}{TICKET}", 200,
        {"Access-Control-Allow-Origin": APP, "Access-Control-Allow-Headers": "content-type"},
        sent={**sent, "Access-Control-Request-Method": "POST"}, kind=Kind.PREFLIGHT,
    )  # fmt: skip
    here = f"{APPLICATIONS}/1"
    return (
        ask("GET", f"https://{EXT}{USER}", 401, [*challenge(EXT), *allow], sent=sent),
        preflight,
        ask(
            "POST",
            f"https://{EXT}{TICKET}",
            200,
            allow,
            {"access_token": "cwt=AAEBx"},
            form=PASSWORD_FORM,
            sent=sent,
        ),
        ask(
            "POST",
            f"https://{EXT}{APPLICATIONS}",
            201,
            allow,
            links(self=here, events=here + "/events?ack=1"),
            sent=sent,
        ),
    )


@works
def signed_in_and_out_with_long_quiet_events():
    events = f"https://{EXT}{APPLICATIONS}/104082042405/events?ack=1"
    return (
        *signed_in(),
        ask("GET", events, 200, {}, links(next=events), frame=EXT, sent=authorized(), seconds=180.0),
        silent(
            "GET",
            events,
            Failure.UNKNOWN,
            frame=EXT,
            sent=authorized(),
            seconds=42.0,
            note="net::ERR_ABORTED",
        ),
        ask("DELETE", f"https://{EXT}{APPLICATIONS}/104082042405", 204, {}, frame=EXT, sent=authorized()),
    )


@works
def much_noise_around():
    noise = (
        ask("GET", "https://cdn.example/app.js", 404, HTML, server=None),
        ask("POST", "https://telemetry.example/v1", 503, HTML, server=None),
        ask(
            "OPTIONS",
            "https://api.example/login",
            403,
            HTML,
            server=None,
            sent={"Origin": APP, "Access-Control-Request-Method": "POST"},
        ),
        silent("GET", "https://ads.example/", Failure.BLOCKED_CORS),
        ask("GET", "http://news.example/", **page(301, Location="https://www.news.example/login")),
        ask("GET", "https://sso.example/adfs/ls/", **page(401, **{"WWW-Authenticate": "Negotiate"})),
    )
    return (*noise, *(one for pair in zip(healthy(), noise + noise[:1], strict=True) for one in pair))
