"""Where each machine of a deployment is on loopback.

A lab takes one block 127.N.0.0/16 for itself, so that labs can run side by side. Within it the places depend
on the deployment alone: servers from 127.N.10.1 in the file's order, the reverse proxy at 127.N.20.1, the
app's page at 127.N.30.1, the DNS servers of the views from 127.N.0.53.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import INSIDE, OUTSIDE

VIEWS = (INSIDE, OUTSIDE)

# The broadcast address of 127.0.0.0/8: connecting fails with "network is unreachable" and sends nothing.
UNREACHABLE = "127.255.255.255"

_SERVERS_PER_BLOCK = 10 * 250


@dataclass(frozen=True, slots=True)
class Places:
    """Deployment address → loopback address, and back."""

    block: int
    machines: Mapping[str, str]

    def of(self, address: str) -> str:
        """The loopback address of a machine; raises KeyError for an address the deployment does not have."""
        return self.machines[address]

    @property
    def real(self) -> Mapping[str, str]:
        """Loopback address → deployment address."""
        return MappingProxyType({loopback: address for address, loopback in self.machines.items()})

    def seen_from(self, view: str, deployment: Deployment) -> dict[str, str]:
        """What a view's DNS says instead of each deployment address: outside, no server can be reached."""
        servers = {server.address for pool in deployment.pools for server in pool.servers}
        return {
            address: UNREACHABLE if view == OUTSIDE and address in servers else loopback
            for address, loopback in self.machines.items()
        }


def name_server(block: int, view: str) -> str:
    """The loopback address of a view's DNS server."""
    return f"127.{block}.0.{53 + VIEWS.index(view)}"


def places(deployment: Deployment, block: int) -> Places:
    """Every machine's place in a block (1 to 254). Raises ValueError when there are too many."""
    servers = [server.address for pool in deployment.pools for server in pool.servers]
    if len(servers) > _SERVERS_PER_BLOCK:
        raise ValueError(
            f"a lab holds at most {_SERVERS_PER_BLOCK} servers, the deployment has {len(servers)}"
        )
    machines = {
        address: f"127.{block}.{10 + index // 250}.{1 + index % 250}" for index, address in enumerate(servers)
    }
    if deployment.reverse_proxy is not None:
        machines[deployment.reverse_proxy.outside] = f"127.{block}.20.1"
    if deployment.app is not None:
        machines[deployment.app.address] = f"127.{block}.30.1"
    return Places(block, MappingProxyType(machines))
