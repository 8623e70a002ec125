"""DNS as clients meet it: real packets over UDP, TCP and HTTPS, and packets that are none."""

import base64
import socket
import ssl
from http.client import HTTPSConnection

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.deployment.file import load
from hairpin.deployment.model import Record
from hairpin.deployment.names import records
from hairpin.lab.lab import Lab
from hairpin.lab.naming import View
from hairpin.wire.message import Headers, Request
from tests.lab.running import machine, name_server

CASE = View(records(load(), "inside"), {"10.10.0.10": "127.1.10.1"})


def ask(lab: Lab, name: str, kind: str = "A", view: str = "inside") -> dns.message.Message:
    server = name_server(lab, view)
    query = dns.message.make_query(name, kind)
    udp = dns.query.udp(query, server.address, port=server.port, timeout=5)
    tcp = dns.query.tcp(query, server.address, port=server.port, timeout=5)
    assert udp.answer == tcp.answer
    assert udp.rcode() == tcp.rcode()
    return udp


def answered(message: dns.message.Message) -> list[str]:
    return [record.to_text() for rrset in message.answer for record in rrset]


def test_the_views_differ_as_the_file_says(lab: Lab) -> None:
    assert answered(ask(lab, "webdir.nnylync.info")) == [machine(lab, "Director.NNY.local").loopback]
    assert answered(ask(lab, "webdir.nnylync.info", view="outside")) == [
        machine(lab, "reverse proxy").loopback
    ]
    assert answered(ask(lab, "DIRECTOR.nny.LOCAL")) == [machine(lab, "Director.NNY.local").loopback]
    assert ask(lab, "director.nny.local", view="outside").rcode() == dns.rcode.NXDOMAIN


def test_an_unknown_name_is_nxdomain_and_a_known_one_without_that_type_is_not(lab: Lab) -> None:
    unknown = ask(lab, "lyncdiscoverinternal.nnylync.info")
    assert unknown.rcode() == dns.rcode.NXDOMAIN
    known = ask(lab, "webdir.nnylync.info", "AAAA")
    assert known.rcode() == dns.rcode.NOERROR
    assert not known.answer
    for message in (unknown, known):
        assert [rrset.rdtype for rrset in message.authority] == [dns.rdatatype.SOA]
    assert ask(lab, "nny.local").rcode() == dns.rcode.NOERROR, "a name with names below it exists (RFC 8020)"


def test_answers_are_authoritative_and_soon_forgotten(lab: Lab) -> None:
    message = ask(lab, "webdir.nnylync.info")
    assert message.flags & dns.flags.AA
    assert all(rrset.ttl <= 5 for rrset in message.answer)


def view(**names: Record) -> View:
    return View({name.replace("_", "."): record for name, record in names.items()}, {})


def asked(view: View, name: str, kind: str = "A") -> dns.message.Message:
    packet = view.answer(dns.message.make_query(name, kind).to_wire())
    assert packet is not None
    return dns.message.from_wire(packet)


def test_a_cname_is_shown_with_what_it_leads_to() -> None:
    chain = view(a_example="b.example", b_example="c.example", c_example=("10.0.0.1", "10.0.0.2"))
    assert answered(asked(chain, "a.example")) == ["b.example.", "c.example.", "10.0.0.1", "10.0.0.2"]
    assert answered(asked(chain, "a.example", "CNAME")) == ["b.example."]
    assert answered(asked(chain, "a.example", "AAAA")) == ["b.example.", "c.example."]


def test_a_cname_to_nowhere_is_nxdomain_with_the_cname() -> None:
    message = asked(view(a_example="gone.example"), "a.example")
    assert answered(message) == ["gone.example."]
    assert message.rcode() == dns.rcode.NXDOMAIN


def test_a_loop_of_cnames_ends() -> None:
    assert len(asked(view(a_example="b.example", b_example="a.example"), "a.example").answer) < 10


def test_addresses_keep_their_order() -> None:
    many = tuple(f"10.0.0.{number}" for number in range(20, 0, -1))
    assert answered(asked(view(a_example=many), "a.example")) == list(many)


