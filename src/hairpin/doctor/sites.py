"""Which names are internal, which external, and where one was asked and the other handed out.

The web site that takes a request decides which names its answer carries (protocol.md 5.1), so a name that
hands out another one is the mark of the wrong web site. What makes it a fault of DNS or of the proxy is the
address: a server's own address means that nothing stood in between, any other means that something did and
chose the wrong port.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hairpin.browser.local_network import Space, space_of
from hairpin.deployment.model import Side
from hairpin.deployment.routing import INSIDE, OUTSIDE, Route, route
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL, Turn
from hairpin.signin.steps import Links, Role
from hairpin.wire.discovery import access_location
from hairpin.wire.exchange import Failure
from hairpin.wire.origin import maybe_origin

if TYPE_CHECKING:
    from hairpin.doctor.case import Case

# Zones that no public DNS serves: RFC 6761, 6762 and 8375, ICANN's .internal, and the habits of directory admins.
PRIVATE_ZONES = (
    ".local",
    ".lan",
    ".corp",
    ".internal",
    ".intranet",
    ".intra",
    ".home.arpa",
    ".private",
    ".ad",
)
_DISCOVERY_LINKS = frozenset({"self", "user", "xframe", "domain", "oauth"})


class Path(StrEnum):
    """What lies between the client and the web site that answered."""

    DIRECT = "direct"
    PROXY = "proxy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Way:
    """A path, whether it is certain, and why in words."""

    path: Path
    firm: bool
    because: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """``turn`` asked ``asked`` and was handed the internal name ``handed``.

    ``firm``: the side of ``handed`` and the path are beyond doubt. ``because`` says in words what tells the path.
    """

    turn: Turn
    asked: str
    handed: str
    rel: str
    href: str
    path: Path
    firm: bool
    because: str


@dataclass(frozen=True, slots=True)
class Names:
    """Each name's side: True where it is known for sure, False where there is a hint."""

    internal: dict[str, bool] = field(default_factory=dict)
    external: dict[str, bool] = field(default_factory=dict)

    def tell(self, side: Side, host: str, *, firm: bool) -> None:
        known = self.internal if side is Side.INTERNAL else self.external
        known[host.lower()] = known.get(host.lower(), False) or firm

    def side(self, host: str) -> Side | None:
        """Firm knowledge outweighs a hint; of two equal ones internal wins; None where nothing is known."""
        inside, outside = self.internal.get(host), self.external.get(host)
        if inside is None and outside is None:
            return None
        if outside is None or (inside is not None and inside >= outside):
            return Side.INTERNAL
        return Side.EXTERNAL

    def firmly(self, side: Side, host: str) -> bool:
        """Known for sure to be on that side, and not on both."""
        known, other = self.internal, self.external
        if side is Side.EXTERNAL:
            known, other = other, known
        return known.get(host, False) and not other.get(host, False)


def is_private_zone(host: str) -> bool:
    """No public resolver knows such a name."""
    return host.endswith(PRIVATE_ZONES) or ("." not in host and ":" not in host and host != "")


def _space(address: str | None) -> Space | None:
    """The space of an address as a capture wrote it; None where it is none."""
    try:
        return None if address is None else space_of(address)
    except ValueError:
        return None


def names_of(case: Case) -> Names:
    """The side of every name, from the deployment file, the documents, the servers' own names and the zones."""
    names = Names()
    if case.deployment is not None:
        for pool in case.deployment.pools:
            names.tell(Side.INTERNAL, pool.internal_fqdn, firm=True)
            names.tell(Side.EXTERNAL, pool.external_fqdn, firm=True)
            for server in pool.servers:
                names.tell(Side.INTERNAL, server.fqdn, firm=True)
    for host in case.hosts:
        if is_private_zone(host):
            names.tell(Side.INTERNAL, host, firm=True)
    for turn in case.ours:
        if turn.step.server_fqdn:
            names.tell(Side.INTERNAL, turn.step.server_fqdn, firm=True)
        if isinstance(turn.answer, Links):
            _learn_from_document(names, turn, turn.answer)
    _learn_from_domains(names, case)
    return names


