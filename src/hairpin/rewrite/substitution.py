"""Replacing many texts in a stream of bytes in one pass.

JSON, XML and HTML spell a slash in several ways (``/``, ``\\/``, ``\\u002f``, ``&#47;``), and a chunk may
end anywhere. So every text is compiled into one pattern in which each slash and colon stands for all its
spellings, and what is held back at the end of a chunk is exactly what may still have to be replaced. The
pattern has no case: it runs over the lower-cased chunk, which keeps every position and lets `re` skip ahead
on its first literals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from os.path import commonprefix  # of texts, not of paths

_SLASHES = ("/", "\\/", "\\u002f", "&#47;", "&#x2f;")
_COLONS = (":", "\\u003a", "&#58;", "&#x3a;")
_SPELT = {"/": _SLASHES, ":": _COLONS}
_LEAD, _TEXT = b"\x01", b"\x02"
_SPELLINGS = {
    "/": "(?:" + "|".join(map(re.escape, _SLASHES)) + ")",
    ":": "(?:" + "|".join(map(re.escape, _COLONS)) + ")",
}
_ESCAPE = re.compile(rb"\\/|\\u00(?:2f|3a)|&#(?:47|58|x2f|x3a);")
_PLAIN = {
    spelling.encode(): plain.encode() for plain, spellings in _SPELT.items() for spelling in spellings[1:]
}
_CUT_ESCAPE = re.compile(rb"(?:\\(?:u0{0,2}|u00[23])?|&(?:#(?:[45x]|47|58|x[23]|x2f|x3a)?)?)\Z")

_MOST_SPELLINGS = 4096

# A name ends where no longer host name, no other port and no user information can follow.
_END = r"(?![\w@-]|[.:][\w-])"


@dataclass(frozen=True, slots=True)
class Swap:
    """``found`` becomes ``placed`` where it follows one of ``leads`` and one of ``ahead`` follows it.

    All in lower case and in plain spelling; leads and what is ahead hold no slash or are spelt just so, and no lead
    ends as a text may begin.
    """

    found: str
    placed: str
    leads: tuple[str, ...] = ("",)
    ahead: tuple[str, ...] = ("",)


@dataclass(slots=True)
class Substitution:
    """A set of swaps, compiled. ``replaced`` counts what was put in place by every stream and call."""

    swaps: tuple[Swap, ...]
    replaced: int = 0
    longest: int = field(init=False)
    _led: re.Pattern[bytes] = field(init=False)
    _unled: re.Pattern[bytes] = field(init=False)
    _roles: bytes = field(init=False)
    _starts: re.Pattern[bytes] = field(init=False)
    _placed: dict[bytes, tuple[int, str]] = field(init=False)
    _beginnings: dict[bytes, frozenset[bytes]] = field(init=False)
    _known: dict[bytes, tuple[int, bytes]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._placed = {
            (lead + swap.found).encode(): (len(lead), swap.placed)
            for swap in self.swaps
            for lead in swap.leads
        }
        self._led = _compiled(self.swaps)
        self._unled = _compiled(swap for swap in self.swaps if "" in swap.leads)
        self._roles = _roles(self.swaps)
        wholes: dict[bytes, set[bytes]] = {}
        for swap in self.swaps:
            texts = [(swap.found + ahead).encode() for ahead in swap.ahead]
            for lead in swap.leads:
                wholes.setdefault(lead.encode(), set()).update(texts)
        self._beginnings = {lead: frozenset(_beginnings(texts)) for lead, texts in wholes.items()}
        firsts = {
            spelling[0]
            for lead, texts in wholes.items()
            for text in ([lead] if lead else texts)
            for spelling in _SPELT.get(chr(text[0]), (chr(text[0]),))
        }
        self._starts = re.compile(
            b"[" + re.escape("".join(sorted(firsts))).encode() + b"]" if firsts else b"(?!)"
        )
        widest = max(map(len, _SLASHES + _COLONS))
        self.longest = max(
            (
                len(lead) + sum(widest if char in "/:" else 1 for char in text.decode()) + 1
                for lead, texts in wholes.items()
                for text in texts
            ),
            default=0,
        )

    def whole(self, data: bytes) -> bytes:
        """All of a body at once.

        Most bodies spell names as they are configured: these are split at what is to be replaced, and only what
        lies between is looked through again without regard to case.
        """
        pattern = self._pattern(data)
        parts = pattern.split(data)
        if pattern.search(b"\0".join(parts[::2]).lower()) is not None:
            stream = self.stream()
            return stream.feed(data) + stream.finish()
        if len(parts) == 1:
            return data
        known = self._known
        parts[1::2] = [(known.get(found) or self._place(found))[1] for found in parts[1::2]]
        self.replaced += len(parts) // 2
        return b"".join(parts)

    def stream(self) -> Stream:
        return Stream(self)

    def _pattern(self, data: bytes) -> re.Pattern[bytes]:
        """Looking at every quotation mark takes most of the time: not where none opens a link without a host."""
        return self._led if _LEAD + _TEXT in data.translate(self._roles) else self._unled

    def _place(self, found: bytes) -> tuple[int, bytes]:
        """How much of a (lower-cased) match is its lead, and what stands in its place, the lead in front."""
        known = self._known.get(found)
        if known is None:
            if len(self._known) >= _MOST_SPELLINGS:
                self._known.clear()
            lead, text = self._placed[_plain(found)]
            known = self._known[found] = lead, found[:lead] + _respelt(text, found)
        return known

    def _open(self, low: bytes, since: int) -> tuple[int, int]:
        """Where the first match begins that more bytes could complete, and from where it must be held back.

        What only leads up to a replacement need not wait for it. Both are the length of ``low`` when none
        may begin.
        """
        begin = hold = len(low)
        for found in self._starts.finditer(low, max(since, len(low) - self.longest)):
            start = found.start()
            free = self._free(low[start:])
            if free is not None:
                begin, hold = min(begin, start), min(hold, start + free)
                if not free:
                    break
        return begin, hold

    def _free(self, tail: bytes) -> int | None:
        """How many bytes of a tail no match could replace, None when no match can begin with it."""
        free = None
        for lead, texts in self._beginnings.items():
            if tail.startswith(lead):
                if not _begins(tail[len(lead) :], texts):
                    continue
                size = len(lead)
            elif lead.startswith(tail):
                size = len(tail)
            else:
                continue
            free = size if free is None else min(free, size)
        return free


@dataclass(slots=True)
class Stream:
    """One body passing through: what `feed` and `finish` return, joined, is what `whole` returns."""

    substitution: Substitution
    _sent: bytes = b""  # the lead of a match that may still come
    _held: bytes = b""

    def feed(self, data: bytes) -> bytes:
        """The next bytes that are settled; only what a match may replace is held back."""
        return self._settle(self._held + data if self._held else data, last=False)

    def finish(self) -> bytes:
        """What was held back, nothing more being to come."""
        return self._settle(self._held, last=True)

    def _settle(self, data: bytes, *, last: bool) -> bytes:
        rules = self.substitution
        done = len(self._sent)
        if done:
            data = self._sent + data
        low = data.lower()
        begin, hold = (len(low), len(low)) if last else rules._open(low, 0)
        out: list[bytes] = []
        for match in rules._pattern(low).finditer(low):
            start, end = match.span()
            if start >= begin:
                break
            lead, placed = rules._place(match[0])
            out += data[done : start + lead], placed[lead:]
            done = end
            if done > begin:
                begin, hold = rules._open(low, done)
        rules.replaced += len(out) // 2
        out.append(data[done:hold])
        self._sent, self._held = data[begin:hold], data[hold:]
        return b"".join(out)


def _compiled(swaps: Iterable[Swap]) -> re.Pattern[bytes]:
    """One group around all alternatives, for `re.split` to give back what it found."""
    return re.compile(b"(" + ("|".join(_alternatives(swaps)).encode() or rb"(?!)") + b")")


def _roles(swaps: Iterable[Swap]) -> bytes:
    """A table for `bytes.translate`: which bytes may end a lead, and which may begin a text after one."""
    table = bytearray(256)
    for swap in swaps:
        if any(swap.leads):
            begins = {spelling[0] for spelling in _SPELT.get(swap.found[0], (swap.found[0],))}
            for char in begins:
                table[ord(char)] = table[ord(char.upper())] = ord(_TEXT)
    for swap in swaps:
        for lead in filter(None, swap.leads):
            table[ord(lead[-1])] = table[ord(lead[-1].upper())] = ord(_LEAD)
    return bytes(table)


def _alternatives(swaps: Iterable[Swap]) -> Iterator[str]:
    """One pattern for each (lead, ahead), each beginning with a literal so that `re` can skip ahead."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for swap in swaps:
        for lead in swap.leads:
            groups.setdefault((lead, swap.ahead), []).append(swap.found)
    for (lead, ahead), found in groups.items():
        follows = _END if ahead == ("",) else f"(?={_one_of(ahead)}{_END})"
        yield re.escape(lead) + _one_of(found) + follows


