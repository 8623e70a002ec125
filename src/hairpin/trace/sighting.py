"""What a reader hands over: one exchange as a capture shows it, and what the capture cannot show.

Sightings are raw: their secrets go when `assemble` makes a journey of them, so no reader's result may leave
this room.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.message import Request, Response
from hairpin.wire.origin import Origin

# What a capture may be unable to show (`Journey.unseen`); docs/captures.md says which format lacks what.
AUTHORIZATION = "authorization headers"
COOKIES = "cookies"
HEADERS = "headers"
REQUEST_BODIES = "request bodies"
BODIES = "bodies"
LATER_BODIES = "bodies of later answers, because there are so many"
LATER = "later requests, because there are so many"
PREFLIGHTS = "preflights"
ADDRESSES = "server addresses"
REASONS = "reasons of failed requests"
HOSTS = "host names"
FAILURES = "requests that got no answer"
END = "the end of the recording"
TUNNELS = "what went through encrypted tunnels"


class BadCapture(ValueError):
    """A file that cannot be read; the text is one line that says what is wrong and where."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join("".join(c if c.isprintable() else " " for c in text[:400]).split()))

    def of(self, name: str) -> BadCapture:
        """The same, said of a file."""
        return type(self)(f"{name}: {self}") if name else self


class CutOff(BadCapture):
    """A file that ends in the middle."""


@dataclass(slots=True)
class Sighting:
    """An exchange with its secrets. ``kind`` and ``source`` are None where the capture does not say."""

    request: Request
    response: Response | None = None
    failure: Failure | None = None
    kind: Kind | None = None
    source: Origin | None = None
    address: str | None = None
    port: int | None = None
    started: float | None = None
    seconds: float | None = None
    note: str = ""


@dataclass(slots=True)
class Findings:
    """Everything one capture shows, in the order in which it is written there; equal traffic may be one sighting."""

    sightings: list[Sighting] = field(default_factory=list)
    page: Origin | None = None
    unseen: set[str] = field(default_factory=set)
