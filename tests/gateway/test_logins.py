"""A login that is bound to a connection stays with the client it belongs to: real NTLM, many at a time."""

import asyncio
import shutil
import subprocess

import pytest

from tests.gateway.front import front, read_answer, request, site
from tests.gateway.ntlm import NOBODY, PASSWORD, LoginSite, accounts, crowd, log_in
from tests.gateway.upstream import upstream

USERS = [f"user{number}" for number in range(8)]


def run(story, scheme="NTLM"):
    async def main():
        login = LoginSite(scheme)
        async with upstream(login) as pool, front(site("director", pool.port)) as gateway:
            await asyncio.wait_for(story(gateway, pool, login), 110)

    with accounts(USERS):
        asyncio.run(main())


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_handshake_works_and_its_login_ends_with_its_connection(scheme):
    async def story(gateway, pool, login):
        reader, writer = await gateway.open()
        assert (await log_in(reader, writer, "user1", "/director/who", scheme)).body == b"user1"
        writer.write(request("/director/who"))
        assert (await read_answer(reader)).body == b"user1"
        assert gateway.count("pinned") == 1
        assert (await gateway.ask("/director/open")).body == NOBODY.encode()
        writer.close()
        await asyncio.sleep(0.1)
        assert gateway.count("pinned") == 0
        assert (await gateway.ask("/director/who")).status == 401

    run(story, scheme)


def test_a_connection_is_pinned_from_the_first_hint():
    async def story(gateway, pool, login):
        reader, writer = await gateway.open()
        writer.write(request("/director/who"))
        assert (await read_answer(reader)).status == 401
        assert (await gateway.ask("/director/open")).status == 200
        assert pool.connections == 2
        assert (await log_in(reader, writer, "user1", "/director/who")).body == b"user1"
        assert pool.asked[-1].connection == pool.asked[0].connection
        writer.close()

    run(story)


def test_strangers_are_never_taken_for_users():
    async def story(gateway, pool, login):
        assert await crowd(gateway, USERS, 3000) == 0
        assert len(set(login.users.values())) == len(USERS)

    run(story)


def test_when_the_pool_hangs_up_the_login_is_over_for_the_client_too():
    async def story(gateway, pool, login):
        reader, writer = await gateway.open()
        await log_in(reader, writer, "user1", "/director/who")
        for one in gateway.gateway.state.clients:
            for pinned in one.pinned.values():
                pinned.transport.abort()
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()

    run(story)


@pytest.mark.skipif(
    "NTLM" not in subprocess.run(["curl", "-V"], capture_output=True, text=True, check=False).stdout
    if shutil.which("curl")
    else True,
    reason="curl with NTLM is missing",
)
def test_curl_logs_in():
    async def story(gateway, pool, login):
        async def curl(user):
            url = f"http://127.0.0.1:{gateway.port}/director/who"
            process = await asyncio.create_subprocess_exec(
                "curl", "-s", "--ntlm", "-u", f"NNY\\{user}:{PASSWORD}", "-H", "Host: gateway.test", url, url, url,
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, _ = await process.communicate()
            return out.decode()

        assert await asyncio.gather(*map(curl, USERS)) == [user * 3 for user in USERS]

    run(story)
