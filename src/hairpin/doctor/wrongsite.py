"""The wrong web site answered: what the entries that differ only in whose fault it is have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Sign
from hairpin.doctor.finding import Certainty, Evidence, Severity
from hairpin.doctor.sites import Crossing
from hairpin.doctor.turn import Turn


@dataclass(frozen=True, slots=True)
class WrongSite:
    """The first crossing between two names, and how often it was seen."""

    crossing: Crossing
    repeated: tuple[Turn, ...]


def wrong_sites(case: Case) -> Iterator[WrongSite]:
    """Each pair of names once, in the order they were met."""
    found: dict[tuple[str, str], list[Crossing]] = {}
    for crossing in case.crossings:
        found.setdefault((crossing.asked, crossing.handed), []).append(crossing)
    for first, *rest in found.values():
        best = next((one for one in (first, *rest) if one.firm), first)
        yield WrongSite(best, tuple(one.turn for one in (first, *rest) if one is not best))


def wrong_site_sign(case: Case, found: WrongSite, certainty: Certainty, says: str) -> Sign:
    """The sign of a wrong site: the answer that crossed, addresses, and what went wrong at the other name."""
    crossing = found.crossing
    later = [turn for turn in case.after(crossing.turn) if turn.host == crossing.handed]
    broken = tuple(turn for turn in later if _went_wrong(turn))
    evidence = (*_crossing_evidence(case, crossing), *_symptom_evidence(broken))
    facts = facts_of(case, crossing)
    # Where the client got on with the internal name, the wrong site is not what its sign-in failed of.
    if case.signed_in(crossing.turn) or any(_readable(turn) for turn in later):
        sure = certainty if crossing.firm else Certainty.POSSIBLE
        return Sign(sure, says, evidence, facts, broken, Severity.INFO)
    return Sign(certainty, says, evidence, facts, broken)


def _went_wrong(turn: Turn) -> bool:
    """No answer, or a refusal; a first challenge is none."""
    first_challenge = turn.challenge is not None and turn.step.ticket is None
    return not turn.succeeded and not (first_challenge and turn.failure is None)


def _readable(turn: Turn) -> bool:
    return turn.failure is None and turn.status is not None and not turn.preflight


def _crossing_evidence(case: Case, crossing: Crossing) -> Iterator[Evidence]:
    turn = crossing.turn
    if crossing.rel == "ticket":
        line = next((one for one in turn.got.all("www-authenticate") if "href" in one.lower()), crossing.href)
        yield turn.evidence("response header WWW-Authenticate", line)
    else:
        yield turn.evidence(f"response link {crossing.rel}", crossing.href)
    if turn.address:
        yield turn.evidence("server address", turn.address)
    other = next((one for one in case.ours if one.host == crossing.handed and one.address), None)
    if other is not None:
        yield other.evidence("server address", other.address)
    if fqdn := turn.got.get("x-ms-server-fqdn"):
        yield turn.evidence("response header X-MS-Server-Fqdn", fqdn)


def _symptom_evidence(broken: tuple[Turn, ...]) -> Iterator[Evidence]:
    for turn in broken[:2]:
        if turn.preflight:
            yield turn.evidence("request header Origin", turn.sent.get("origin") or turn.asker or "")
        told = turn.got.get("x-ms-diagnostics")
        if told:
            yield turn.evidence("response header X-Ms-diagnostics", told)
        else:
            yield turn.evidence("outcome", turn.outcome())


def facts_of(case: Case, crossing: Crossing) -> Mapping[str, str]:
    """The names and addresses of a crossing, for commands."""
    ext = crossing.asked
    return {
        **name_facts(ext),
        "ext": ext,
        "int": crossing.handed,
        **address_facts(case, crossing.turn, crossing.handed),
    }


def name_facts(host: str) -> dict[str, str]:
    label, _, zone = host.partition(".")
    return {"label": label, "zone": zone}


def address_facts(case: Case, turn: Turn, internal: str) -> dict[str, str]:
    """The proxy's address from the deployment file, the servers' from the capture."""
    facts: dict[str, str] = {}
    deployment = case.deployment
    if deployment is not None and deployment.reverse_proxy is not None:
        facts["proxy address"] = deployment.reverse_proxy.outside
    inside = sorted(case.addresses(turn.capture, internal))
    if inside:
        facts["server address"] = inside[0]
    elif turn.address:
        facts["server address"] = turn.address
    if turn.step.server_fqdn:
        facts["server"] = turn.step.server_fqdn
    return facts
