"""One origin in front of several pools, over real sockets."""

import asyncio
import gzip

import pytest

from tests.gateway.front import APP, PUBLIC, front, read_answer, read_chunk, request, site
from tests.gateway.upstream import answer, upstream

CHALLENGE = (
    'WWW-Authenticate: Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"',
    'WWW-Authenticate: MsRtcOAuth href="https://director.nny.local/WebTicket/oauthtoken",grant_type="password"',
)


def run(handler, story, **more):
    """One pool with that handler behind a gateway; ``story(front, pool)`` is what happens."""

    async def main():
        async with upstream(handler) as pool, front(site("director", pool.port), **more) as gateway:
            await asyncio.wait_for(story(gateway, pool), 30)

    asyncio.run(main())


def says(data):
    async def handler(asked, writer):
        writer.write(data)

    return handler


def test_the_challenge_lines_stay_two_and_lead_to_the_gateway():
    async def story(gateway, pool):
        got = await gateway.ask("/director/Autodiscover/AutodiscoverService.svc/root/oauth/user")
        assert got.status == 401
        assert got.all("WWW-Authenticate") == [
            'Bearer trusted_issuers="", client_id="00000004-0000-0ff1-ce00-000000000000"',
            f'MsRtcOAuth href="{PUBLIC}/director/WebTicket/oauthtoken",grant_type="password"',
        ]
        assert pool.asked[0].target == "/Autodiscover/AutodiscoverService.svc/root/oauth/user"
        assert pool.asked[0].get("host") == "director.nnylync.info"
        assert gateway.count("findings", "director", "ext-fqdn-resolves-to-internal-site") == 1
        assert gateway.count("rewrites", "director") == 1

    run(says(answer(b"<html>", "401 Unauthorized", *CHALLENGE, kind="text/html")), story)


def test_bodies_are_rewritten_and_measured():
    async def story(gateway, pool):
        got = await gateway.ask("/director/x")
        assert got.body == b'{"href":"http:\\/\\/gateway.test\\/director\\/ucwa","b":"/director/ucwa/c"}'
        assert got.get("content-length") == str(len(got.body))

    run(says(answer(b'{"href":"https:\\/\\/director.nnylync.info\\/ucwa","b":"/ucwa/c"}')), story)


def test_a_coded_body_is_rewritten_and_coded_again():
    coded = gzip.compress(b'{"href":"https://director.nnylync.info/ucwa"}')

    async def story(gateway, pool):
        got = await gateway.ask("/director/x", "Accept-Encoding: gzip, dcb")
        assert pool.asked[0].get("accept-encoding") == "gzip"
        assert got.get("content-encoding") == "gzip"
        assert gzip.decompress(got.body) == b'{"href":"http://gateway.test/director/ucwa"}'

    run(says(answer(coded, "200 OK", "Content-Encoding: gzip")), story)


def test_other_bodies_pass_byte_for_byte():
    photo = bytes(range(256)) * 300 + b"https://director.nnylync.info/"

    async def story(gateway, pool):
        assert (await gateway.ask("/director/photo")).body == photo

    run(says(answer(photo, kind="image/jpeg")), story)


def test_events_stream_as_they_come():
    going = asyncio.Event()

    async def handler(asked, writer):
        head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        for piece in (b'{"a":"https://direct', b'or.nny.local/ucwa"}\n'):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
            await going.wait()
        writer.write(b"0\r\n\r\n")

    async def story(gateway, pool):
        reader, writer = await gateway.open()
        writer.write(request("/director/ucwa/events"))
        await reader.readuntil(b"\r\n\r\n")
        assert await read_chunk(reader) == b'{"a":"'
        going.set()
        assert await read_chunk(reader) == f'{PUBLIC}/director/ucwa"}}\n'.encode()
        assert await read_chunk(reader) == b""
        writer.close()

    run(handler, story)


def test_the_way_up():
    async def story(gateway, pool):
        await gateway.ask(
            "/director/ucwa/v1?a=b",
            f"Referer: {PUBLIC}/director/xframe",
            f"Origin: {PUBLIC}",
            f"X-Ms-Origin: {APP}",
            "Content-Type: application/json",
            "Range: bytes=0-1",
            method="POST",
            body=b'{"to":"http://gateway.test/director/ucwa/a"}',
        )
        asked = pool.asked[0]
        assert asked.target == "/ucwa/v1?a=b"
        assert asked.get("referer") == "https://director.nnylync.info/xframe"
        assert asked.get("origin") == "https://director.nnylync.info"
        assert asked.get("x-ms-origin") == APP
        assert asked.get("range") is None
        assert asked.body == b'{"to":"https://director.nnylync.info/ucwa/a"}'
        assert asked.get("content-length") == str(len(asked.body))

    run(says(answer(b"{}")), story)


