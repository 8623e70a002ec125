"""Origins as browsers compare them, and diagnostics as servers print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.wire.diagnostics import Diagnostics, diagnosed, read_diagnostics
from hairpin.wire.origin import BadUrl, maybe_origin, origin_of, resolve


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://WebDir.Contoso.com/x?y#z", "https://webdir.contoso.com"),
        ("https://webdir.contoso.com:443/", "https://webdir.contoso.com"),
        ("http://webdir.contoso.com:443/", "http://webdir.contoso.com:443"),
        ("https://webdir.contoso.com.:4443", "https://webdir.contoso.com:4443"),
        ("https://[::1]:8443/a", "https://[::1]:8443"),
        ("HTTP://user:secret@host/", "http://host"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert str(origin_of(url)) == origin


@pytest.mark.parametrize(
    "url", ["/relative", "null", "", "ftp://host/", "https:///path", "https://host:99999/", "https://[::1/"]
)
def test_what_has_no_origin_is_named(url: str) -> None:
    with pytest.raises(BadUrl):
        origin_of(url)
    assert maybe_origin(url) is None


@given(st.text(max_size=100))
def test_any_text_has_an_origin_or_none(text: str) -> None:
    origin = maybe_origin(text)
    assert origin is None or origin_of(str(origin)) == origin


def test_links_are_followed_from_where_they_were_handed_out() -> None:
    base = "https://host:4443/ucwa/oauth/v1/applications"
    assert (
        resolve(base, "/ucwa/oauth/v1/applications/105") == "https://host:4443/ucwa/oauth/v1/applications/105"
    )
    assert resolve(base, "https://other/x") == "https://other/x"


def test_diagnostics_are_printed_as_servers_print_them() -> None:
    assert str(diagnosed(28020, "Director.NNY.local")) == (
        '28020;source="Director.NNY.local";reason="No valid security token."'
    )


@given(
    st.integers(0, 10**9 - 1),
    st.from_regex(r"[\w.-]{0,20}", fullmatch=True),
    st.from_regex(r"[\w ;.,]{0,30}", fullmatch=True),
)
def test_diagnostics_are_read_back(number: int, source: str, reason: str) -> None:
    told = Diagnostics(number, source.strip(), reason.strip(), "wsse:FailedAuthentication")
    assert read_diagnostics(str(told)) == told


@given(st.text(max_size=100))
def test_any_text_is_read_as_diagnostics_or_not(text: str) -> None:
    read_diagnostics(text)
