"""Why a foreseen sign-in fails, from what the deployment file says.

The doctor reads the same from a capture, where routes are unknown. Both must name the same cause; that is the
project's main test. So nothing here looks at what the doctor looks at when the file itself knows better:
which site answered, and whether a publication led there.
"""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.deployment.model import Deployment, Side
from hairpin.deployment.routing import NoRoute, Route, WebSite, publication_of, route, site_at
from hairpin.signin.journey import Journey, Outcome
from hairpin.signin.steps import Challenged, Links, Refused, Role, Silent, Step
from hairpin.signin.wish import Transport, Wish
from hairpin.wire import diagnostics
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import origin_of

HEALTHY = "healthy"
UNKNOWN = "unknown"
NO_CONNECTION = frozenset({Failure.UNREACHABLE, Failure.REFUSED, Failure.TIMEOUT, Failure.RESET})


@dataclass(frozen=True, slots=True)
class Cause:
    """A failure id of the catalogue (or healthy, unknown) and one sentence why."""

    id: str
    why: str


@dataclass(frozen=True, slots=True)
class WrongSite:
    """An internal web site behind an external name: the internal name it hands out, and what led there."""

    names: str
    cause: Cause


def cause_of(deployment: Deployment, vantage: str, journey: Journey, wish: Wish) -> Cause:
    """The cause of a foreseen journey's end."""
    if journey.outcome is Outcome.SIGNED_IN:
        return Cause(HEALTHY, "The sign-in works.")
    last = journey.steps[-1]
    handed = [one.cause for one in wrong_sites(deployment, vantage, journey) if one.names == last.host]
    wrong = handed[-1] if handed else None
    discovered = any(step.role is Role.ROOT and isinstance(step.answer, Links) for step in journey.steps)
    # Every entry point is tried before discovery fails: what the first refusal says weighs more than later silence.
    telling = (last,) if discovered else journey.steps
    told = next((cause for step in telling if (cause := _told(step, journey, wish, wrong))), None)
    if told is None and isinstance(last.answer, Silent):
        told = wrong or _silent(deployment, vantage, journey, discovered=discovered)
    return told or _unknown(last)


def _told(step: Step, journey: Journey, wish: Wish, wrong: Cause | None) -> Cause | None:
    """What one answer says of the cause, if it says anything."""
    if step.exchange.failure is Failure.BLOCKED_CORS or step.is_preflight:
        if wish.client.transport is Transport.XHR:
            why = f"The page at {wish.page} calls {step.host} without the frame."
            return Cause("direct-xhr-without-xframe", why)
        return wrong
    return _refused(step, journey) if isinstance(step.answer, Refused | Challenged) else None


def _silent(deployment: Deployment, vantage: str, journey: Journey, *, discovered: bool) -> Cause | None:
    """A name that does not resolve, or whose certificate does not cover it, by what the name is for."""
    last = journey.steps[-1]
    failure, host = last.exchange.failure, last.host
    if failure is Failure.NAME_NOT_RESOLVED and not discovered:
        return Cause("lyncdiscoverinternal-missing", "No discovery name exists in this view.")
    if host not in {pool.external_fqdn.lower() for pool in deployment.pools}:
        return None
    if failure is Failure.TLS:
        url = last.request.url
        end = route(deployment, vantage, url)
        if isinstance(end, NoRoute) and end.address and site_at(deployment, end.address, origin_of(url).port):
            why = f"{host} leads straight to a server: {end.why}."
            return Cause("ext-fqdn-resolves-to-internal-site", why)
    users = [step.host for step in journey.steps if step.role is Role.USER and isinstance(step.answer, Links)]
    if failure in {Failure.NAME_NOT_RESOLVED, Failure.TLS} and users and users[-1] != host:
        return Cause(
            "home-pool-not-published", f"{host}, where the user is at home, cannot be reached: {failure}."
        )
    if failure is Failure.NAME_NOT_RESOLVED:
        return Cause("ext-fqdn-missing-inside", f"{host} does not exist in this view.")
    if failure is Failure.TLS:
        return Cause("rp-cert-san-missing", f"No certificate covers {host} where it leads to.")
    return None


def _unknown(last: Step) -> Cause:
    failure = last.exchange.failure
    return Cause(UNKNOWN, f"{last.origin}: {failure}." if failure else f"{last.host} answers {last.status}.")


def _route(deployment: Deployment, vantage: str, step: Step) -> Route | None:
    way = route(deployment, vantage, step.request.url)
    return None if isinstance(way, NoRoute) else way


def wrong_sites(deployment: Deployment, vantage: str, journey: Journey) -> tuple[WrongSite, ...]:
    """Every step whose external name was answered by an internal web site under another name."""
    found = []
    for step in journey.steps:
        way = _route(deployment, vantage, step)
        if way is None or way.site is None or way.site.side is not Side.INTERNAL or step.is_preflight:
            continue
        pool = way.site.pool
        published = publication_of(deployment, step.host) is not None
        meant_outside = published or step.host == pool.external_fqdn.lower()
        if meant_outside and step.host != pool.internal_fqdn.lower():
            found.append(WrongSite(pool.internal_fqdn.lower(), _led_there(step, way, way.site)))
    return tuple(found)


def _led_there(step: Step, way: Route, site: WebSite) -> Cause:
    if way.through is not None:
        port = site.pool.ports.internal_https
        why = f"The reverse proxy forwards {step.host} to port {port}, the internal web site."
        return Cause("rp-443-to-443", why)
    why = f"{step.host} resolves to {way.address}, the internal web site of {site.server.fqdn}."
    if step.host == site.pool.external_fqdn.lower():
        return Cause("ext-fqdn-resolves-to-internal-site", why)
    return Cause("lyncdiscover-resolves-to-internal-site", why)


def _refused(last: Step, journey: Journey) -> Cause | None:
    code = last.diagnostics.id if last.diagnostics else None
    if code == diagnostics.ORIGIN_NOT_ALLOWED:
        accepted = {
            step.server_fqdn
            for step in journey.steps
            if step.embedder
            and step.server_fqdn
            and step.role is not Role.XFRAME
            and not _is_refused_origin(step)
        }
        source = last.diagnostics.source if last.diagnostics else ""
        if accepted - {source, None}:
            return Cause(
                "origin-list-wrong-scope", f"{source} does not list {last.embedder}, another pool does."
            )
        return Cause("origin-not-allowed-28070", f"{source} does not list {last.embedder}.")
    if code == diagnostics.TICKET_INVALID:
        return Cause("ticket-from-other-pool", f"{last.host} gets a web ticket that another pool issued.")
    if code == diagnostics.NOT_SIP_ENABLED:
        return Cause("user-not-enabled-28000", "The account exists and is not SIP-enabled.")
    if code == diagnostics.GRANT_NOT_ALLOWED:
        return Cause("grant-type-not-offered", f"{last.host} does not allow the grant.")
    if last.role is Role.TICKET and isinstance(last.answer, Refused) and last.answer.error == "invalid_grant":
        return Cause(
            "bad-credentials-invalid-grant", f"{last.host} does not accept the user name and password."
        )
    return None


def _is_refused_origin(step: Step) -> bool:
    return step.diagnostics is not None and step.diagnostics.id == diagnostics.ORIGIN_NOT_ALLOWED
