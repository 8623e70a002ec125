"""Recognises a capture by its content and has it read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from hairpin.signin.journey import Journey
from hairpin.trace.assemble import assemble
from hairpin.trace.har import read_har
from hairpin.trace.sighting import BadCapture, Findings
from hairpin.trace.source import Source, open_source


def read(data: bytes, name: str = "") -> Journey:
    """The journey in a capture of any known format; raises BadCapture."""
    return _read(Source(data, name))


def load(paths: Iterable[str], stdin: BinaryIO | None = None) -> tuple[Journey, ...]:
    """One journey a file, ``-`` being ``stdin``; raises BadCapture, which then names the file."""
    return tuple(_read(open_source(path, stdin)) for path in paths)


def _read(source: Source) -> Journey:
    try:
        return assemble(_sightings(source), source.name)
    except BadCapture as error:
        raise BadCapture(f"{source.name}: {error}" if source.name else str(error)) from None


def _sightings(source: Source) -> Findings:
    if not len(source):
        raise BadCapture("the file is empty")
    return read_har(source)
