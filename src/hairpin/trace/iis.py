"""IIS and HTTP.sys logs in W3C format: what reached the servers' web sites, of several servers together.

A log has no headers and no bodies (unless the site logs some as ``cs(Name)`` or ``sc(Name)``), but it names the port,
and so the web site, that a request came to. A day of a busy pool is millions of lines; of those that say the same only
the first few are kept, so that memory does not grow with the log.

W3C extended log file format: https://www.w3.org/TR/WD-logfile
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from hairpin.signin.steps import Role, role_of
from hairpin.trace import sighting as unseen
from hairpin.trace.sighting import BadCapture, Findings, Sighting
from hairpin.trace.source import Source
from hairpin.wire.exchange import Kind
from hairpin.wire.message import Headers, Request, Response

MOST_SIGHTINGS = 20_000
SAME_KEPT = 3

_BLOCK = 1 << 20
_MOST_PATHS = 1 << 16
_FINE = {b"1", b"2", b"3"}
_PLAIN_PORTS = {"80", "8080"}
# What is asked of a running application: its successes are many and say nothing more.
_APPLICATION = b"/applications/"


def read_logs(sources: Iterable[Source]) -> Findings:
    """What the logs of one or more servers show together; raises BadCapture."""
    reader = Reader()
    for source in sources:
        reader.read(source)
    findings = Findings(reader.sightings)
    if not findings.sightings:
        raise BadCapture("the log holds no request to the web services of Lync or Skype for Business Server")
    findings.unseen |= {
        unseen.ADDRESSES, unseen.AUTHORIZATION, unseen.BODIES, unseen.COOKIES, unseen.FAILURES, unseen.HEADERS,
        unseen.REQUEST_BODIES,
    }  # fmt: skip
    if reader.without_host:
        findings.unseen.add(unseen.HOSTS)
    return findings


class Reader:
    """Reads logs line by line and keeps what tells something new."""

    def __init__(self) -> None:
        self.sightings: list[Sighting] = []
        self.without_host = False
        self._seen: dict[tuple[bytes, ...], int] = {}
        self._roles: dict[bytes, Role] = {}

    def read(self, source: Source) -> None:
        """Everything in one log. Its ``#Fields`` may change on the way, as IIS repeats them at every start."""
        columns: Columns | None = None
        for lines in _blocks(source):
            at = 0
            while at < len(lines):
                if lines[at][:1] == b"#":
                    columns = Columns.of(lines[at]) or columns
                    at += 1
                elif columns is None:
                    raise BadCapture("no IIS log: there is no #Fields line before the first entry")
                else:
                    at = self._read_lines(lines, at, columns)
        if columns is None:
            raise BadCapture("no IIS log: there is no #Fields line")

    def _read_lines(self, lines: list[bytes], first: int, columns: Columns) -> int:
        """The entries from ``first`` to the next directive; this loop is what a log's size is paid in."""
        before, place, behind = columns.stem + 1, columns.stem, columns.behind_status
        roles, seen, status_at = self._roles, self._seen, columns.status
        keys, common = columns.keys, columns.common
        for at in range(first, len(lines)):
            line = lines[at]
            try:
                stem = line.split(b" ", before)[place]
                if _APPLICATION in stem:
                    if line.rsplit(b" ", behind)[1 if behind else 0][:1] in _FINE:
                        continue
                    role = role_of(f"https://host.invalid{stem.decode('utf-8', 'replace')}")
                    stem = role.encode()
                else:
                    role = roles.get(stem) or self._role(stem)
                    if role is Role.OTHER:
                        if line[:1] == b"#":
                            return at
                        continue
                parts = line.split(b" ")
                status = parts[status_at]
                # Of what went well it does not matter who asked; a 401 without a ticket is how a sign-in starts.
                key = (
                    stem,
                    status,
                    *[parts[key] for key in (common if status < b"4" or status == b"401" else keys)],
                )
            except IndexError:
                if line[:1] == b"#":
                    return at
                continue
            times = seen.get(key, 0)
            if times < SAME_KEPT and len(self.sightings) < MOST_SIGHTINGS:
                seen[key] = times + 1
                self._keep(columns, parts)
        return len(lines)

    def _role(self, stem: bytes) -> Role:
        """What a path is for, remembered, because a log has few of them."""
        role = role_of(f"https://host.invalid{stem.partition(b'?')[0].decode('utf-8', 'replace')}")
        if len(self._roles) < _MOST_PATHS:
            self._roles[stem] = role
        return role

    def _keep(self, columns: Columns, parts: list[bytes]) -> None:
        entry = columns.entry(parts)
        port = entry.get("s-port", "")
        host = entry.get("cs-host") or entry.get("cs(host)") or ""
        self.without_host = self.without_host or not host
        host = host or entry.get("s-computername") or entry.get("s-ip") or "unknown.invalid"
        stem, _, asked = (entry.get("cs-uri-stem") or entry.get("cs-uri") or "/").partition("?")
        query = entry.get("cs-uri-query") or asked
        url = f"{'http' if port in _PLAIN_PORTS else 'https'}://{host}{stem}{'?' + query if query else ''}"
        method = entry.get("cs-method") or "GET"
        status = _number(entry.get("sc-status"))
        self.sightings.append(
            Sighting(
                Request(method, url, Headers(tuple(columns.headers(entry, "cs(")))),
                Response(int(status), Headers(tuple(columns.headers(entry, "sc(")))) if status else None,
                kind=Kind.PREFLIGHT if method == "OPTIONS" else None,
                port=int(_number(port)) or None,
                started=_instant(entry),
                seconds=_number(entry.get("time-taken")) / 1000,
                note=_note(entry),
            )
        )


