"""Walks a JSON document from value to value without holding more than one of them.

A capture of a gigabyte is one object with one long array in it. msgspec checks a value at full speed and
then says at which byte it stopped, so the walk knows where each value ends; only what a reader asks for is
ever decoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from hairpin.trace.sighting import BadCapture, CutOff
from hairpin.trace.source import Source

T = TypeVar("T")

_STOPPED = re.compile(r"trailing characters \(byte (\d+)\)$")
_BROKEN = re.compile(r"^JSON is malformed: (?P<what>.*) \(byte (?P<byte>\d+)\)$")
_BLANK = re.compile(rb"[ \t\r\n]*")
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*', re.DOTALL)
_checked = msgspec.json.Decoder(msgspec.Raw)
_OBJECT, _ARRAY, _END_OBJECT, _END_ARRAY, _COMMA = b"{[}],"


class Walk:
    """A place in a JSON document. Every method raises BadCapture where the document is broken or cut off."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._view = memoryview(source.data)
        self.at = 3 if source.data[:3] == b"\xef\xbb\xbf" else 0
        self._pass_blank()

    def is_object(self) -> bool:
        return self._here() == _OBJECT

    def is_array(self) -> bool:
        return self._here() == _ARRAY

    def members(self) -> Iterator[str]:
        """The keys of the object here; the caller takes or skips each value before it goes on."""
        for _ in self._items(_OBJECT, _END_OBJECT):
            found = _KEY.match(self._source.data, self.at)
            if found is None:
                raise self._broken("a key is missing") if self._rest() else self._cut_off()
            self.at = found.end()
            yield found[1].decode("utf-8", "replace")

    def elements(self) -> Iterator[None]:
        """Stops at each element of the array here; the caller takes or skips it before it goes on."""
        yield from self._items(_ARRAY, _END_ARRAY)

    def skip(self) -> None:
        """Pass the value here."""
        self.at = self._end()

    def take(self, decoder: msgspec.json.Decoder[T], where: str) -> T:
        """The value here; ``where`` names it (``$.log.entries[7]``) when it has another shape."""
        end = self._end()
        value = self._decoded(decoder, self._view[self.at : end], where)
        self.at = end
        return value

    def _decoded(self, decoder: msgspec.json.Decoder[T], value: memoryview | bytes, where: str) -> T:
        try:
            return decoder.decode(value)
        except msgspec.ValidationError as error:
            raise BadCapture(f"{where}: {error}") from None
        except UnicodeDecodeError:
            return self._decoded(decoder, bytes(value).decode("utf-8", "replace").encode(), where)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self._broken(f"{where}: {error}") from None

    def _items(self, opening: int, closing: int) -> Iterator[None]:
        if self._here() != opening:
            raise self._broken(f"expected {chr(opening)}")
        self.at += 1
        self._pass_blank()
        if self._here() == closing:
            self.at += 1
            return
        while True:
            yield
            self._source.forget(self.at)
            self._pass_blank()
            mark = self._here()
            self.at += 1
            if mark == closing:
                return
            if mark != _COMMA:
                raise self._broken(f"expected , or {chr(closing)}", self.at - 1)
            self._pass_blank()

    def _end(self) -> int:
        """Where the value here ends."""
        try:
            _checked.decode(self._view[self.at :])
        except msgspec.DecodeError as error:
            text = str(error)
            if stopped := _STOPPED.search(text):
                return self.at + int(stopped[1]) - 1  # it names the byte behind the first that is too many
            if broken := _BROKEN.match(text):
                raise self._broken(broken["what"], self.at + int(broken["byte"])) from None
            raise self._cut_off() from None
        except RecursionError:
            raise self._broken("values are nested too deep") from None
        return len(self._source)

    def _here(self) -> int:
        if self.at >= len(self._source):
            raise self._cut_off()
        return self._source.data[self.at]

    def _rest(self) -> int:
        return len(self._source) - self.at

    def _pass_blank(self) -> None:
        found = _BLANK.match(self._source.data, self.at)
        assert found is not None
        self.at = found.end()

    def _cut_off(self) -> CutOff:
        return CutOff(f"the file is cut off at byte {len(self._source)}")

    def _broken(self, what: str, at: int | None = None) -> BadCapture:
        return BadCapture(f"not JSON at byte {self.at if at is None else at}: {what}")
