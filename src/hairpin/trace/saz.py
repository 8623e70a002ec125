"""Fiddler's session archives: a zip with ``raw/12_c.txt`` (request), ``12_s.txt`` (response) and ``12_m.xml`` (times).

A zip that holds one HAR is read as that HAR. The archive is a stranger's: what its members claim to grow to is counted
before they are read, and no more is read than that.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import datetime
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree

from hairpin.trace import sighting as unseen
from hairpin.trace.failures import failure_by_proxy
from hairpin.trace.har import read_har
from hairpin.trace.http1 import read_request, read_response
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source

LONGEST_MEMBER = 16 << 20
LONGEST_TOGETHER = 1 << 30
MOST_MEMBERS = 200_000

_MEMBER = re.compile(r"raw[/\\](?P<number>\d{1,9})_(?P<part>[csm])\.(?:txt|xml)", re.IGNORECASE)


def part_of(name: str) -> str | None:
    """What a member is of a session: ``c`` the request, ``s`` the response, ``m`` times and addresses; else None."""
    found = _MEMBER.fullmatch(name)
    return found["part"].lower() if found else None


def read_zip(source: Source) -> Findings:
    """What a session archive shows; raises BadCapture."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            return _read(Archive(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, BadCapture):
            raise
        raise BadCapture(f"the zip archive is damaged: {error}") from None


class Archive:
    """A zip that gives no more than LONGEST_TOGETHER in all."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = LONGEST_TOGETHER
        self.members = archive.infolist()
        if len(self.members) > MOST_MEMBERS:
            raise BadCapture(f"the zip archive has {len(self.members)} members, more than {MOST_MEMBERS}")

    def read(self, member: zipfile.ZipInfo, longest: int = LONGEST_MEMBER) -> bytes:
        """At most ``longest`` bytes of a member; raises BadCapture."""
        if member.flag_bits & 1:
            raise BadCapture(f"{member.filename} is encrypted: save the archive without a password")
        with self._archive.open(member) as file:
            data = file.read(min(longest, self._left))
        self._left -= len(data)
        if self._left <= 0:
            raise BadCapture(f"the zip archive unpacks to more than {LONGEST_TOGETHER >> 20} MiB")
        return data


def _read(archive: Archive) -> Findings:
    sessions: dict[int, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.members:
        if found := _MEMBER.fullmatch(member.filename):
            sessions.setdefault(int(found["number"]), {})[found["part"].lower()] = member
    if not sessions:
        hars = [member for member in archive.members if member.filename.lower().endswith(".har")]
        if len(hars) == 1:
            return read_har(Source(archive.read(hars[0], LONGEST_TOGETHER)))
        raise BadCapture("a zip archive without Fiddler sessions (raw/…_c.txt) and without a HAR")
    findings = Findings()
    for _, parts in sorted(sessions.items()):
        sighting = _session(archive, parts)
        if sighting is not None:
            findings.sightings.append(sighting)
    if not findings.sightings:
        raise BadCapture("the session archive has no request that can be read")
    _tell_tunnels(findings)
    return findings


def _session(archive: Archive, parts: dict[str, zipfile.ZipInfo]) -> Sighting | None:
    request = read_request(archive.read(parts["c"])) if "c" in parts else None
    if request is None:
        return None
    sighting = Sighting(request)
    if "s" in parts and (told := read_response(archive.read(parts["s"]))):
        sighting.response, reason = told
        if failure := failure_by_proxy(reason, sighting.response.body):
            sighting.response, sighting.failure, sighting.note = None, failure, reason
    if "m" in parts:
        _add_metadata(sighting, archive.read(parts["m"]))
    return sighting


def _add_metadata(sighting: Sighting, data: bytes) -> None:
    """Times and the server's address; a damaged part only costs these."""
    try:
        session = defusedxml.ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, ValueError):
        return
    timers = session.find("SessionTimers")
    if timers is not None:
        sighting.started = _instant(timers.get("ClientDoneRequest")) or _instant(
            timers.get("ClientBeginRequest")
        )
        done = _instant(timers.get("ClientDoneResponse"))
        if done is not None and sighting.started is not None and done >= sighting.started:
            sighting.seconds = done - sighting.started
    for flag in session.iter("SessionFlag"):
        if (flag.get("N") or "").lower() == "x-hostip" and flag.get("V"):
            sighting.address = flag.get("V")


def _instant(text: str | None) -> float | None:
    """.NET writes seven digits of a second, and the year 1 for never."""
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text or ""))
        return moment.timestamp() if moment.year > 1970 else None
    except (ValueError, OverflowError):
        return None


def _tell_tunnels(findings: Findings) -> None:
    """Tunnels say nothing themselves; where nothing else was recorded, everything went through them unseen."""
    seen = [
        sighting
        for sighting in findings.sightings
        if sighting.request.method != "CONNECT" or sighting.failure
    ]
    if len(seen) < len(findings.sightings) and not any(s.request.url.startswith("https:") for s in seen):
        findings.unseen.add(unseen.TUNNELS)
    findings.sightings = seen or findings.sightings
