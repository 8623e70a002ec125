"""Which machine a URL reaches: (vantage, URL) → name → address → listener → publication → web site.

The whole of the original case is decided here: the same name leads to the reverse proxy or straight to the
server, and the port that is hit there, not the name, makes the site internal or external (`docs/protocol.md`
5.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.deployment.model import Deployment, Pool, Publication, ReverseProxy, Server, Side
from hairpin.deployment.names import addresses
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import Origin, origin_of

OUTSIDE = "outside"
INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class WebSite:
    """One of the two web sites on one server of a pool; ``secure`` is false on the site's http port."""

    pool: Pool
    server: Server
    side: Side
    secure: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request ends: the address and port the client connects to, and the site behind it.

    ``through`` is the publication when the reverse proxy takes the request. ``site`` is None when a proxy
    takes it and has nothing behind that name.
    """

    address: str
    port: int
    site: WebSite | None
    through: Publication | None = None


@dataclass(frozen=True, slots=True)
class NoRoute:
    """Nothing answers; ``address`` is set when the name resolved."""

    failure: Failure
    why: str
    address: str | None = None


def route(deployment: Deployment, vantage: str, url: str) -> Route | NoRoute:
    """Follow a URL from a vantage. Raises BadUrl for URLs that are not absolute http(s)."""
    target = origin_of(url)
    found = addresses(deployment, vantage, target.host)
    if not found:
        return NoRoute(Failure.NAME_NOT_RESOLVED, f"{target.host} does not exist in the {vantage} view")
    ways = [_reach(deployment, vantage, target, address) for address in found]
    # As clients do: an address that takes no connection is passed over for the next.
    return next(
        (way for way in ways if isinstance(way, Route) or way.failure not in _NO_CONNECTION), ways[-1]
    )


_NO_CONNECTION = frozenset({Failure.REFUSED, Failure.UNREACHABLE})


def _reach(deployment: Deployment, vantage: str, target: Origin, address: str) -> Route | NoRoute:
    secure = target.scheme == "https"
    proxy, app = deployment.reverse_proxy, deployment.app
    if proxy is not None and address == proxy.outside:
        return _through_proxy(deployment, proxy, target.host, target.port, secure)
    if app is not None and address == app.address and target.port == origin_of(app.origin).port:
        return NoRoute(Failure.TLS, f"the certificate of {app.origin} does not cover {target.host}", address)
    if vantage == OUTSIDE:
        return NoRoute(Failure.UNREACHABLE, f"{address} cannot be reached from outside", address)
    site = site_at(deployment, address, target.port)
    if site is None:
        return NoRoute(Failure.REFUSED, f"nothing listens on {address}:{target.port}", address)
    if secure is not site.secure:
        return _wrong_scheme(secure, address, target.port)
    if secure and target.host not in certificate_names(deployment, site.pool):
        return NoRoute(
            Failure.TLS, f"the certificate of {site.server.fqdn} does not cover {target.host}", address
        )
    return Route(address, target.port, site)


def _through_proxy(
    deployment: Deployment, proxy: ReverseProxy, host: str, port: int, secure: bool
) -> Route | NoRoute:
    if port not in listening_ports(proxy):
        return NoRoute(Failure.REFUSED, f"the reverse proxy does not listen on port {port}", proxy.outside)
    if secure is not proxy_speaks_tls(deployment, port):
        return _wrong_scheme(secure, proxy.outside, port)
    publication = publication_of(deployment, host)
    if publication is None:
        if secure:
            why = f"the reverse proxy's certificate does not cover {host}"
            return NoRoute(Failure.TLS, why, proxy.outside)
        return Route(proxy.outside, port, None)
    return Route(proxy.outside, port, behind(deployment, publication, port), publication)


def _wrong_scheme(secure: bool, address: str, port: int) -> NoRoute:
    if secure:
        return NoRoute(Failure.TLS, f"{address}:{port} speaks plain http", address)
    return NoRoute(Failure.RESET, f"{address}:{port} speaks https", address)


def proxy_speaks_tls(deployment: Deployment, port: int) -> bool:
    """Whether the reverse proxy is https on a port: by what the pools publish, else by what is behind."""
    if any(port == pool.ports.published_https for pool in deployment.pools):
        return True
    if any(port == pool.ports.published_http for pool in deployment.pools):
        return False
    sites = (behind(deployment, publication, port) for publication in publications(deployment))
    return any(site is not None and site.secure for site in sites)


def behind(deployment: Deployment, publication: Publication, port: int) -> WebSite | None:
    """The web site a publication forwards a listening port to; None when nothing listens there."""
    ports = publication.ports or (deployment.reverse_proxy.ports if deployment.reverse_proxy else {})
    pool = deployment.pool_named(publication.pool) if publication.pool else deployment.first_pool
    inner = ports.get(port)
    return None if inner is None else site_at(deployment, pool.servers[0].address, inner)


def listening_ports(proxy: ReverseProxy) -> frozenset[int]:
    """Every port the reverse proxy listens on."""
    own = (entry.ports or {} for entry in proxy.publishes if isinstance(entry, Publication))
    return frozenset(proxy.ports).union(*own)


def publication_of(deployment: Deployment, host: str) -> Publication | None:
    """What the reverse proxy does with a host name, its pool filled in."""
    return next((one for one in publications(deployment) if one.name.lower() == host.lower()), None)


def publications(deployment: Deployment) -> tuple[Publication, ...]:
    """Every publication with its pool: the one named, else the owner of that FQDN, else the first."""
    proxy = deployment.reverse_proxy
    if proxy is None:
        return ()
    owners = {pool.external_fqdn.lower(): pool.name for pool in deployment.pools}
    return tuple(
        Publication(
            name=entry.name,
            pool=entry.pool or owners.get(entry.name.lower(), deployment.first_pool.name),
            ports=entry.ports,
        )
        for entry in (
            one if isinstance(one, Publication) else Publication(name=one) for one in proxy.publishes
        )
    )


def site_at(deployment: Deployment, address: str, port: int) -> WebSite | None:
    """The web site that listens on an address and port, or None."""
    for pool in deployment.pools:
        for server in pool.servers:
            if server.address != address:
                continue
            ports = pool.ports
            listeners = {
                ports.internal_http: (Side.INTERNAL, False),
                ports.internal_https: (Side.INTERNAL, True),
                ports.external_http: (Side.EXTERNAL, False),
                ports.external_https: (Side.EXTERNAL, True),
            }
            if port in listeners:
                side, secure = listeners[port]
                return WebSite(pool, server, side, secure)
    return None


def certificate_names(deployment: Deployment, pool: Pool) -> frozenset[str]:
    """The lower-case names of a pool's certificate: its servers, both web FQDNs, the discovery names."""
    discovery = (
        f"{label}.{domain}"
        for domain in deployment.sip_domains
        for label in ("lyncdiscover", "lyncdiscoverinternal")
    )
    own = (pool.internal_fqdn, pool.external_fqdn, *(server.fqdn for server in pool.servers))
    return frozenset(name.lower() for name in (*own, *discovery))
