"""A request of the gateway's own to a web site, on the same connections as everybody's."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

from hairpin.gateway.outgoing import Connections, Outgoing, Unreachable

if TYPE_CHECKING:
    from hairpin.gateway.turn import Turn

Line = tuple[bytes, bytes]

_LARGEST = 256 * 1024


class Errand:
    """Stands where a turn stands, and keeps the answer. ``run`` gives it, or None when there is none."""

    def __init__(self) -> None:
        self.client = self
        self.framed = True
        self._status = 0
        self._body = b""
        self._done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def run(self, pool: Connections, request: bytes) -> tuple[int, bytes] | None:
        """Send the bytes of a request; raises TimeoutError only where the caller set a limit."""
        one = pool.take(time.monotonic(), fresh=True)
        try:
            one = one or await pool.connect()
            one.send(cast("Turn", self), request)
            whole = await self._done
        except Unreachable:
            return None
        except asyncio.CancelledError:
            if one is not None:
                one.close()
            raise
        self._give_back(one, pool)
        return (self._status, self._body) if whole else None

    def _give_back(self, one: Outgoing, pool: Connections) -> None:
        if one.finished():
            pool.give_back(one, time.monotonic())
        else:
            one.close()

    # what a connection tells a turn

    def answer_begins(self, status: int, reason: bytes, lines: list[Line]) -> None:  # noqa: ARG002 - as a Turn
        self._status = status
        coded = any(name.lower() == b"content-encoding" for name, _ in lines)
        if coded:
            self._end(whole=False)

    def answer_goes_on(self, data: bytes, done: bool) -> None:
        self._body += data
        if done or len(self._body) > _LARGEST:
            self._end(whole=done)

    def upstream_lost(self, *, until_close: bool) -> None:
        self._end(whole=until_close)

    def failed(self, status: int, kind: str, why: str) -> None:  # noqa: ARG002 - as a Turn
        self._end(whole=False)

    def stop_reading(self) -> None:
        """The request is small; nothing waits behind it."""

    go_on_reading = stop_reading

    def _end(self, *, whole: bool) -> None:
        if not self._done.done():
            self._done.set_result(whole)
