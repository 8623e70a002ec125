"""Windows logins through the gateway to the lab's web sites: `scripts/bench ntlm [REQUESTS]` counts the leaks.

A hundred users and fifty strangers at once, by real NTLM, bare and inside SPNEGO. A leak is a ticket of
somebody else's; broken is an answer that is neither the ticket nor the refusal that was due. 100,000 requests
unless told otherwise; gateway, lab and clients share one thread, so the rate says nothing of the gateway's.
"""

from __future__ import annotations

import asyncio
import sys
import time

from tests.gateway.test_ntlm_through_lab import before_the_lab, connection
from tests.lab.windows import Count, crowd

USERS = 100


async def counted(requests: int) -> Count:
    async with before_the_lab(USERS) as gateway:
        return await crowd(lambda: connection(gateway), USERS, requests, seed=time.time_ns())


def main() -> int:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    began = time.monotonic()
    count = asyncio.run(counted(requests))
    for what in (*count.leaks[:10], *count.broken[:10]):
        print(what)
    print(
        f"{len(count.leaks)} leaks and {len(count.broken)} broken in {count.requests} requests with "
        f"{count.logins} logins, {time.monotonic() - began:.0f} s"
    )
    return 1 if count.leaks or count.broken else 0


if __name__ == "__main__":
    sys.exit(main())
