"""What is refused, how, and that nobody else suffers: published smuggling cases, oversized and dribbling input."""

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.gateway.checks import Refused, check_head, climbs
from hairpin.gateway.config import Limits
from tests.gateway.front import front, request, site
from tests.gateway.upstream import answer, upstream

HEAD = b"Host: gateway.test\r\n"
GET = b"GET /director/a HTTP/1.1\r\n" + HEAD
POST = b"POST /director/a HTTP/1.1\r\n" + HEAD
SMUGGLED = b"GET /director/smuggled HTTP/1.1\r\nHost: gateway.test\r\n\r\n"

# name → (bytes, statuses that are right). CL.TE, TE.CL, TE.TE and their kin as published by Watchfire (2005),
# Kettle (2019, 2021, 2025), Klein (2020) and in the tables of http-garden.
SMUGGLING = {
    "CL.TE": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "TE.CL": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "two lengths": (POST + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SMUGGLED, {400}),
    "two equal lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na" + SMUGGLED, {400}),
    "length list": (POST + b"Content-Length: 0, 44\r\n\r\n" + SMUGGLED, {400}),
    "length with sign": (POST + b"Content-Length: +0\r\n\r\n" + SMUGGLED, {400}),
    "length minus": (POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED, {400}),
    "length hex": (POST + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED, {400}),
    "length empty": (POST + b"Content-Length:\r\n\r\n" + SMUGGLED, {400}),
    "length huge": (POST + b"Content-Length: 18446744073709551616\r\n\r\n" + SMUGGLED, {400}),
    "length with spaces": (POST + b"Content-Length: 4 4\r\n\r\n" + SMUGGLED, {400}),
    "TE unknown": (POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE identity": (POST + b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE twice": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE chunked twice": (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE gzip": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE with tab": (POST + b"Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n" + SMUGGLED, {400, 501}),
    "TE before colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "TE after tab": (POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "TE folded": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, {400}),
    "TE quoted": (POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n' + SMUGGLED, {400, 501}),
    "TE in HTTP/1.0": (
        b"POST /director/a HTTP/1.0\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        {400, 501},
    ),
    "CR in value": (GET + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED, {400}),
    "LF in value": (GET + b"X: a\nTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED, {400}),
    "NUL in value": (GET + b"X: a\0b\r\n\r\n", {400}),
    "NUL in name": (GET + b"X\0Y: b\r\n\r\n", {400}),
    "folded": (GET + b"X: a\r\n b\r\n\r\n", {400}),
    "first line folded": (b"GET /director/a HTTP/1.1\r\n Host: gateway.test\r\n\r\n", {400}),
    "no name": (GET + b": a\r\n\r\n", {400}),
    "no colon": (GET + b"just words\r\n\r\n", {400}),
    "bare LF lines": (b"GET /director/a HTTP/1.1\nHost: gateway.test\n\n", {400}),
    "bare LF at the end": (GET + b"\n" + SMUGGLED, {400}),
    "chunk size LF": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", {400}),
    "chunk size sign": (POST + b"Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", {400}),
    "chunk size minus": (POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n", {400}),
    "chunk size 0x": (POST + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", {400}),
    "chunk size huge": (POST + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na", {400}),
    "chunk size empty": (POST + b"Transfer-Encoding: chunked\r\n\r\n\r\na\r\n0\r\n\r\n", {400}),
    "chunk too long": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", {400}),
    "chunk extension with LF": (POST + b"Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\na\r\n0\r\n\r\n", {400}),
    "no host": (b"GET /director/a HTTP/1.1\r\n\r\n", {400}),
    "two hosts": (GET + b"Host: gateway.test\r\n\r\n", {400}),
    "two hosts that differ": (GET + b"Host: elsewhere.test\r\n\r\n", {400}),
    "host list": (b"GET /director/a HTTP/1.1\r\nHost: gateway.test, elsewhere.test\r\n\r\n", {400}),
    "host with path": (b"GET /director/a HTTP/1.1\r\nHost: gateway.test/@x\r\n\r\n", {400}),
    "host and target": (b"GET http://elsewhere.test/ HTTP/1.1\r\nHost: gateway.test\r\n\r\n", {400}),
    "user in target": (b"GET http://gateway.test@elsewhere.test/ HTTP/1.1\r\nHost: gateway.test\r\n\r\n", {400}),
    "HTTP/0.9": (b"GET /director/a\r\n\r\n", {400, 505}),
    "HTTP/2.0": (b"GET /director/a HTTP/2.0\r\n" + HEAD + b"\r\n", {400, 505}),
    "HTTP/1.2": (b"GET /director/a HTTP/1.2\r\n" + HEAD + b"\r\n", {400, 505}),
    "h2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "unknown method": (b"FOO /director/a HTTP/1.1\r\n" + HEAD + b"\r\n", {400, 501}),
    "TRACE": (b"TRACE /director/a HTTP/1.1\r\n" + HEAD + b"\r\n", {405}),
    "space in target": (b"GET /director/a b HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
    "control in target": (b"GET /director/\x01 HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
    "fragment": (b"GET /director/a#b HTTP/1.1\r\n" + HEAD + b"\r\n", {400}),
    "connection drops a check": (GET + b"Connection: close, X-Ms-Origin\r\n\r\n", {400}),
    "expectation": (POST + b"Expect: more\r\nContent-Length: 1\r\n\r\na", {417}),
    "TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60), {400}),
}  # fmt: skip


def run(story, **more):
    async def handler(asked, writer):
        writer.write(answer(b"{}"))

    async def main():
        async with upstream(handler) as pool, front(site("director", pool.port), **more) as gateway:
            await asyncio.wait_for(story(gateway, pool), 60)

    asyncio.run(main())


@pytest.mark.parametrize("name", SMUGGLING)
def test_smuggling_is_refused_and_the_connection_closed(name):
    data, statuses = SMUGGLING[name]

    async def story(gateway, pool):
        bystander_reader, bystander = await gateway.open()
        got = await gateway.raw(data)
        assert int(got.split(b" ")[1]) in statuses, got
        assert got.count(b"HTTP/1.1 ") == 1
        assert b"\r\nConnection: close\r\n" in got
        assert pool.asked == []
        bystander.write(request("/director/b"))
        assert await bystander_reader.readuntil(b"\r\n\r\n")
        bystander.close()

    run(story)


@pytest.mark.parametrize("step", [1, 7])
def test_smuggling_is_refused_however_it_arrives(step):
    async def story(gateway, pool):
        for name in ("CL.TE", "two lengths", "chunk size LF", "bare LF lines", "TE folded"):
            data = SMUGGLING[name][0]
            reader, writer = await gateway.open()
            try:
                for at in range(0, len(data), step):
                    writer.write(data[at : at + step])
                    await asyncio.sleep(0)
                got = await reader.read()
            except ConnectionError:
                got = b""
            assert not got or got.startswith(b"HTTP/1.1 400"), name
            writer.close()
        assert pool.asked == []

    run(story)


def test_what_was_asked_before_is_still_answered():
    async def story(gateway, pool):
        got = await gateway.raw(request("/director/a") + b"nonsense\r\n\r\n")
        assert got.startswith(b"HTTP/1.1 200")
        assert got.count(b"HTTP/1.1 400") == 1

    run(story)


LIMITS = Limits(head=4096, lines=20, body=10_000, head_seconds=0.3, body_seconds=0.3, idle_seconds=0.5)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (GET + b"X: " + b"a" * 5000 + b"\r\n\r\n", 431),
        (GET + b"X: " + b"a" * 50000, 431),
        (b"GET /director/" + b"a" * 5000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 431),
        (b"GET /" + b"a" * 50000, 431),
        (GET + b"".join(b"X%d: a\r\n" % n for n in range(30)) + b"\r\n", 431),
        (POST + b"Content-Length: 10001\r\n\r\n", 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1388\r\n" + b"a" * 5000 + b"\r\n1389\r\n" + b"a" * 5001, 413),
        (GET, 408),
        (POST + b"Content-Length: 5\r\n\r\nab", 408),
    ],
)  # fmt: skip
def test_too_much_and_too_slow(data, status):
    async def story(gateway, pool):
        got = await gateway.raw(data)
        assert got.startswith(b"HTTP/1.1 %d" % status), got
        assert pool.asked == []

    run(story, limits=LIMITS)


def test_dribbling_does_not_help():
    async def story(gateway, pool):
        reader, writer = await gateway.open()
        answered = asyncio.create_task(reader.read())
        for byte in GET + b"X: " + b"a" * 200:
            if answered.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
        assert (await answered).startswith(b"HTTP/1.1 408")
        writer.close()

    run(story, limits=LIMITS)


def test_a_silent_or_idle_connection_is_closed():
    async def story(gateway, pool):
        for first in (b"", request("/healthz")):
            got = await gateway.raw(first)
            assert got.count(b"HTTP/1.1") == (1 if first else 0)

    run(story, limits=LIMITS)


def test_too_many_connections():
    async def story(gateway, pool):
        held = [await gateway.open() for _ in range(3)]
        await asyncio.sleep(0.1)
        assert (await gateway.raw(b"")).startswith(b"HTTP/1.1 503")
        for _, writer in held:
            writer.close()
        await asyncio.sleep(0.1)
        assert (await gateway.ask("/director/a")).status == 200

    run(story, limits=Limits(connections=3))


def test_a_header_flood_of_trailers_ends():
    async def story(gateway, pool):
        flood = b"".join(b"X-%d: %b\r\n" % (n, b"a" * 900) for n in range(200))
        got = await gateway.raw(POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + flood)
        assert got.startswith(b"HTTP/1.1 4"), got[:80]

    run(story, limits=LIMITS)


def test_upgrades_are_not_made():
    async def story(gateway, pool):
        got = await gateway.raw(
            GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n" + request("/healthz"), 1
        )
        assert got.count(b"HTTP/1.1 200") == 2
        assert pool.asked[0].get("upgrade") is None

    run(story)


@given(st.binary(max_size=300))
@settings(max_examples=150)
def test_any_head_is_read_or_refused(noise):
    with contextlib.suppress(Refused):
        check_head(b"GET", "1.1", noise, [(b"Host", noise)])
    climbs(noise)


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=6))
@settings(max_examples=60)
def test_any_bytes_leave_the_gateway_working(pieces):
    async def story(gateway, pool):
        await gateway.raw(b"".join(pieces), 0.05)
        assert (await gateway.ask("/director/a")).status == 200

    run(story)
