"""The reverse proxy: a publication per host name, ports translated, every header line kept.

Each client connection has upstream connections of its own, so that a login bound to a connection stays with
its owner.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from urllib.parse import urlsplit

import httpcore2

from hairpin.deployment.model import Deployment, Side
from hairpin.deployment.routing import WebSite, behind, publication_of
from hairpin.lab.http import Peer, Stream
from hairpin.lab.place import Places
from hairpin.server import unpublished
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import maybe_origin

_TIMEOUTS = {
    "connect": 5.0,
    "read": 1000.0,
    "write": 30.0,
    "pool": 30.0,
}  # a mobile pending GET is held for 900 s


class ReverseProxy:
    """Forwards requests; ``trust`` is the TLS context towards the servers."""

    def __init__(self, deployment: Deployment, places: Places, trust: ssl.SSLContext) -> None:
        self._deployment = deployment
        self._places = places
        self._trust = trust
        self._upstreams: dict[Peer, httpcore2.AsyncConnectionPool] = {}

    async def answer(self, request: Request, peer: Peer) -> Response | Stream:
        """What the published web site answers, or the proxy's own 404 or 502."""
        target = maybe_origin(request.url)
        publication = publication_of(self._deployment, target.host) if target is not None else None
        if publication is None:
            return unpublished()
        site = behind(self._deployment, publication, peer.port)
        if site is None:
            return unpublished()
        try:
            return await self._forward(request, site, await self._upstream(peer))
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException):
            return Response(
                502, Headers.of([("Content-Type", "text/plain")]), b"The web site does not answer.\n"
            )

    async def _upstream(self, peer: Peer) -> httpcore2.AsyncConnectionPool:
        if peer not in self._upstreams:
            pool = httpcore2.AsyncConnectionPool(ssl_context=self._trust, max_connections=1)
            self._upstreams[peer] = await peer.closing.enter_async_context(pool)
            peer.closing.callback(self._upstreams.pop, peer)
        return self._upstreams[peer]

    async def _forward(
        self, request: Request, site: WebSite, upstream: httpcore2.AsyncConnectionPool
    ) -> Stream:
        parts = urlsplit(request.url)
        url = httpcore2.URL(
            scheme="https" if site.secure else "http",
            host=self._places.of(site.server.address),
            port=_listening_port(site),
            target=request.url.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/",
        )
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
        sent = httpcore2.Request(
            request.method.encode("ascii"),
            url,
            headers=lines,
            content=request.body,
            extensions={"timeout": _TIMEOUTS, "sni_hostname": site.server.fqdn.lower()},
        )
        answer = await upstream.handle_async_request(sent)
        headers = Headers.of(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers
        )
        reason = answer.extensions.get("reason_phrase", b"").decode("latin-1")
        return Stream(answer.status, headers, _passed_on(answer), reason)


async def _passed_on(answer: httpcore2.Response) -> AsyncGenerator[bytes]:
    try:
        async for chunk in answer.aiter_stream():
            yield chunk
    finally:
        await answer.aclose()


def _listening_port(site: WebSite) -> int:
    ports = site.pool.ports
    if site.side is Side.INTERNAL:
        return ports.internal_https if site.secure else ports.internal_http
    return ports.external_https if site.secure else ports.external_http
