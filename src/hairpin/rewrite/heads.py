"""The header lines of responses on their way down and of requests on their way up.

Lines keep their number, order and spelling; inside a value only the origin, the path in front of a
host-relative link, and a cookie's domain and path change, because clients read these lines with fragile
patterns (`docs/protocol.md` 2.2, 2.3). All names and values are bytes, as they are on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from os.path import commonprefix
from urllib.parse import urlsplit

from hairpin.rewrite.coding import CODINGS
from hairpin.rewrite.mapping import Base, Mapping
from hairpin.rewrite.substitution import Substitution
from hairpin.wire.origin import maybe_origin

Line = tuple[bytes, bytes]

_LINK_TARGET = re.compile(rb"(?<=<)[^<>]*(?=>)")
_REFRESH = re.compile(rb"""(?is)^(\s*\d+\s*[;,]\s*(?:url\s*=\s*)?["']?)(.*?)(["']?\s*)$""")
_SOURCE = re.compile(rb'(?i)(source=")([^"]*)(")')
_CONNECTION_BOUND = re.compile(rb"(?i)\s*(?:ntlm|negotiate|kerberos)\b")


@dataclass(slots=True)
class Heads:
    """The lines of one web site, the one that appears under ``own``.

    ``machines`` gives what clients see instead of a server's internal FQDN (lower case), ``other_machine``
    what they see instead of one that is not listed; None leaves X-MS-Server-Fqdn and X-Ms-diagnostics as
    they are.
    """

    mapping: Mapping
    own: Base
    machines: Table[bytes, bytes] = field(default_factory=dict)
    other_machine: bytes | None = None
    replaced: int = 0
    bodies_down: Substitution = field(init=False)
    bodies_up: Substitution = field(init=False)
    _down_lines: dict[bytes, Callable[[bytes], bytes]] = field(init=False)
    _hosts: frozenset[str] = field(init=False)
    _shared_path: str = field(init=False)

    def __post_init__(self) -> None:
        self.bodies_down = self.mapping.down(self.own)
        self.bodies_up = self.mapping.up(self.own)
        self._hosts = frozenset(origin.host for origin in self.mapping.bases)
        paths = [f"{base.path}/" for base in self.mapping.bases.values()]
        self._shared_path = commonprefix(paths).rpartition("/")[0]  # noqa: RUF071
        self._down_lines = {
            b"www-authenticate": self._challenge,
            b"location": self._link,
            b"content-location": self._link,
            b"x-ms-webticketurl": self._link,
            b"link": lambda value: _LINK_TARGET.sub(lambda target: self._link(target[0]), value),
            b"refresh": lambda value: _REFRESH.sub(
                lambda parts: parts[1] + self._link(parts[2]) + parts[3], value
            ),
            b"set-cookie": self._cookie,
            b"access-control-allow-origin": self._public_origin,
        }
        if self.other_machine is not None:
            self._down_lines[b"x-ms-server-fqdn"] = self._machine
            self._down_lines[b"x-ms-diagnostics"] = lambda value: _SOURCE.sub(
                lambda parts: parts[1] + self._machine(parts[2]) + parts[3], value
            )

    def down(self, lines: Iterable[Line]) -> list[Line]:
        """A response's lines as clients see them."""
        out = []
        for name, value in lines:
            change = self._down_lines.get(name.lower())
            if change is not None:
                new = change(value)
            elif b"//" in value:
                new = self.bodies_down.whole(value)
            else:
                out.append((name, value))
                continue
            if new != value:
                self.replaced += 1
            out.append((name, new))
        return out

    def up(self, lines: Iterable[Line]) -> list[Line]:
        """A request's lines as the web site sees them; Host and X-Ms-Origin are the gateway's business."""
        out = []
        for name, value in lines:
            if b"://" in value:
                kind = name.lower()
                if kind == b"origin":
                    value = self._upstream_origin(value)
                elif kind == b"referer":
                    value = self.upstream_url(value)
                elif kind != b"x-ms-origin":
                    value = self.bodies_up.whole(value)
            elif name.lower() == b"accept-encoding":
                value = readable_codings(value)
            out.append((name, value))
        return out

    def upstream_url(self, url: bytes) -> bytes:
        """A public URL as the web site knows it: under the longest base it is under, else unchanged."""
        text = url.decode("latin-1")
        origin, path = maybe_origin(text), _rest(text)
        best: Base | None = None
        upstreams = self.mapping.upstreams()
        for base in upstreams:
            under = path == base.path or path.startswith((f"{base.path}/", f"{base.path}?"))
            if base.origin == origin and under and (best is None or len(base.path) > len(best.path)):
                best = base
        if best is None:
            return url
        return f"{upstreams[best]}{path[len(best.path) :]}".encode("latin-1")

    def _link(self, value: bytes) -> bytes:
        if value.startswith(b"/") and not value.startswith(b"//"):
            return self.own.path.encode() + value
        text = value.decode("latin-1")
        if text.startswith("//"):
            seen = self.mapping.public(f"https:{text}")
            return value if seen is None else seen.partition(":")[2].encode("latin-1")
        seen = self.mapping.public(text)
        return value if seen is None else seen.encode("latin-1")

    def _challenge(self, value: bytes) -> bytes:
        return value if _CONNECTION_BOUND.match(value) else self.bodies_down.whole(value)

    def _public_origin(self, value: bytes) -> bytes:
        origin = maybe_origin(value.decode("latin-1"))
        base = None if origin is None else self.mapping.bases.get(origin)
        return value if base is None else str(base.origin).encode()

    def _upstream_origin(self, value: bytes) -> bytes:
        ours = maybe_origin(value.decode("latin-1")) == self.own.origin
        return str(self.mapping.upstreams()[self.own]).encode() if ours else value

    def _cookie(self, value: bytes) -> bytes:
        """Without the domain it is the public host's; one that was for several pools is for all of them."""
        first, *attributes = value.split(b";")
        kept, prefix = [first], self.own.path
        for attribute in attributes:
            key, _, text = attribute.partition(b"=")
            domain = text.strip().lower().decode("latin-1").lstrip(".")
            if key.strip().lower() != b"domain" or not any(
                host == domain or host.endswith(f".{domain}") for host in self._hosts
            ):
                kept.append(attribute)
            elif domain not in self._hosts:
                prefix = self._shared_path
        if not first.lstrip().startswith(b"__Host-"):
            kept = [first, *(_under(prefix.encode(), attribute) for attribute in kept[1:])]
        return b";".join(kept)

    def _machine(self, value: bytes) -> bytes:
        assert self.other_machine is not None
        return self.machines.get(value.lower(), self.other_machine)


def readable_codings(value: bytes) -> bytes:
    """An Accept-Encoding with only the codings that can be undone here; ``identity`` when none is left."""
    items = [item.strip() for item in value.split(b",")]
    known = [
        item
        for item in items
        if item.partition(b";")[0].strip().lower().decode("latin-1") in CODINGS | {"identity"}
    ]
    return value if known == items else b", ".join(known) or b"identity"


def _under(prefix: bytes, attribute: bytes) -> bytes:
    key, _, path = attribute.partition(b"=")
    if key.strip().lower() != b"path" or not path.lstrip().startswith(b"/"):
        return attribute
    start = attribute.index(b"/")
    return attribute[:start] + prefix + attribute[start:]


def _rest(url: str) -> str:
    """Path, query and fragment of a URL."""
    parts = urlsplit(url)
    return url[url.find(parts.netloc) + len(parts.netloc) :] if parts.netloc else url
