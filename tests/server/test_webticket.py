"""Tickets: who gets one, what it says when not, and where it is good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.deployment.model import Side
from hairpin.wire.challenge import ANONYMOUS, PASSIVE, PASSWORD, WINDOWS, read_challenge
from hairpin.wire.message import Response
from tests.server.farms import MEETING, SERVICE, Client, at_once, bearer, content, diagnosed, links

GRANTS = "urn:microsoft.rtc:windows,urn:microsoft.rtc:passive,urn:microsoft.rtc:anonmeeting,password"
USER = f"{SERVICE}/oauth/user"


def refused(response: Response, error: str, id: int) -> None:
    """An OAuth error with the headers of 3.6."""
    assert response.status == 400
    assert content(response) == {"error": error}
    assert diagnosed(response) == id
    lines = dict(response.headers)
    assert lines["Content-Type"] == "application/json;charset=UTF-8"
    assert lines["Cache-Control"] == "no-store"
    assert lines["Pragma"] == "no-cache"


def test_the_challenge_is_two_lines_exactly_as_printed() -> None:
    response = Client(side=Side.INTERNAL).get(f"https://webdir.nnylync.info{USER}")
    assert response.status == 401
    assert [line for line in response.headers if line[0] == "WWW-Authenticate"] == [
        ("WWW-Authenticate", 'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"'),
        (
            "WWW-Authenticate",
            f'MsRtcOAuth href="https://director.nny.local/WebTicket/oauthtoken",grant_type="{GRANTS}"',
        ),
    ]
    assert response.media_type == "text/html"
    assert diagnosed(response) is None


@pytest.mark.parametrize(
    "name", ["lene@nnylync.info", "sip:LENE@nnylync.info", "lene@nny.local", "NNY\\lene", "nny\\Lene", "lene"]
)
def test_a_password_buys_a_ticket_under_every_name_of_the_user(name: str) -> None:
    client = Client()
    response = client.token(username=name, password="pass@word1")
    assert response.status == 200
    answer = content(response)
    assert list(answer) == ["access_token", "expires_in", "ms_rtc_identityscope", "token_type"]
    assert answer["access_token"].startswith("cwt=AAEB")
    assert 27360 <= answer["expires_in"] <= 28800
    assert (answer["ms_rtc_identityscope"], answer["token_type"]) == ("local", "Bearer")
    assert dict(response.headers)["Cache-Control"] == "no-store"
    assert dict(response.headers)["Content-Type"] == "application/json"
    assert client.get(USER, bearer(answer["access_token"])).status == 200


@pytest.mark.parametrize("password", ["", "pass@word", "pass@word1 ", "PASS@WORD1", "pæss"])
def test_a_wrong_password_and_an_unknown_user_look_the_same(password: str) -> None:
    refused(Client().token(username="lene@nnylync.info", password=password), "invalid_grant", 28020)
    refused(Client().token(username="nobody@nnylync.info", password=password), "invalid_grant", 28020)


def test_a_user_who_is_not_enabled_is_told_so_only_after_the_right_password() -> None:
    response = Client().token(username="gone@nnylync.info", password="g")
    assert (response.status, diagnosed(response), response.media_type) == (403, 28000, "text/html")
    assert 'faultcode="wsse:FailedAuthentication"' in (response.headers.get("x-ms-diagnostics") or "")
    refused(Client().token(username="gone@nnylync.info", password="x"), "invalid_grant", 28020)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"username=a&password=b",
        b"grant_type=password",
        b"grant_type=password&username=lene",
        b"\xff",
    ],
)
def test_an_incomplete_form_is_an_invalid_request(body: bytes) -> None:
    refused(Client().post("/WebTicket/oauthtoken", body=body), "invalid_request", 28020)


def test_the_preflight_of_the_original_case() -> None:
    response = at_once(
        Client(side=Side.INTERNAL).ask(
            "OPTIONS",
            "/WebTicket/oauthtoken",
            ("Origin", "https://webdir.nnylync.info"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type, accept, x-ms-origin"),
        )
    )
    lines = dict(response.headers)
    assert response.status == 400
    assert lines["X-Ms-diagnostics"] == '28020;source="Director.NNY.local";reason="No valid security token."'
    assert lines["X-MS-Server-Fqdn"] == "Director.NNY.local"
    assert not [name for name in lines if name.lower().startswith("access-control")]


def test_passive_points_to_the_sign_in_page_of_the_site() -> None:
    response = Client().token(PASSIVE)
    assert response.status == 400
    assert diagnosed(response) == 28020
    assert content(response) == {
        "error": "invalid_grant",
        "ms_rtc_passiveauthuri": "https://webdir.nnylync.info/PassiveAuth/PassiveAuth.aspx",
    }
    assert rb"https:\/\/webdir" in response.body


def test_windows_is_asked_for_on_two_lines_of_its_own() -> None:
    response = Client().token(WINDOWS)
    assert response.status == 401
    assert response.headers.all("www-authenticate") == ("Negotiate", "NTLM")
    assert read_challenge(response.headers.all("www-authenticate")) is None


@pytest.mark.parametrize(
    "grant", [PASSIVE, "client_credentials", "urn:ietf:params:oauth:grant-type:saml2-bearer"]
)
def test_a_grant_that_is_not_enabled(grant: str) -> None:
    refused(Client(pool="ny").token(grant), "unsupported_grant_type", 28029)


def test_the_only_scope_is_all() -> None:
    body = b"grant_type=password&username=lene&password=pass@word1&scope="
    refused(Client().post("/WebTicket/oauthtoken", body=body + b"some"), "invalid_scope", 28020)
    assert Client().post("/WebTicket/oauthtoken", body=body + b"all").status == 200


def test_the_answer_is_json_whatever_was_accepted_and_the_grant_has_no_case() -> None:
    response = Client().post(
        "/webticket/OAUTHTOKEN",
        ("Accept", "application/x-www-form-urlencoded;charset='utf-8'"),
        ("Content-Type", "application/x-www-form-urlencoded;charset='utf-8'"),
        body=b"grant_type=PassWord&username=lene&password=pass@word1&resource=webdir",
    )
    assert "access_token" in content(response)


def test_a_guest_of_a_meeting_and_the_renewal_of_the_same_guest() -> None:
    client = Client(pool="ny")
    response = client.token(ANONYMOUS, password="secret", conference=MEETING)
    assert 3420 <= content(response)["expires_in"] <= 3600
    first = str(content(response)["access_token"])
    second = content(client.token(ANONYMOUS, password="secret", conference=MEETING, renew=first))[
        "access_token"
    ]
    third = client.guest()
    assert [who(client, one) for one in (first, second)] == [who(client, first)] * 2
    assert who(client, third) != who(client, first)
    assert who(client, first).endswith("@anonymous.invalid")


def who(client: Client, ticket: str) -> str:
    body = b'{"culture":"en-us","userAgent":"x","endpointId":"y"}'
    lines = (bearer(ticket), ("Content-Type", "application/json"))
    response = client.post("/ucwa/oauth/v1/applications", *lines, body=body)
    return str(content(response)["_embedded"]["me"]["uri"])


def test_meetings_that_are_not_open() -> None:
    client = Client()
    refused(client.token(ANONYMOUS, password="wrong", conference=MEETING), "invalid_grant", 28020)
    other = MEETING.replace("5LB7MRBC", "AAAA")
    refused(client.token(ANONYMOUS, password="secret", conference=other), "invalid_grant", 28020)
    refused(client.token(ANONYMOUS, password="secret", conference="sip:x"), "invalid_request", 28020)
    refused(client.token(ANONYMOUS, password="secret"), "invalid_request", 28020)


def test_a_renewal_needs_a_good_ticket_of_the_same_meeting() -> None:
    client = Client()
    for ticket in ("cwt=AAEB", client.ticket(), client.guest(pool="ny")):
        response = client.token(ANONYMOUS, password="secret", conference=MEETING, renew=ticket)
        refused(response, "invalid_grant", 28020)
    late = client.guest()
    client.now += 4000
    response = client.token(ANONYMOUS, password="secret", conference=MEETING, renew=late)
    refused(response, "invalid_grant", 28020)


@pytest.mark.parametrize("path", [USER, "/ucwa/oauth/v1/applications", "/ucwa/v1/anything/else"])
@pytest.mark.parametrize(
    "line",
    [
        None,
        ("Authorization", ""),
        ("Authorization", "Bearer"),
        ("Authorization", "Bearer "),
        ("Authorization", "Basic x"),
    ],
)
def test_no_ticket_is_a_challenge(path: str, line: tuple[str, str] | None) -> None:
    response = Client().get(path, *(() if line is None else (line,)))
    challenge = read_challenge(response.headers.all("www-authenticate"))
    assert response.status == 401
    assert challenge is not None
    assert challenge.href == "https://webdir.nnylync.info/WebTicket/oauthtoken"


@pytest.mark.parametrize("path", [USER, "/ucwa/oauth/v1/applications"])
def test_a_ticket_is_good_on_the_pool_that_issued_it_only(path: str) -> None:
    client = Client()
    response = client.get(path, bearer(client.ticket()), pool="ny")
    assert (response.status, diagnosed(response), response.media_type) == (500, 28032, "text/html")
    assert 'source="Lync-SE.NNY.local"' in (response.headers.get("x-ms-diagnostics") or "")
    assert "www-authenticate" not in response.headers


def test_the_status_of_a_foreign_ticket_can_be_set() -> None:
    for status in (401, 403, 500):
        client = Client(wrong_pool_status=status)
        response = client.get(USER, bearer(client.ticket(pool="ny")))
        assert (response.status, diagnosed(response)) == (status, 28032)
        assert ("www-authenticate" in response.headers) == (status == 401)


def test_both_sites_of_a_pool_accept_its_tickets() -> None:
    client = Client()
    ticket = client.ticket()
    assert client.get(USER, bearer(ticket), side=Side.INTERNAL).status == 200


def test_an_expired_ticket_is_challenged_with_its_own_code() -> None:
    client = Client()
    ticket = client.ticket()
    client.now += 28800
    response = client.get(USER, bearer(ticket))
    assert (response.status, diagnosed(response)) == (401, 28033)
    assert read_challenge(response.headers.all("www-authenticate")) is not None


@given(st.data())
def test_a_changed_ticket_is_refused(data: st.DataObject) -> None:
    client = Client()
    ticket = client.ticket()
    at = data.draw(st.integers(4, len(ticket) - 1))
    put = data.draw(st.sampled_from("AZaz09-_").filter(lambda one: one != ticket[at]))
    response = client.get(USER, bearer(ticket[:at] + put + ticket[at + 1 :]))
    assert (response.status, diagnosed(response)) == (500, 28032)


def test_the_cookie_for_photos_is_no_ticket() -> None:
    client = Client(pool="ny")
    body = b'{"culture":"en-us","userAgent":"x","endpointId":"y"}'
    made = client.post("/ucwa/oauth/v1/applications", bearer(client.ticket()), body=body)
    cookie = (made.headers.get("set-cookie") or "").removeprefix("cwt_ucwa=").partition(";")[0]
    assert cookie.startswith("AAEB")
    assert diagnosed(client.get(USER, bearer(f"cwt={cookie}"))) == 28032


def test_a_ticket_short_lived_by_setting() -> None:
    client = Client(ticket_seconds=2)
    answer = content(client.token(PASSWORD, username="lene", password="pass@word1"))
    assert answer["expires_in"] == 2
    assert "applications" in links(client.get(USER, bearer(answer["access_token"])))
