"""A token request put to every pool: the answer of the one that was asked waits until the others have been asked too.

Only where the form is all a grant needs, and only once the first pool has accepted it: a wrong password is tried once.
A pool that does not answer in time, or does not issue a ticket, is left out of the ring.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from hairpin.gateway import keyring
from hairpin.gateway.errand import Errand
from hairpin.gateway.outgoing import Connections
from hairpin.gateway.plan import Plan, View
from hairpin.gateway.upward import Ask

Line = tuple[bytes, bytes]

PATIENCE = 3.0  # seconds for the other pools

_TOKEN_PATH = re.compile(rb"(?i)/webticket/oauthtoken/?(?:\?.*)?")
_CREDENTIALS = frozenset((b"authorization", b"cookie"))


def without_coding(lines: list[Line]) -> list[Line]:
    """The head without Accept-Encoding: the answer is going to be read."""
    return [line for line in lines if line[0].lower() != b"accept-encoding"]


class Sharing:
    """One token request under way; ``others`` are the pools to be asked next."""

    __slots__ = ("_answer", "_others", "_path", "_view")

    def __init__(self, view: View, others: list[View], path: bytes) -> None:
        self._view = view
        self._others = others
        self._path = path
        self._answer = b""

    @classmethod
    def wanted(cls, plan: Plan, authority: bytes, view: View, method: bytes, path: bytes) -> Sharing | None:
        """A sharing where a ticket is asked for and there are other pools."""
        if method != b"POST" or not _TOKEN_PATH.fullmatch(path):
            return None
        others = plan.beside(authority, view)
        return cls(view, others, path) if others else None

    def keep(self, data: bytes) -> None:
        """More of the first pool's answer."""
        self._answer += data

    async def tickets(
        self,
        upstream: Mapping[str, Connections],
        form: bytes,
        lines: list[Line],
        origin: bytes | None,
    ) -> bytes:
        """The answer for the client: the first pool's, with the tickets of all in it."""
        issued = keyring.ticket_in(self._answer)
        if issued is None or not keyring.may_be_shared(form):
            return self._answer
        lines = without_coding([line for line in lines if line[0].lower() not in _CREDENTIALS])
        asked = [self._ask(upstream, other, form, lines, origin) for other in self._others]
        answers = await asyncio.gather(*asked)
        found = {self._view.pool: issued[0]}
        seconds = issued[1]
        for other, answer in zip(self._others, answers, strict=True):
            ticket = keyring.ticket_in(answer[1]) if answer is not None and answer[0] == 200 else None
            if ticket is not None:
                found[other.pool] = ticket[0]
                seconds = min(seconds, ticket[1])
        return keyring.ring(self._answer, found, seconds) if len(found) > 1 else self._answer

    async def _ask(
        self,
        upstream: Mapping[str, Connections],
        other: View,
        form: bytes,
        lines: list[Line],
        origin: bytes | None,
    ) -> tuple[int, bytes] | None:
        pool = upstream.get(other.site.name)
        if pool is None:
            return None
        request = Ask(other, b"POST", self._path, lines, origin).whole(keyring.own_renewal(form, other.pool))
        try:
            async with asyncio.timeout(PATIENCE):
                return await Errand().run(pool, request)
        except TimeoutError:
            return None