class Columns:
    """Where the fields of a log stand."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        places = {name: place for place, name in enumerate(names)}
        self.stem = places.get("cs-uri-stem", places.get("cs-uri", -1))
        self.status = places.get("sc-status", -1)
        self.behind_status = len(names) - self.status
        told = ("cs-method", "s-port", "cs-host", "sc-substatus", "sc-win32-status", "s-reason", "s-ip")
        # Where the fields stand that make two entries different: with and without who asked.
        self.common = [places[name] for name in told if name in places]
        self.keys = [places[name] for name in (*told, "c-ip") if name in places]

    @classmethod
    def of(cls, directive: bytes) -> Columns | None:
        """The columns that a ``#Fields`` line names; None for other directives."""
        name, _, rest = directive.decode("utf-8", "replace").partition(":")
        if name.strip().lower() != "#fields":
            return None
        columns = cls(rest.lower().split())
        if columns.stem < 0 or columns.status < 0:
            raise BadCapture("the log's #Fields have no cs-uri-stem or no sc-status")
        return columns

    def entry(self, parts: list[bytes]) -> dict[str, str]:
        """A line's fields by name; ``-`` stands for an empty one."""
        texts = (part.decode("utf-8", "replace") for part in parts)
        return {name: text for name, text in zip(self._names, texts, strict=False) if text != "-"}

    def headers(self, entry: dict[str, str], mark: str) -> Iterator[tuple[str, str]]:
        """The headers that the site logs; blanks are written as plus signs."""
        for name, text in entry.items():
            if name.startswith(mark) and name.endswith(")"):
                yield name[len(mark) : -1], text.replace("+", " ")


def _blocks(source: Source) -> Iterator[list[bytes]]:
    """The lines of a log, some thousand at a time."""
    data = source.data
    at, size = 0, len(source)
    while at < size:
        end = size if at + _BLOCK >= size else data.rfind(b"\n", at, at + _BLOCK) + 1
        if end <= at:
            newline = data.find(b"\n", at)
            at = size if newline < 0 else newline + 1  # a line longer than a block is no entry
            continue
        yield data[at:end].replace(b"\r", b"").split(b"\n")
        at = end
        source.forget(at)


def _note(entry: dict[str, str]) -> str:
    """What a log tells that no message holds: whose request it was, and IIS' own reasons."""
    told = [
        ("client", entry.get("c-ip")),
        ("server", entry.get("s-computername") or entry.get("s-ip")),
        ("substatus", entry.get("sc-substatus")),
        ("Windows error", entry.get("sc-win32-status")),
        ("reason", entry.get("s-reason")),
    ]
    return ", ".join(f"{name} {value}" for name, value in told if value and value != "0")


def _instant(entry: dict[str, str]) -> float | None:
    try:
        return datetime.fromisoformat(f"{entry.get('date')}T{entry.get('time')}+00:00").timestamp()
    except (ValueError, OverflowError):
        return None


def _number(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else 0.0
