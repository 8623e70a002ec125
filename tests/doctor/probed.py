"""What a probe of the live names brings: lookups and certificates, and exchanges without the marks of a browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment
from hairpin.doctor import CATALOGUE, SeenBy
from hairpin.doctor.survey import Certificate, Lookup, Survey
from hairpin.signin.journey import Journey, journey_of
from hairpin.wire.exchange import Exchange, Kind
from tests.doctor.captures import DISCOVER, DISCOVER_INTERNAL, FIRES
from tests.doctor.story import EXT, INT, PROXY_ADDRESS, SERVER_ADDRESS

NOON = 1_700_000_000.0
GOOD = Certificate("outside", EXT, PROXY_ADDRESS, (EXT, DISCOVER), "CN=Public CA", NOON + 86400)


@dataclass(frozen=True)
class Probed:
    """What a probe hands over; ``deployment`` where it was given a file."""

    journeys: tuple[Journey, ...] = ()
    survey: Survey | None = None
    deployment: Deployment | None = None


def found(*things: Lookup | Certificate, file: bool = False) -> Callable[[], Probed]:
    lookups = tuple(one for one in things if isinstance(one, Lookup))
    certificates = tuple(one for one in things if isinstance(one, Certificate))
    survey = Survey(lookups, certificates, NOON)
    return lambda: Probed((), survey, load("nnylync") if file else None)


def inside(name: str, *addresses: str) -> Lookup:
    return Lookup("inside", name, addresses)


def outside(name: str, *addresses: str) -> Lookup:
    return Lookup("outside", name, addresses)


SURVEYS: dict[str, Callable[[], Probed]] = {
    "ext-fqdn-resolves-to-internal-site": found(
        inside(EXT, SERVER_ADDRESS), inside(INT, SERVER_ADDRESS), outside(EXT, PROXY_ADDRESS), file=True
    ),
    "ext-fqdn-missing-inside": found(inside(EXT), outside(EXT, PROXY_ADDRESS), file=True),
    "lyncdiscover-resolves-to-internal-site": found(
        inside(DISCOVER, SERVER_ADDRESS), inside(DISCOVER_INTERNAL, SERVER_ADDRESS)
    ),
    "lyncdiscoverinternal-missing": found(inside(DISCOVER), inside(DISCOVER_INTERNAL)),
    "wildcard-dns-catches-discover": found(
        outside(DISCOVER_INTERNAL, "198.51.100.7"), outside("no-such-name-4711.nnylync.info", "198.51.100.7")
    ),
    "discover-cname-other-domain": found(
        Lookup("outside", DISCOVER, ("198.51.100.7",), ("lync.hoster.example",)),
        Certificate("outside", DISCOVER, "198.51.100.7", ("lync.hoster.example",)),
    ),
    "discover-points-to-online": found(
        Lookup("outside", DISCOVER, ("52.112.64.11",), ("webdir.online.lync.com",))
    ),
    "web-names-dns-load-balanced": found(outside(EXT, PROXY_ADDRESS, "203.0.113.11"), file=True),
    "rp-cert-san-missing": found(replace(GOOD, names=("www.nnylync.info",))),
    "rp-chain-incomplete": found(replace(GOOD, complete=False)),
    "rp-sni-default-certificate": found(GOOD, replace(GOOD, names=("www.nnylync.info",), sent_name=False)),
    "internal-ca-not-trusted": found(replace(GOOD, trusted=False, issuer="CN=NNY Root")),
    "certificate-expired": found(replace(GOOD, expires=NOON - 86400 * 3)),
    "tls-version-mismatch": found(replace(GOOD, protocols=("TLSv1", "TLSv1.1"))),
    "proxy-or-tls-inspection-in-the-way": found(
        GOOD, replace(GOOD, vantage="inside", trusted=False, issuer="CN=Zscaler Intermediate Root CA")
    ),
}
SOUND = found(
    inside(DISCOVER_INTERNAL, SERVER_ADDRESS),
    inside(INT, SERVER_ADDRESS),
    inside(EXT, PROXY_ADDRESS),
    inside(DISCOVER, PROXY_ADDRESS),
    outside(DISCOVER, PROXY_ADDRESS),
    outside(DISCOVER_INTERNAL),
    outside("no-such-name-4711.nnylync.info"),
    outside(EXT, PROXY_ADDRESS),
    GOOD,
    replace(GOOD, protocols=("TLSv1.2", "TLSv1.3")),
    replace(GOOD, sent_name=False),
    file=True,
)


def _without_browser(exchange: Exchange) -> Exchange:
    """As a program sends it that only borrows the page's origin."""
    headers = exchange.request.headers
    for name in ("referer", "user-agent"):
        headers = headers.without(name)
    kind = exchange.kind if exchange.kind is Kind.PREFLIGHT else Kind.FETCH
    return replace(exchange, request=replace(exchange.request, headers=headers), source=None, kind=kind)


def _live(id: str) -> Callable[[], Probed]:
    def probe() -> Probed:
        journeys = FIRES[id]().journeys
        bare = [tuple(_without_browser(step.exchange) for step in one.steps) for one in journeys]
        return Probed(tuple(journey_of(exchanges, source="live") for exchanges in bare))

    return probe


# id → everything a probe may bring that shows it.
PROBED: dict[str, tuple[Callable[[], Probed], ...]] = {
    entry.id: (
        *((SURVEYS[entry.id],) if entry.id in SURVEYS else ()),
        *((_live(entry.id),) if FIRES[entry.id]().journeys else ()),
    )
    for entry in CATALOGUE
    if SeenBy.PROBE in entry.seen_by
}
