"""The event channel: waiting, telling, losing nothing, and giving way to a newer request."""

import pytest

from hairpin.server import Hold
from hairpin.wire.discovery import read_links
from hairpin.wire.message import Response
from tests.server.farms import Client, at_once, bearer, content, links


class Channel:
    """The channel of a fresh application of one user."""

    def __init__(self) -> None:
        self.client = Client(pool="ny")
        self.line = bearer(self.client.ticket())
        body = b'{"culture":"en-us","userAgent":"x","endpointId":"y"}'
        made = self.client.post("/ucwa/oauth/v1/applications", self.line, body=body)
        self.here = links(made)["self"]
        self.first = links(made)["events"]

    def ask(self, href: str, *lines: tuple[str, str]) -> Response | Hold:
        return self.client.ask("GET", href, self.line, *lines)

    def hold(self, href: str, *lines: tuple[str, str]) -> Hold:
        found = self.ask(href, *lines)
        assert isinstance(found, Hold)
        return found

    def publish(self) -> None:
        assert self.client.post(f"{self.here}/me/makeMeAvailable", self.line).status == 204

    def end(self) -> None:
        assert at_once(self.client.ask("DELETE", self.here, self.line)).status == 204


def rels(response: Response) -> list[str]:
    return [
        f"{event['type']} {event['link']['rel']}"
        for sender in content(response).get("sender", [])
        for event in sender["events"]
    ]


PUBLISHED = ["updated communication", "updated me", "added presence", "added note", "added location"]


def test_nothing_to_tell_is_self_and_next_after_the_timeout() -> None:
    channel = Channel()
    hold = channel.hold(channel.first)
    assert hold.seconds == 180
    assert hold.response.status == 200
    assert content(hold.response) == {
        "_links": {
            "self": {"href": f"{channel.here}/events?ack=1"},
            "next": {"href": f"{channel.here}/events?ack=2"},
        }
    }
    hold.close()
    assert channel.hold(links(hold.response)["next"]).is_open


def test_something_to_tell_wakes_the_driver_once() -> None:
    channel = Channel()
    hold = channel.hold(channel.first)
    woken: list[int] = []
    hold.wake = lambda: woken.append(1)
    channel.publish()
    assert woken == [1]
    assert hold.seconds == 0
    assert rels(hold.response) == PUBLISHED
    assert links(hold.response)["next"].endswith("ack=2")
    channel.end()
    assert woken == [1]


def test_what_happens_between_two_requests_is_told_at_once() -> None:
    channel = Channel()
    channel.publish()
    assert rels(at_once(channel.ask(channel.first))) == PUBLISHED


def test_what_happens_after_the_driver_has_sent_waits_for_the_next_request() -> None:
    channel = Channel()
    hold = channel.hold(channel.first)
    hold.close()
    channel.publish()
    assert rels(hold.response) == []
    assert rels(at_once(channel.ask(links(hold.response)["next"]))) == PUBLISHED


def test_a_lost_answer_is_sent_again_and_an_acknowledged_one_is_not() -> None:
    channel = Channel()
    hold = channel.hold(channel.first)
    channel.publish()
    repeated = at_once(channel.ask(channel.first))
    assert rels(repeated) == rels(hold.response) == PUBLISHED
    assert channel.hold(links(repeated)["next"]).is_open


def test_an_event_released_into_a_dead_connection_is_sent_again() -> None:
    channel = Channel()
    dead = channel.hold(channel.first)
    channel.publish()
    assert rels(dead.response) == PUBLISHED
    assert rels(at_once(channel.ask(channel.first))) == PUBLISHED


def test_a_newer_request_replaces_the_older_unless_it_matters_less() -> None:
    channel = Channel()
    older = channel.hold(f"{channel.first}&priority=1")
    less = at_once(channel.ask(f"{channel.first}&priority=0"))
    assert (less.status, content(less)["subcode"]) == (409, "PGetReplaced")
    assert older.is_open
    newer = channel.hold(f"{channel.first}&priority=1")
    assert (older.response.status, content(older.response)["subcode"]) == (409, "PGetReplaced")
    channel.publish()
    assert rels(newer.response) == PUBLISHED


@pytest.mark.parametrize(("ack", "again"), [(0, 1), (3, 1), (999, 1)])
def test_a_client_that_lost_its_place_is_told_where_to_go_on(ack: int, again: int) -> None:
    channel = Channel()
    found = links(at_once(channel.ask(f"{channel.here}/events?ack={ack}")))
    assert found["resync"] == f"{channel.here}/events?ack={again}"
    assert "next" not in found
    assert isinstance(channel.ask(found["resync"]), Hold)


def test_a_client_may_be_behind_by_one_answer_only() -> None:
    channel = Channel()
    for ack in (1, 2, 3):
        channel.hold(f"{channel.here}/events?ack={ack}").close()
    assert "resync" in links(at_once(channel.ask(f"{channel.here}/events?ack=1")))


@pytest.mark.parametrize(
    ("query", "seconds"),
    [("timeout=600", 600), ("timeout=1", 180), ("timeout=99999", 1800), ("low=30&medium=10", 180)],
)
def test_the_timeout_is_kept_within_its_range_and_remembered(query: str, seconds: int) -> None:
    channel = Channel()
    hold = channel.hold(f"{channel.first}&{query}")
    assert hold.seconds == seconds
    hold.close()
    assert channel.hold(links(hold.response)["next"]).seconds == seconds


@pytest.mark.parametrize(
    "query", ["", "ack=", "ack=x", "ack=-1", "ack=1&timeout=soon", "ack=1&priority=1e9", "ack=²"]
)
def test_parameters_that_are_no_numbers(query: str) -> None:
    channel = Channel()
    response = at_once(channel.ask(f"{channel.here}/events?{query}"))
    assert (response.status, content(response)["subcode"]) == (400, "ParameterValidationFailure")


def test_the_end_of_the_application_ends_the_wait() -> None:
    channel = Channel()
    hold = channel.hold(channel.first)
    channel.end()
    assert (hold.response.status, content(hold.response)["subcode"]) == (404, "ApplicationNotFound")


def test_events_in_xml() -> None:
    channel = Channel()
    hold = channel.hold(channel.first, ("Accept", "application/vnd.microsoft.com.ucwa+xml"))
    channel.publish()
    found = read_links(hold.response) or {}
    assert found["next"].endswith("/events?ack=2")
    assert b'<added rel="presence"' in hold.response.body


def test_an_application_read_again_names_the_place_to_go_on() -> None:
    channel = Channel()
    channel.hold(channel.first).close()
    assert links(channel.client.get(channel.here, channel.line))["events"].endswith("ack=2")