@pytest.mark.parametrize("size", [0, 1, 300_000, 3_000_000])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("kind", ["text/plain", "image/png"])
def test_a_body_of_any_size_goes_up(size, chunked, kind):
    async def story(gateway, pool):
        body = b"x" * size
        reader, writer = await gateway.open()
        if chunked:
            lines = f"Content-Type: {kind}", "Transfer-Encoding: chunked"
            writer.write(request("/director/up", *lines, method="POST"))
            for at in range(0, size, 70_000):
                piece = body[at : at + 70_000]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(request("/director/up", f"Content-Type: {kind}", method="POST", body=body))
        got = await read_answer(reader)
        assert got.status == 200
        assert pool.asked[0].body == body
        writer.close()

    run(says(answer(b"{}")), story)


def test_a_client_that_waits_for_100_continue_gets_it():
    async def story(gateway, pool):
        reader, writer = await gateway.open()
        writer.write(request("/director/up", "Expect: 100-continue", "Content-Length: 2", method="POST"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await read_answer(reader)).status == 200
        assert pool.asked[0].get("expect") is None
        writer.close()

    run(says(answer(b"{}")), story)


def test_pipelined_requests_are_answered_in_order():
    async def handler(asked, writer):
        await asyncio.sleep(0.05 if asked.target == "/1" else 0)
        writer.write(answer(asked.target.encode(), kind="text/plain"))

    async def story(gateway, pool):
        reader, writer = await gateway.open()
        writer.write(b"".join(request(f"/director/{n}") for n in range(1, 40)) + request("/healthz"))
        assert [(await read_answer(reader)).body for _ in range(39)] == [b"/%d" % n for n in range(1, 40)]
        assert (await read_answer(reader)).body == b"alive\n"
        writer.close()

    run(handler, story)


def test_a_connection_is_reused():
    async def story(gateway, pool):
        for _ in range(5):
            await gateway.ask("/director/a")
        assert pool.connections == 1

    run(says(answer(b"{}")), story)


def test_a_get_is_repeated_where_an_idle_connection_had_been_closed():
    async def handler(asked, writer):
        if len([1 for _ in asked.raw]) and asked.connection == 1 and asked.target == "/second":
            writer.close()
            return
        writer.write(answer(b"{}"))

    async def story(gateway, pool):
        await gateway.ask("/director/first")
        assert (await gateway.ask("/director/second")).status == 200
        assert pool.connections == 2

    run(handler, story)


def test_head_and_empty_answers():
    async def handler(asked, writer):
        status = "204 No Content" if asked.target == "/none" else "200 OK"
        length = "" if asked.target == "/none" else "Content-Length: 7\r\n"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: image/png\r\n{length}\r\n".encode())

    async def story(gateway, pool):
        assert (await gateway.ask("/director/h", method="HEAD")).get("content-length") == "7"
        assert (await gateway.ask("/director/none")).status == 204

    run(handler, story)


def test_an_answer_without_length_ends_with_its_connection():
    async def handler(asked, writer):
        writer.write(b'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"/ucwa/')
        await writer.drain()
        writer.write(b'x"')
        writer.close()

    async def story(gateway, pool):
        assert (await gateway.ask("/director/x")).body == b'"/director/ucwa/x"'

    run(handler, story)


def test_several_pools_and_discovery_under_one_base():
    async def main():
        async with (
            upstream(says(answer(b'{"href":"https://home.nny.local/ucwa"}'))) as one,
            upstream(says(answer(b"{}"))) as two,
        ):
            discover = site("lyncdiscover", one.port, path="")
            sites = site("director", one.port), site("home", two.port), discover
            async with front(*sites, public=(f"{PUBLIC}/lync",)) as gateway:
                got = await gateway.ask("/lync/director/a")
                assert got.body == b'{"href":"http://gateway.test/lync/home/ucwa"}'
                await gateway.ask("/lync/home/ucwa")
                assert two.asked[0].target == "/ucwa"
                assert (await gateway.ask("/lync/")).status == 200
                assert one.asked[-1].get("host") == "lyncdiscover.nnylync.info"
                assert one.asked[-1].target == "/"
                assert (await gateway.ask("/lync?sipuri=a@b")).status == 200
                assert one.asked[-1].target == "/?sipuri=a@b"
                for nowhere in ("/", "/lync/elsewhere", "/lync/directors/a", "/lyncx"):
                    assert (await gateway.ask(nowhere)).status == 404

    asyncio.run(main())


@pytest.mark.parametrize(
    "path", ["/director/../home/x", "/director/%2e%2e/x", "/director/a/%252e%252e/%2e./x", "/director/..\\x"]
)
def test_a_path_cannot_climb_out_of_its_pool(path):
    async def story(gateway, pool):
        assert (await gateway.ask(path)).status == 404
        assert pool.asked == []

    run(says(answer(b"{}")), story)


def test_never_an_open_proxy():
    async def story(gateway, pool):
        for target, host, status in (
            ("http://elsewhere.test/director/", "elsewhere.test", 421),
            ("http://gateway.test/director/", "elsewhere.test", 400),
            ("/director/", "elsewhere.test", 421),
            ("/director/", "director.nnylync.info", 421),
        ):
            assert (await gateway.ask(target, f"Host: {host}")).status == status
        assert (await gateway.ask("http://gateway.test/director/a")).status == 200
        assert (await gateway.ask("gateway.test:443", method="CONNECT")).status == 405
        assert [asked.target for asked in pool.asked] == ["/a"]

    run(says(answer(b"{}")), story)
