"""Discovery: the listening site names internal or external, the home pool names itself."""

import pytest

from hairpin.deployment.model import Side
from hairpin.wire.discovery import access_location, read_links
from hairpin.wire.ticket import Ticket, seal
from tests.server.farms import SERVICE, Client, at_once, bearer, diagnosed, links

TOKENS = ("Accept", "application/vnd.microsoft.rtc.autodiscover+xml;v=1")


def test_the_root_of_a_discovery_name_is_the_document_of_the_external_site() -> None:
    response = Client().get("https://lyncdiscover.nnylync.info/", ("Accept", "application/json"))
    assert response.status == 200
    assert response.headers.get("content-type") == "application/json"
    base = "https://webdir.nnylync.info/Autodiscover"
    assert links(response) == {
        "self": f"{base}/AutodiscoverService.svc/root?originalDomain=nnylync.info",
        "user": f"{base}/AutodiscoverService.svc/root/oauth/user?originalDomain=nnylync.info",
        "xframe": f"{base}/XFrame/XFrame.html",
    }
    assert b"\n" not in response.body


def test_every_answer_has_the_common_headers_in_the_case_clients_look_for() -> None:
    response = Client().get("https://lyncdiscover.nnylync.info/")
    lines = dict(response.headers)
    assert lines["X-MS-Server-Fqdn"] == "Director.NNY.local"
    assert lines["Cache-Control"] == "no-cache"
    assert lines["Pragma"] == "no-cache"
    assert lines["Expires"] == "-1"
    assert lines["X-Content-Type-Options"] == "nosniff"
    assert lines["Server"].startswith("Microsoft-IIS/")
    assert lines["Date"] == "Tue, 13 May 2014 16:53:20 GMT"


@pytest.mark.parametrize(
    ("side", "host"), [(Side.INTERNAL, "director.nny.local"), (Side.EXTERNAL, "webdir.nnylync.info")]
)
def test_the_listening_site_chooses_the_names_and_not_the_host_that_was_asked(side: Side, host: str) -> None:
    client = Client()
    for asked in ("webdir.nnylync.info", "director.nny.local"):
        found = links(client.get(f"https://{asked}{SERVICE}", side=side))
        assert {href.split("/")[2] for href in found.values()} == {host}
        response = client.get(f"https://{asked}{SERVICE}", TOKENS, side=side)
        assert access_location(response) == side.capitalize()
        assert (read_links(response) or {})["user"].split("/")[2] == host


@pytest.mark.parametrize(
    "path", [SERVICE.upper(), SERVICE.lower(), SERVICE + "/", "/Autodiscover%2FAutodiscoverService.svc/root"]
)
def test_paths_are_compared_without_case_and_coding(path: str) -> None:
    assert "user" in links(Client().get(path))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://LyncDiscoverInternal.sub.nnylync.info/", "?originalDomain=sub.nnylync.info"),
        (f"https://lyncdiscover.nnylync.info{SERVICE}", "?originalDomain=nnylync.info"),
        (f"{SERVICE}?originalDomain=other.example", "?originalDomain=other.example"),
        (f"{SERVICE}?ORIGINALDOMAIN=a%22%3Cb", "?originalDomain=a%22%3Cb"),
        (f"{SERVICE}?sipuri=lene@nnylync.info", ""),
        (SERVICE, ""),
    ],
)
def test_the_original_domain_is_carried_on(url: str, expected: str) -> None:
    found = links(Client().get(url))
    assert found["self"].partition("/root")[2].lower() == expected.lower()
    assert found["user"].partition("/user")[2].lower() == expected.lower()
    assert "?" not in found["xframe"]


def test_the_host_header_counts_where_there_is_one() -> None:
    found = links(Client().get("https://10.10.0.10/", ("Host", "lyncdiscover.nnylync.info:4443")))
    assert found["self"].endswith("originalDomain=nnylync.info")


def test_the_bare_host_is_discovery_on_discovery_names_only() -> None:
    assert Client().get("https://webdir.nnylync.info/").status == 404


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/vnd.microsoft.com.ucwa+json", "application/json"),
        ("application/xml", "application/xml"),
        ("application/vnd.microsoft.com.ucwa+xml", "application/vnd.microsoft.com.ucwa+xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml"),
        ("application/json;q=0.1, application/xml;q=0.2", "application/xml"),
        ("application/json, text/javascript, */*; q=0.01", "application/json"),
        (TOKENS[1], "application/vnd.microsoft.rtc.autodiscover+xml"),
    ],
)
def test_three_representations_by_accept(accept: str | None, media: str) -> None:
    lines = () if accept is None else (("Accept", accept),)
    response = Client().get("https://lyncdiscover.nnylync.info/", *lines)
    assert response.media_type == media
    assert set(read_links(response) or {}) >= {"self", "user", "xframe"}


