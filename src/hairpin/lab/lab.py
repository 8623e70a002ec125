"""A lab: `async with Lab(deployment) as lab`, and every machine of the deployment answers on loopback.

Nothing outlives it: sockets, tasks and the directory with the authority's certificate go when the block is
left. What prevents a start (a port in use, a missing permission) is a `LabError` of one line.
"""

from __future__ import annotations

import asyncio
import errno
import secrets
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from hairpin.deployment.changes import shifted
from hairpin.deployment.model import Deployment
from hairpin.deployment.names import records
from hairpin.deployment.routing import WebSite, certificate_names, publications, site_at
from hairpin.lab.app import AppPage
from hairpin.lab.authority import Authority
from hairpin.lab.http import Handler, Peer, Stream, serve
from hairpin.lab.logins import Logins
from hairpin.lab.naming import Udp, View, over_tcp
from hairpin.lab.place import VIEWS, Places, name_server, places
from hairpin.lab.proxy import ReverseProxy
from hairpin.lab.ready import DNS_PORT, DOH_PORT, Machine, Ready, machines, ready
from hairpin.lab.sites import Site
from hairpin.server import Farm
from hairpin.wire.exchange import Exchange, observe
from hairpin.wire.message import Request, Response

OFFSET = 20_000  # what every port is moved up by where low ports may not be bound
BLOCKS = range(10, 255)
_KEPT = 10_000
_HANDSHAKE, _FAREWELL = 10.0, 1.0  # seconds a client may take over TLS's first and last words

Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


class LabError(Exception):
    """A lab that cannot start; the text is one line fit for whoever started it."""


class _InUse(LabError):
    pass


class _Forbidden(LabError):
    pass


@dataclass(frozen=True, slots=True)
class Seen:
    """What a machine of the lab was asked and answered; ``site`` is its web site, where it has two."""

    machine: str
    site: WebSite | None
    exchange: Exchange


