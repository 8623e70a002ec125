"""Captures in: HAR, SAZ, mitmproxy flows, pcap, NetLog, IIS logs and pasted text become journeys.

`read` takes bytes, `load` takes files; both recognise a format by what is in it, never by a name. One file
reads one format and hands over sightings; `assemble` makes journeys of them, and there the secrets go.
Every reader is bounded in time and memory and raises BadCapture, one line that says what is wrong and
where.
"""

from hairpin.trace.load import load, read
from hairpin.trace.sighting import BadCapture

__all__ = ["BadCapture", "load", "read"]
