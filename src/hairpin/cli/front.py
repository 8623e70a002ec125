"""The gateway in front of a running lab, and the page on it: what a browser on this machine opens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial

import msgspec

from hairpin.cli.call import Unusable
from hairpin.gateway.config import Config, Listen, from_deployment
from hairpin.gateway.serve import Gateway
from hairpin.lab.app import AppPage
from hairpin.lab.http import serve
from hairpin.lab.lab import Lab
from hairpin.lab.ready import Ready

HOST = "127.0.0.1"
PORT = 8765


class Front(msgspec.Struct, frozen=True):
    """Where the gateway is: its origin, each pool under it, and the origin of the page that signs in through it."""

    origin: str
    pools: dict[str, str]
    page: str


class UpReady(Ready, frozen=True, kw_only=True):
    """The first line of ``hairpin up --format json``: the lab's own, and the gateway."""

    gateway: Front


def described(ready: Ready, front: Front) -> UpReady:
    known = {name: getattr(ready, name) for name in Ready.__struct_fields__}
    return UpReady(**known, gateway=front)


@asynccontextmanager
async def front_of(lab: Lab, port: int | None) -> AsyncIterator[Front]:
    """Run the gateway on ``port`` (any free one near the usual if None) and the page on the port after it.

    The lab's own allow lists are vouched for: the page is the gateway's own.
    """
    gate, page = _two_ports(port)
    origin, page_origin = f"http://localhost:{gate}", f"http://localhost:{page}"
    sites = from_deployment(lab.deployment, ca=str(lab.certificate), reach=lab.places.of, vouch=True)
    config = Config(
        sites=sites, public=(origin,), listen=(Listen(HOST, gate),), origins=(page_origin,), access_log=None
    )
    handler = AppPage(lab.deployment, roots=(f"{origin}/",)).answer
    try:
        async with Gateway(config):
            server = await asyncio.start_server(partial(serve, handler), HOST, page)
            async with server:
                pools = {pool.name: f"{origin}/{pool.name}" for pool in lab.deployment.pools}
                yield Front(origin, pools, f"{page_origin}/")
    except OSError as error:
        raise Unusable(str(error.strerror or error)) from None


def _two_ports(port: int | None) -> tuple[int, int]:
    """The gateway's port and the page's. A port somebody asked for is taken as it is."""
    if port is not None:
        return port, port + 1
    if _is_free(PORT) and _is_free(PORT + 1):
        return PORT, PORT + 1
    with closing(socket.socket()) as one, closing(socket.socket()) as other:
        one.bind((HOST, 0))
        other.bind((HOST, 0))
        return one.getsockname()[1], other.getsockname()[1]


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
