"""The allow list: checked first, everywhere, by scheme, host and port."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.server.origins import is_allowed
from hairpin.wire.origin import Origin
from tests.server.farms import APP, SERVICE, Client, at_once, diagnosed

ORIGINS = st.builds(
    Origin,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["contoso.com", "app.contoso.com", "a.example"]),
    st.sampled_from([80, 443, 8080]),
)


@pytest.mark.parametrize(
    "path",
    [
        "https://lyncdiscover.nnylync.info/",
        "/xframe",
        "/Autodiscover/XFrame/XFrame.html",
        SERVICE,
        f"{SERVICE}/oauth/user",
        "/WebTicket/oauthtoken",
        "/ucwa/oauth/v1/applications",
        "/nothing",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_strange_origin_is_refused_on_every_path(path: str, method: str) -> None:
    client = Client()
    response = at_once(client.ask(method, path, ("X-Ms-Origin", "https://evil.example")))
    assert (response.status, diagnosed(response), response.media_type) == (403, 28070, "text/html")
    reason = "Service does not allow a cross domain request from this origin."
    told = f'28070;source="Director.NNY.local";reason="{reason}"'
    assert response.headers.get("x-ms-diagnostics") == told
    assert response.headers.get("x-ms-server-fqdn") == "Director.NNY.local"
    allowed = at_once(client.ask(method, path, ("X-Ms-Origin", APP)))
    plain = at_once(client.ask(method, path))
    assert allowed.status == plain.status != 403


def test_each_pool_has_its_own_list() -> None:
    line = ("X-Ms-Origin", "http://localhost:8080")
    assert Client().get(SERVICE, line).status == 200
    assert diagnosed(Client(pool="ny").get(SERVICE, line)) == 28070


def test_plain_http_is_checked_too() -> None:
    response = Client().get("http://lyncdiscover.nnylync.info/", ("X-Ms-Origin", "null"), secure=False)
    assert diagnosed(response) == 28070


@given(st.lists(ORIGINS, max_size=4), ORIGINS)
def test_an_origin_is_allowed_when_it_is_on_the_list(allowed: list[Origin], asks: Origin) -> None:
    assert is_allowed([str(one) for one in allowed], str(asks)) == (asks in allowed)


@pytest.mark.parametrize(
    "named", [None, "https://contoso.com", "HTTPS://Contoso.COM", "https://contoso.com:443"]
)
def test_one_origin_in_every_spelling(named: str | None) -> None:
    assert is_allowed(["https://Contoso.com"], named)


@pytest.mark.parametrize(
    "named",
    [
        "",
        "null",
        "contoso.com",
        "http://contoso.com",
        "https://contoso.com:8443",
        "https://contoso.com/",
        "https://contoso.com/x",
        "https://contoso.com.evil.example",
        "https://user@contoso.com",
        "https://contoso.com?x",
        "https://contoso.com, https://contoso.com",
        " https://contoso.com",
        "https://contoso.com.",
    ],
)
def test_what_is_not_exactly_an_origin_on_the_list(named: str) -> None:
    assert not is_allowed(["https://contoso.com"], named)


def test_an_unreadable_entry_allows_nobody() -> None:
    assert not is_allowed(["*", "null", ""], "null")
    assert not is_allowed(["*"], "https://contoso.com")


def test_naming_two_origins_is_naming_none() -> None:
    lines = (("X-Ms-Origin", APP), ("x-ms-origin", "https://evil.example"))
    assert diagnosed(Client().get(SERVICE, *lines)) == 28070
    assert diagnosed(Client().get(SERVICE, *reversed(lines))) == 28070
