"""What a request is for, and the journey that exchanges make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.signin.journey import Outcome, journey_of
from hairpin.signin.steps import Role, role_of
from hairpin.signin.trust import may_follow
from hairpin.wire.exchange import Failure, Kind, observe
from hairpin.wire.message import Headers, Request, Response


@pytest.mark.parametrize(
    ("url", "role"),
    [
        ("https://lyncdiscover.contoso.com/", Role.ROOT),
        ("https://LyncDiscoverInternal.contoso.com/?sipuri=sip:a@b", Role.ROOT),
        ("https://www.contoso.com/", Role.OTHER),
        ("https://lyncdiscover.contoso.com/xframe", Role.XFRAME),
        ("https://e/autodiscover/xframe/xframe.HTML", Role.XFRAME),
        ("https://e/Autodiscover/AutodiscoverService.svc/root?originalDomain=x", Role.ROOT),
        ("https://e/autodiscover/autodiscoverservice.svc/root/oauth/user", Role.USER),
        ("https://e/autodiscover/autodiscoverservice.svc/root/user", Role.USER),
        ("https://e/autodiscover/autodiscoverservice.svc/root/domain", Role.DOMAIN),
        ("https://e/webticket/oauthtoken", Role.TICKET),
        ("https://e/ucwa/oauth/v1/applications", Role.APPLICATIONS),
        ("https://e/ucwa/v1/applications/", Role.APPLICATIONS),
        ("https://e/ucwa/oauth/v1/applications/105", Role.APPLICATION),
        ("https://e/ucwa/oauth/v1/applications/105/events?ack=1", Role.EVENTS),
        ("https://e/ucwa/oauth/v1/applications/105/me/makeMeAvailable", Role.RESOURCE),
        ("https://gate/base/director/WebTicket/oauthtoken", Role.TICKET),
        ("https://app.contoso.com/scripts/app.js", Role.OTHER),
    ],
)
def test_a_path_tells_what_a_request_is_for(url: str, role: Role) -> None:
    assert role_of(url) is role


@given(st.text(max_size=80))
def test_any_text_has_a_role(url: str) -> None:
    role_of(url)


@pytest.mark.parametrize(
    ("source", "target", "approved", "followed"),
    [
        ("https://a.contoso.com/", "https://webdir1a.online.lync.com/", (), True),
        ("http://lyncdiscover.contoso.com/", "https://web.contoso.com/", (), True),
        ("http://lyncdiscover.contoso.com/", "https://contoso.com/", (), True),
        ("http://lyncdiscover.contoso.com/", "https://notcontoso.com/", (), False),
        ("http://lyncdiscover.contoso.com/", "https://evil.example/contoso.com", (), False),
        ("http://lyncdiscover.contoso.com/", "https://evil.example/", ("evil.example",), True),
        ("https://a.contoso.com/", "javascript:alert(1)", (), False),
    ],
)
def test_only_redirects_received_in_the_clear_are_checked(
    source: str, target: str, approved: tuple[str, ...], followed: bool
) -> None:
    assert may_follow(source, target, "contoso.com", approved) is followed


def exchange(method: str, url: str, status: int | None, **more: object) -> object:
    response = (
        None if status is None else Response(status, Headers((("Content-Type", "application/json"),)), b"{}")
    )
    return observe(Request(method, url), response, **more)  # type: ignore[arg-type]


USER = "https://e/autodiscover/autodiscoverservice.svc/root/oauth/user"


def test_a_journey_ends_as_its_last_step_says() -> None:
    challenged = exchange("GET", USER, 401)
    preflight = exchange("OPTIONS", "https://i/WebTicket/oauthtoken", 400, kind=Kind.PREFLIGHT)
    blocked = exchange("POST", "https://i/WebTicket/oauthtoken", None, failure=Failure.BLOCKED_CORS)
    noise = exchange("GET", "https://cdn.example/a.js", 404)
    assert journey_of((challenged,)).outcome is Outcome.UNFINISHED  # type: ignore[arg-type]
    assert journey_of((challenged, preflight)).outcome is Outcome.FAILED  # type: ignore[arg-type]
    assert journey_of((challenged, preflight, blocked, noise)).outcome is Outcome.FAILED  # type: ignore[arg-type]
    assert journey_of((noise,)).outcome is Outcome.UNFINISHED  # type: ignore[arg-type]