def test_what_does_not_fit_into_udp_is_cut_and_fits_into_tcp(lab: Lab) -> None:
    many = view(a_example=tuple(f"10.0.{number}.1" for number in range(200)))
    query = dns.message.make_query("a.example", "A", use_edns=False).to_wire()
    short = many.answer(query, 512)
    assert short is not None
    assert len(short) <= 512
    assert dns.message.from_wire(short).flags & dns.flags.TC
    whole = many.answer(query)
    assert whole is not None
    assert len(answered(dns.message.from_wire(whole))) == 200


@pytest.mark.parametrize(
    ("packet", "rcode"),
    [
        (b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff", dns.rcode.FORMERR),
        (b"\x12\x34\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", dns.rcode.FORMERR),
        (dns.message.make_query("a.example", "A", rdclass="CH").to_wire(), dns.rcode.REFUSED),
        (b"\x12\x34\x10\x00" + dns.message.make_query("a.example", "A").to_wire()[4:], dns.rcode.NOTIMP),
    ],
    ids=["torn name", "no question", "other class", "other opcode"],
)
def test_what_is_no_query_is_refused(packet: bytes, rcode: int) -> None:
    answer = CASE.answer(packet)
    assert answer is not None
    assert answer[:2] == packet[:2]
    assert answer[2] & 0x80
    assert answer[3] & 0x0F == rcode


@pytest.mark.parametrize(
    "packet", [b"", b"short", dns.message.make_response(dns.message.make_query("a", "A")).to_wire()]
)
def test_answers_and_scraps_are_dropped(packet: bytes) -> None:
    assert CASE.answer(packet) is None


@given(st.binary(max_size=200))
def test_any_packet_is_answered_or_dropped(packet: bytes) -> None:
    answer = CASE.answer(packet, 512)
    assert answer is None or (answer[:2] == packet[:2] and answer[2] & 0x80)


@given(st.integers(0, 40), st.binary(min_size=1, max_size=4))
def test_a_damaged_query_is_answered_or_dropped(at: int, damage: bytes) -> None:
    query = dns.message.make_query("webdir.nnylync.info", "A", use_edns=True).to_wire()
    CASE.answer(query[:at] + damage + query[at + len(damage) :], 512)


def test_hostile_packets_do_not_stop_the_server(lab: Lab) -> None:
    server = name_server(lab, "inside")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for packet in (
            b"",
            b"\x00",
            b"\xff" * 2000,
            b"\x00" * 12,
            b"\x12\x34\x01\x00\x00\x01" + b"\xc0\x0c" * 20,
        ):
            sender.sendto(packet, (server.address, server.port))
    for packet in (b"\xff\xff", b"\x00\x00", b"\x00\x05hello"):
        with socket.create_connection((server.address, server.port), timeout=5) as connection:
            connection.sendall(packet)
    assert answered(ask(lab, "webdir.nnylync.info"))


def test_dns_over_https_as_browsers_ask_it(lab: Lab) -> None:
    server = name_server(lab, "inside")
    trust = ssl.create_default_context(cafile=str(lab.certificate))
    packet = dns.message.make_query("webdir.nnylync.info", "A").to_wire()
    there = HTTPSConnection(server.address, int(server.https.split(":")[2].split("/")[0])
                            if server.https.count(":") > 1 else 443, context=trust, timeout=5)  # fmt: skip
    there.request("POST", "/dns-query", packet, {"Content-Type": "application/dns-message"})
    posted = there.getresponse()
    assert posted.status == 200
    assert posted.headers["Content-Type"] == "application/dns-message"
    expected = [machine(lab, "Director.NNY.local").loopback]
    assert answered(dns.message.from_wire(posted.read())) == expected
    there.request("GET", "/dns-query?dns=" + base64.urlsafe_b64encode(packet).decode().rstrip("="))
    assert answered(dns.message.from_wire(there.getresponse().read())) == expected
    there.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request("GET", "https://127.0.0.1/dns-query"), 400),
        (Request("GET", "https://127.0.0.1/dns-query?dns=%%%"), 400),
        (Request("GET", "https://127.0.0.1/dns-query?dns=AAA"), 400),
        (Request("POST", "https://127.0.0.1/dns-query", Headers.of([("Content-Type", "text/plain")])), 415),
        (Request("PUT", "https://127.0.0.1/dns-query"), 405),
        (Request("GET", "https://127.0.0.1/"), 404),
    ],
)
def test_dns_over_https_refuses_what_is_none(request_: Request, status: int) -> None:
    assert CASE.over_https(request_).status == status