class Lab:
    """A running deployment. ``block`` picks 127.N.0.0/16, ``offset`` shifts the ports; both have defaults.

    ``deployment`` is what really runs: ports shifted, every user with a password. ``exchanges`` is what the
    web sites and the reverse proxy saw, redacted, the newest last.
    """

    def __init__(
        self, deployment: Deployment, *, block: int | None = None, offset: int | None = None
    ) -> None:
        self.deployment = with_passwords(deployment)
        self.exchanges: deque[Seen] = deque(maxlen=_KEPT)
        self._wanted = block, offset
        self._closing = AsyncExitStack()
        self._connections: set[asyncio.Task[None]] = set()

    places: Places
    certificate: Path
    offset: int

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            block, self.offset, name_sockets = _claim(*self._wanted)
            for bound in name_sockets:
                opening.callback(bound.close)
            self._settle(block)
            directory = opening.enter_context(TemporaryDirectory(prefix="hairpin-lab-"))
            authority = Authority(Path(directory))
            logins = Logins(self.deployment, Path(directory))
            self.certificate = authority.certificate
            opening.push_async_callback(self._end_connections)
            await self._start_names(opening, authority, name_sockets)
            await self._start_machines(opening, authority, logins)
            self._closing = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._closing.aclose()

    def describe(self) -> Ready:
        """Everything one needs to use this lab."""
        return ready(self.deployment, self.places, self.offset, str(self.certificate))

    def _settle(self, block: int) -> None:
        try:
            self.places = places(self.deployment, block)
        except ValueError as error:
            raise LabError(str(error)) from None
        self.deployment = shifted(self.deployment, self.offset)

    async def _start_names(
        self, opening: AsyncExitStack, authority: Authority, bound: list[socket.socket]
    ) -> None:
        for name, (datagrams, streams) in zip(VIEWS, zip(bound[::2], bound[1::2], strict=True), strict=True):
            view = View(records(self.deployment, name), self.places.seen_from(name, self.deployment))
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(partial(Udp, view), sock=datagrams)
            opening.callback(transport.close)
            await self._listen(opening, streams, partial(over_tcp, view))
            address = name_server(self.places.block, name)
            https = _bind(address, DOH_PORT + self.offset)
            await self._listen(
                opening,
                https,
                partial(serve, partial(_over_https, view)),
                authority.server_context([address]),
            )

    async def _start_machines(self, opening: AsyncExitStack, authority: Authority, logins: Logins) -> None:
        deployment = self.deployment
        keys = {pool.name: secrets.token_bytes(32) for pool in deployment.pools}
        passwords = {user.address: user.password for user in deployment.users}
        farm = Farm(deployment, keys, passwords, lambda: secrets.token_hex(16), logins.begin)
        proxy = ReverseProxy(deployment, self.places, authority.client_context())
        for machine in machines(deployment, self.places):
            names = self._names_of(machine)
            tls = authority.server_context(names) if names else None
            for listener in machine.listeners:
                site = site_at(deployment, machine.address, listener.port)
                if site is not None:
                    handler: Handler = Site(farm, site).answer
                elif machine.role == "app":
                    handler = AppPage(deployment).answer
                else:
                    handler = proxy.answer
                client = partial(serve, self._recorded(handler, machine, site))
                bound = _bind(machine.loopback, listener.port)
                await self._listen(opening, bound, client, tls if listener.tls else None)

    def _names_of(self, machine: Machine) -> list[str]:
        """The host names of a machine's certificate, its own first."""
        if machine.role == "app":
            return [machine.name]
        if machine.role == "reverse-proxy":
            return [entry.name.lower() for entry in publications(self.deployment)]
        covered = certificate_names(self.deployment, self.deployment.pool_named(machine.pool or ""))
        return [machine.name.lower(), *sorted(covered)]

    def _recorded(self, handle: Handler, machine: Machine, site: WebSite | None) -> Handler:
        async def recorded(request: Request, peer: Peer) -> Response | Stream:
            started, before = time.time(), time.monotonic()
            answer = await handle(request, peer)
            if isinstance(
                answer, Response
            ):  # what the proxy passes on is recorded by the web site that answered
                exchange = observe(
                    request,
                    answer,
                    address=machine.address,
                    port=peer.port,
                    started=started,
                    seconds=time.monotonic() - before,
                )
                self.exchanges.append(Seen(machine.name, site, exchange))
            return answer

        return recorded

    async def _listen(
        self,
        opening: AsyncExitStack,
        bound: socket.socket,
        client: Client,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._connections.add(task)
            try:
                await client(reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()
            finally:
                self._connections.discard(task)
                writer.close()
                with suppress(ConnectionError, TimeoutError, ssl.SSLError):
                    await writer.wait_closed()

        server = await asyncio.start_server(
            connected,
            sock=bound,
            ssl=tls,
            ssl_handshake_timeout=_HANDSHAKE if tls else None,
            ssl_shutdown_timeout=_FAREWELL if tls else None,
        )
        opening.callback(server.close)

    async def _end_connections(self) -> None:
        ending = list(self._connections)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


async def _over_https(view: View, request: Request, peer: Peer) -> Response:  # noqa: ARG001 - as a Handler
    return view.over_https(request)


def with_passwords(deployment: Deployment) -> Deployment:
    """The deployment with a made-up password for every user who has none."""
    users = tuple(
        user if user.password else replace(user, password=secrets.token_urlsafe(9))
        for user in deployment.users
    )
    return replace(deployment, user=users)


def _claim(block: int | None, offset: int | None) -> tuple[int, int, list[socket.socket]]:
    """A free block, the offset of its ports, and what claims it: the DNS sockets, UDP and TCP per view."""
    problem = LabError("no block of loopback addresses to choose from")
    for candidate_offset in [0, OFFSET] if offset is None else [offset]:
        for candidate in BLOCKS if block is None else [block]:
            try:
                return candidate, candidate_offset, _name_sockets(candidate, DNS_PORT + candidate_offset)
            except _Forbidden as error:
                problem = error
                break
            except _InUse as error:
                problem = error
        else:
            raise problem
    raise problem


def _name_sockets(block: int, port: int) -> list[socket.socket]:
    with ExitStack() as opening:
        found = [
            opening.enter_context(_bind(name_server(block, view), port, kind))
            for view in VIEWS
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)
        ]
        opening.pop_all()
    return found


def _bind(address: str, port: int, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """A bound socket; a TCP one listens."""
    if not 0 < port < 65536:
        raise LabError(f"port {port} does not exist; choose a smaller offset")
    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP.
    protocol = socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else socket.IPPROTO_UDP
    bound = socket.socket(socket.AF_INET, kind, protocol)
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(128)
        bound.setblocking(False)
    except OSError as error:
        bound.close()
        raise _problem(error, address, port) from None
    return bound


def _problem(error: OSError, address: str, port: int) -> LabError:
    if error.errno == errno.EADDRINUSE:
        return _InUse(
            f"port {port} on {address} is in use by another program; stop it or choose a port offset"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return _Forbidden(
            f"no permission to listen on port {port} of {address}; choose a port offset, such as {OFFSET}"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return LabError(f"this machine has no address {address}; a lab needs all of 127.0.0.0/8 on loopback")
    return LabError(f"cannot listen on port {port} of {address}: {error.strerror}")
