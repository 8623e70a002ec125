"""Everything a rule may ask about the journeys before it, read once.

Rules look at turns and at what is worked out of them here (addresses, names, crossings), never at where a
journey came from.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from hairpin.deployment.model import Deployment
from hairpin.doctor.sites import Crossing, Names, crossings_of, names_of
from hairpin.doctor.survey import Survey
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL, Turn, turn_of
from hairpin.signin.journey import Journey, Outcome
from hairpin.signin.steps import Role
from hairpin.wire.origin import Origin, maybe_origin

# What `Journey.unseen` says of a capture without headers.
HEADERS = "headers"
_PLACE = attrgetter("capture", "number")
_ORIGINAL_DOMAIN = re.compile(r"(?i)[?&]originaldomain=([a-z0-9.-]+)")


@dataclass(frozen=True, eq=False)
class Case:
    """One or more journeys through one deployment; ``deployment`` is what should be, where a file says so."""

    journeys: tuple[Journey, ...]
    deployment: Deployment | None = None
    survey: Survey = field(default_factory=Survey)

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """Every turn of every capture, in order."""
        turns: list[Turn] = []
        met: dict[int, Turn] = {}
        for capture, journey in enumerate(self.journeys, 1):
            for number, step in enumerate(journey.steps, 1):
                same = met.get(id(step))
                turn = turn_of(capture, number, step) if same is None else same.again(capture, number)
                met.setdefault(id(step), turn)
                turns.append(turn)
        return tuple(turns)

    @cached_property
    def different(self) -> tuple[Turn, ...]:
        """The turns without those whose step stood there before: a capture's noise is a few steps many times over."""
        return tuple({id(turn.step): turn for turn in reversed(self.turns)}.values())[::-1]

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Every host of the deployment that a turn asked or an answer handed out."""
        asked = {turn.host for turn in self.different if turn.role is not Role.OTHER or turn.by_server}
        handed = {
            origin.host
            for turn in self.different
            for _, href in turn.links()
            if (origin := maybe_origin(href))
        }
        known = {turn.host for turn in self.different if turn.is_discovery}
        named = set[str]()
        if self.deployment is not None:
            for pool in self.deployment.pools:
                named |= {pool.internal_fqdn.lower(), pool.external_fqdn.lower()}
        return frozenset((asked | handed | known | named) - {""})

    @cached_property
    def ours(self) -> tuple[Turn, ...]:
        """The turns of the sign-in, without the noise around them."""
        return tuple(turn for turn in self.turns if turn.role is not Role.OTHER or turn.host in self.hosts)

    def of(self, *roles: Role) -> Iterator[Turn]:
        return (turn for turn in self.ours if turn.role in roles)

    def after(self, turn: Turn) -> Iterator[Turn]:
        """The later turns of the same capture."""
        return self._between((turn.capture, turn.number + 1), (turn.capture + 1, 0))

    def before(self, turn: Turn) -> Iterator[Turn]:
        """The earlier turns of the same capture."""
        return self._between((turn.capture, 0), (turn.capture, turn.number))

    def _between(self, first: tuple[int, int], end: tuple[int, int]) -> Iterator[Turn]:
        """The turns of the sign-in from one (capture, number) up to another, without a look at the rest."""
        spots = [bisect_left(self.ours, place, key=_PLACE) for place in (first, end)]
        return (self.ours[at] for at in range(*spots))

    def later(self, turn: Turn, role: Role, host: str) -> bool:
        """A later request of that role to that host succeeded in the same capture."""
        return self._last_success.get((turn.capture, role, host.lower()), 0) > turn.number

    def earlier(self, turn: Turn, role: Role, host: str) -> bool:
        """An earlier request of that role to that host succeeded in the same capture."""
        return 0 < self._first_success.get((turn.capture, role, host.lower()), 0) < turn.number

    def asked_later(self, turn: Turn, role: Role, host: str) -> bool:
        """A later request of that role went to that host, however it ended; a preflight is no request."""
        return self._last_request.get((turn.capture, role, host.lower()), 0) > turn.number

    @cached_property
    def _last_request(self) -> dict[tuple[int, Role, str], int]:
        return {(turn.capture, turn.role, turn.host): turn.number for turn in self.ours if not turn.preflight}

    @cached_property
    def _last_success(self) -> dict[tuple[int, Role, str], int]:
        return {(turn.capture, turn.role, turn.host): turn.number for turn in self.ours if turn.succeeded}

    @cached_property
    def _first_success(self) -> dict[tuple[int, Role, str], int]:
        return {
            (turn.capture, turn.role, turn.host): turn.number
            for turn in reversed(self.ours)
            if turn.succeeded
        }

    def answered(self, capture: int, host: str) -> bool:
        """That host gave any answer in that capture."""
        return (capture, host) in self._answered

    @cached_property
    def _answered(self) -> frozenset[tuple[int, str]]:
        return frozenset((turn.capture, turn.host) for turn in self.ours if turn.status is not None)

    def shows_headers(self, turn: Turn) -> bool:
        """The capture shows response headers, so that a missing one means something."""
        return HEADERS not in self.journeys[turn.capture - 1].unseen

    def failed_sign_ins(self, turn: Turn) -> int:
        """How many token requests to that host were refused before that turn."""
        return sum(
            one.role is Role.TICKET and one.host == turn.host and one.status == 400
            for one in self.before(turn)
        )

    def is_ie(self, turn: Turn) -> bool:
        """Internet Explorer, or Edge in its mode: the browsers with security zones."""
        agent = turn.sent.get("user-agent") or ""
        return "Trident/" in agent or "MSIE " in agent

    def signed_in(self, turn: Turn) -> bool:
        """The sign-in of that turn's capture ended well."""
        return self.journeys[turn.capture - 1].outcome is Outcome.SIGNED_IN

    def addresses(self, capture: int, host: str) -> frozenset[str]:
        """The addresses a host was reached at in one capture."""
        return self._addresses.get((capture, host.lower()), frozenset())

    @cached_property
    def _addresses(self) -> dict[tuple[int, str], frozenset[str]]:
        found: dict[tuple[int, str], set[str]] = {}
        for turn in self.ours:
            if turn.address:
                found.setdefault((turn.capture, turn.host), set()).add(turn.address)
        return {key: frozenset(value) for key, value in found.items()}

    @cached_property
    def names(self) -> Names:
        return names_of(self)

    @cached_property
    def crossings(self) -> tuple[Crossing, ...]:
        return crossings_of(self)

    @cached_property
    def facts(self) -> dict[str, str]:
        """What fills the texts of every finding, unless its own sign knows better."""
        known = {"sip domain": self.sip_domain, "app origin": str(self.page) if self.page else None}
        if self.deployment is not None and self.deployment.reverse_proxy is not None:
            known["proxy address"] = self.deployment.reverse_proxy.outside
        return {name: value for name, value in known.items() if value}

    @cached_property
    def page(self) -> Origin | None:
        """The origin of the page that embeds the client, where anything tells."""
        for journey in self.journeys:
            if journey.page is not None:
                return journey.page
        for turn in self.ours:
            if told := maybe_origin(turn.step.embedder):
                return told
        for turn in self.of(Role.XFRAME):
            loader = turn.step.asked_by or maybe_origin(turn.sent.get("referer"))
            if loader is not None and loader.host not in self.hosts:
                return loader
        return None

    @cached_property
    def sip_domain(self) -> str | None:
        """The SIP domain, from a discovery name that was asked, or the deployment file."""
        for turn in self.ours:
            for prefix in (DISCOVER, DISCOVER_INTERNAL):
                if turn.host.startswith(prefix):
                    return turn.host.removeprefix(prefix)
            if told := _ORIGINAL_DOMAIN.search(turn.url):
                return told[1].lower()
        return self.deployment.sip_domains[0] if self.deployment and self.deployment.sip_domains else None


def case_of(
    journeys: Journey | Iterable[Journey],
    deployment: Deployment | None = None,
    survey: Survey | None = None,
) -> Case:
    return Case(
        (journeys,) if isinstance(journeys, Journey) else tuple(journeys), deployment, survey or Survey()
    )
