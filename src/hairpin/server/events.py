"""The event channel: a GET that stays open until there is something to tell (`docs/protocol.md` 6.5).

Answers are numbered. Asking with a number acknowledges every answer before it; what was sent and not
acknowledged is sent again, so nothing is lost with a broken connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

import msgspec

from hairpin.server.answers import answer
from hairpin.server.asked import Asked
from hairpin.server.hold import Hold
from hairpin.server.representation import error, wants_xml, xml_bytes
from hairpin.wire.discovery import JSON, UCWA, XML
from hairpin.wire.message import Response

SHORTEST, USUAL, LONGEST = 180, 180, 1800

Change = tuple[Literal["added", "updated", "deleted"], str, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """One entry of an answer: ``changes`` are (what happened, rel, href)."""

    rel: str
    href: str
    changes: tuple[Change, ...]


@dataclass(slots=True)
class _Pending:
    hold: Hold
    priority: int
    answer: Callable[[list[Sender]], Response]
    replaced: Callable[[], Response]


@dataclass(slots=True)
class Channel:
    """One channel of an application. ``instance`` names the browser tab it is for, where there are several."""

    instance: str = ""
    _next: int = 1
    _unacknowledged: list[Sender] = field(default_factory=list)
    _queued: list[Sender] = field(default_factory=list)
    _pending: _Pending | None = None
    _timeout: int = USUAL

    def href(self, events: str, ack: int | None = None) -> str:
        """Where to ask, under the path ``events``, for the answer of that number, usually the next."""
        return f"{events}?ack={ack or self._next}" + instance_query(self.instance, "&")

    def ask(self, asked: Asked, href: str) -> Response | Hold:
        """Answer a GET on the channel whose URL without query is ``href``."""
        numbers = {name: _number(asked.parameter(name)) for name in ("ack", "timeout", "priority")}
        wrong = {name: "not a whole number" for name, number in numbers.items() if number == -1}
        ack = numbers["ack"]
        if wrong or ack is None:
            bad = wrong or {"ack": "missing"}
            return error(
                asked, 400, "ParameterValidationFailure", "An event channel parameter is wrong.", bad
            )
        if ack not in {self._next, self._next - 1} or ack == 0:
            again = max(self._next - 1, 1)
            return _events(asked, (("self", self.href(href, ack)), ("resync", self.href(href, again))), [])
        priority = numbers["priority"] or 0
        if self._outranked(ack, priority):
            return _replaced(asked)
        self._timeout = min(max(numbers["timeout"] or self._timeout, SHORTEST), LONGEST)
        return self._take(asked, href, ack, priority)

    def _outranked(self, ack: int, priority: int) -> bool:
        """Whether a pending GET of the same number is more important than this one; if not, it gives way."""
        pending = self._pending
        if pending is None or not pending.hold.is_open or ack == self._next:
            return False
        if priority < pending.priority:
            return True
        pending.hold.release(pending.replaced())
        return False

    def _take(self, asked: Asked, href: str, ack: int, priority: int) -> Response | Hold:
        if ack == self._next:
            self._unacknowledged = []
            self._next += 1
        self._unacknowledged += self._queued
        self._queued = []
        links = (("self", self.href(href, ack)), ("next", self.href(href, ack + 1)))
        if self._unacknowledged:
            self._pending = None
            return _events(asked, links, self._unacknowledged)
        later = replace(asked, now=asked.now + self._timeout)
        hold = Hold(self._timeout, _events(later, links, []))
        self._pending = _Pending(
            hold, priority, lambda senders: _events(asked, links, senders), lambda: _replaced(asked)
        )
        return hold

    def tell(self, *senders: Sender) -> None:
        """Something happened."""
        pending = self._pending
        if pending is not None and pending.hold.is_open:
            self._unacknowledged += senders
            pending.hold.release(pending.answer(self._unacknowledged))
        else:
            self._queued += senders

    def end(self, response: Response) -> None:
        """The application is gone; whoever waits is told so."""
        if self._pending is not None:
            self._pending.hold.release(response)


def instance_query(instance: str, before: str) -> str:
    """What a link of that instance has more than others, ``before`` being ``?`` or ``&``."""
    return f"{before}instanceId={quote(instance, safe='')}" if instance else ""


def _number(text: str | None) -> int | None:
    """None where nothing was said, -1 where it is no number."""
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _replaced(asked: Asked) -> Response:
    return error(asked, 409, "PGetReplaced", "A newer request has taken over this event channel.")


def _events(asked: Asked, links: tuple[tuple[str, str], ...], senders: list[Sender]) -> Response:
    """An event document; with nothing to tell it has no ``sender`` at all."""
    if wants_xml(asked):
        return answer(asked, 200, xml_bytes(_element(links, senders)), f"{XML}; charset=utf-8")
    document: dict[str, object] = {"_links": {rel: {"href": href} for rel, href in links}}
    if senders:
        document["sender"] = [
            {
                "rel": sender.rel,
                "href": sender.href,
                "events": [
                    {"link": {"rel": rel, "href": href}, "type": kind} for kind, rel, href in sender.changes
                ],
            }
            for sender in senders
        ]
    return answer(asked, 200, msgspec.json.encode(document), f"{JSON}; charset=utf-8")


def _element(links: tuple[tuple[str, str], ...], senders: list[Sender]) -> Element:
    root = Element("events", {"xmlns": UCWA, "href": dict(links)["self"]})
    for rel, href in links:
        if rel != "self":
            SubElement(root, "link", {"rel": rel, "href": href})
    for sender in senders:
        entry = SubElement(root, "sender", {"rel": sender.rel, "href": sender.href})
        for kind, rel, href in sender.changes:
            SubElement(entry, kind, {"rel": rel, "href": href})
    return root
