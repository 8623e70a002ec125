"""Recognises a capture by its content and has it read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import BinaryIO

from hairpin.signin.journey import Journey
from hairpin.trace.assemble import assemble
from hairpin.trace.flows import read_flows
from hairpin.trace.har import read_har
from hairpin.trace.pasted import decode_text, looks_pasted, read_pasted
from hairpin.trace.saz import read_zip
from hairpin.trace.sighting import BadCapture, Findings
from hairpin.trace.source import Source, open_source

Reader = Callable[[Source], Findings]

_TELLING = 1 << 16
_TNETSTRING = re.compile(rb"\d{1,10}:\d{1,10}:")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*[{\[]")


def read(data: bytes, name: str = "") -> Journey:
    """The journey in a capture of any known format; raises BadCapture."""
    return _read(Source(data, name))


def load(paths: Iterable[str], stdin: BinaryIO | None = None) -> tuple[Journey, ...]:
    """One journey a file, ``-`` being ``stdin``; raises BadCapture, which then names the file."""
    return tuple(_read(open_source(path, stdin)) for path in paths)


def _read(source: Source) -> Journey:
    try:
        return assemble(reader_of(source)(source), source.name)
    except BadCapture as error:
        raise BadCapture(f"{source.name}: {error}" if source.name else str(error)) from None


def reader_of(source: Source) -> Reader:
    """Who can read this; raises BadCapture for what nobody can."""
    start = bytes(source.data[:_TELLING])
    if not start:
        raise BadCapture("the file is empty")
    if start.startswith(b"PK"):
        return read_zip
    if _TNETSTRING.match(start):
        return read_flows
    if _JSON.match(start):
        return read_har
    if looks_pasted(decode_text(start)):
        return read_pasted
    raise BadCapture("no HAR, SAZ, mitmproxy flows or text with requests in it")
