"""Windows logins through the gateway, with the lab's web sites behind it: nobody gets another's ticket."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from hairpin.gateway.config import Limits, from_deployment
from hairpin.lab.lab import Lab
from tests.gateway.front import PUBLIC, Answer, Front, front
from tests.lab.windows import GRANT, TOKEN, Connection, connected, crowd, crowded, whose

HOST = PUBLIC.removeprefix("http://")
USERS = 200


@asynccontextmanager
async def before_the_lab(users: int) -> AsyncIterator[Front]:
    """A gateway in front of a lab; all of it shares one thread, so connecting may take its time."""
    async with Lab(crowded(users)) as lab:
        sites = from_deployment(lab.deployment, ca=str(lab.certificate), reach=lab.places.of)
        async with front(*sites, limits=Limits(connect_seconds=60.0, head_seconds=60.0)) as gateway:
            yield gateway


def connection(gateway: Front) -> AbstractAsyncContextManager[Connection]:
    return connected("127.0.0.1", gateway.port, HOST, path=f"/director{TOKEN}")


def run(users: int, story: Callable[[Front], Awaitable[None]]) -> None:
    async def main() -> None:
        async with before_the_lab(users) as gateway:
            await story(gateway)

    asyncio.run(main())


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_a_login_goes_through_and_stays_with_its_connection(scheme: str) -> None:
    async def story(gateway: Front) -> None:
        async with connection(gateway) as own, connection(gateway) as other:
            invited = await own.ask()
            assert (invited.status, invited.all("WWW-Authenticate")) == (401, ["Negotiate", "NTLM"])
            assert whose(await own.log_in("NNY\\user1", "pass@1", scheme)) == "user1@nnylync.info"
            assert whose(await own.ask()) == "user1@nnylync.info"
            assert (await other.ask()).status == 401
        async with connection(gateway) as later:
            assert (await later.ask()).status == 401

    run(2, story)


def test_two_hundred_users_at_once() -> None:
    async def story(gateway: Front) -> None:
        count = await crowd(lambda: connection(gateway), USERS, 1500)
        assert (count.leaks, count.broken) == ([], [])
        assert count.logins >= USERS

    run(USERS, story)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curls_at_once() -> None:
    async def curl(gateway: Front, number: int) -> str:
        command = ["curl", "-sS", "--max-time", "60", "--ntlm", "-u", f"NNY\\user{number}:pass@{number}"]
        command += ["-H", f"Host: {HOST}", "-d", GRANT.decode(), "-w", "\n%{http_code}"]
        url = f"http://127.0.0.1:{gateway.port}/director{TOKEN}"
        done = await asyncio.create_subprocess_exec(*command, url, stdout=asyncio.subprocess.PIPE)
        body, _, status = (await done.communicate())[0].rpartition(b"\n")
        return whose(Answer(int(status), [], body)) or status.decode()

    async def story(gateway: Front) -> None:
        got = await asyncio.gather(*(curl(gateway, number) for number in range(40)))
        assert got == [f"user{number}@nnylync.info" for number in range(40)]

    run(40, story)
