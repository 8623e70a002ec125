"""Answers on the deployment's own URLs that the deployment did not give: a proxy's, a portal's, a web shop's."""

from __future__ import annotations

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.origin import path_of

# How much of a body is read for the name of the product that wrote it.
_PAGE = 16384


def foreign_answers(case: Case) -> Iterator[Turn]:
    """Answers without any mark of Lync, where the capture shows headers at all."""
    for turn in case.ours:
        if turn.role is Role.OTHER and not turn.is_discovery:
            continue
        if turn.status is not None and is_foreign(case, turn):
            yield turn


def is_foreign(case: Case, turn: Turn) -> bool:
    """No server name, no diagnostics, no challenge, no document of the protocol; and headers were to be seen."""
    if (
        turn.by_server
        or turn.challenge is not None
        or len(turn.got.lines) < 2
        or not case.shows_headers(turn)
    ):
        return False
    return turn.media_type not in {"application/json", "application/xml"}


def family(turn: Turn) -> str:
    """The first segment of a path, in lower case: what publishing rules are written for."""
    return path_of(turn.url).strip("/").partition("/")[0].lower()


def page_text(turn: Turn) -> str:
    """The beginning of an answer's body."""
    return "" if turn.step.response is None else turn.step.response.body[:_PAGE].decode("utf-8", "replace")
