"""What a request of the sign-in is for, and what its answer means.

The client reads live answers with these functions and the doctor reads captured ones, so both always agree on
what was handed out. Paths are compared without regard to case (`docs/protocol.md` 0.2) and from their end, so
that a deployment seen through a gateway's base path reads the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from hairpin.wire.challenge import Challenge, read_challenge
from hairpin.wire.diagnostics import Diagnostics, read_diagnostics
from hairpin.wire.discovery import read_links
from hairpin.wire.exchange import Exchange, Failure, Kind
from hairpin.wire.message import Request, Response
from hairpin.wire.oauth import read_error, read_ticket
from hairpin.wire.origin import Origin, maybe_origin, path_of, resolve


class Role(StrEnum):
    """What a request is for."""

    XFRAME = "xframe"
    ROOT = "root"
    USER = "user"
    DOMAIN = "domain"
    TICKET = "ticket"
    APPLICATIONS = "applications"
    APPLICATION = "application"
    EVENTS = "events"
    RESOURCE = "resource"
    PASSIVE = "passive"
    OTHER = "other"


_PATHS: tuple[tuple[Role, re.Pattern[str]], ...] = tuple(
    (role, re.compile(pattern, re.IGNORECASE))
    for role, pattern in (
        (Role.XFRAME, r"(?:/xframe|/xframe\.html?)/?$"),
        (Role.ROOT, r"/autodiscoverservice\.svc/root/?$"),
        (Role.USER, r"/autodiscoverservice\.svc/root/(?:oauth/)?user/?$"),
        (Role.DOMAIN, r"/autodiscoverservice\.svc/root/(?:oauth/)?domain/?$"),
        (Role.TICKET, r"/webticket/oauthtoken/?$"),
        (Role.PASSIVE, r"/passiveauth/"),
        (Role.APPLICATIONS, r"/ucwa/(?:\w+/)?v\d+/(?:anon)?applications/?$"),
        (Role.EVENTS, r"/ucwa/(?:\w+/)?v\d+/applications/[^/]+/events/?$"),
        (Role.APPLICATION, r"/ucwa/(?:\w+/)?v\d+/applications/[^/]+/?$"),
        (Role.RESOURCE, r"/ucwa/"),
    )
)


# One of these is in every URL that has a role; captures are full of URLs that have none.
_MARKS = ("autodiscoverservice.svc", "/oauthtoken", "/ucwa/", "/xframe", "/passiveauth/", "lyncdiscover")


@lru_cache(maxsize=8192)
def role_of(url: str) -> Role:
    """What a URL of this protocol is for; OTHER for everything else."""
    lowered = url.lower()
    if not any(mark in lowered for mark in _MARKS):
        return Role.OTHER
    try:
        path = path_of(url)
    except ValueError:
        return Role.OTHER
    for role, pattern in _PATHS:
        if pattern.search(path):
            return role
    origin = maybe_origin(url)
    if (
        path == "/"
        and origin is not None
        and origin.host.startswith(("lyncdiscover.", "lyncdiscoverinternal."))
    ):
        return Role.ROOT
    return Role.OTHER


@dataclass(frozen=True, slots=True)
class Page:
    """A frame document arrived."""


@dataclass(frozen=True, slots=True)
class Links:
    """A discovery document: rel in lower case → absolute href."""

    links: tuple[tuple[str, str], ...]

    def get(self, rel: str) -> str | None:
        return next((href for name, href in self.links if name == rel.lower()), None)


@dataclass(frozen=True, slots=True)
class Redirected:
    """Another place to start over at: the ``redirect`` link, or a 30x on a discovery URL."""

    href: str


@dataclass(frozen=True, slots=True)
class Challenged:
    """401; ``challenge`` is None where the answer carried no MsRtcOAuth."""

    challenge: Challenge | None


@dataclass(frozen=True, slots=True)
class Ticketed:
    """A web ticket: ``cwt=…`` on the wire, its redacted form in a journey."""

    ticket: str


@dataclass(frozen=True, slots=True)
class Created:
    """The application exists at ``href``; ``events`` is its first event channel URL."""

    href: str
    events: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Any other answer. ``error`` is the OAuth error or the UCWA ``code``; ``passive`` the
    ms_rtc_passiveauthuri.
    """

    status: int
    diagnostics: Diagnostics | None = None
    error: str | None = None
    passive: str | None = None


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer that the client may read."""

    failure: Failure


Answer = Page | Links | Redirected | Challenged | Ticketed | Created | Refused | Silent


def read_answer(request: Request, response: Response | None, failure: Failure | None = None) -> Answer:
    """What an answer means to the client that asked. A failure outweighs a response: the script never saw
    it.
    """
    if response is None or failure is not None:
        return Silent(failure or Failure.UNKNOWN)
    role = role_of(request.url)
    if response.status == 401:
        return Challenged(read_challenge(response.headers.all("www-authenticate")))
    if response.status in {301, 302, 303, 307, 308} and (location := response.headers.get("location")):
        return Redirected(resolve(request.url, location))
    if 200 <= response.status < 300:
        meant = _success(role, request, response)
        if meant is not None:
            return meant
    error, passive = read_error(response)
    return Refused(
        response.status, read_diagnostics(response.headers.get("x-ms-diagnostics")), error, passive
    )


def _success(role: Role, request: Request, response: Response) -> Answer | None:
    if role is Role.XFRAME:
        return Page() if response.media_type in {"text/html", "application/xhtml+xml", ""} else None
    if role is Role.TICKET:
        ticket = read_ticket(response)
        return None if ticket is None else Ticketed(ticket)
    links = read_links(response)
    if links is None:
        return None
    absolute = tuple((rel.lower(), resolve(request.url, href)) for rel, href in links.items())
    found = Links(absolute)
    if role in {Role.ROOT, Role.USER, Role.DOMAIN}:
        redirect = found.get("redirect")
        if redirect is not None and found.get("user") is None and found.get("applications") is None:
            return Redirected(redirect)
        return found
    if role is Role.APPLICATIONS and request.method.upper() == "POST":
        here = found.get("self") or response.headers.get("location")
        return None if here is None else Created(resolve(request.url, here), found.get("events"))
    return found


@dataclass(frozen=True, slots=True)
class Step:
    """An exchange with its meaning."""

    exchange: Exchange
    role: Role
    answer: Answer

    @property
    def request(self) -> Request:
        return self.exchange.request

    @property
    def response(self) -> Response | None:
        return self.exchange.response

    @property
    def origin(self) -> Origin | None:
        """The origin that was asked."""
        return maybe_origin(self.exchange.request.url)

    @property
    def host(self) -> str:
        return self.origin.host if self.origin else ""

    @property
    def is_preflight(self) -> bool:
        return self.exchange.kind is Kind.PREFLIGHT

    @property
    def status(self) -> int | None:
        return None if self.exchange.response is None else self.exchange.response.status

    @property
    def server_fqdn(self) -> str | None:
        """X-MS-Server-Fqdn, else the source of the diagnostics; None: the answer is not the server's own."""
        response = self.exchange.response
        if response is None:
            return None
        told = response.headers.get("x-ms-server-fqdn")
        return told or (self.diagnostics.source or None if self.diagnostics else None)

    @property
    def diagnostics(self) -> Diagnostics | None:
        response = self.exchange.response
        return None if response is None else read_diagnostics(response.headers.get("x-ms-diagnostics"))

    @property
    def asked_by(self) -> Origin | None:
        """The origin whose script asked: the frame's, from the capture or from the Origin header."""
        return self.exchange.source or maybe_origin(self.exchange.request.headers.get("origin"))

    @property
    def embedder(self) -> str | None:
        """X-Ms-Origin: the origin of the page that embeds the frame."""
        return self.exchange.request.headers.get("x-ms-origin")

    @property
    def ticket(self) -> str | None:
        """The redacted web ticket that was sent, or None."""
        value = self.exchange.request.headers.get("authorization") or ""
        scheme, _, ticket = value.partition(" ")
        return ticket.strip() if scheme.lower() == "bearer" and ticket.strip() else None


def step_of(exchange: Exchange) -> Step:
    """The meaning of an exchange."""
    role = role_of(exchange.request.url)
    return Step(exchange, role, read_answer(exchange.request, exchange.response, exchange.failure))
