"""The network between a client and a deployment, in memory: route the URL, ask the web site."""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import NoRoute, route
from hairpin.server import Farm, Hold, unpublished
from hairpin.wire.exchange import Reply
from hairpin.wire.message import Request


@dataclass(frozen=True, slots=True)
class Memory:
    """One vantage's view of a deployment whose web sites are ``farm``. ``now`` is seconds since the epoch."""

    deployment: Deployment
    vantage: str
    farm: Farm
    now: float

    def send(self, request: Request) -> Reply:
        """What the network gives for a request; a pending GET is answered as if its time had passed."""
        way = route(self.deployment, self.vantage, request.url)
        if isinstance(way, NoRoute):
            return Reply(failure=way.failure, address=way.address, note=way.why)
        if way.site is None:
            return Reply(unpublished(), address=way.address, port=way.port)
        answer = self.farm.answer(way.site, request, self.now)
        response = answer.response if isinstance(answer, Hold) else answer
        return Reply(response, address=way.address, port=way.port)
