"""Every published form of the 401's challenge is read; what is written is the canonical two lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.wire.challenge import Challenge, read_challenge, read_schemes, write_challenge

TOKEN_URL = "https://lyncweb.contoso.com/WebTicket/oauthtoken"
WINDOWS = "urn:microsoft.rtc:windows"
ANONYMOUS = "urn:microsoft.rtc:anonmeeting"
BEARER = 'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"'
OURS = f'MsRtcOAuth href="{TOKEN_URL}",grant_type="{WINDOWS},{ANONYMOUS},password"'
ALL = (WINDOWS, ANONYMOUS, "password")


@pytest.mark.parametrize(
    ("lines", "href", "grants"),
    [
        pytest.param([BEARER, OURS], TOKEN_URL, ALL, id="two lines"),
        pytest.param([f"{BEARER}, {OURS}"], TOKEN_URL, ALL, id="folded"),
        pytest.param([f"{BEARER},{OURS}"], TOKEN_URL, ALL, id="folded without a space"),
        pytest.param([f"{OURS}, {BEARER}"], TOKEN_URL, ALL, id="ours first"),
        pytest.param([f"Negotiate, NTLM, {OURS}"], TOKEN_URL, ALL, id="folded after Negotiate and NTLM"),
        pytest.param(
            [f'MsRtcOAuth href={TOKEN_URL},grant_type="password"'],
            TOKEN_URL,
            ("password",),
            id="unquoted href",
        ),
        pytest.param(
            [f'MsRtcOAuth href="{TOKEN_URL}", grant_type="password"'], TOKEN_URL, ("password",), id="a space"
        ),
        pytest.param(
            [f'MsRtcOAuth grant_type="password",href="{TOKEN_URL}"'],
            TOKEN_URL,
            ("password",),
            id="grants first",
        ),
        pytest.param(
            [f'MsRtcOAuth href="{TOKEN_URL}",grant_type="{WINDOWS},{WINDOWS},password"'],
            TOKEN_URL,
            (WINDOWS, "password"),
            id="a grant twice",
        ),
        pytest.param(['MsRtcOAuth grant_type="password"'], None, ("password",), id="no href"),
        pytest.param([f'msrtcoauth HREF="{TOKEN_URL}"'], TOKEN_URL, (), id="other case"),
        pytest.param(
            [f'MsRtcOAuth href = "{TOKEN_URL}" , grant_type = "password"'],
            TOKEN_URL,
            ("password",),
            id="blanks",
        ),
        pytest.param(
            [OURS.replace("/WebTicket", ":4443/WebTicket")],
            TOKEN_URL.replace("/Web", ":4443/Web"),
            ALL,
            id="port",
        ),
        pytest.param(
            [f'{BEARER}, authorization_uri="https://login.windows.net/common/oauth2/authorize"', OURS],
            TOKEN_URL,
            ALL,
            id="authorization_uri",
        ),
    ],
)
def test_every_published_form_is_read(lines: list[str], href: str | None, grants: tuple[str, ...]) -> None:
    challenge = read_challenge(lines)
    assert challenge is not None
    assert (challenge.href, challenge.grants) == (href, grants)


@pytest.mark.parametrize(
    "lines", [[], [BEARER], ["Negotiate", "NTLM"], ['Basic realm="MsRtcOAuth href=x"'], [""]]
)
def test_other_schemes_are_no_challenge_of_ours(lines: list[str]) -> None:
    assert read_challenge(lines) is None


def test_the_two_lines_are_written_as_servers_print_them() -> None:
    assert write_challenge(Challenge(TOKEN_URL, ALL)) == (
        ("WWW-Authenticate", BEARER),
        ("WWW-Authenticate", OURS),
    )


def test_issuers_and_authorization_uri_survive() -> None:
    told = Challenge(
        TOKEN_URL, ALL, ("00000002-0000-0ff1-ce00-000000000000@contoso.com", "x"), "https://login.example/a"
    )
    assert read_challenge([value for _, value in write_challenge(told)]) == told


_urls = st.from_regex(r"https://[a-z0-9.-]{1,30}(:[0-9]{2,4})?/[A-Za-z0-9/._-]{0,30}", fullmatch=True)
_grants = st.lists(st.from_regex(r"[a-z][a-z0-9:.]{0,20}", fullmatch=True), unique=True, max_size=5)


@given(_urls, _grants, st.sampled_from([", ", ","]))
def test_what_is_written_is_read_back_folded_or_not(href: str, grants: list[str], fold: str) -> None:
    told = Challenge(href, tuple(grants))
    values = [value for _, value in write_challenge(told)]
    assert read_challenge(values) == told
    assert read_challenge([fold.join(values)]) == told


@given(st.lists(st.text(max_size=200), max_size=4))
def test_any_text_is_read_without_an_error(lines: list[str]) -> None:
    read_schemes(lines)
    read_challenge(lines)


def test_a_huge_line_takes_no_time() -> None:
    read_challenge(["MsRtcOAuth " + 'a="' * 200_000, "=" * 500_000, ("x " * 100_000)])
