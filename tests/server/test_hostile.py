"""Whatever arrives, a farm answers: no exception, and a status that is documented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.deployment.model import Side
from hairpin.server import Hold
from hairpin.server.accept import preferred
from hairpin.wire.message import Headers, Request
from tests.server.farms import SERVICE, Client

CLIENT = Client(pool="ny")
TICKET = CLIENT.ticket()
PATHS = st.sampled_from(
    [
        "/",
        "/xframe",
        SERVICE,
        f"{SERVICE}/oauth/user",
        f"{SERVICE}/domain",
        "/WebTicket/oauthtoken",
        "/ucwa/oauth/v1/applications",
        "/ucwa/oauth/v1/applications/1/events",
    ]
)
VALUES = st.text(max_size=40) | st.sampled_from(
    [f"Bearer {TICKET}", "application/xml", "https://x.example:99999"]
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["Host", "Accept", "Authorization", "X-Ms-Origin", "Content-Type", "Cookie"]), VALUES
    ),
    max_size=4,
)
URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(
        ["https://lyncdiscover.nnylync.info", "https://webext-ny.nny.info", "https://[::1]:443", ""]
    ),
    PATHS,
    st.sampled_from(["", "?", "?originalDomain=", "?ack=", "/", "%", "%ff%00", "#"]),
    st.text(max_size=20),
) | st.text(max_size=40)
METHODS = st.sampled_from(["GET", "POST", "OPTIONS", "DELETE", "PUT", "HEAD", "get", "TRACE", ""]) | st.text(
    max_size=8
)
KNOWN = {200, 201, 204, 400, 401, 403, 404, 405, 409, 413, 415, 500}


@given(METHODS, URLS, LINES, st.binary(max_size=200), st.sampled_from(list(Side)), st.booleans())
def test_everything_gets_an_answer(
    method: str, url: str, lines: list[tuple[str, str]], body: bytes, side: Side, secure: bool
) -> None:
    request = Request(method, url, Headers(tuple(lines)), body)
    found = CLIENT.farm.answer(CLIENT.site(side=side, secure=secure), request, CLIENT.now)
    response = found.response if isinstance(found, Hold) else found
    assert response.status in KNOWN
    for name, value in response.headers:
        assert "\r" not in name + value
        assert "\n" not in name + value
        value.encode("ascii")


@pytest.mark.parametrize("url", ["https://[oops/", "https://a.example/?" + "a=1&" * 100])
def test_a_url_that_is_none_is_a_bad_request(url: str) -> None:
    response = CLIENT.get(url)
    assert (response.status, response.media_type) == (400, "text/html")
    assert response.headers.get("x-ms-server-fqdn") == "Lync-SE.NNY.local"


def test_a_quality_that_is_no_number_counts_in_full() -> None:
    offered = ("application/json", "application/xml")
    assert preferred("application/json;q=0.9, application/xml;q=high", offered) == "application/xml"
    assert preferred("application/json;q=0.9, application/xml;q=7", offered) == "application/xml"
    assert preferred("application/json;q=0, application/xml;q=nan", offered) == "application/xml"


@given(st.binary(max_size=300), st.sampled_from(["application/json", "application/xml", ""]))
def test_any_input_gets_a_documented_answer(body: bytes, media: str) -> None:
    lines = Headers((("Authorization", f"Bearer {TICKET}"), ("Content-Type", media)))
    request = Request("POST", "https://webext-ny.nny.info/ucwa/oauth/v1/applications", lines, body)
    response = CLIENT.farm.answer(CLIENT.site(), request, CLIENT.now)
    assert not isinstance(response, Hold)
    assert response.status in {201, 400}


@given(st.text(max_size=60))
def test_any_accept_prefers_something_on_offer(accept: str) -> None:
    assert preferred(accept, ("application/json", "application/xml")) in {
        "application/json",
        "application/xml",
    }
