"""The journey as a sequence of origins and machines: who asked whom, in lanes and arrows.

On the left stand the origins that ask, as a browser keeps them apart; on the right the hosts that were asked,
each with its address and the name its server gives itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.doctor.case import Case, case_of
from hairpin.doctor.finding import Severity, Verdict
from hairpin.doctor.turn import Turn, plain
from hairpin.signin.journey import Journey
from hairpin.wire.origin import path_of

MOST_ARROWS = 120
LANE = 210
ROW = 46
TOP = 86


@dataclass(frozen=True, slots=True)
class Lane:
    """A column: up to three lines of a heading, at ``x``."""

    x: int
    heading: tuple[str, ...]
    asks: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A request and how it ended, from ``start`` to ``end`` at ``y``; ``wrong`` is drawn red."""

    number: int
    y: int
    start: int
    end: int
    request: str
    outcome: str
    wrong: bool
    unanswered: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """One journey; ``left_out`` counts the exchanges that are not drawn."""

    name: str
    lanes: tuple[Lane, ...]
    arrows: tuple[Arrow, ...]
    left_out: int

    @property
    def width(self) -> int:
        return LANE * len(self.lanes)

    @property
    def height(self) -> int:
        return TOP + ROW * (len(self.arrows) + 1)


def sequence_of(verdict: Verdict, capture: int) -> Sequence:
    """The drawing of one of the verdict's journeys; ``capture`` counts from 1."""
    journey = verdict.journeys[capture - 1]
    case = case_of(journey)
    wrong = _wrong(verdict, capture)
    turns = _drawn(case, wrong)
    askers = list(dict.fromkeys(_asker(turn) for turn in turns))
    hosts = list(dict.fromkeys(turn.host for turn in turns))
    places = {("asks", name): index for index, name in enumerate(askers)}
    places |= {("asked", name): index + len(askers) for index, name in enumerate(hosts)}
    lanes = [Lane(_x(index), _split(name), True) for index, name in enumerate(askers)]
    lanes += [Lane(_x(index + len(askers)), _machine(case, host), False) for index, host in enumerate(hosts)]
    arrows = tuple(
        Arrow(
            turn.number,
            TOP + ROW * (row + 1),
            _x(places["asks", _asker(turn)]),
            _x(places["asked", turn.host]),
            plain(f"{turn.method} {path_of(turn.url)}"),
            turn.outcome(),
            turn.number in wrong,
            turn.status is None,
        )
        for row, turn in enumerate(turns)
    )
    return Sequence(_name(journey), tuple(lanes), arrows, len(journey.steps) - len(arrows))


def _wrong(verdict: Verdict, capture: int) -> frozenset[int]:
    """The exchanges that a cause points at or explains."""
    found: set[int | None] = set()
    for finding in verdict.findings:
        if finding.severity is not Severity.INFO:
            found |= {one.exchange for one in finding.evidence if one.capture == capture}
            found |= {one.exchange for one in finding.explains if one.capture == capture}
    return frozenset(number for number in found if number is not None)


def _drawn(case: Case, wrong: frozenset[int]) -> list[Turn]:
    """The turns of the sign-in, and those that went wrong; where they are too many, the ones around these."""
    turns = [turn for turn in case.turns if turn.number in wrong or turn in case.ours]
    if len(turns) <= MOST_ARROWS:
        return turns
    kept = [turn for turn in turns if turn.number in wrong][: MOST_ARROWS // 2]
    numbers = {turn.number for turn in kept}
    for turn in turns:
        if len(numbers) < MOST_ARROWS:
            numbers.add(turn.number)
    return [turn for turn in turns if turn.number in numbers]


def _asker(turn: Turn) -> str:
    return str(turn.asker) if turn.asker is not None else "client"


def _machine(case: Case, host: str) -> tuple[str, ...]:
    answers = [turn for turn in case.turns if turn.host == host]
    address = next((turn.address for turn in answers if turn.address), None)
    server = next((turn.step.server_fqdn for turn in answers if turn.step.server_fqdn), None)
    lines = [plain(host), plain(address) if address else "", f"answers as {plain(server)}" if server else ""]
    return tuple(line for line in lines if line)


def _split(asker: str) -> tuple[str, ...]:
    return (plain(asker),) if asker == "client" else ("page of origin", plain(asker))


def _name(journey: Journey) -> str:
    return plain(journey.source) or "capture"


def _x(index: int) -> int:
    return LANE // 2 + LANE * index
