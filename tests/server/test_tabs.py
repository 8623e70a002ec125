"""Tabs of one browser: one application, a channel for each; and what a client says of revisions."""

import json

import pytest

from hairpin.server import Hold
from hairpin.server.applications import MOST_INSTANCES
from hairpin.wire.message import Response
from tests.server.farms import Client, at_once, bearer, content, links
from tests.server.test_applications import BODY, JSON, PATH, XML, create

TWO = ("X-MS-RequiresMinResourceVersion", "2")


class Browser:
    def __init__(self) -> None:
        self.client = Client(pool="ny")
        self.ticket = self.client.ticket()

    def tab(self, instance: object, *lines: tuple[str, str]) -> Response:
        body = json.dumps({**json.loads(BODY), "type": "Browser", "instanceId": instance}).encode()
        return create(self.client, self.ticket, body, JSON, *(lines or (TWO,)))

    def ask(self, method: str, url: str) -> Response | Hold:
        return self.client.ask(method, url, bearer(self.ticket))

    def get(self, url: str) -> Response:
        return at_once(self.ask("GET", url))


def test_each_tab_has_a_channel_of_one_application() -> None:
    browser = Browser()
    one, other = browser.tab("a b"), browser.tab("ü&c=1")
    assert (one.status, other.status) == (201, 201)
    here = links(one)["self"].removesuffix("?instanceId=a%20b")
    assert links(one) == {
        "self": f"{here}?instanceId=a%20b",
        "policies": f"{here}/policies",
        "batch": f"{here}/batch",
        "events": f"{here}/events?ack=1&instanceId=a%20b",
    }
    assert links(other)["events"] == f"{here}/events?ack=1&instanceId=%C3%BC%26c%3D1"
    assert content(one)["instanceId"] == "a b"
    assert content(one)["type"] == "Browser"
    assert content(browser.get(links(other)["self"])) == content(other)


def test_a_known_tab_gets_its_channel_back() -> None:
    browser = Browser()
    first = browser.tab("a")
    browser.client.post(
        f"{links(first)['self'].partition('?')[0]}/me/makeMeAvailable", bearer(browser.ticket), JSON
    )
    told = browser.get(links(first)["events"])
    again = browser.tab("a")
    assert again.status == 200
    assert links(again)["self"] == links(first)["self"]
    assert links(again)["events"] == links(told)["next"] != links(first)["events"]


def test_what_happens_is_told_in_every_tab() -> None:
    browser = Browser()
    one, other = browser.tab("a"), browser.tab("b")
    held = browser.ask("GET", links(one)["events"])
    assert isinstance(held, Hold)
    here = links(one)["self"].partition("?")[0]
    assert browser.client.post(f"{here}/me/makeMeAvailable", bearer(browser.ticket), JSON).status == 204
    for told in (held.response, browser.get(links(other)["events"])):
        assert {sender["rel"] for sender in content(told)["sender"]} == {"me", "communication"}
    assert links(held.response)["next"].endswith("/events?ack=2&instanceId=a")
    lost = browser.get(f"{here}/events?ack=7&instanceId=b")
    assert links(lost)["resync"].endswith("/events?ack=1&instanceId=b")


def test_a_tab_that_ends_leaves_the_others_and_the_last_takes_the_application_along() -> None:
    browser = Browser()
    one, other = browser.tab("a"), browser.tab("b")
    held = browser.ask("GET", links(one)["events"])
    assert isinstance(held, Hold)
    assert at_once(browser.ask("DELETE", links(one)["self"])).status == 204
    assert held.response.status == 404
    assert browser.get(links(one)["self"]).status == 404
    assert browser.get(links(one)["events"]).status == 404
    assert at_once(browser.ask("DELETE", links(one)["self"])).status == 404
    assert browser.get(links(other)["self"]).status == 200
    assert at_once(browser.ask("DELETE", links(other)["self"])).status == 204
    assert browser.get(links(other)["self"].partition("?")[0]).status == 404


def test_an_end_without_a_tab_ends_everything() -> None:
    browser = Browser()
    one = browser.tab("a")
    browser.tab("b")
    here = links(one)["self"].partition("?")[0]
    assert links(browser.get(here))["self"] == links(one)["self"]
    assert at_once(browser.ask("DELETE", here)).status == 204
    assert browser.get(links(one)["self"]).status == 404


def test_who_does_not_ask_for_revision_two_has_no_tabs() -> None:
    browser = Browser()
    for line in (
        ("X-MS-RequiresMinResourceVersion", "1"),
        ("X-MS-RequiresMinResourceVersion", "x"),
        ("X", "2"),
    ):
        made = browser.tab("a", line)
        assert made.status == 201
        assert "instanceId" not in content(made)
        assert links(made)["events"].endswith("/events?ack=1")


@pytest.mark.parametrize("instance", ["", " ", "x" * 101, 5, None])
def test_a_tabs_name_is_an_input_like_the_others(instance: object) -> None:
    found = content(Browser().tab(instance))
    assert (found["subcode"], list(found["parameters"])) == ("ParameterValidationFailure", ["instanceId"])


def test_so_many_tabs_and_the_oldest_ends() -> None:
    browser = Browser()
    tabs = [links(browser.tab(str(number)))["self"] for number in range(MOST_INSTANCES + 1)]
    assert [browser.get(tab).status for tab in tabs] == [404] + [200] * MOST_INSTANCES


@pytest.mark.parametrize(
    ("version", "status"), [("2", 200), ("2.0", 200), ("nan", 200), ("3", 404), ("1e9", 404)]
)
def test_a_revision_that_does_not_exist(version: str, status: int) -> None:
    browser = Browser()
    here = links(browser.tab("a"))["self"]
    response = browser.client.get(here, bearer(browser.ticket), ("X-MS-RequiresMinResourceVersion", version))
    assert response.status == status
    if status == 404:
        assert (content(response)["code"], content(response)["subcode"]) == (
            "NotFound",
            "APIVersionNotSupported",
        )


def test_options_says_what_an_application_is_made_of() -> None:
    browser = Browser()
    told = content(at_once(browser.ask("OPTIONS", PATH)))["metadata"]
    assert [one["httpMethod"] for one in told] == ["POST"]
    assert {one["name"] for one in told[0]["parameters"]} == {
        "culture",
        "endpointId",
        "userAgent",
        "instanceId",
    }
    in_xml = at_once(browser.client.ask("OPTIONS", PATH, bearer(browser.ticket), XML))
    assert b"<httpMethodMetadata><httpMethod>POST</httpMethod><parameters><parameter><name>" in in_xml.body
    assert at_once(browser.client.ask("OPTIONS", PATH)).status == 401
