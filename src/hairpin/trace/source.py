"""The bytes of a capture: a file mapped into memory, or what came over a pipe.

Mapped pages that were read are given back as the reading goes on, so that a file of any size costs little
memory.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hairpin.trace.sighting import BadCapture

Data = bytes | mmap.mmap

_GIVE_BACK = 16 << 20


@dataclass(slots=True, eq=False)
class Source:
    """A capture's bytes and its name; ``data`` is read-only."""

    data: Data
    name: str = ""
    _given_back: int = field(default=0, repr=False)

    def __len__(self) -> int:
        return len(self.data)

    def forget(self, before: int) -> None:
        """Nothing before this position is needed soon; reading it again is slower, not wrong."""
        if isinstance(self.data, mmap.mmap) and before - self._given_back >= _GIVE_BACK and _CAN_GIVE_BACK:
            start = self._given_back - self._given_back % mmap.PAGESIZE
            self.data.madvise(mmap.MADV_DONTNEED, start, before - start)
            self._given_back = before


_CAN_GIVE_BACK = hasattr(mmap, "MADV_DONTNEED")


def open_source(path: str, stdin: BinaryIO | None = None) -> Source:
    """The file at ``path``, or all of ``stdin`` for ``-``; raises BadCapture for what is no readable file."""
    if path == "-":
        data = b"" if stdin is None else stdin.read()
        return Source(data, "standard input")
    name = Path(path).name
    try:
        with Path(path).open("rb") as file:
            if Path(path).is_file():
                empty = file.seek(0, 2) == 0
                return Source(b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), name)
            return Source(file.read(), name)
    except OSError as error:
        raise BadCapture(f"{path}: {error.strerror or error}") from None
