"""A pending GET: an answer that waits for something to happen (`docs/protocol.md` 6.5)."""

from __future__ import annotations

from collections.abc import Callable

from hairpin.wire.message import Response


def _nobody_waits() -> None:
    pass


class Hold:
    """What a web site gives instead of a Response when the answer may wait.

    The driver sends ``response`` after ``seconds`` or when ``wake`` is called, and calls ``close`` when
    it sends or its client is gone. ``wake`` is the driver's to set and is called at most once.
    """

    def __init__(self, seconds: float, response: Response) -> None:
        self.seconds = seconds
        self.response = response
        self.wake: Callable[[], None] = _nobody_waits
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether the answer can still be changed."""
        return self._is_open

    def release(self, response: Response) -> None:
        """Have this answer sent now."""
        if self._is_open:
            self._is_open = False
            self.seconds = 0.0
            self.response = response
            self.wake()

    def close(self) -> None:
        """Nothing can be released into it any more."""
        self._is_open = False