def _learn_from_document(names: Names, turn: Turn, document: Links) -> None:
    told = _location(turn)
    for rel, href in document.links:
        origin = maybe_origin(href)
        if origin is None:
            continue
        if rel.startswith(("internal/", "external/")):
            names.tell(Side(rel.partition("/")[0]), origin.host, firm=True)
        elif turn.role is Role.ROOT and rel in _DISCOVERY_LINKS:
            if told is not None:
                names.tell(Side(told.lower()), origin.host, firm=True)
            elif turn.host.startswith(DISCOVER_INTERNAL):
                names.tell(Side.INTERNAL, origin.host, firm=False)
            elif turn.host.startswith(DISCOVER):
                names.tell(Side.EXTERNAL, origin.host, firm=False)
        elif turn.role is Role.USER and rel == "applications":
            names.tell(Side.EXTERNAL, origin.host, firm=False)


def _learn_from_domains(names: Names, case: Case) -> None:
    """A name in the servers' own domain, where the published names are in another, is probably internal."""
    own = {fqdn.partition(".")[2].lower() for turn in case.ours if (fqdn := turn.step.server_fqdn)} - {""}
    own = {domain for domain in own if domain != case.sip_domain}
    for host in case.hosts:
        if host.partition(".")[2] in own:
            names.tell(Side.INTERNAL, host, firm=False)


def crossings_of(case: Case) -> tuple[Crossing, ...]:
    """Every place where an external name was asked and an internal one handed out."""
    return tuple(_crossings(case))


def _crossings(case: Case) -> Iterator[Crossing]:
    ways: dict[tuple[int, str, str | None, str], Way] = {}
    for turn in case.ours:
        if turn.host.startswith(DISCOVER_INTERNAL) or case.names.firmly(Side.INTERNAL, turn.host):
            continue
        for rel, href, host in handed_out(case, turn):
            if host != turn.host and _is_internal_answer(case, turn, rel, host):
                key = (turn.capture, turn.host, turn.address, host)
                way = ways[key] = ways.get(key) or _way(case, turn, host)
                firm = way.firm and case.names.firmly(Side.INTERNAL, host)
                yield Crossing(turn, turn.host, host, rel, href, way.path, firm, way.because)
                break


def handed_out(case: Case, turn: Turn) -> Iterator[tuple[str, str, str]]:
    """(relation, href, host) of the links that carry the answering site's own name; others may lead away."""
    if _is_client_side(case, turn):
        return
    for rel, href in turn.links():
        origin = maybe_origin(href)
        own = rel in {"ticket", "passive"} or (turn.role is Role.ROOT and rel in _DISCOVERY_LINKS)
        if own and origin is not None:
            yield rel, href, origin.host


def _is_internal_answer(case: Case, turn: Turn, rel: str, host: str) -> bool:
    """A challenge names the pool that printed it: only a name known for sure as external is above suspicion."""
    if is_address(host) or _location(turn) == "External" or case.names.external.get(host):
        return False
    side = case.names.side(host)
    challenged = rel == "ticket" and not turn.is_discovery
    if side is Side.EXTERNAL and challenged and case.names.side(turn.host) is not Side.INTERNAL:
        return not _at_one_proxy(case, turn, host)
    return side is Side.INTERNAL or (side is None and challenged)


def _at_one_proxy(case: Case, turn: Turn, host: str) -> bool:
    """Both names lead to one public address, which no server of a pool has: both are published."""
    return _space(turn.address) is Space.PUBLIC and turn.address in case.addresses(turn.capture, host)


def _location(turn: Turn) -> str | None:
    return access_location(turn.step.response) if turn.step.response and turn.role is Role.ROOT else None


def is_address(host: str) -> bool:
    try:
        return ip_address(host) is not None
    except ValueError:
        return False


def _is_client_side(case: Case, turn: Turn) -> bool:
    """Asked through the application's own host or a loopback name: a development proxy, not the deployment."""
    if turn.host == "localhost" or turn.host.endswith(".localhost"):
        return True
    return case.page is not None and case.page.host == turn.host


def server_addresses(case: Case, capture: int) -> frozenset[str]:
    """The addresses of the servers themselves, as far as a capture or the deployment file tells."""
    told = {
        turn.address
        for turn in case.ours
        if turn.capture == capture and turn.address and case.names.firmly(Side.INTERNAL, turn.host)
    }
    if case.deployment is not None:
        told |= {server.address for pool in case.deployment.pools for server in pool.servers}
        if case.deployment.reverse_proxy is not None:
            told.discard(case.deployment.reverse_proxy.outside)
    return frozenset(told)


