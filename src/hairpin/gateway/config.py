"""What the gateway is told: where it listens, how it is called, which web sites are behind it, and its limits.

Plain data, usually made from a deployment. No address ever comes from a client: a request can only choose among the
sites listed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hairpin.deployment.model import Deployment, Pool, Side

DISCOVERY = ("lyncdiscover", "lyncdiscoverinternal")


@dataclass(frozen=True, slots=True)
class Listen:
    """A listening socket; with TLS where a certificate chain and its key (PEM files) are given. Port 0 is any.

    ``more`` are further pairs of chain and key, for clients that ask for a name one of those covers (SNI).
    """

    host: str = "127.0.0.1"
    port: int = 8765
    certificate: str | None = None
    key: str | None = None
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """One web site behind the gateway: the external one of a pool, or that pool under a discovery name.

    ``path`` is where it appears under the public base, empty for the base itself. ``host`` is what it is asked as
    (Host and, with TLS, server name); ``addresses`` are tried in turn. ``origins`` are all the ways its links may
    name it. ``machines`` are the FQDNs of its servers, ``internal`` those of its internal web site. ``ca`` is a PEM
    file to trust instead of the system's. ``present_as`` is the origin its allow list is told instead of the page's
    own, None to tell it the truth.
    """

    name: str
    path: str
    host: str
    addresses: tuple[tuple[str, int], ...]
    origins: tuple[str, ...]
    machines: tuple[str, ...] = ()
    internal: tuple[str, ...] = ()
    tls: bool = True
    verify: bool = True
    ca: str | None = None
    present_as: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds. Events may be held as long as protocol.md 6.5 allows, and a minute more."""

    head: int = 32 * 1024
    lines: int = 100
    body: int = 10 * 1024 * 1024
    connections: int = 20_000
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0
    connect_seconds: float = 5.0
    answer_seconds: float = 60.0
    events_seconds: float = 1860.0
    stop_seconds: float = 30.0
    idle_upstream: int = 64


@dataclass(frozen=True, slots=True)
class Config:
    """What the gateway is to do.

    ``straight`` makes it the reverse proxy of the real external names: every site is reached under its own host,
    which is kept, and nothing is rewritten; ``public``, ``origins`` and ``show_machines`` mean nothing then.

    ``public`` are the bases clients use (``https://app.example/lync``); links are written with the one asked.

    ``origins`` may call across origins: exact (``https://app.example``) or with one ``*`` for a label or more
    (``https://*.example.org``). ``show_machines`` leaves internal server names in X-MS-Server-Fqdn and
    X-Ms-diagnostics. ``access_log`` is a file's name, ``-`` for standard output, None for none.
    """

    sites: tuple[Site, ...]
    public: tuple[str, ...] = ("http://localhost:8765",)
    listen: tuple[Listen, ...] = (Listen(),)
    origins: tuple[str, ...] = ()
    straight: bool = False
    show_machines: bool = False
    access_log: str | None = None
    metrics_clients: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    limits: Limits = field(default_factory=Limits)


def from_deployment(
    deployment: Deployment,
    *,
    ca: str | None = None,
    verify: bool = True,
    vouch: bool = False,
    plain: bool = False,
    reach: Callable[[str], str] = str,
) -> tuple[Site, ...]:
    """The external web site of every pool, and the discovery names of every SIP domain.

    The first discovery name appears at the public base itself, so that a client may start there. With ``vouch`` each
    web site is told an origin of its own allow list for every page on the gateway's list (protocol.md 4.4).
    With ``plain`` the sites are asked without TLS, at 8080 or what the file says instead. ``reach`` says at which
    address a server's address is reached from here.
    """
    sites = [_site(pool, ca, verify, vouch, plain, reach) for pool in deployment.pools]
    first = deployment.first_pool
    ports = first.ports
    own = _site(first, ca, verify, vouch, plain, reach)
    for domain in deployment.sip_domains:
        for label in DISCOVERY:
            host = f"{label}.{domain}"
            sites.append(
                replace(
                    own,
                    name=host,
                    path="" if len(sites) == len(deployment.pools) else f"/{host}",
                    host=host,
                    origins=_origins(host, (ports.published_https, 443, ports.external_https), (80,)),
                )
            )
    return tuple(sites)


def _site(
    pool: Pool, ca: str | None, verify: bool, vouch: bool, plain: bool, reach: Callable[[str], str]
) -> Site:
    ports = pool.ports
    port = ports.external_http if plain else ports.external_https
    external = _origins(
        pool.external_fqdn,
        (ports.published_https, 443, ports.external_https),
        (ports.published_http, 80, ports.external_http),
    )
    internal = _origins(
        pool.internal_fqdn,
        (ports.internal_https, 443, ports.external_https),
        (ports.internal_http, 80, ports.external_http),
    )
    return Site(
        name=pool.name,
        path=f"/{pool.name}",
        host=pool.fqdn(Side.EXTERNAL),
        addresses=tuple((reach(server.address), port) for server in pool.servers),
        origins=tuple(dict.fromkeys(external + internal)),
        machines=tuple(server.fqdn for server in pool.servers),
        internal=(pool.internal_fqdn,) if pool.internal_fqdn != pool.external_fqdn else (),
        tls=not plain,
        verify=verify,
        ca=ca,
        present_as=pool.allow_origins[0] if vouch and pool.allow_origins else None,
    )


def _origins(host: str, https: tuple[int, ...], http: tuple[int, ...]) -> tuple[str, ...]:
    spelt = [f"https://{host}:{port}" for port in https] + [f"http://{host}:{port}" for port in http]
    return tuple(dict.fromkeys(spelt))
