"""Autodiscover: where a user's services are (`docs/protocol.md` 1).

The site that listens chooses internal or external names for everything said before somebody is known. A
signed-in user is told about the home pool, under the name that the deployment exposes, whichever site was
asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote

from hairpin.deployment.model import Deployment, Pool, Side
from hairpin.server.accept import preferred
from hairpin.server.answers import answer, page
from hairpin.server.asked import Asked
from hairpin.wire.discovery import (
    AUTODISCOVER_XML,
    JSON,
    UCWA_JSON,
    UCWA_XML,
    XML,
    write_autodiscover,
    write_json,
    write_resource,
)
from hairpin.wire.message import Response
from hairpin.wire.oauth import read_conference
from hairpin.wire.origin import Origin, origin_of
from hairpin.wire.ticket import Ticket

SERVICE = "/Autodiscover/AutodiscoverService.svc"
XFRAME = "/Autodiscover/XFrame/XFrame.html"

_OFFERED = (JSON, UCWA_JSON, UCWA_XML, XML, AUTODISCOVER_XML)

Pairs = Iterable[tuple[str, str]]
Section = Literal["Root", "User", "Domain"]


def root(asked: Asked) -> Response:
    """The entry document: where to ask who the user is."""
    at = asked.base + SERVICE
    query = _original_domain(asked)
    links = (
        ("self", f"{at}/root{query}"),
        ("user", f"{at}/root/oauth/user{query}"),
        ("xframe", asked.base + XFRAME),
    )
    tokens = (
        ("Domain", f"{at}/root/domain"),
        ("User", f"{at}/root/user"),
        ("Self", f"{at}/root"),
        ("OAuth", f"{at}/root/oauth/user"),
        *_both(asked.site.pool, "XFrame", XFRAME),
        ("XFrame", asked.base + XFRAME),
    )
    return _document(asked, "Root", links, tokens)


def plain_http(asked: Asked, discovery: Literal["document", "redirect"]) -> Response:
    """Discovery without TLS only says where discovery with TLS is (1.4)."""
    if discovery == "redirect":
        # A 302 to another domain counts as a failed attempt, so a discovery name is kept.
        same = Origin("https", asked.host.lower(), origin_of(asked.base).port)
        at = asked.base if asked.discovery_domain is None else str(same)
        path = "/" if asked.path == "/" else f"{SERVICE}/root{_original_domain(asked)}"
        return page(asked, 302, ("Location", at + path))
    href = f"{asked.base}{SERVICE}/root{_original_domain(asked)}"
    return _document(asked, "Root", (("redirect", href),), (("Redirect", href),))


def _original_domain(asked: Asked) -> str:
    """The query that carries on the SIP domain whose discovery name was asked (1.3)."""
    domain = asked.discovery_domain or asked.parameter("originaldomain")
    return f"?originalDomain={quote(domain, safe='')}" if domain else ""


def user(asked: Asked, deployment: Deployment, ticket: Ticket) -> Response:
    """Where the signed-in user is at home; 404 with nothing in it when that is nowhere (1.6)."""
    home = home_pool(deployment, ticket)
    if home is None:
        return answer(asked, 404)
    side = Side(deployment.settings.exposed_web_url)
    base = home.base(side)
    links = (
        ("self", f"{base}{SERVICE}/root/user"),
        ("applications", f"{base}/ucwa/oauth/v1/applications"),
        ("xframe", base + XFRAME),
    )
    tokens = (
        *_services(home),
        *_both(home, "Ucwa", "/ucwa/v1/applications"),
        ("Ucwa", f"{base}/ucwa/v1/applications"),
        *_both(home, "XFrame", XFRAME),
        ("XFrame", base + XFRAME),
        ("Self", f"{base}{SERVICE}/root/user"),
    )
    return _document(asked, "User", links, tokens, _sip_access(home))


def domain(asked: Asked) -> Response:
    """What is known without knowing anybody (1.8)."""
    at = f"{asked.base}{SERVICE}/root"
    links = (("self", f"{at}/domain"), ("xframe", asked.base + XFRAME))
    tokens = (
        *_services(asked.site.pool),
        *_both(asked.site.pool, "XFrame", XFRAME),
        ("XFrame", asked.base + XFRAME),
        ("Self", f"{at}/domain"),
    )
    return _document(asked, "Domain", links, tokens, _sip_access(asked.site.pool))


def home_pool(deployment: Deployment, ticket: Ticket) -> Pool | None:
    """The pool of a user, or of the organizer whose meeting a guest joins; None when it is not here."""
    meeting = read_conference(ticket.meeting)
    found = deployment.user_named(meeting[0] if meeting else ticket.subject)
    return next((pool for pool in deployment.pools if found and pool.name == found.pool), None)


def _services(pool: Pool) -> Pairs:
    yield from _both(pool, "Autodiscover", f"{SERVICE}/root")
    yield from _both(pool, "AuthBroker", "/Reach/sip.svc")
    yield from _both(pool, "WebScheduler", "/Scheduler")
    external = pool.base(Side.EXTERNAL)
    yield "External/Mcx", f"{external}/Mcx/McxService.svc"
    yield "Internal/Mcx", f"{external}/Mcx/McxService.svc"


def _both(pool: Pool, token: str, path: str) -> Pairs:
    yield f"External/{token}", pool.base(Side.EXTERNAL) + path
    yield f"Internal/{token}", pool.base(Side.INTERNAL) + path


def _sip_access(pool: Pool) -> tuple[tuple[str, str, int], ...]:
    return (
        ("SipServerInternalAccess", pool.internal_fqdn, 5061),
        ("SipClientInternalAccess", pool.internal_fqdn, 5061),
        ("SipServerExternalAccess", pool.external_fqdn, 5061),
        ("SipClientExternalAccess", pool.external_fqdn, 443),
    )


def _document(
    asked: Asked, section: Section, links: Pairs, tokens: Pairs, sip: tuple[tuple[str, str, int], ...] = ()
) -> Response:
    """The same answer in the representation that was asked for (1.2)."""
    match preferred(asked.header("accept"), _OFFERED):
        case "application/vnd.microsoft.rtc.autodiscover+xml" as media:
            location: Literal["Internal", "External"] = (
                "Internal" if asked.site.side is Side.INTERNAL else "External"
            )
            return answer(asked, 200, write_autodiscover(section, location, tokens, sip), f"{media};v=1")
        case "application/xml" | "application/vnd.microsoft.com.ucwa+xml" as media:
            return answer(asked, 200, write_resource(section.lower(), links), media)
        case _:
            return answer(asked, 200, write_json(links), JSON)
