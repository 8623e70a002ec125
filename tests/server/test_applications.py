"""Applications: made, read, ended, and nobody else's."""

import json
import re
from typing import Any

import defusedxml.ElementTree
import pytest

from hairpin.deployment.model import Side
from hairpin.server.applications import IDLE_SECONDS, MOST_PER_USER
from hairpin.wire.discovery import read_links
from hairpin.wire.message import Response
from hairpin.wire.oauth import read_error
from tests.server.farms import Client, at_once, bearer, content, links

PATH = "/ucwa/oauth/v1/applications"
JSON = ("Content-Type", "application/json")
XML = ("Accept", "application/xml")
INPUT = b"""<?xml version="1.0" encoding="utf-8"?>
<input xmlns="http://schemas.microsoft.com/rtc/2012/03/ucwa">
  <property name="culture">en-US</property>
  <property name="endpointId">a917c6f4</property>
  <property name="UserAgent">UCWA Samples</property>
  <propertyList name="x"><item>y</item></propertyList>
</input>"""
BODY = b'{"UserAgent":"UCWA Samples","EndpointId":"a917c6f4","Culture":"en-US"}'


def create(
    client: Client, ticket: str, body: bytes = BODY, *lines: tuple[str, str], path: str = PATH
) -> Response:
    return client.post(path, bearer(ticket), *(lines or (JSON,)), body=body)


@pytest.fixture
def client() -> Client:
    return Client(pool="ny")


@pytest.fixture
def ticket(client: Client) -> str:
    return client.ticket()


def test_a_new_application_with_all_that_is_embedded(client: Client, ticket: str) -> None:
    response = create(client, ticket)
    assert response.status == 201
    lines = dict(response.headers)
    here = links(response)["self"]
    assert re.fullmatch(r"/ucwa/oauth/v1/applications/\d{12}", here)
    assert lines["Content-Type"] == "application/json; charset=utf-8"
    assert lines["P3P"] == 'CP="IDC CUR ADMa OUR BUS"'
    assert lines["X-MS-Server-Fqdn"] == "Lync-SE.NNY.local"
    assert re.fullmatch(rf"cwt_ucwa=AAEB[\w-]+; path={here}/photos; secure; HttpOnly", lines["Set-Cookie"])
    found = content(response)
    assert (found["rel"], found["culture"], found["userAgent"]) == ("application", "en-US", "UCWA Samples")
    assert found["_links"]["events"]["href"] == f"{here}/events?ack=1"
    assert set(found["_links"]) == {"self", "policies", "batch", "events"}
    embedded = found["_embedded"]
    assert list(embedded) == ["me", "people", "onlineMeetings", "communication"]
    assert (embedded["me"]["name"], embedded["me"]["uri"]) == ("Lene Aaling", "sip:lene@nnylync.info")
    assert embedded["me"]["_links"]["makeMeAvailable"]["href"] == f"{here}/me/makeMeAvailable"
    assert embedded["me"]["_links"]["photo"]["href"] == f"{here}/photos/lene@nnylync.info"
    assert "please pass this in a PUT request" in embedded["communication"].values()
    assert embedded["communication"]["etag"].isdigit()
    assert {part["rel"] for part in embedded.values()} == set(embedded)


def test_the_same_application_in_xml(client: Client, ticket: str) -> None:
    response = create(client, ticket, BODY, JSON, XML)
    assert response.status == 201
    assert response.headers.get("content-type") == "application/xml; charset=utf-8"
    root = defusedxml.ElementTree.fromstring(response.body)
    namespace = "{http://schemas.microsoft.com/rtc/2012/03/ucwa}"
    assert (root.tag, root.get("rel")) == (f"{namespace}resource", "application")
    assert {link.get("rel") for link in root.findall(f"{namespace}link")} == {"policies", "batch", "events"}
    assert {part.get("rel") for part in root.findall(f"{namespace}resource")} == set(
        content(create(client, ticket))["_embedded"]
    )
    assert read_links(response) == links(create(client, ticket))


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((JSON,), BODY),
        ((JSON,), BODY.replace(b"}", b",}")),
        ((JSON,), BODY.replace(b"Culture", b"culture").replace(b"UserAgent", b"useragent")),
        ((JSON,), b"\xef\xbb\xbf" + BODY),
        ((JSON,), b'{"_links":{"a":{"href":"b"}},"_embedded":{},' + BODY[1:]),
        ((), BODY),
        ((("Content-Type", "application/vnd.microsoft.com.ucwa+json; charset=utf-8"),), BODY),
        (
            (("Content-Type", "application/xml"),),
            INPUT,
        ),
    ],
)
def test_one_input_in_every_spelling(
    client: Client, ticket: str, lines: tuple[tuple[str, str], ...], body: bytes
) -> None:
    first = links(create(client, ticket))["self"]
    response = client.post(PATH, bearer(ticket), *lines, body=body)
    assert response.status == 201
    assert links(response)["self"] == first