def _one_of(texts: Iterable[str]) -> str:
    """A pattern for any of these texts, the longest that fits, common beginnings written once."""
    words = sorted(set(texts))
    common = commonprefix(words)  # noqa: RUF071
    rest = [word[len(common) :] for word in words if word != common]
    if not rest:
        return _spelt(common)
    branches: dict[str, list[str]] = {}
    for word in rest:
        branches.setdefault(word[0], []).append(word)
    optional = "?" if common in words else ""
    return f"{_spelt(common)}(?:{'|'.join(map(_one_of, branches.values()))}){optional}"


def _spelt(text: str) -> str:
    return "".join(_SPELLINGS.get(char) or re.escape(char) for char in text)


def _beginnings(texts: Iterable[bytes]) -> Iterator[bytes]:
    for text in texts:
        for end in range(len(text) + 1):
            yield text[:end]
        yield text + b"."
        yield text + b":"


def _begins(tail: bytes, texts: frozenset[bytes]) -> bool:
    """Whether some text may begin with this tail, which may end within an escape."""
    if not tail or tail in texts:
        return True
    if b"\\" not in tail and b"&" not in tail:
        return False
    if cut := _CUT_ESCAPE.search(tail):
        head = _plain(tail[: cut.start()])
        if head + b"/" in texts or head + b":" in texts:
            return True
    return _plain(tail) in texts


def _plain(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda escape: _PLAIN[escape[0]], text) if b"\\" in text or b"&" in text else text


def _respelt(text: str, found: bytes) -> bytes:
    """``text`` with its slashes and colons escaped as those in what was found."""
    for plain, spellings in _SPELT.items():
        escaped = [spelling for spelling in spellings[1:] if spelling.encode() in found]
        if escaped:
            text = text.replace(plain, min(escaped, key=lambda spelling: found.find(spelling.encode())))
    return text.encode()
