"""Real NTLM logins through the gateway, many at a time: `scripts/bench logins [REQUESTS]` counts who is mistaken.

Eight users log in again and again and ask who they are, eight strangers ask in between; every answer that names
somebody else is a leak. 100,000 requests unless told otherwise.
"""

from __future__ import annotations

import asyncio
import sys
import time

from tests.gateway.front import front, site
from tests.gateway.ntlm import LoginSite, accounts, crowd
from tests.gateway.upstream import upstream

USERS = [f"user{number}" for number in range(8)]


async def leaks(requests: int) -> int:
    login = LoginSite()
    async with upstream(login) as pool, front(site("director", pool.port)) as gateway:
        found = await crowd(gateway, USERS, requests)
        print(f"{pool.connections} upstream connections, {len(login.users)} logins")
        return found


def main() -> int:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    began = time.monotonic()
    with accounts(USERS):
        found = asyncio.run(leaks(requests))
    print(f"{found} leaks in {requests} requests, {time.monotonic() - began:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
