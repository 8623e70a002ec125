"""One request as a web site sees it: which site took it, and its path and query ready to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hairpin.deployment.routing import WebSite
from hairpin.wire.message import Request

if TYPE_CHECKING:
    from hairpin.server.windows import Login

_DISCOVERY_HOST = re.compile(r"lyncdiscover(?:internal)?\.(?P<domain>[a-z0-9._-]+)", re.IGNORECASE)
_MOST_PARAMETERS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A request at a site; ``path`` is decoded, in lower case, without a slash at its end.

    ``login`` is that of the connection it came on, None where nobody keeps one.
    """

    site: WebSite
    request: Request
    now: float
    path: str
    parameters: tuple[tuple[str, str], ...]
    host: str
    login: Login | None = None

    @property
    def method(self) -> str:
        return self.request.method.upper()

    @property
    def base(self) -> str:
        """The https base of this very site's links: the listening port chose its FQDN, not the Host (5.1)."""
        return self.site.pool.base(self.site.side)

    @property
    def server(self) -> str:
        """The FQDN of the machine that answers."""
        return self.site.server.fqdn

    @property
    def discovery_domain(self) -> str | None:
        """``<d>`` where the request went to ``lyncdiscover[internal].<d>``."""
        found = _DISCOVERY_HOST.fullmatch(self.host)
        return found["domain"] if found else None

    def header(self, name: str) -> str | None:
        return self.request.headers.get(name)

    def parameter(self, name: str) -> str | None:
        """The first query parameter of that lower-case name."""
        return next((value for key, value in self.parameters if key.lower() == name), None)


def asked_of(site: WebSite, request: Request, now: float, login: Login | None = None) -> Asked:
    """Raises ValueError where the URL is none, or has an unreasonable query."""
    parts = urlsplit(request.url)
    path = unquote(parts.path).lower().rstrip("/") or "/"
    parameters = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    return Asked(site, request, now, path, tuple(parameters), _host(request, parts), login)


def _host(request: Request, parts: SplitResult) -> str:
    """The host that was asked, without a port."""
    named = request.headers.get("host")
    return (named.rpartition("@")[2].partition(":")[0] if named else parts.hostname) or ""
