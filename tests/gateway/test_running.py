"""Running it: failures that say which pool and why, health, metrics, log, reload, stopping, long waits."""

import asyncio
import contextlib
import json
import ssl
from dataclasses import replace

import pytest
import trustme

from hairpin.gateway.config import Config, Limits, Listen
from hairpin.gateway.serve import Gateway
from tests.gateway.front import PUBLIC, front, read_answer, request, site
from tests.gateway.upstream import answer, upstream


async def fine(asked, writer):
    writer.write(answer(b"{}"))


def run(story, handler=fine, own=None, **more):
    async def main():
        async with (
            upstream(handler) as pool,
            front(site("director", pool.port, **(own or {})), **more) as gateway,
        ):
            await asyncio.wait_for(story(gateway, pool), 30)

    asyncio.run(main())


def test_a_dead_pool_is_named_with_the_reason():
    async def main():
        async with front(site("director", 1)) as gateway:
            got = await gateway.ask("/director/a")
            assert got.status == 502
            assert got.get("Content-Type") == "text/plain; charset=utf-8"
            assert got.body == b"hairpin gateway: pool director: connection refused\n"
            assert gateway.count("failures", "director", "refused") == 1
            assert (await gateway.ask("/readyz")).status == 503

    asyncio.run(main())


def test_another_server_of_the_pool_is_tried():
    async def main():
        async with upstream(fine) as pool:
            addresses = (("127.0.0.1", 1), ("127.0.0.1", pool.port))
            async with front(site("director", 1, addresses=addresses)) as gateway:
                assert (await gateway.ask("/director/a")).status == 200

    asyncio.run(main())


def test_a_slow_pool_gets_504_and_the_reason():
    async def slow(asked, writer):
        await asyncio.sleep(5)

    async def story(gateway, pool):
        got = await gateway.ask("/director/a")
        assert got.status == 504
        assert got.body == b"hairpin gateway: pool director: no answer within 0.3 s\n"

    run(story, slow, limits=Limits(answer_seconds=0.3))


def test_events_may_be_held_much_longer():
    async def slow(asked, writer):
        await asyncio.sleep(1.5)
        writer.write(answer(b"{}"))

    async def story(gateway, pool):
        asking = asyncio.create_task(gateway.ask("/director/ucwa/oauth/v1/applications/1/events?ack=1"))
        await asyncio.sleep(0.5)
        assert gateway.count("held") == 1
        assert (await asking).status == 200
        assert gateway.count("held") == 0

    run(story, slow, limits=Limits(answer_seconds=0.3))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"nonsense", b"not HTTP"),
        (b"", b"without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", b"not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000, b"too large"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", b"not HTTP"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
            b"stream",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: odd\r\nContent-Length: 0\r\n\r\n",
            b"odd",
        ),
    ],
)
def test_a_broken_answer_is_not_passed_on(data, why):
    async def broken(asked, writer):
        writer.write(data)
        await writer.drain()
        writer.close()

    async def story(gateway, pool):
        got = await gateway.ask("/director/a")
        assert got.status == 502
        assert b"pool director" in got.body
        assert why in got.body

    run(story, broken)


def test_an_answer_that_is_cut_off_is_not_taken_for_the_whole():
    async def cut(asked, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 10\r\n\r\nabc")
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()

    async def story(gateway, pool):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await gateway.ask("/director/a")

    run(story, cut)


def test_when_the_client_leaves_the_pool_is_told():
    asked_for, left = asyncio.Event(), asyncio.Event()

    async def hold(asked, writer):
        asked_for.set()
        with contextlib.suppress(ConnectionError):
            await asked.reader.read()
        left.set()

    async def story(gateway, pool):
        _, writer = await gateway.open()
        writer.write(request("/director/ucwa/events"))
        await asyncio.wait_for(asked_for.wait(), 5)
        writer.close()
        await asyncio.wait_for(left.wait(), 5)
        assert not gateway.gateway.state.clients
        assert gateway.count("held") == 0

    run(story, hold)


def test_health_and_metrics():
    async def story(gateway, pool):
        assert (await gateway.ask("/healthz", "Host: 10.0.0.1")).body == b"alive\n"
        assert (await gateway.ask("/readyz", "Host: 10.0.0.1")).body == b"director: no trouble known\n"
        await gateway.ask("/director/a")
        text = (await gateway.ask("/metrics")).body.decode()
        assert 'hairpin_gateway_requests_total{pool="director",status="2xx"} 1.0' in text
        assert 'hairpin_gateway_request_seconds_count{pool="director"} 1.0' in text
        assert "hairpin_gateway_connections 1.0" in text

    run(story)


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 200), ("/director/a", 421)])
def test_load_balancers_ask_without_a_host(path, status):
    async def story(gateway, pool):
        reader, writer = await gateway.open()
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        assert (await read_answer(reader)).status == status
        writer.close()

    run(story)


def test_metrics_are_not_for_everybody():
    async def story(gateway, pool):
        assert (await gateway.ask("/metrics")).status == 403

    run(story, metrics_clients=("192.0.2.0/24",))


