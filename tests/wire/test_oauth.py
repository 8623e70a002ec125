"""The token exchange: every published spelling of the form is read, and the documented one is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.wire.challenge import ANONYMOUS, PASSIVE, PASSWORD
from hairpin.wire.message import Headers, Response
from hairpin.wire.oauth import (
    conference_uri,
    read_conference,
    read_error,
    read_form,
    read_ticket,
    ticket_form,
    write_error,
    write_ticket,
)

MEETING = "sip:john@contoso.com;gruu;opaque=app:conf:focus:id:5LB7MRBC"


def answer(body: bytes, media: str = "application/json") -> Response:
    return Response(200, Headers((("Content-Type", media),)), body)


@given(*[st.none() | st.text(st.characters(exclude_categories=["Cs"]))] * 4)
def test_a_form_is_read_back(
    username: str | None, password: str | None, conference: str | None, renew: str | None
) -> None:
    body = ticket_form(PASSWORD, username=username, password=password, conference=conference, renew=renew)
    form = read_form(body)
    assert form is not None
    assert (form.grant, form.username, form.password) == (PASSWORD, username, password)
    assert (form.conference, form.renew) == (conference, renew)


def test_values_may_be_raw() -> None:
    form = read_form(b"grant_type=password&username=lenea@contoso.com&password=pass@word1")
    assert form is not None
    assert (form.username, form.password) == ("lenea@contoso.com", "pass@word1")
    guest = read_form(
        f"grant_type={ANONYMOUS}&password=5LB7MRBC&ms_rtc_conferenceuri={MEETING}&ms_rtc_renew=cwt%3dAA".encode()
    )
    assert guest is not None
    assert (guest.conference, guest.renew) == (MEETING, "cwt=AA")


def test_misspelt_and_oddly_cased_names_and_grants() -> None:
    form = read_form(b"Grant_Type=urn:Microsoft.rtc:passive&msrtc_conferenceuri=x&resource=host&scope=all")
    assert form is not None
    assert (form.grant, form.conference, form.scope) == (PASSIVE, "x", "all")


def test_the_documented_name_outweighs_the_misspelt_one() -> None:
    form = read_form(b"msrtc_conferenceuri=wrong&ms_rtc_conferenceuri=right")
    assert form is not None
    assert form.conference == "right"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"grant_type=%ff", b"a=1&" * 100, b"x" * 70_000])
def test_what_is_no_form(body: bytes) -> None:
    assert read_form(body) is None


@pytest.mark.parametrize("body", [b"", b"{}", b"grant_type=", b"%zz&&==&=&", b'{"grant_type":"password"}'])
def test_a_form_without_a_grant(body: bytes) -> None:
    form = read_form(body)
    assert form is not None
    assert form.grant is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_none(body: bytes) -> None:
    read_form(body)
    read_form(b"grant_type=password&username=" + body)


def test_an_answer_has_its_members_in_the_order_of_the_wire() -> None:
    body = write_ticket("cwt=AAEB", 28289)
    assert body == (
        b'{"access_token":"cwt=AAEB","expires_in":28289,"ms_rtc_identityscope":"local","token_type":"Bearer"}'
    )
    assert read_ticket(answer(body)) == "cwt=AAEB"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"access_token":5}', b'{"access_token":""}', b"<html/>"])
def test_no_ticket_in_other_answers(body: bytes) -> None:
    assert read_ticket(answer(body)) is None


def test_the_passive_error_escapes_its_slashes() -> None:
    body = write_error("invalid_grant", "https://server.contoso.com/PassiveAuth/PassiveAuth.aspx")
    assert body == (
        rb'{"error":"invalid_grant","ms_rtc_passiveauthuri":"https:\/\/server.contoso.com\/PassiveAuth\/PassiveAuth.aspx"}'
    )
    assert read_error(answer(body)) == (
        "invalid_grant",
        "https://server.contoso.com/PassiveAuth/PassiveAuth.aspx",
    )


def test_errors_of_ucwa_in_both_formats_and_nothing_in_html() -> None:
    assert read_error(answer(b'{"code":"Gone","subcode":"TooManyApplications"}')) == ("Gone", None)
    xml = b'<reason xmlns="http://schemas.microsoft.com/rtc/2012/03/ucwa"><code> Conflict </code></reason>'
    assert read_error(answer(xml, "application/xml")) == ("Conflict", None)
    assert read_error(answer(b'{"error":"x"}', "text/html")) == (None, None)


@given(st.binary(max_size=200))
def test_any_answer_is_read_without_harm(body: bytes) -> None:
    read_error(answer(body))
    read_error(answer(b'{"error":' + body + b"}"))
    read_ticket(answer(body))


def test_meetings_are_named_by_organizer_and_id() -> None:
    assert conference_uri("sip:john@contoso.com", "5LB7MRBC") == MEETING
    assert read_conference(MEETING) == ("john@contoso.com", "5LB7MRBC")
    assert read_conference("SIP:John@Contoso.com;gruu;opaque=app:conf:focus:id:5LB7MRBC") == (
        "john@contoso.com",
        "5LB7MRBC",
    )


@pytest.mark.parametrize(
    "uri", ["", "sip:john@contoso.com", MEETING + ";x", "john;gruu;opaque=app:conf:focus:id:1"]
)
def test_what_names_no_meeting(uri: str) -> None:
    assert read_conference(uri) is None
