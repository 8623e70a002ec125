"""A turn: one step at its place in its capture, with the few things nearly every rule wants to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from hairpin.doctor.finding import Evidence
from hairpin.signin.steps import Answer, Challenged, Created, Links, Redirected, Refused, Role, Step
from hairpin.wire.challenge import Challenge
from hairpin.wire.diagnostics import Diagnostics
from hairpin.wire.exchange import Failure, Kind
from hairpin.wire.message import Headers
from hairpin.wire.origin import Origin, maybe_origin
from hairpin.wire.redact import redact_text

LONGEST_WORDS = 300
DISCOVER = "lyncdiscover."
DISCOVER_INTERNAL = "lyncdiscoverinternal."
_NO_HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Turn:
    """``capture`` and ``number`` count from 1, ``host`` is in lower case, ``asker`` the origin that asked."""

    capture: int
    number: int
    step: Step
    host: str
    origin: Origin | None
    asker: Origin | None
    preflight: bool
    diagnostics: Diagnostics | None

    def again(self, capture: int, number: int) -> Turn:
        """The same step at another place."""
        return Turn(
            capture,
            number,
            self.step,
            self.host,
            self.origin,
            self.asker,
            self.preflight,
            self.diagnostics,
        )

    @property
    def role(self) -> Role:
        return self.step.role

    @property
    def answer(self) -> Answer:
        return self.step.answer

    @property
    def method(self) -> str:
        return self.step.request.method.upper()

    @property
    def url(self) -> str:
        return self.step.request.url

    @property
    def status(self) -> int | None:
        return self.step.status

    @property
    def failure(self) -> Failure | None:
        return self.step.exchange.failure

    @property
    def address(self) -> str | None:
        return self.step.exchange.address

    @property
    def sent(self) -> Headers:
        return self.step.request.headers

    @property
    def got(self) -> Headers:
        response = self.step.response
        return _NO_HEADERS if response is None else response.headers

    @property
    def media_type(self) -> str:
        return "" if self.step.response is None else self.step.response.media_type

    @property
    def challenge(self) -> Challenge | None:
        return self.answer.challenge if isinstance(self.answer, Challenged) else None

    @property
    def code(self) -> int | None:
        """The number in ``X-Ms-diagnostics``."""
        return self.diagnostics.id if self.diagnostics else None

    @property
    def error(self) -> str | None:
        """The OAuth ``error`` or UCWA ``code`` of a refusal."""
        return self.answer.error if isinstance(self.answer, Refused) else None

    @property
    def by_server(self) -> bool:
        """The answer carries the marks of Lync itself, not of something in front of it."""
        return self.step.server_fqdn is not None or self.diagnostics is not None

    @property
    def succeeded(self) -> bool:
        return self.failure is None and self.status is not None and 200 <= self.status < 300

    @property
    def cross_origin(self) -> bool:
        """A script of one origin asked another."""
        return self.asker is not None and self.origin is not None and self.asker != self.origin

    @property
    def is_discovery(self) -> bool:
        """Asked under one of the two discovery names."""
        return self.host.startswith((DISCOVER, DISCOVER_INTERNAL))

    def links(self) -> tuple[tuple[str, str], ...]:
        """(relation, absolute href) of everything this answer handed out, the challenge's href as ``ticket``."""
        match self.answer:
            case Links(links):
                return links
            case Redirected(href):
                return (("redirect", href),)
            case Created(href, events):
                return (("self", href), *((("events", events),) if events else ()))
            case Refused(passive=passive) if passive:
                return (("passive", passive),)
            case Challenged(challenge) if challenge and challenge.href:
                return (("ticket", challenge.href),)
            case _:
                return ()

    def evidence(self, part: str, seen: object) -> Evidence:
        """What was seen here, cut to a readable length and free of control characters."""
        return Evidence(
            self.capture, self.number, plain(f"{self.method} {self.url}"), part, plain(redact_text(str(seen)))
        )

    def outcome(self) -> str:
        """The answer in the words of a trace: ``400 28020 No valid security token.``"""
        if self.diagnostics:
            return plain(f"{self.status} {self.diagnostics.id} {self.diagnostics.reason}".strip())
        if self.status is not None and self.failure is None:
            return f"{self.status} {self.step.response.reason if self.step.response else ''}".strip()
        return str(self.failure or Failure.UNKNOWN)


def plain(text: str, longest: int = LONGEST_WORDS) -> str:
    """Text that cannot move a cursor, break a line or fill a page."""
    text = "".join(character if character.isprintable() else " " for character in text[: longest * 4])
    return text if len(text) <= longest else text[: longest - 1] + "…"


def turn_of(capture: int, number: int, step: Step) -> Turn:
    exchange = step.exchange
    headers = exchange.request.headers
    origin = step.origin
    preflight = exchange.kind is Kind.PREFLIGHT or (
        exchange.request.method.upper() == "OPTIONS" and "access-control-request-method" in headers
    )
    asker = step.asked_by
    if asker is None and exchange.kind is Kind.FETCH and "origin" not in headers:
        asker = maybe_origin(headers.get("referer"))
    return Turn(
        capture, number, step, origin.host if origin else "", origin, asker, preflight, step.diagnostics
    )
