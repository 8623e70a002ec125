"""Whatever a client sends: it is answered or hung up on, web sites see only whole requests, and nobody else suffers."""

import asyncio
import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.gateway.checks import METHODS
from hairpin.gateway.config import Limits
from tests.gateway.front import front, read_answer, request, site
from tests.gateway.upstream import answer, upstream

LIMITS = Limits(head_seconds=0.5, idle_seconds=0.5)
FRAGMENTS = (
    b"GET ", b"POST ", b"CONNECT ", b"get ", b"/director/a", b"/director/../x", b"*", b"http://gateway.test/director/a",
    b" HTTP/1.1", b" HTTP/1.0", b" HTTP/2.0", b" HTTP/1.1\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b" ", b"\t",
    b"Host: gateway.test\r\n", b"Host: gateway.test\r\n\r\n", b"Host: other\r\n", b"Content-Length: 4\r\n",
    b"Content-Length: 4, 4\r\n", b"Content-Length: +4\r\n", b"Content-Length: 0x4\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding : chunked\r\n", b"Transfer-Encoding:\x0bchunked\r\n",
    b"Connection: keep-alive\r\n", b"Connection: host\r\n", b"Connection: close\r\n", b"Expect: 100-continue\r\n",
    b" folded\r\n", b"X: y\r\n", b": empty\r\n", b"0\r\n\r\n", b"4\r\nabcd\r\n", b"4;x=y\r\nabcd\r\n",
    b"ffffffffffffffffff\r\n",
    b"-1\r\n", b"abcd", b"GET /director/a HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    b"POST /director/a HTTP/1.1\r\nHost: gateway.test\r\n",
)  # fmt: skip
streams = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=6)), min_size=1, max_size=14)

_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*")


async def echo(asked, writer):
    writer.write(answer(asked.body))


def run(story, limits=LIMITS):
    async def main():
        async with upstream(echo) as pool, front(site("director", pool.port), limits=limits) as gateway:
            await story(gateway, pool)

    asyncio.run(main())


def check_whole(asked):
    """As every machine on the way reads it: one Host, one framing, no line that could be two."""
    start, *lines = asked.raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, version = start.split(b" ")
    assert method in METHODS
    assert re.fullmatch(rb"/[!-~\x80-\xff]*", target)
    assert version == b"HTTP/1.1"
    assert all(_LINE.fullmatch(line) for line in lines), lines
    names = [line.partition(b":")[0].lower() for line in lines]
    assert names.count(b"host") == 1
    assert asked.get("Host") == "director.nnylync.info"
    assert names.count(b"content-length") + names.count(b"transfer-encoding") <= 1


@settings(max_examples=150, deadline=None)
@given(streams)
def test_any_bytes_are_answered_or_hung_up_on(pieces):
    async def story(gateway, pool):
        reader, writer = await gateway.open()
        try:
            writer.write(b"".join(pieces))
            writer.write_eof()
            async with asyncio.timeout(5):
                got = await reader.read()
        except ConnectionError:
            got = b""
        finally:
            writer.close()
        assert not got or got.startswith(b"HTTP/1.1 "), got
        for asked in pool.asked:
            check_whole(asked)
        assert (await gateway.ask("/director/other")).status == 200

    run(story)


SIZED = b"Content-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz"
CHUNKED = (
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n11;ext=1\r\ndefghijklmnopqrst\r\n"
    b"6\r\nuvwxyz\r\n0\r\nTrailer: x\r\n\r\n"
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([SIZED, CHUNKED]), st.lists(st.integers(1, 150), max_size=6))
def test_a_request_is_the_same_wherever_it_is_cut(body, cuts):
    data = request("/director/a", "Content-Type: text/plain", method="POST").removesuffix(b"\r\n") + body
    places = sorted({0, *(cut for cut in cuts if cut < len(data)), len(data)})

    async def story(gateway, pool):
        reader, writer = await gateway.open()
        for start, end in itertools.pairwise(places):
            writer.write(data[start:end])
            await writer.drain()
            await asyncio.sleep(0.002)
        got = await read_answer(reader)
        writer.close()
        assert (got.status, got.body) == (200, b"abcdefghijklmnopqrstuvwxyz")
        (asked,) = pool.asked
        check_whole(asked)

    run(story)
