"""HTTP messages as plain frozen data.

Header lines keep their order, their case and their number, because clients of this protocol read
``WWW-Authenticate`` with fragile patterns: what a reader sees must be what was on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines ``((name, value), …)`` in wire order; look-ups ignore case."""

    lines: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, lines: Iterable[tuple[str, str]]) -> Headers:
        return cls(tuple(lines))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> str | None:
        """The first value of that name, or None."""
        wanted = name.lower()
        return next((value for key, value in self.lines if key.lower() == wanted), None)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of that name, in wire order."""
        wanted = name.lower()
        return tuple(value for key, value in self.lines if key.lower() == wanted)

    def plus(self, name: str, value: str) -> Headers:
        return Headers((*self.lines, (name, value)))

    def without(self, name: str) -> Headers:
        unwanted = name.lower()
        return Headers(tuple(line for line in self.lines if line[0].lower() != unwanted))


@dataclass(frozen=True, slots=True)
class Request:
    """A request; ``url`` is absolute and kept as it was written."""

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def with_headers(self, *lines: tuple[str, str]) -> Request:
        return replace(self, headers=Headers((*self.headers.lines, *lines)))


@dataclass(frozen=True, slots=True)
class Response:
    """A final response; ``body`` is decoded from any transfer or content coding."""

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def reason(self) -> str:
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""

    @property
    def media_type(self) -> str:
        """The media type of the body in lower case, without parameters; empty when there is none."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()
