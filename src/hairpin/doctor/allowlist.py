"""Refused origins: one code, three causes. Which one it is depends on what else was accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.diagnostics import ORIGIN_NOT_ALLOWED
from hairpin.wire.origin import maybe_origin


class Refusal(StrEnum):
    """Why a list did not match."""

    NOT_LISTED = "not-listed"
    OTHER_SCOPE = "other-scope"
    OTHER_STRING = "other-string"


@dataclass(frozen=True, slots=True)
class Refused:
    """The first 28070 of a host for an origin; ``witness`` accepted it, or ``listed`` is the one meant."""

    kind: Refusal
    turn: Turn
    origin: str
    recovered: bool
    witness: Turn | None = None
    listed: str = ""

    def sign(self, certainty: Certainty, says: str, owner: Owner | None = None) -> Sign:
        turn = self.turn
        evidence = [
            turn.evidence("response header X-Ms-diagnostics", turn.got.get("x-ms-diagnostics")),
            turn.evidence("request header X-Ms-Origin", turn.step.embedder or self.origin),
        ]
        if self.witness is not None:
            evidence.append(self.witness.evidence("accepted the same origin", self.witness.outcome()))
        facts = {
            "app origin": self.origin,
            "host": turn.host,
            "listed origin": self.listed,
            "server": turn.step.server_fqdn or "",
        }
        severity = Severity.INFO if self.recovered else None
        return Sign(certainty, says, tuple(evidence), facts, (), severity, owner)


def refusals(case: Case) -> Iterator[Refused]:
    """Each host that refused an origin, once per origin."""
    told: set[tuple[str, str]] = set()
    for turn in case.ours:
        if turn.code != ORIGIN_NOT_ALLOWED:
            continue
        origin = (turn.step.embedder or turn.sent.get("origin") or "").strip()
        if (turn.host, origin) not in told:
            told.add((turn.host, origin))
            yield _told_apart(case, turn, origin)


def _told_apart(case: Case, turn: Turn, origin: str) -> Refused:
    recovered = case.signed_in(turn)
    accepted = _accepted(case)
    near = (one for one in accepted if origin not in accepted and _same_host(one, origin))
    listed = next(near, "")
    if listed or (origin and maybe_origin(origin) is None):
        return Refused(Refusal.OTHER_STRING, turn, origin, recovered, listed=listed)
    same_origin = (one for one in case.ours if one.step.embedder == origin and _accepts(one))
    witness = next((one for one in same_origin if _another(one, turn)), None)
    if (witness is not None and origin) or _listed_elsewhere(case, turn, origin):
        return Refused(Refusal.OTHER_SCOPE, turn, origin, recovered, witness)
    return Refused(Refusal.NOT_LISTED, turn, origin, recovered)


def _listed_elsewhere(case: Case, turn: Turn, origin: str) -> bool:
    """The deployment file has the origin on the list of another pool than the one that refused it."""
    if case.deployment is None:
        return False
    server = (turn.step.server_fqdn or "").lower()
    return any(
        origin in pool.allow_origins and server not in {one.fqdn.lower() for one in pool.servers}
        for pool in case.deployment.pools
    )


def _another(one: Turn, turn: Turn) -> bool:
    """Another server answered, which may have a list of its own; one machine has one under all its names."""
    if one.capture != turn.capture:
        return False
    return (
        one.role is not Role.XFRAME
        and (one.step.server_fqdn or "").lower() != (turn.step.server_fqdn or "").lower()
    )


def _accepts(turn: Turn) -> bool:
    return turn.by_server and turn.status is not None and turn.code != ORIGIN_NOT_ALLOWED


def _accepted(case: Case) -> tuple[str, ...]:
    """Origins that some server accepted, or that the deployment file lists."""
    seen = [turn.step.embedder for turn in case.ours if turn.step.embedder and _accepts(turn)]
    listed = (
        [origin for pool in case.deployment.pools for origin in pool.allow_origins] if case.deployment else []
    )
    return tuple(dict.fromkeys([*listed, *seen]))


def _same_host(one: str, other: str) -> bool:
    left, right = maybe_origin(one), maybe_origin(other)
    return left is not None and right is not None and left.host == right.host and left != right