def proxy_addresses(case: Case, capture: int) -> frozenset[str]:
    """Addresses where external web sites answer: a proxy's, or whatever translates the port."""
    told: set[str] = set()
    if case.deployment is not None and case.deployment.reverse_proxy is not None:
        told.add(case.deployment.reverse_proxy.outside)
    for turn in case.ours:
        if turn.capture == capture and turn.address and not case.names.firmly(Side.INTERNAL, turn.host):
            handed = [host for _, _, host in handed_out(case, turn)]
            if handed and all(_is_published(case, turn, host) for host in handed):
                told.add(turn.address)
    return frozenset(told)


def _is_published(case: Case, turn: Turn, host: str) -> bool:
    """The answer hands out the very name that was asked, or one that is known to be external."""
    return host == turn.host or case.names.firmly(Side.EXTERNAL, host)


def _way(case: Case, turn: Turn, handed: str) -> Way:
    """What lies between the client and the site that answered, best evidence first."""
    address = turn.address
    if address is None:
        told = _path_in_file(case, turn)
        if told is not None:
            return Way(told, True, "the deployment file leads that name there")
    else:
        elsewhere = case.addresses(turn.capture, handed)
        if address in elsewhere or address in server_addresses(case, turn.capture):
            why = f"{turn.host} and {handed} lead to one address, {address}: nothing stands between"
            return Way(Path.DIRECT, True, why)
        if address in proxy_addresses(case, turn.capture):
            why = f"external web sites answer at {address} too, so a proxy stands there"
            return Way(Path.PROXY, True, why)
        if elsewhere:
            there = ", ".join(sorted(elsewhere))
            neighbours = all(_are_neighbours(address, other) for other in elsewhere)
            if neighbours and _is_another_server(case, turn, handed):
                why = f"{turn.host} leads to {address} and {handed} to {there}: two servers side by side"
                return Way(Path.DIRECT, False, why)
            why = f"{turn.host} leads to {address} and {handed} to {there}: something stands between"
            return Way(Path.PROXY, False, why)
        if _space(address) is Space.PUBLIC:
            why = f"{address} is a public address, which a server of the pool would not have"
            return Way(Path.PROXY, False, why)
        if _space(address) is Space.LOCAL and _unresolved(case, turn.capture, handed):
            why = f"{address} is a private address, and a client that reaches it is inside"
            return Way(Path.DIRECT, False, why)
    if _unresolved(case, turn.capture, handed):
        why = f"this client does not even resolve {handed}, so it came in through a proxy"
        return Way(Path.PROXY, False, why)
    if address is not None and not turn.is_discovery and address in _discovery_addresses(case, turn.capture):
        return Way(
            Path.PROXY, False, f"the discovery name leads to {address} too, where a proxy usually stands"
        )
    why = "the capture shows no addresses that could tell a wrong record from a wrong proxy port"
    return Way(Path.UNKNOWN, False, why)


def _is_another_server(case: Case, turn: Turn, handed: str) -> bool:
    """Servers of different names answer under the two names: a pool has several servers.

    A proxy that stood there would mostly lead to the very server that answers under the internal name.
    """
    others = [one for one in case.ours if one.capture == turn.capture and one.host == handed and one.address]
    named = {fqdn.lower() for one in others if (fqdn := one.step.server_fqdn)}
    own = turn.step.server_fqdn
    return own is not None and bool(named) and own.lower() not in named


def _are_neighbours(address: str, other: str) -> bool:
    """Two private addresses of one usual subnet: /24, or /64."""
    if _space(address) is not Space.LOCAL or _space(other) is not Space.LOCAL:
        return False
    here, there = ip_address(address), ip_address(other)
    bits = 8 if here.version == 4 else 64
    return here.version == there.version and int(here) >> bits == int(there) >> bits


def _path_in_file(case: Case, turn: Turn) -> Path | None:
    """How the deployment file leads that URL to an internal web site, from wherever it does."""
    if case.deployment is None:
        return None
    for vantage in (INSIDE, OUTSIDE):
        way = route(case.deployment, vantage, turn.url)
        if isinstance(way, Route) and way.site is not None and way.site.side is Side.INTERNAL:
            return Path.DIRECT if way.through is None else Path.PROXY
    return None


def _unresolved(case: Case, capture: int, host: str) -> bool:
    return any(
        turn.failure is Failure.NAME_NOT_RESOLVED
        for turn in case.ours
        if turn.capture == capture and turn.host == host
    )


def _discovery_addresses(case: Case, capture: int) -> frozenset[str]:
    return frozenset(
        turn.address
        for turn in case.ours
        if turn.capture == capture and turn.address and turn.host.startswith(DISCOVER)
    )
