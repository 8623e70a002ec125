"""All web sites of a deployment: one request in, one answer out, no socket, clock or dice inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hairpin.deployment.model import Deployment
from hairpin.deployment.routing import WebSite
from hairpin.server import autodiscover
from hairpin.server.answers import Refusal, challenged, page
from hairpin.server.applications import Applications
from hairpin.server.asked import Asked, asked_of
from hairpin.server.hold import Hold
from hairpin.server.origins import refuse_strange_origin
from hairpin.server.webticket import TicketService
from hairpin.server.windows import Handshake, Login
from hairpin.server.xframe import frame
from hairpin.wire.message import Request, Response

_SERVICE = autodiscover.SERVICE.lower()
_FRAMES = {"/xframe", autodiscover.XFRAME.lower(), f"{_SERVICE}/root/xframe"}
_USERS = {f"{_SERVICE}/root/user", f"{_SERVICE}/root/oauth/user"}
_DOMAINS = {f"{_SERVICE}/root/domain", f"{_SERVICE}/root/oauth/domain"}
_TICKETS = "/webticket/oauthtoken"


class Farm:
    """The servers of a deployment with their state.

    ``keys`` seal the web tickets, by pool name; ``passwords`` are by SIP address in lower case, without
    ``sip:``; ``new_id`` gives a fresh, unguessable string of at least 32 hexadecimal digits. ``begin_login``
    begins the handshake of a Windows login; without it there are none.
    """

    def __init__(
        self,
        deployment: Deployment,
        keys: Mapping[str, bytes],
        passwords: Mapping[str, str],
        new_id: Callable[[], str],
        begin_login: Callable[[], Handshake] | None = None,
    ) -> None:
        self._deployment = deployment
        self._tickets = TicketService(deployment, keys, passwords, new_id, begin_login)
        self._applications = Applications(deployment, new_id, self._tickets.photo_cookie)

    def answer(
        self, site: WebSite, request: Request, now: float, login: Login | None = None
    ) -> Response | Hold:
        """What ``site`` says to a request that reached it at ``now``, in epoch seconds. Never raises.

        ``login`` is that of the connection the request came on.
        """
        try:
            asked = asked_of(site, request, now, login)
        except ValueError:
            return page(Asked(site, request, now, "/", (), ""), 400)
        try:
            return refuse_strange_origin(asked) or self._dispatch(asked)
        except Refusal as refusal:
            return refusal.response

    def _dispatch(self, asked: Asked) -> Response | Hold:
        if asked.path in _FRAMES:
            return frame(asked) if asked.method == "GET" else _unusual_method(asked)
        if not asked.site.secure:
            return self._without_tls(asked)
        if asked.path == _TICKETS:
            return self._tickets.answer(asked)
        if asked.path == "/ucwa" or asked.path.startswith("/ucwa/"):
            return self._applications.answer(asked, self._tickets.holder(asked))
        return self._discover(asked)

    def _discover(self, asked: Asked) -> Response:
        if asked.method != "GET":
            return _unusual_method(asked)
        if _is_root(asked):
            return autodiscover.root(asked)
        if asked.path in _USERS:
            return autodiscover.user(asked, self._deployment, self._tickets.holder(asked))
        if asked.path in _DOMAINS:
            return autodiscover.domain(asked)
        return page(asked, 404)

    def _without_tls(self, asked: Asked) -> Response:
        if _is_root(asked) and asked.method == "GET":
            return autodiscover.plain_http(asked, self._deployment.settings.http_discovery)
        return page(asked, 403, text="This address is served over https only.")


def _is_root(asked: Asked) -> bool:
    """The service's root; the bare host means it too on the discovery names."""
    return asked.path == f"{_SERVICE}/root" or (asked.path == "/" and asked.discovery_domain is not None)


def _unusual_method(asked: Asked) -> Response:
    """Authentication comes before methods are looked at, so a preflight is challenged (4.5)."""
    return challenged(asked) if asked.method == "OPTIONS" else page(asked, 405, ("Allow", "GET"))
