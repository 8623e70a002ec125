"""The ring of tickets: each pool gets its own back, and nothing a client makes up gets into a head."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from hairpin.gateway.keyring import may_be_shared, own_renewal, own_ticket, ring, ticket_in

tickets = st.dictionaries(
    st.text(min_size=1, max_size=12),
    st.from_regex(r"[A-Za-z0-9_-]{1,200}", fullmatch=True),
    min_size=1,
    max_size=6,
)


def issued(ticket="AAEB", seconds=28289):
    known = {
        "access_token": f"cwt={ticket}",
        "expires_in": seconds,
        "ms_rtc_identityscope": "local",
        "token_type": "Bearer",
    }
    return json.dumps(known, separators=(",", ":")).encode()


def bearer(answer):
    return (b"Authorization", b"Bearer " + json.loads(answer)["access_token"].encode())


@given(tickets)
def test_every_pool_gets_its_own_ticket_back(known):
    answer = ring(issued(), known, 3000)
    told = json.loads(answer)
    assert list(told) == ["access_token", "expires_in", "ms_rtc_identityscope", "token_type"]
    assert told["expires_in"] == 3000
    assert re.fullmatch(r"cwt=[A-Za-z0-9_-]+", told["access_token"])
    line = bearer(answer)
    for site, ticket in known.items():
        assert own_ticket([(b"A", b"b"), line], site) == [
            (b"A", b"b"),
            (b"Authorization", b"Bearer cwt=" + ticket.encode()),
        ]
    assert own_ticket([line], "a pool that is none of them, for sure") == []


@given(tickets, st.sampled_from(["ms_rtc_renew=cwt=", "ms_rtc_renew=cwt%3D", "ms_rtc_renew=cwt%3d"]))
def test_a_renewal_renews_the_ticket_of_its_pool(known, spelling):
    token = json.loads(ring(issued(), known, 1))["access_token"].removeprefix("cwt=")
    site, ticket = next(iter(known.items()))
    body = f"grant_type=urn:microsoft.rtc:anonmeeting&{spelling}{token}&password=x".encode()
    assert (
        own_renewal(body, site)
        == f"grant_type=urn:microsoft.rtc:anonmeeting&{spelling}{ticket}&password=x".encode()
    )


def test_any_other_ticket_goes_up_as_it_is():
    for value in (b"Bearer cwt=AAEBHAEF", b"NTLM TlRMTVNTUAAB", b"Bearer psat=HPR1abc", b"Basic eDp5"):
        assert own_ticket([(b"authorization", value)], "director") == [(b"authorization", value)]


@given(st.binary(max_size=200))
def test_a_ring_that_was_made_up_brings_nothing_into_a_head(made_up):
    token = re.sub(rb"[^\w-]", b"", made_up)
    for line in own_ticket([(b"Authorization", b"Bearer cwt=HPR1" + token)], "director"):
        assert re.fullmatch(rb"Bearer cwt=[\w+/=-]+", line[1])
    evil = ring(issued(), {"director": "a\r\nX-Injected: 1", "ny": "ok"}, 1)
    assert own_ticket([bearer(evil)], "director") == []


@given(st.binary(max_size=100))
def test_an_answer_that_is_no_ticket_is_left_alone(body):
    assert ticket_in(body) is None


def test_what_may_be_shared():
    assert ticket_in(issued()) == ("AAEB", 28289)
    assert may_be_shared(b"username=a&password=b&grant_type=password")
    assert may_be_shared(b"grant_type=urn%3AMicrosoft.rtc%3Aanonmeeting&password=b")
    assert not may_be_shared(b"grant_type=urn:microsoft.rtc:windows")
    assert not may_be_shared(b"grant_type=urn:microsoft.rtc:passive")
    assert not may_be_shared(b"\xff\xfe=%ff")