def test_the_access_log_has_one_object_a_request_and_no_secret(tmp_path):
    log = tmp_path / "access.log"

    async def story(gateway, pool):
        await gateway.ask(
            "/director/a?access_token=cwt=AAEBsecret&ack=1", "Authorization: Bearer cwt=AAEBsecret"
        )
        await gateway.ask("/elsewhere")

    run(story, access_log=str(log))
    assert b"secret" not in log.read_bytes()
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["method"], first["status"], first["pool"], first["client"]) == (
        "GET",
        200,
        "director",
        "127.0.0.1",
    )
    assert "ack=1" in first["target"]
    assert (second["status"], second["pool"]) == (404, "")


def test_reload_keeps_a_held_channel():
    async def main():
        going = asyncio.Event()

        async def hold(asked, writer):
            if "events" in asked.target:
                await going.wait()
            writer.write(answer(b'"https://director.nnylync.info/x"'))

        async with upstream(hold) as pool, front(site("director", pool.port)) as gateway:
            reader, writer = await gateway.open()
            writer.write(request("/director/ucwa/events"))
            await asyncio.sleep(0.1)
            config = gateway.gateway.state.config
            moved = replace(config, sites=(site("home", pool.port),), public=("http://new.test",))
            await gateway.gateway.reload(moved)
            assert (await gateway.ask("/home/a", "Host: new.test")).status == 200
            assert (await gateway.ask("/director/a")).status == 421
            going.set()
            assert (await read_answer(reader)).body == f'"{PUBLIC}/director/x"'.encode()
            writer.close()

    asyncio.run(main())


def test_a_reload_that_fails_changes_nothing():
    async def story(gateway, pool):
        config = gateway.gateway.state.config
        twice = replace(config, sites=config.sites * 2)
        with pytest.raises(ValueError, match="two sites"):
            await gateway.gateway.reload(twice)
        with pytest.raises(OSError, match="cannot listen"):
            await gateway.gateway.reload(replace(config, listen=(Listen("192.0.2.1", 1),)))
        assert (await gateway.ask("/director/a")).status == 200

    run(story)


def test_reload_takes_new_certificates(tmp_path):
    authority = trustme.CA()
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"

    def issue():
        own = authority.issue_cert("localhost")
        certificate.write_bytes(b"".join(blob.bytes() for blob in own.cert_chain_pems))
        key.write_bytes(own.private_key_pem.bytes())

    async def serial(port):
        context = ssl.create_default_context()
        authority.configure_trust(context)
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
        got = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        writer.close()
        return got

    async def main():
        issue()
        listen = Listen("127.0.0.1", 0, str(certificate), str(key))
        async with upstream(fine) as pool, front(site("director", pool.port), listen=(listen,)) as gateway:
            before = await serial(gateway.port)
            issue()
            await gateway.gateway.reload(gateway.gateway.state.config)
            assert await serial(gateway.port) != before

    asyncio.run(main())


def test_tls_upstream_is_verified(tmp_path):
    authority, stranger = trustme.CA(), trustme.CA()

    async def main(tmp):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("director.nnylync.info").configure_cert(context)
        authority.cert_pem.write_to_path(tmp / "ca.pem")
        stranger.cert_pem.write_to_path(tmp / "other.pem")
        async with upstream(fine, context) as pool:
            sites = (
                site("good", pool.port, tls=True, ca=str(tmp / "ca.pem"), host="director.nnylync.info"),
                site("name", pool.port, tls=True, ca=str(tmp / "ca.pem"), host="other.nnylync.info"),
                site("issuer", pool.port, tls=True, ca=str(tmp / "other.pem"), host="director.nnylync.info"),
                site("told", pool.port, tls=True, verify=False, host="other.nnylync.info"),
            )
            async with front(*sites) as gateway:
                assert (await gateway.ask("/good/a")).status == 200
                assert (await gateway.ask("/told/a")).status == 200
                assert (
                    b"certificate is not accepted: Hostname mismatch" in (await gateway.ask("/name/a")).body
                )
                assert b"certificate is not accepted" in (await gateway.ask("/issuer/a")).body

    asyncio.run(main(tmp_path))


def test_stopping_lets_requests_end():
    async def slow(asked, writer):
        await asyncio.sleep(0.5)
        writer.write(answer(b"{}"))

    async def main():
        async with upstream(slow) as pool:
            config = Config(
                sites=(site("director", pool.port),),
                public=(PUBLIC,),
                listen=(Listen("127.0.0.1", 0),),
                limits=Limits(stop_seconds=5),
            )
            async with Gateway(config) as gateway:
                port = gateway.addresses[0][1]
                idle, idler = await asyncio.open_connection("127.0.0.1", port)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request("/director/a"))
                await asyncio.sleep(0.1)
                stopping = asyncio.create_task(gateway.stop(5))
                assert await idle.read() == b""
                idler.close()
                got = await read_answer(reader)
                assert got.status == 200
                assert got.get("Connection") == "close"
                await stopping
                with pytest.raises(ConnectionRefusedError):
                    await asyncio.open_connection("127.0.0.1", port)
                writer.close()

    asyncio.run(main())


def test_a_slow_reader_holds_back_the_pool_and_not_the_memory():
    async def much(asked, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 100000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(1000):
                writer.write(b"a" * 100_000)
                await writer.drain()

    async def story(gateway, pool):
        reader, writer = await gateway.open()
        writer.write(request("/director/a"))
        await reader.readexactly(1000)
        await asyncio.sleep(0.5)
        (client,) = gateway.gateway.state.clients
        assert client.transport.get_write_buffer_size() < 2_000_000
        writer.transport.abort()
        await asyncio.sleep(0.1)

    run(story, much)
