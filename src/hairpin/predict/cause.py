"""Why a foreseen sign-in fails, from what the deployment file says.

The doctor reads the same from a capture, where routes are unknown. Both must name the same cause; that is the
project's main test. So nothing here looks at what the doctor looks at when the file itself knows better:
which site answered, and whether a publication led there.
"""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.deployment.model import Deployment, Side
from hairpin.deployment.routing import NoRoute, Route, publication_of, route
from hairpin.signin.journey import Journey, Outcome
from hairpin.signin.machine import Transport, Wish
from hairpin.signin.steps import Challenged, Refused, Role, Silent, Step
from hairpin.wire import diagnostics
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import maybe_origin

HEALTHY = "healthy"
UNKNOWN = "unknown"
NO_CONNECTION = frozenset({Failure.UNREACHABLE, Failure.REFUSED, Failure.TIMEOUT, Failure.RESET})


@dataclass(frozen=True, slots=True)
class Cause:
    """A failure id of the catalogue (or healthy, unknown) and one sentence why."""

    id: str
    why: str


def cause_of(deployment: Deployment, vantage: str, journey: Journey, wish: Wish) -> Cause:
    """The cause of a foreseen journey's end."""
    if journey.outcome is Outcome.SIGNED_IN:
        return Cause(HEALTHY, "The sign-in works.")
    wrong = _wrong_site(deployment, vantage, journey)
    last = journey.steps[-1]
    answer = last.answer
    if last.exchange.failure is Failure.BLOCKED_CORS or last.is_preflight:
        if wish.client.transport is Transport.XHR and last.asked_by == wish.page:
            return Cause(
                "direct-xhr-without-xframe", f"The page at {wish.page} calls {last.host} without the frame."
            )
        return wrong or Cause(UNKNOWN, f"{last.asked_by} asks {last.origin} across origins.")
    if isinstance(answer, Refused):
        return _refused(last, journey) or Cause(UNKNOWN, f"{last.host} answers {answer.status}.")
    if isinstance(answer, Challenged):
        return Cause(UNKNOWN, f"{last.host} challenges again.")
    if isinstance(answer, Silent):
        return wrong or _silent(last, journey)
    return Cause(UNKNOWN, "The answer leads nowhere.")


def _route(deployment: Deployment, vantage: str, step: Step) -> Route | None:
    way = route(deployment, vantage, step.request.url)
    return None if isinstance(way, NoRoute) else way


def _wrong_site(deployment: Deployment, vantage: str, journey: Journey) -> Cause | None:
    """An external name whose answers came from an internal site and handed out a name that did not work."""
    stuck = journey.steps[-1].host
    for step in journey.steps:
        way = _route(deployment, vantage, step)
        if way is None or way.site is None or way.site.side is not Side.INTERNAL or step.is_preflight:
            continue
        pool = way.site.pool
        published = publication_of(deployment, step.host) is not None
        external = step.host != pool.internal_fqdn.lower() and (
            published or step.host == pool.external_fqdn.lower()
        )
        if not external or stuck != pool.internal_fqdn.lower():
            continue
        if way.through is not None:
            port = pool.ports.internal_https
            why = f"The reverse proxy forwards {step.host} to port {port}, the internal web site."
            return Cause("rp-443-to-443", why)
        why = f"{step.host} resolves to {way.address}, the internal web site of {way.site.server.fqdn}."
        if step.host == pool.external_fqdn.lower():
            return Cause("ext-fqdn-resolves-to-internal-site", why)
        return Cause("lyncdiscover-resolves-to-internal-site", why)
    return None


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


def _silent(last: Step, journey: Journey) -> Cause:
    failure = last.exchange.failure
    discovered = any(step.role is Role.ROOT and step.status == 200 for step in journey.steps)
    host = last.host
    if not discovered:
        return Cause(
            f"discovery:{failure}", f"No discovery name leads anywhere; the last, {host}: {failure}."
        )
    origin = maybe_origin(last.request.url)
    return Cause(f"{failure}", f"{origin}: {failure}.")
