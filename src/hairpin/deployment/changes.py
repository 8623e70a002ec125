"""What-if changes: a deployment in, the changed deployment out, nothing touched."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec.structs import replace

from hairpin.deployment.model import App, Deployment, Pool, Ports, Publication, ReverseProxy
from hairpin.deployment.routing import publications
from hairpin.wire.origin import DEFAULT_PORTS


def with_dns_fixed(deployment: Deployment) -> Deployment:
    """In every view each published name leads to the reverse proxy: the cure of the original case."""
    published = {publication.name.lower() for publication in publications(deployment)}
    views = {
        view: {name: record for name, record in records.items() if name.lower().rstrip(".") not in published}
        for view, records in deployment.dns.items()
    }
    return replace(deployment, dns=views)


def with_equal_names(deployment: Deployment) -> Deployment:
    """Every pool's external name equals its internal one: the test-lab way, which serves inside only."""
    proxy = deployment.reverse_proxy
    if proxy is not None:  # a publication finds its pool by the external name that now changes
        proxy = replace(proxy, publishes=publications(deployment))
    pools = tuple(replace(pool, external_fqdn=pool.internal_fqdn) for pool in deployment.pools)
    return replace(deployment, pool=pools, reverse_proxy=proxy)


def shifted(deployment: Deployment, offset: int) -> Deployment:
    """Every port moved up by an offset and every origin with it, for those who may not bind low ports."""
    if offset == 0:
        return deployment
    proxy, app = deployment.reverse_proxy, deployment.app
    return replace(
        deployment,
        pool=tuple(_shifted_pool(pool, offset) for pool in deployment.pools),
        reverse_proxy=None if proxy is None else _shifted_proxy(proxy, offset),
        app=None if app is None else App(origin=_shifted_origin(app.origin, offset), address=app.address),
    )


def _shifted_pool(pool: Pool, offset: int) -> Pool:
    ports = Ports(**{name: getattr(pool.ports, name) + offset for name in Ports.__struct_fields__})
    return replace(
        pool,
        ports=ports,
        allow_origins=tuple(_shifted_origin(origin, offset) for origin in pool.allow_origins),
    )


def _shifted_proxy(proxy: ReverseProxy, offset: int) -> ReverseProxy:
    def moved(ports: dict[int, int]) -> dict[int, int]:
        return {outer + offset: inner + offset for outer, inner in ports.items()}

    publishes = tuple(
        replace(entry, ports=moved(entry.ports)) if isinstance(entry, Publication) and entry.ports else entry
        for entry in proxy.publishes
    )
    return replace(proxy, publishes=publishes, ports=moved(proxy.ports))


def _shifted_origin(origin: str, offset: int) -> str:
    """The origin as it was written, with its port moved."""
    parts = urlsplit(origin)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme.lower(), 0)
    host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
    return parts._replace(netloc=f"{host}:{port + offset}").geturl()
