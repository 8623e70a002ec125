"""DNS for one view of a deployment, over UDP, TCP and HTTPS (RFC 1035, RFC 8484).

One server stands for the whole of DNS as that vantage sees it: it is authoritative for everything and says
NXDOMAIN where `names` knows nothing. Packets are hostile: what cannot be read is answered FORMERR or dropped.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from hairpin.deployment.model import Record
from hairpin.deployment.names import resolve
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import path_of

TTL = 1  # seconds: a changed record is seen at once
DOH_PATH = "/dns-query"
_DOH_TYPE = "application/dns-message"
_HEADER = 12
_SMALLEST_UDP = 512
_TCP_IDLE = 10.0  # seconds
_SOA = f". {TTL} IN SOA ns.hairpin.invalid. lab.hairpin.invalid. 1 3600 600 86400 {TTL}"


@dataclass(frozen=True, slots=True)
class View:
    """The records of a vantage, and the address its DNS says instead of each deployment address."""

    records: Mapping[str, Record]
    addresses: Mapping[str, str]

    def answer(self, packet: bytes, longest: int | None = None) -> bytes | None:
        """The answer to a packet, None where none is due. ``longest``: octets of a UDP answer, EDNS aside."""
        query = _read(packet)
        if not isinstance(query, dns.message.Message):
            return query
        answer = dns.message.make_response(query, recursion_available=True)
        answer.flags |= dns.flags.AA
        self._fill(query, answer)
        room = 65535 if longest is None else max(longest, min(query.payload, 4096))
        try:
            return answer.to_wire(max_size=room)
        except dns.exception.TooBig:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire(max_size=room)

    def _fill(self, query: dns.message.Message, answer: dns.message.Message) -> None:
        if query.opcode() != dns.opcode.QUERY:
            answer.set_rcode(dns.rcode.NOTIMP)
            return
        if len(query.question) != 1:
            answer.set_rcode(dns.rcode.FORMERR)
            return
        question = query.question[0]
        if question.rdclass not in {dns.rdataclass.IN, dns.rdataclass.ANY}:
            answer.set_rcode(dns.rcode.REFUSED)
            return
        asked = question.rdtype
        wants = {kind: asked in {kind, dns.rdatatype.ANY} for kind in (dns.rdatatype.A, dns.rdatatype.CNAME)}
        found = resolve(self.records, question.name.to_text(omit_final_dot=True))
        owner = question.name
        for _, target in found.aliases:
            answer.answer.append(dns.rrset.from_text(owner, TTL, "IN", "CNAME", f"{target}."))
            owner = dns.name.from_text(target)
            if wants[dns.rdatatype.CNAME]:
                return
        addresses = [self.addresses.get(address, address) for address in found.addresses]
        if addresses and wants[dns.rdatatype.A]:
            # One set each, because dnspython shuffles within a set, and clients try addresses in order.
            answer.answer += [
                dns.rrset.from_text(owner, TTL, "IN", "A", address) for address in dict.fromkeys(addresses)
            ]
            return
        answer.authority.append(dns.rrset.from_text(*_split(_SOA)))
        if not found.exists:
            answer.set_rcode(dns.rcode.NXDOMAIN)

    def over_https(self, request: Request) -> Response:
        """RFC 8484: GET with ``?dns=`` in base64url, or POST of the packet itself."""
        if path_of(request.url) != DOH_PATH:
            return _refused(404)
        if request.method == "POST":
            if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() != _DOH_TYPE:
                return _refused(415)
            packet = request.body
        elif request.method == "GET":
            packet = _from_query(request.url)
        else:
            return _refused(405)
        answer = self.answer(packet)
        if answer is None:
            return _refused(400)
        lines = [("Content-Type", _DOH_TYPE), ("Cache-Control", f"max-age={TTL}")]
        return Response(200, Headers.of(lines), answer)


def _read(packet: bytes) -> dns.message.Message | bytes | None:
    """The query in a packet, else the packet that refuses it, else None: an answer, or no header."""
    if len(packet) < _HEADER or packet[2] & 0x80:
        return None
    try:
        return dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError, IndexError, AssertionError):
        return packet[:2] + bytes([0x80 | packet[2] & 0x79, dns.rcode.FORMERR]) + bytes(8)


def _split(record: str) -> tuple[str, int, str, str, str]:
    name, ttl, rdclass, rdtype, rest = record.split(" ", 4)
    return name, int(ttl), rdclass, rdtype, rest


def _from_query(url: str) -> bytes:
    value = parse_qs(urlsplit(url).query).get("dns", [""])[0]
    with suppress(binascii.Error, ValueError):
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    return b""


def _refused(status: int) -> Response:
    return Response(status, Headers.of([("Content-Type", "text/plain")]), b"")


class Udp(asyncio.DatagramProtocol):
    """A view on a UDP socket."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._view.answer(data, _SMALLEST_UDP)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)


async def over_tcp(view: View, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's messages, each behind its length, until the client ends or falls silent."""
    with suppress(asyncio.IncompleteReadError, TimeoutError, ConnectionError):
        while True:
            async with asyncio.timeout(_TCP_IDLE):
                length = int.from_bytes(await reader.readexactly(2), "big")
                packet = await reader.readexactly(length)
            answer = view.answer(packet)
            if answer is None:
                return
            writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