def test_the_token_list_of_the_root_keeps_user_and_oauth_apart() -> None:
    response = Client().get("https://lyncdiscover.nnylync.info/", TOKENS)
    text = response.body.decode()
    assert f'token="User" href="https://webdir.nnylync.info{SERVICE}/user"' in text
    assert f'token="OAuth" href="https://webdir.nnylync.info{SERVICE}/oauth/user"' in text


@pytest.mark.parametrize("path", [f"{SERVICE}/user", f"{SERVICE}/oauth/user"])
@pytest.mark.parametrize("side", list(Side))
def test_a_signed_in_user_is_told_of_the_home_pool_by_its_exposed_name(path: str, side: Side) -> None:
    client = Client(side=side)
    response = client.get(path, bearer(client.ticket()))
    base = "https://webext-ny.nny.info"
    assert links(response) == {
        "self": f"{base}{SERVICE}/user",
        "applications": f"{base}/ucwa/oauth/v1/applications",
        "xframe": f"{base}/Autodiscover/XFrame/XFrame.html",
    }


def test_a_deployment_may_expose_its_internal_names() -> None:
    client = Client(exposed_web_url="internal")
    found = links(client.get(f"{SERVICE}/oauth/user", bearer(client.ticket())))
    assert found["applications"] == "https://pool-ny.nny.local/ucwa/oauth/v1/applications"


def test_the_token_list_of_a_user_names_both_sides_and_the_exposed_one() -> None:
    client = Client()
    response = client.get(f"{SERVICE}/user", bearer(client.ticket()), TOKENS, side=Side.INTERNAL)
    found = read_links(response) or {}
    assert found["ucwa"] == found["applications"] == "https://webext-ny.nny.info/ucwa/v1/applications"
    assert found["internal/ucwa"] == "https://pool-ny.nny.local/ucwa/v1/applications"
    assert found["self"] == f"https://webext-ny.nny.info{SERVICE}/user"
    assert access_location(response) == "Internal"


def test_a_guest_is_at_home_where_the_organizer_is() -> None:
    client = Client()
    found = links(client.get(f"{SERVICE}/oauth/user", bearer(client.guest())))
    assert found["applications"].startswith("https://webext-ny.nny.info/")


def test_a_home_that_is_unknown_is_404_with_nothing_in_it() -> None:
    stranger = seal(Ticket("who@else.where", 2_000_000_000), "director", b"director".ljust(32, b"!"), b"n")
    response = Client().get(f"{SERVICE}/oauth/user", bearer(stranger))
    assert (response.status, response.body) == (404, b"")


@pytest.mark.parametrize("path", [f"{SERVICE}/domain", f"{SERVICE}/oauth/domain"])
def test_the_domain_needs_no_ticket(path: str) -> None:
    assert links(Client().get(path))["self"].endswith("/root/domain")


@pytest.mark.parametrize("accept", ["application/json", "application/xml", TOKENS[1]])
def test_plain_http_says_where_https_is(accept: str) -> None:
    response = Client().get("http://lyncdiscover.nnylync.info/", ("Accept", accept), secure=False)
    expected = f"https://webdir.nnylync.info{SERVICE}?originalDomain=nnylync.info"
    assert response.status == 200
    assert read_links(response) == {"redirect": expected}


def test_plain_http_may_redirect_instead_and_keeps_the_host() -> None:
    client = Client(http_discovery="redirect")
    response = client.get("http://lyncdiscover.nnylync.info/", secure=False)
    assert (response.status, response.headers.get("location")) == (302, "https://lyncdiscover.nnylync.info/")
    other = client.get(SERVICE, secure=False)
    assert other.headers.get("location") == f"https://webdir.nnylync.info{SERVICE}"


def test_nothing_else_is_served_without_tls() -> None:
    client = Client()
    for path in (f"{SERVICE}/oauth/user", "/WebTicket/oauthtoken", "/ucwa/oauth/v1/applications"):
        assert client.get(path, secure=False).status == 403


@pytest.mark.parametrize("path", [SERVICE, f"{SERVICE}/oauth/user", "/ucwa/oauth/v1/applications", "/xframe"])
def test_a_preflight_is_challenged(path: str) -> None:
    response = at_once(Client().ask("OPTIONS", path, ("Origin", "https://x.example")))
    assert response.status == 401
    assert diagnosed(response) is None
    assert not [name for name, _ in response.headers if name.lower().startswith("access-control")]


def test_other_methods_and_paths() -> None:
    assert at_once(Client().ask("POST", SERVICE)).status == 405
    assert Client().get("/Autodiscover/elsewhere").status == 404
