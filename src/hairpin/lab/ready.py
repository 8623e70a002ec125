"""What a running lab tells people and programs: schema ``hairpin.lab/1``, see `docs/lab.md`."""

from __future__ import annotations

import msgspec

from hairpin.deployment.model import Deployment, Ports, Side
from hairpin.deployment.names import records, resolve
from hairpin.deployment.routing import listening_ports, proxy_speaks_tls, publications
from hairpin.lab.naming import DOH_PATH
from hairpin.lab.place import VIEWS, Places, name_server
from hairpin.wire.oauth import conference_uri
from hairpin.wire.origin import Origin, origin_of

SCHEMA = "hairpin.lab/1"
DNS_PORT = 53
DOH_PORT = 443


class Listener(msgspec.Struct, frozen=True):
    """A TCP port of a machine; ``site`` is which of a pool's two web sites listens there."""

    port: int
    tls: bool
    site: Side | None = None


class Machine(msgspec.Struct, frozen=True):
    """A machine: its address in the deployment file and the one it really has, on loopback."""

    name: str
    role: str
    address: str
    loopback: str
    listeners: tuple[Listener, ...]
    pool: str | None = None


class NameServer(msgspec.Struct, frozen=True):
    """The DNS of one vantage: UDP and TCP at ``address``:``port``, RFC 8484 at ``https``."""

    view: str
    address: str
    port: int
    https: str


class Published(msgspec.Struct, frozen=True):
    """A name on the reverse proxy: listening port → port of the pool's servers."""

    name: str
    pool: str
    ports: dict[int, int]


class Account(msgspec.Struct, frozen=True):
    """A user and what they type."""

    sip: str
    name: str
    logon: str
    password: str
    pool: str


class MeetingUri(msgspec.Struct, frozen=True):
    """A meeting that anonymous users may join."""

    organizer: str
    conference_uri: str
    key: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one needs to use a lab. ``entry_points``: the discovery URLs that resolve, per vantage."""

    schema: str = SCHEMA
    deployment: str
    block: str
    port_offset: int
    certificate_authority: str
    dns: tuple[NameServer, ...]
    machines: tuple[Machine, ...]
    publishes: tuple[Published, ...]
    users: tuple[Account, ...]
    meetings: tuple[MeetingUri, ...]
    entry_points: dict[str, tuple[str, ...]]
    app: str | None


def ready(deployment: Deployment, places: Places, offset: int, certificate: str) -> Ready:
    """Describe a lab. ``deployment`` is what it runs: ports shifted, every user with a password."""
    proxy = deployment.reverse_proxy
    return Ready(
        deployment=deployment.name,
        block=f"127.{places.block}.0.0/16",
        port_offset=offset,
        certificate_authority=certificate,
        dns=tuple(_name_server(places.block, view, offset) for view in VIEWS),
        machines=machines(deployment, places),
        publishes=tuple(
            Published(entry.name, entry.pool or "", entry.ports or (proxy.ports if proxy else {}))
            for entry in publications(deployment)
        ),
        users=tuple(
            Account(
                f"sip:{user.address}",
                user.name or user.address,
                user.logon or user.upn or user.address,
                user.password,
                user.pool,
            )
            for user in deployment.users
        ),
        meetings=tuple(
            MeetingUri(one.organizer, conference_uri(one.organizer, one.id), one.key or one.id)
            for one in deployment.meeting
        ),
        entry_points={view: _entry_points(deployment, view) for view in VIEWS},
        app=f"{deployment.app.origin}/" if deployment.app else None,
    )


def machines(deployment: Deployment, places: Places) -> tuple[Machine, ...]:
    """Every machine with its listeners: the servers, the reverse proxy, the app's page."""
    found = [
        Machine(
            server.fqdn,
            "server",
            server.address,
            places.of(server.address),
            _listeners(pool.ports),
            pool.name,
        )
        for pool in deployment.pools
        for server in pool.servers
    ]
    proxy, app = deployment.reverse_proxy, deployment.app
    if proxy is not None:
        ports = tuple(
            Listener(port, proxy_speaks_tls(deployment, port)) for port in sorted(listening_ports(proxy))
        )
        found.append(
            Machine("reverse proxy", "reverse-proxy", proxy.outside, places.of(proxy.outside), ports)
        )
    if app is not None:
        origin = origin_of(app.origin)
        listener = Listener(origin.port, origin.scheme == "https")
        found.append(Machine(origin.host, "app", app.address, places.of(app.address), (listener,)))
    return tuple(found)


def _listeners(ports: Ports) -> tuple[Listener, ...]:
    return (
        Listener(ports.internal_http, False, Side.INTERNAL),
        Listener(ports.internal_https, True, Side.INTERNAL),
        Listener(ports.external_http, False, Side.EXTERNAL),
        Listener(ports.external_https, True, Side.EXTERNAL),
    )


def _name_server(block: int, view: str, offset: int) -> NameServer:
    address = name_server(block, view)
    origin = Origin("https", address, DOH_PORT + offset)
    return NameServer(view, address, DNS_PORT + offset, f"{origin}{DOH_PATH}")


def _entry_points(deployment: Deployment, view: str) -> tuple[str, ...]:
    known = records(deployment, view)
    hosts = (
        f"{label}.{domain.lower()}"
        for domain in deployment.sip_domains
        for label in ("lyncdiscoverinternal", "lyncdiscover")
    )
    return tuple(
        f"{Origin('https', host, deployment.https_port)}/" for host in hosts if resolve(known, host).addresses
    )
