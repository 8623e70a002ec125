"""What has to hold across the keys of a deployment.

A file may describe every fault of the catalogue, but not a machine that does not exist: an address nothing
listens on, a user at home nowhere, two pools of one name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from hairpin.deployment.model import Deployment, Pool, Publication
from hairpin.deployment.names import is_address
from hairpin.deployment.shape import Fault, meant
from hairpin.wire.origin import maybe_origin

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_VIEWS = ("inside", "outside")


def faults(deployment: Deployment) -> Iterator[Fault]:
    """Everything that cannot be so, in the order of the file; none for a sound deployment."""
    yield from _domains(deployment)
    yield from _pools(deployment)
    yield from _proxy(deployment)
    yield from _views(deployment)
    yield from _users(deployment)
    yield from _meetings(deployment)
    yield from _app(deployment)
    yield from _settings(deployment)


def _domains(deployment: Deployment) -> Iterator[Fault]:
    if not deployment.sip_domains:
        yield Fault("sip_domains", "is empty", 'must name at least one domain, such as ["example.com"]')
    for index, domain in enumerate(deployment.sip_domains):
        yield from _host(f"sip_domains[{index}]", domain)
    yield from _repeated((f"sip_domains[{index}]", name) for index, name in enumerate(deployment.sip_domains))


def _pools(deployment: Deployment) -> Iterator[Fault]:
    if not deployment.pools:
        yield Fault("pool", "is empty", "must hold at least one pool")
    named = list(enumerate(deployment.pools))
    for index, pool in named:
        yield from _pool(f"pool[{index}]", pool)
    yield from _repeated((f"pool[{index}].name", pool.name) for index, pool in named)
    servers = [
        (f"pool[{index}].servers[{number}]", server)
        for index, pool in named
        for number, server in enumerate(pool.servers)
    ]
    yield from _repeated((f"{path}.fqdn", server.fqdn) for path, server in servers)
    machines = [(f"{path}.address", server.address) for path, server in servers]
    if deployment.reverse_proxy is not None:
        machines.append(("reverse_proxy.outside", deployment.reverse_proxy.outside))
    if deployment.app is not None:
        machines.append(("app.address", deployment.app.address))
    yield from _repeated(machines)
    # One pool may give both its sites one name (the test lab's way), and a server may bear its pool's name.
    yield from _repeated(
        (f"pool[{index}].{key}", name) for index, pool in named for key, name in _own_names(pool)
    )


def _own_names(pool: Pool) -> tuple[tuple[str, str], ...]:
    both = (("internal_fqdn", pool.internal_fqdn), ("external_fqdn", pool.external_fqdn))
    return both[:1] if pool.internal_fqdn.lower() == pool.external_fqdn.lower() else both


def _pool(path: str, pool: Pool) -> Iterator[Fault]:
    yield from _host(f"{path}.internal_fqdn", pool.internal_fqdn)
    yield from _host(f"{path}.external_fqdn", pool.external_fqdn)
    if not pool.name:
        yield Fault(f"{path}.name", "is empty", "must be text")
    if not pool.servers:
        yield Fault(f"{path}.servers", "is empty", "must hold at least one server")
    for number, server in enumerate(pool.servers):
        yield from _host(f"{path}.servers[{number}].fqdn", server.fqdn)
        yield from _address(f"{path}.servers[{number}].address", server.address)
    for number, origin in enumerate(pool.allow_origins):
        yield from _origin(f"{path}.allow_origins[{number}]", origin)
    ports = pool.ports
    for name in ports.__struct_fields__:
        yield from _port(f"{path}.ports.{name}", getattr(ports, name))
    listening = ("internal_http", "internal_https", "external_http", "external_https")
    yield from _repeated((f"{path}.ports.{name}", str(getattr(ports, name))) for name in listening)


def _proxy(deployment: Deployment) -> Iterator[Fault]:
    proxy = deployment.reverse_proxy
    if proxy is None:
        return
    yield from _address("reverse_proxy.outside", proxy.outside)
    entries = [one if isinstance(one, Publication) else Publication(name=one) for one in proxy.publishes]
    pools = tuple(pool.name for pool in deployment.pools)
    for index, entry in enumerate(entries):
        path = f"reverse_proxy.publishes[{index}]"
        yield from _host(path, entry.name)
        if entry.pool is not None and entry.pool not in pools:
            yield Fault(f"{path}.pool", f"there is no pool {entry.pool!r}", meant(entry.pool, pools))
        elif entry.ports is not None:
            served = [pool for pool in deployment.pools if pool.name == entry.pool] or list(deployment.pools)
            yield from _translation(f"{path}.ports", entry.ports, served)
    yield from _repeated(
        (f"reverse_proxy.publishes[{index}]", entry.name) for index, entry in enumerate(entries)
    )
    yield from _translation("reverse_proxy.ports", proxy.ports, list(deployment.pools))


def _translation(path: str, ports: dict[int, int], pools: list[Pool]) -> Iterator[Fault]:
    listeners = sorted(
        {
            port
            for pool in pools
            for port in (
                pool.ports.internal_http,
                pool.ports.internal_https,
                pool.ports.external_http,
                pool.ports.external_https,
            )
        }
    )
    for outer, inner in ports.items():
        yield from _port(f"{path}.{outer}", outer)
        if inner not in listeners:
            known = ", ".join(map(str, listeners))
            yield Fault(
                f"{path}.{outer}", f"no web site listens on port {inner}", f"web sites listen on {known}"
            )


def _views(deployment: Deployment) -> Iterator[Fault]:
    proxy, app = deployment.reverse_proxy, deployment.app
    machines = {server.address: server.fqdn for pool in deployment.pools for server in pool.servers}
    if proxy is not None:
        machines[proxy.outside] = "the reverse proxy"
    if app is not None:
        machines[app.address] = "the app"
    known = "machines here: " + ", ".join(f"{address} ({name})" for address, name in machines.items())
    for view, records in deployment.dns.items():
        if view not in _VIEWS:
            yield Fault(f"dns.{view}", "unknown view", meant(view, _VIEWS))
        yield from _repeated((f'dns.{view}."{name}"', name) for name in records)
        for name, record in records.items():
            path = f'dns.{view}."{name}"'
            yield from _host(path, name)
            for value in (record,) if isinstance(record, str) else record:
                if is_address(value):
                    if value not in machines:
                        yield Fault(path, f"nothing listens on {value}", known)
                elif isinstance(record, tuple) or value.replace(".", "").isdigit():
                    yield from _address(path, value)
                else:
                    yield from _host(path, value)


def _users(deployment: Deployment) -> Iterator[Fault]:
    pools = {pool.name: pool for pool in deployment.pools}
    homes = tuple(pool.name for pool in deployment.pools if pool.kind == "front-end")
    domains = {domain.lower() for domain in deployment.sip_domains}
    for index, user in enumerate(deployment.users):
        path = f"user[{index}]"
        local, _, domain = user.address.rpartition("@")
        if not local or domain not in domains:
            yield Fault(
                f"{path}.sip", f"{user.sip!r} is no address here", f"must end in @{' or @'.join(domains)}"
            )
        if user.pool not in pools:
            yield Fault(f"{path}.pool", f"there is no pool {user.pool!r}", meant(user.pool, homes))
        elif pools[user.pool].kind == "director":
            right = f"a Director is home to nobody; front-end pools here: {', '.join(homes) or 'none'}"
            yield Fault(f"{path}.pool", f"{user.pool!r} is a Director pool", right)
    for key in ("address", "upn", "logon"):
        shown = "sip" if key == "address" else key
        values = (
            (f"user[{index}].{shown}", getattr(user, key)) for index, user in enumerate(deployment.users)
        )
        yield from _repeated((path, value) for path, value in values if value)


def _meetings(deployment: Deployment) -> Iterator[Fault]:
    organizers = tuple(user.address for user in deployment.users)
    for index, meeting in enumerate(deployment.meeting):
        who = meeting.organizer.removeprefix("sip:").lower()
        if who not in organizers:
            right = meant(who, organizers) if organizers else "the file has no users"
            yield Fault(f"meeting[{index}].organizer", f"there is no user {meeting.organizer!r}", right)
    yield from _repeated(
        (f"meeting[{index}].id", meeting.id) for index, meeting in enumerate(deployment.meeting)
    )


def _app(deployment: Deployment) -> Iterator[Fault]:
    if deployment.app is not None:
        yield from _origin("app.origin", deployment.app.origin)
        yield from _address("app.address", deployment.app.address)


def _settings(deployment: Deployment) -> Iterator[Fault]:
    for key in ("ticket_seconds", "anonymous_ticket_seconds"):
        if getattr(deployment.settings, key) <= 0:
            yield Fault(f"settings.{key}", "is not positive", "must be at least 1 second")


def _repeated(named: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for path, value in named:
        before = first.setdefault(value.lower().rstrip("."), path)
        if before != path:
            yield Fault(path, f"{value!r} is already taken by {before}", "each must be unique")


def _host(path: str, name: str) -> Iterator[Fault]:
    if is_address(name):
        yield Fault(path, f"{name!r} is an address", "must be a host name, such as pool.example.com")
    elif len(name) > 253 or _HOST.fullmatch(name) is None:
        yield Fault(path, f"{name!r} is not a host name", "must be like pool.example.com")


def _address(path: str, address: str) -> Iterator[Fault]:
    if not is_address(address):
        yield Fault(path, f"{address!r} is not an IPv4 address", "must be like 10.10.0.10")


def _port(path: str, port: int) -> Iterator[Fault]:
    if not 0 < port < 65536:
        yield Fault(path, f"{port} is not a port", "must be between 1 and 65535")


def _origin(path: str, text: str) -> Iterator[Fault]:
    origin = maybe_origin(text)
    if origin is None:
        yield Fault(path, f"{text!r} is not an origin", "must be like https://app.example.com")
    elif urlsplit(text)._replace(scheme="", netloc="").geturl() or "@" in text:
        yield Fault(path, f"{text!r} is more than an origin", f"must be {origin}")