def test_inputs_may_be_query_parameters(client: Client, ticket: str) -> None:
    path = f"{PATH}?culture=en-US&EndpointId=a917c6f4&userAgent=UCWA%20Samples"
    response = client.post(path, bearer(ticket))
    assert content(response)["userAgent"] == "UCWA Samples"


def test_a_comma_inside_a_string_stays(client: Client, ticket: str) -> None:
    body = b'{"UserAgent":"a,} \\",]","EndpointId":"e","Culture":"en",}'
    assert content(create(client, ticket, body))["userAgent"] == 'a,} ",]'


@pytest.mark.parametrize("name", ["UserAgent", "EndpointId", "Culture"])
@pytest.mark.parametrize("value", ["", " ", "x" * 101, "a\x00b", 5, None, ["x"], "missing"])
def test_each_input_is_required_and_named_when_it_is_wrong(
    client: Client, ticket: str, name: str, value: object
) -> None:
    told: dict[str, Any] = json.loads(BODY)
    if value == "missing":
        del told[name]
    else:
        told[name] = value
    response = create(client, ticket, json.dumps(told).encode())
    found = content(response)
    assert (response.status, found["code"], found["subcode"]) == (
        400,
        "BadRequest",
        "ParameterValidationFailure",
    )
    assert list(found["parameters"]) == [name[0].lower() + name[1:]]


