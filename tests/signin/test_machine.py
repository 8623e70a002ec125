"""The sign-in as a playbook: what the client asks, what it is answered, what it asks next."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.signin.journey import Outcome
from hairpin.signin.machine import ENDED, MOST_REDIRECTS, NEXT, Ask, LoadFrame, Send, SignIn, State
from hairpin.signin.wish import CLIENTS, Anonymous, Password, Wish
from hairpin.wire.exchange import Failure, Reply
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import origin_of

PAGE = origin_of("https://app.contoso.com")
DIRECTOR = "https://webdir.contoso.com"
HOME = "https://webext.contoso.com"
USER = f"{DIRECTOR}/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=contoso.com"
FRAME = "/Autodiscover/XFrame/XFrame.html"
NOTHING = Reply(failure=Failure.NAME_NOT_RESOLVED)
FRAMED = Reply(Response(200, Headers((("Content-Type", "text/html"),)), b"<!DOCTYPE html>"))


def links(**hrefs: str) -> Reply:
    body = {"_links": {rel.rstrip("_"): {"href": href} for rel, href in hrefs.items()}}
    return Reply(Response(200, Headers((("Content-Type", "application/json"),)), json.dumps(body).encode()))


def challenge(at: str) -> Reply:
    line = f'MsRtcOAuth href="{at}/WebTicket/oauthtoken",grant_type="password"'
    return Reply(Response(401, Headers((("WWW-Authenticate", 'Bearer x=""'), ("WWW-Authenticate", line)))))


def ticket(value: str) -> Reply:
    body = json.dumps({"access_token": value, "expires_in": 28289, "token_type": "Bearer"}).encode()
    return Reply(Response(200, Headers((("Content-Type", "application/json"),)), body))


def created(path: str = "/ucwa/oauth/v1/applications/105") -> Reply:
    body = json.dumps({"_links": {"self": {"href": path}}, "rel": "application"}).encode()
    return Reply(Response(201, Headers((("Content-Type", "application/json; charset=utf-8"),)), body))


def wish(client: str = "frame", **more: object) -> Wish:
    known = {
        "sip_domain": "contoso.com",
        "credentials": Password("CONTOSO\\lene", "p&ss+%"),
        "client": CLIENTS[client],
    }
    return Wish(**{**known, "page": None if client == "script" else PAGE, **more})  # type: ignore[arg-type]


def play(machine: SignIn, *turns: tuple[str, Reply]) -> list[Ask]:
    """Go through the turns; each says what must be asked (``frame URL`` or ``METHOD URL``) and what comes back."""
    asks: list[Ask] = []
    for expected, reply in turns:
        ask = machine.ask()
        said = f"frame {ask.url}" if isinstance(ask, LoadFrame) else f"{ask.request.method} {ask.request.url}"
        assert said == expected
        asks.append(ask)
        machine.answered(reply)
    return asks


ROOT = links(self="x", user=USER, xframe=DIRECTOR + FRAME)
APPLICATIONS = f"{HOME}/ucwa/oauth/v1/applications"
TO_HOME = links(self=f"{HOME}/root/user", applications=APPLICATIONS, xframe=HOME + FRAME)
UNTIL_HOME = (
    ("frame https://lyncdiscoverinternal.contoso.com/xframe", NOTHING),
    ("frame https://lyncdiscover.contoso.com/xframe", FRAMED),
    ("GET https://lyncdiscover.contoso.com/", ROOT),
    (f"frame {DIRECTOR}{FRAME}", FRAMED),
    (f"GET {USER}", challenge(DIRECTOR)),
    (f"POST {DIRECTOR}/WebTicket/oauthtoken", ticket("cwt=director")),
    (f"GET {USER}", TO_HOME),
    (f"frame {HOME}{FRAME}", FRAMED),
)


def test_a_page_with_the_frame_signs_in_on_a_home_pool_with_a_ticket_of_its_own() -> None:
    machine = SignIn(wish())
    asks = play(
        machine,
        *UNTIL_HOME,
        (f"GET {APPLICATIONS}", challenge(HOME)),
        (f"POST {HOME}/WebTicket/oauthtoken", ticket("cwt=home")),
        (f"POST {APPLICATIONS}", created()),
    )
    assert machine.outcome is Outcome.SIGNED_IN
    assert machine.application == f"{HOME}/ucwa/oauth/v1/applications/105"
    probe, post = asks[-3], asks[-1]
    assert isinstance(probe, Send)
    assert isinstance(post, Send)
    assert probe.request.headers.get("authorization") is None
    assert post.request.headers.get("authorization") == "Bearer cwt=home"
    assert post.document == HOME + FRAME
    assert {ask.request.headers.get("x-ms-origin") for ask in asks if isinstance(ask, Send)} == {str(PAGE)}


def test_microsofts_sample_takes_its_one_ticket_along() -> None:
    machine = SignIn(wish("sample"))
    asks = play(machine, *UNTIL_HOME, (f"POST {APPLICATIONS}", Reply(Response(500))))
    assert machine.outcome is Outcome.FAILED
    last = asks[-1]
    assert isinstance(last, Send)
    assert last.request.headers.get("authorization") == "Bearer cwt=director"


def test_a_home_pool_that_prints_no_challenge_is_asked_for_a_ticket_all_the_same() -> None:
    machine = SignIn(wish())
    play(
        machine,
        *UNTIL_HOME,
        (f"GET {APPLICATIONS}", Reply(Response(401))),
        (f"POST {HOME}/WebTicket/oauthtoken", ticket("cwt=home")),
        (f"POST {APPLICATIONS}", created()),
    )
    assert machine.outcome is Outcome.SIGNED_IN


def test_one_pool_needs_one_ticket() -> None:
    machine = SignIn(wish("script"))
    here = f"{DIRECTOR}/ucwa/oauth/v1/applications"
    play(
        machine,
        ("GET https://lyncdiscoverinternal.contoso.com/", NOTHING),
        ("GET https://lyncdiscover.contoso.com/", ROOT),
        (f"GET {USER}", challenge(DIRECTOR)),
        (f"POST {DIRECTOR}/WebTicket/oauthtoken", ticket("cwt=a")),
        (f"GET {USER}", links(applications=here)),
        (f"POST {here}", created()),
    )
    assert machine.outcome is Outcome.SIGNED_IN


@pytest.mark.parametrize("again", ["a ticket", "no ticket"])
def test_where_no_host_changes_the_refusal_of_the_ticket_tells(again: str) -> None:
    """Behind a gateway every pool is on one origin; another ticket is asked for once, not for ever."""
    gate = "http://localhost:8765"
    here = f"{gate}/ny/ucwa/oauth/v1/applications"
    user = f"{gate}/director/Autodiscover/AutodiscoverService.svc/root/oauth/user"
    line = ("X-Ms-diagnostics", '28032;source="x";reason="The web ticket is invalid."')
    wrong = Reply(Response(500, Headers((line,))))
    machine = SignIn(wish("script", roots=(f"{gate}/",)))
    play(
        machine,
        (f"GET {gate}/", links(user=user)),
        (f"GET {user}", challenge(f"{gate}/director")),
        (f"POST {gate}/director/WebTicket/oauthtoken", ticket("cwt=director")),
        (f"GET {user}", links(applications=here)),
        (f"POST {here}", wrong),
        (f"GET {here}", challenge(f"{gate}/ny")),
        (f"POST {gate}/ny/WebTicket/oauthtoken", ticket("cwt=ny")),
        (f"POST {here}", created() if again == "a ticket" else wrong),
    )
    assert machine.outcome is (Outcome.SIGNED_IN if again == "a ticket" else Outcome.FAILED)


def test_a_script_tries_plain_http_last_and_checks_where_it_is_sent() -> None:
    machine = SignIn(wish("script"))
    play(
        machine,
        ("GET https://lyncdiscoverinternal.contoso.com/", NOTHING),
        ("GET https://lyncdiscover.contoso.com/", NOTHING),
        ("GET http://lyncdiscoverinternal.contoso.com/", NOTHING),
        ("GET http://lyncdiscover.contoso.com/", links(redirect="https://evil.example/root")),
    )
    assert machine.outcome is Outcome.FAILED
    assert "not trusted" in machine.why


def test_a_redirect_starts_discovery_over_and_has_an_end() -> None:
    machine = SignIn(
        wish("script", roots=("https://a.contoso.com/Autodiscover/AutodiscoverService.svc/root",))
    )
    url = machine.wish.roots[0]
    for hop in range(MOST_REDIRECTS):
        following = f"https://h{hop}.contoso.com/Autodiscover/AutodiscoverService.svc/root"
        play(machine, (f"GET {url}", links(redirect=following)))
        url = following
    play(machine, (f"GET {url}", links(redirect=url)))
    assert machine.outcome is Outcome.FAILED
    assert "redirects" in machine.why


def test_the_password_is_encoded_and_not_shown() -> None:
    machine = SignIn(wish())
    ask = play(machine, *UNTIL_HOME[:6])[-1]
    assert isinstance(ask, Send)
    assert parse_qs(ask.request.body.decode()) == {
        "grant_type": ["password"],
        "username": ["CONTOSO\\lene"],
        "password": ["p&ss+%"],
    }
    assert "p&ss" not in repr(machine.wish)


def test_an_anonymous_guest_brings_the_conference() -> None:
    uri = "sip:john@contoso.com;gruu;opaque=app:conf:focus:id:G03W98W4"
    machine = SignIn(wish(credentials=Anonymous(uri, "G03W98W4")))
    ask = play(machine, *UNTIL_HOME[:6])[-1]
    assert isinstance(ask, Send)
    form = parse_qs(ask.request.body.decode())
    assert form["ms_rtc_conferenceuri"] == [uri]
    assert form["grant_type"] == ["urn:microsoft.rtc:anonmeeting"]


def test_a_sign_in_that_has_ended_asks_nothing() -> None:
    machine = SignIn(wish("script", roots=("https://a.contoso.com/",)))
    machine.ask()
    machine.answered(NOTHING)
    with pytest.raises(ValueError, match="ended"):
        machine.ask()


def test_every_state_of_the_table_leads_on() -> None:
    assert set(NEXT) | ENDED == set(State)
    reached = {following for row in NEXT.values() for following in row.values()}
    assert State.SIGNED_IN in reached
    assert State.PROBE not in reached


_replies = st.one_of(
    st.builds(Reply, failure=st.sampled_from(list(Failure))),
    st.just(ROOT),
    st.just(TO_HOME),
    st.just(challenge(DIRECTOR)),
    st.just(ticket("cwt=x")),
    st.just(created()),
    st.just(FRAMED),
    st.builds(
        links, redirect=st.sampled_from([USER, "https://x/", "//", "javascript:1", "https://[", "/root"])
    ),
    st.builds(
        lambda status, body, kind: Reply(Response(status, Headers((("Content-Type", kind),)), body)),
        st.integers(200, 599),
        st.binary(max_size=60),
        st.sampled_from(["application/json", "text/html", "application/xml", ""]),
    ),
)


@given(st.sampled_from(list(CLIENTS)), st.lists(_replies, max_size=60))
def test_any_answers_lead_to_an_end_or_a_next_question(client: str, replies: list[Reply]) -> None:
    machine = SignIn(wish(client))
    for reply in replies:
        if machine.state in ENDED:
            break
        ask = machine.ask()
        assert ask == machine.ask()
        assert isinstance(ask, LoadFrame) or isinstance(ask.request, Request)
        machine.answered(reply)
    assert (machine.outcome is Outcome.UNFINISHED) == (machine.state not in ENDED)
