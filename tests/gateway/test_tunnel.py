"""The CONNECT proxy: published names only, bytes untouched, and a PAC file that says so."""

import asyncio
import json
import shutil

import pytest

from hairpin.gateway.tunnel import Targets, Tunnel
from tests.gateway.upstream import answer, upstream

NAME = "webdir.nnylync.info"


async def fine(asked, writer):
    writer.write(answer(asked.target.encode(), kind="text/plain"))


async def ask(tunnel, data):
    reader, writer = await asyncio.open_connection(*tunnel.address)
    writer.write(data)
    got = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return got


def run(story):
    async def main():
        async with upstream(fine) as pool:
            table = {
                (NAME, 443): (("127.0.0.1", 1), ("127.0.0.1", pool.port)),
                ("dead.nnylync.info", 443): (("127.0.0.1", 1),),
            }
            async with Tunnel(Targets(table)) as tunnel:
                await story(tunnel, pool)

    asyncio.run(main())


def test_bytes_pass_both_ways():
    async def story(tunnel, pool):
        reader, writer = await asyncio.open_connection(*tunnel.address)
        writer.write(f"CONNECT {NAME.upper()}:443 HTTP/1.1\r\nHost: {NAME}:443\r\n\r\n".encode())
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
        writer.write(b"GET /ucwa HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"/ucwa")).startswith(b"HTTP/1.1 200 OK")
        writer.close()
        await asyncio.sleep(0.1)
        assert tunnel.opened == 1

    run(story)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("CONNECT elsewhere.test:443 HTTP/1.1", 403),
        (f"CONNECT {NAME}:22 HTTP/1.1", 403),
        (f"CONNECT {NAME}.elsewhere.test:443 HTTP/1.1", 403),
        ("CONNECT 127.0.0.1:443 HTTP/1.1", 403),
        (f"CONNECT {NAME} HTTP/1.1", 405),
        (f"CONNECT {NAME}:443@elsewhere.test:443 HTTP/1.1", 405),
        (f"GET http://{NAME}/ HTTP/1.1", 405),
        ("GET / HTTP/1.1", 405),
        ("nonsense", 405),
        ("CONNECT dead.nnylync.info:443 HTTP/1.1", 502),
        ("GET /healthz HTTP/1.1", 200),
        ("GET /" + "a" * 9000 + " HTTP/1.1", 431),
    ],
)
def test_nothing_else_is_reached(line, status):
    async def story(tunnel, pool):
        got = await ask(tunnel, f"{line}\r\nHost: {NAME}:443\r\n\r\n".encode())
        assert got.startswith(f"HTTP/1.1 {status} ".encode())
        assert pool.connections == 0

    run(story)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
def test_the_pac_file_sends_only_published_names():
    async def story(tunnel, pool):
        got = await ask(tunnel, b"GET /proxy.pac HTTP/1.1\r\nHost: gw.test:8080\r\n\r\n")
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"Content-Type: application/x-ns-proxy-autoconfig" in head
        urls = [
            (f"https://{NAME}/x", NAME),
            (f"http://{NAME}/", NAME),
            ("https://a.test/", "a.test"),
            ("https://x/", "toString"),
        ]
        script = (
            body.decode() + f"console.log(JSON.stringify({json.dumps(urls)}.map(a => FindProxyForURL(...a))))"
        )
        node = await asyncio.create_subprocess_exec("node", "-e", script, stdout=asyncio.subprocess.PIPE)
        out, _ = await node.communicate()
        assert json.loads(out) == ["PROXY gw.test:8080", "DIRECT", "DIRECT", "DIRECT"]

    run(story)