@pytest.mark.parametrize(
    ("lines", "body", "status", "subcode"),
    [
        ((JSON,), b"{", 400, "DeserializationFailure"),
        ((JSON,), b"[]", 400, "DeserializationFailure"),
        ((JSON,), b'"' * 1000, 400, "DeserializationFailure"),
        ((JSON,), b'{"a":' + b"[" * 500_000, 400, "DeserializationFailure"),
        ((JSON,), b"<wrong/>", 400, "DeserializationFailure"),
        ((JSON,), b'<!DOCTYPE input [<!ENTITY a "b">]><input>&a;</input>', 400, "DeserializationFailure"),
        ((JSON,), b" " * 2_000_000, 413, "LimitExceeded"),
        ((("Content-Type", "text/plain"),), BODY, 415, "UnsupportedMediaType"),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_input_that_cannot_be_read(
    client: Client,
    ticket: str,
    lines: tuple[tuple[str, str], ...],
    body: bytes,
    status: int,
    subcode: str,
    accept: str,
) -> None:
    response = create(client, ticket, body, *lines, ("Accept", accept))
    assert response.status == status
    assert subcode.encode() in response.body
    assert response.media_type == accept
    assert read_error(response)[0] is not None


def test_posting_again_is_the_same_application_and_another_endpoint_another(
    client: Client, ticket: str
) -> None:
    first = links(create(client, ticket))["self"]
    assert links(create(client, client.ticket()))["self"] == first
    assert links(create(client, ticket, BODY.replace(b"a917", b"b917")))["self"] != first


def test_read_and_end(client: Client, ticket: str) -> None:
    made = create(client, ticket)
    here = links(made)["self"]
    read = client.get(here, bearer(ticket))
    assert (read.status, content(read)) == (200, content(made))
    ended = at_once(client.ask("DELETE", here, bearer(ticket)))
    assert (ended.status, ended.body) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = at_once(client.ask(method, here, bearer(ticket)))
        assert gone.status == 404
        assert (content(gone)["code"], content(gone)["subcode"]) == ("NotFound", "ApplicationNotFound")


def test_both_trees_lead_to_the_same_application(client: Client, ticket: str) -> None:
    here = links(create(client, ticket))["self"]
    plain = here.replace("/oauth", "")
    assert links(client.get(plain.upper(), bearer(ticket)))["self"] == plain


@pytest.mark.parametrize("part", ["me", "people", "onlineMeetings", "communication"])
def test_embedded_resources_stand_alone_too(client: Client, ticket: str, part: str) -> None:
    made = create(client, ticket)
    response = client.get(f"{links(made)['self']}/{part}", bearer(ticket))
    assert content(response) == content(made)["_embedded"][part]


def test_an_application_answers_its_owner_only(client: Client, ticket: str) -> None:
    here = links(create(client, ticket))["self"]
    other = client.ticket("john@nnylync.info", "j")
    guest = client.guest()
    for stranger in (other, guest):
        for path in (here, f"{here}/events?ack=1", f"{here}/me"):
            assert content(client.get(path, bearer(stranger)))["subcode"] == "ApplicationNotFound"
        assert at_once(client.ask("DELETE", here, bearer(stranger))).status == 404
    assert client.get(here, bearer(ticket)).status == 200
    assert client.get(here).status == 401


def test_both_sites_run_applications_of_their_own(client: Client, ticket: str) -> None:
    here = links(create(client, ticket))["self"]
    assert client.get(here, bearer(ticket), side=Side.INTERNAL).status == 404


def test_a_guest_has_no_name_and_no_presence(client: Client) -> None:
    guest = client.guest()
    made = create(client, guest)
    me = content(made)["_embedded"]["me"]
    assert set(me) == {"uri", "_links", "rel"}
    assert set(me["_links"]) == {"self"}
    response = client.post(f"{me['_links']['self']['href']}/makeMeAvailable", bearer(guest), JSON, body=b"{}")
    assert (response.status, content(response)["subcode"]) == (403, "AnonymousNotAllowed")


def test_the_anonymous_path_needs_no_endpoint(client: Client) -> None:
    body = b'{"culture":"en-us","userAgent":"x"}'
    made = create(client, client.guest(), body, path="/ucwa/v1/anonApplications")
    assert made.status == 201
    assert links(made)["self"].startswith("/ucwa/v1/applications/")


def test_a_user_has_so_many_applications_and_the_oldest_ends(client: Client, ticket: str) -> None:
    made = [
        links(create(client, ticket, BODY.replace(b"a917", str(number).encode())))["self"]
        for number in range(MOST_PER_USER + 1)
    ]
    assert [client.get(one, bearer(ticket)).status for one in made] == [404] + [200] * MOST_PER_USER


def test_an_application_nobody_uses_is_forgotten_and_one_in_use_is_not(client: Client, ticket: str) -> None:
    idle = links(create(client, ticket))["self"]
    used = links(create(client, ticket, BODY.replace(b"a917", b"b917")))["self"]
    client.now += IDLE_SECONDS - 10
    assert client.get(used, bearer(ticket)).status == 200
    client.now += 20
    create(client, ticket, BODY.replace(b"a917", b"c917"))
    assert client.get(idle, bearer(ticket)).status == 404
    assert client.get(used, bearer(ticket)).status == 200


def test_presence_is_published_once_and_kept_up_then(client: Client, ticket: str) -> None:
    here = links(create(client, ticket))["self"]
    before = client.post(f"{here}/me/reportMyActivity", bearer(ticket))
    assert (before.status, content(before)["subcode"]) == (409, "MakeMeAvailableRequired")
    body = b'{"SupportedModalities":["Messaging"]}'
    published = client.post(f"{here}/me/makeMeAvailable", bearer(ticket), JSON, body=body)
    assert (published.status, published.body) == (204, b"")
    me = content(client.get(f"{here}/me", bearer(ticket)))["_links"]
    assert "makeMeAvailable" not in me
    assert {"presence", "note", "location", "reportMyActivity"} <= set(me)
    assert client.post(me["reportMyActivity"]["href"], bearer(ticket)).status == 204
    again = client.post(f"{here}/me/makeMeAvailable", bearer(ticket), JSON, body=body)
    assert (again.status, content(again)["subcode"]) == (409, "AlreadyExists")


def test_other_paths_and_methods_are_told_apart_by_ucwa_itself(client: Client, ticket: str) -> None:
    here = links(create(client, ticket))["self"]
    for method, path, status in (
        ("GET", PATH, 405),
        ("PUT", here, 405),
        ("GET", f"{here}/me/makeMeAvailable", 405),
        ("POST", f"{here}/people", 405),
        ("GET", f"{here}/nothing", 404),
        ("GET", "/ucwa", 404),
        ("GET", "/ucwa/oauth/v2/applications", 404),
        ("GET", f"{PATH}/1", 404),
    ):
        response = at_once(client.ask(method, path, bearer(ticket)))
        assert (response.status, response.media_type) == (status, "application/json")
        assert "code" in content(response)
