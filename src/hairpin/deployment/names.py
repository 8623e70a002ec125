"""What a name means in a DNS view.

A view lists only what differs from a sound deployment: inside, the internal names lead to the servers; in
both views the published names lead to the reverse proxy's outside address. Discovery names inside exist only
where a view lists them or the proxy publishes them, because both ways are common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from hairpin.deployment.model import Deployment, Record
from hairpin.wire.origin import maybe_origin

LONGEST_CHAIN = 8


def records(deployment: Deployment, vantage: str) -> dict[str, Record]:
    """Every name of a view, in lower case, with its record; an empty tuple is a name that does not exist."""
    found: dict[str, Record] = {}
    proxy = deployment.reverse_proxy
    if proxy is not None:
        for entry in proxy.publishes:
            found[(entry if isinstance(entry, str) else entry.name).lower()] = proxy.outside
    if vantage != "outside":
        for pool in deployment.pools:
            found[pool.internal_fqdn.lower()] = pool.servers[0].address
            for server in pool.servers:
                found[server.fqdn.lower()] = server.address
    app = deployment.app
    origin = maybe_origin(app.origin) if app is not None else None
    if app is not None and origin is not None:
        found[origin.host] = app.address
    for name, record in deployment.dns.get(vantage, {}).items():
        found[name.lower().rstrip(".")] = record
    return found


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a view says of a host: the CNAMEs on the way, ``(name, target)`` each, and the addresses.

    ``exists`` is false where the last name has no record of any kind and nothing below it has one (NXDOMAIN).
    """

    aliases: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    exists: bool


def resolve(view: Mapping[str, Record], host: str) -> Resolution:
    """Look a host up in the `records` of a view, CNAMEs followed; too long a chain ends in no address."""
    aliases: list[tuple[str, str]] = []
    name = host.lower().rstrip(".")
    while len(aliases) < LONGEST_CHAIN:
        record = view.get(name)
        if isinstance(record, str) and not is_address(record):
            target = record.lower().rstrip(".")
            aliases.append((name, target))
            name = target
            continue
        found = (record,) if isinstance(record, str) else record or ()
        below = any(record != () and other.endswith(f".{name}") for other, record in view.items())
        return Resolution(tuple(aliases), found, bool(found) or below)
    return Resolution(tuple(aliases), (), True)


def addresses(deployment: Deployment, vantage: str, host: str) -> tuple[str, ...]:
    """The IPv4 addresses of a host in a view, CNAMEs followed; empty when the name does not resolve."""
    if is_address(host):
        return (host,)
    return resolve(records(deployment, vantage), host).addresses


def is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
