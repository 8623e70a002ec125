"""Recognises a capture by its content and has it read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import BinaryIO

from hairpin.signin.journey import Journey
from hairpin.trace.assemble import assemble
from hairpin.trace.flows import read_flows
from hairpin.trace.har import read_har
from hairpin.trace.iis import read_logs
from hairpin.trace.netlog import read_netlog
from hairpin.trace.pasted import decode_text, looks_pasted, read_pasted
from hairpin.trace.pcap import read_pcap
from hairpin.trace.saz import read_zip
from hairpin.trace.sighting import BadCapture, Findings
from hairpin.trace.source import Source, open_source


class CaptureFormat(StrEnum):
    """A format by the name its users know."""

    ZIP = "SAZ"
    PACKETS = "pcap"
    FLOWS = "mitmproxy flows"
    NETLOG = "NetLog"
    HAR = "HAR"
    LOG = "IIS log"
    PASTED = "pasted text"


_TELLING = 1 << 16
# pcap in either byte order, with micro- or nanoseconds, and pcapng.
_PACKETS = (
    b"\xa1\xb2\xc3\xd4",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x4d\x3c\xb2\xa1",
    b"\x0a\x0d\x0d\x0a",
)
_TNETSTRING = re.compile(rb"\d{1,10}:\d{1,10}:")
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[{\[]")
_NETLOG = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"constants"\s*:')
_LOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:#[^\n]*\n)*#(?:Fields|Software)\s*:", re.IGNORECASE)
_KEYS = re.compile(
    rb"(?:#[^\n]*\n|\s)*(?:CLIENT_RANDOM|RSA|EXPORTER_SECRET|(?:CLIENT|SERVER)_\w*TRAFFIC_SECRET\w*) [0-9a-fA-F]{16}"
)


def read(data: bytes, name: str = "") -> Journey:
    """The journey in a capture of any known format; raises BadCapture."""
    return _journey(name, partial(read_capture, Source(data, name)))


def load(paths: Iterable[str], stdin: BinaryIO | None = None) -> tuple[Journey, ...]:
    """One journey a file, ``-`` being ``stdin``, but one for all server logs together.

    A file of TLS keys is no capture, it opens the packet captures given with it. Raises BadCapture, which names
    the file.
    """
    sources = {path: open_source(path, stdin) for path in paths}
    keys = [source for source in sources.values() if is_keys(source)]
    logs = [source for source in sources.values() if is_log(source)]
    journeys = [
        _journey(source.name, partial(read_capture, source, keys or _keys_beside(path)))
        for path, source in sources.items()
        if source not in (*logs, *keys)
    ]
    if logs:
        journeys.append(_journey(", ".join(log.name for log in logs), partial(read_logs, logs)))
    if not journeys:
        raise BadCapture("no capture was given, only TLS keys")
    return tuple(journeys)


def _journey(name: str, read: Callable[[], Findings]) -> Journey:
    try:
        return assemble(read(), name)
    except BadCapture as error:
        raise error.of(name) from None


def _keys_beside(path: str) -> list[Source]:
    """TLS keys in a file that is named like the capture."""
    named = [Path(path).with_suffix(suffix) for suffix in (".keys", ".keylog", ".log", ".txt")]
    found = [open_source(str(file)) for file in named if path != "-" and file.is_file()]
    return [source for source in found if is_keys(source)]


def is_log(source: Source) -> bool:
    return _LOG.match(source.data, 0, _TELLING) is not None


def is_keys(source: Source) -> bool:
    return _KEYS.match(source.data, 0, _TELLING) is not None


def read_capture(source: Source, keys: Sequence[Source] = ()) -> Findings:
    """What a capture shows, read by whoever can; raises BadCapture where nobody can."""
    match format_of(source):
        case CaptureFormat.ZIP:
            return read_zip(source)
        case CaptureFormat.PACKETS:
            return read_pcap(source, keys)
        case CaptureFormat.FLOWS:
            return read_flows(source)
        case CaptureFormat.NETLOG:
            return read_netlog(source)
        case CaptureFormat.HAR:
            return read_har(source)
        case CaptureFormat.LOG:
            return read_logs([source])
        case CaptureFormat.PASTED:
            return read_pasted(source)


def format_of(source: Source) -> CaptureFormat:
    """What a capture is, by what is in it; raises BadCapture for what is none."""
    start = bytes(source.data[:_TELLING])
    if not start:
        raise BadCapture("the file is empty")
    if start.startswith(b"PK"):
        return CaptureFormat.ZIP
    if start.startswith(_PACKETS):
        return CaptureFormat.PACKETS
    if _TNETSTRING.match(start):
        return CaptureFormat.FLOWS
    if _NETLOG.match(start):
        return CaptureFormat.NETLOG
    if _JSON.match(start):
        return CaptureFormat.HAR
    if is_log(source):
        return CaptureFormat.LOG
    if looks_pasted(decode_text(start)):
        return CaptureFormat.PASTED
    raise BadCapture("no HAR, SAZ, mitmproxy flows, NetLog, pcap, IIS log or text with requests in it")
