"""Who says where a host is: this machine's resolver, or one name server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import dns.asyncresolver
import dns.exception

Lookup = Callable[[str], Awaitable[tuple[str, ...]]]

_PATIENCE = 5.0  # seconds


class NotResolved(Exception):
    """A name without an address; the text says who says so."""


async def this_machine(host: str) -> tuple[str, ...]:
    """The addresses that this machine's own resolver gives. Raises NotResolved."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotResolved(f"{host}: {error}") from None
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def name_server(address: str, port: int = 53) -> Lookup:
    """A look-up that asks one name server, for IPv4 addresses. The look-up raises NotResolved."""
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [address]
    resolver.port = port
    resolver.lifetime = _PATIENCE

    async def lookup(host: str) -> tuple[str, ...]:
        try:
            answer = await resolver.resolve(host.rstrip(".") + ".", "A")
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NotResolved(f"{host}: {error}") from None
        return tuple(record.address for record in answer)

    return lookup
