"""A web site on its listener: the farm decides, this waits where a GET is held."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from hairpin.deployment.routing import WebSite
from hairpin.lab.http import Peer
from hairpin.server import Farm, Hold
from hairpin.wire.message import Request, Response


@dataclass(frozen=True, slots=True)
class Site:
    """One web site of a farm."""

    farm: Farm
    site: WebSite

    async def answer(self, request: Request, peer: Peer) -> Response:
        """What the site says; a pending GET is answered when something happens or its time has passed."""
        answer = self.farm.answer(self.site, request, time.time(), peer.login)
        return await _waited(answer) if isinstance(answer, Hold) else answer


async def _waited(hold: Hold) -> Response:
    woken = asyncio.Event()
    hold.wake = woken.set
    try:
        async with asyncio.timeout(hold.seconds):
            await woken.wait()
    except TimeoutError:
        pass
    finally:
        hold.close()
    return hold.response
