"""Which upstream origin appears under which public base, in both directions.

A base is a public origin and a path: ``http://localhost:8765/director``. Absolute links name their origin
and can be found anywhere; host-relative ones (``/ucwa/…``) are found only where a link can stand and where
one of the virtual directories of a pool's web site follows (`docs/protocol.md` 1, 5.1, 6): text is not to
be touched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hairpin.rewrite.substitution import Substitution, Swap
from hairpin.wire.origin import DEFAULT_PORTS, Origin, maybe_origin, origin_of

# The virtual directories of a pool's web site, in lower case.
DIRECTORIES = (
    "abs", "autodiscover", "certprov", "collabcontent", "datacollabweb", "dialin", "groupexpansion", "lwa",
    "mcx", "meet", "passiveauth", "persistentchat", "reach", "requesthandler", "requesthandlerext",
    "rgsclients", "scheduler", "storeweb", "ucwa", "webticket", "xframe",
)  # fmt: skip

# What a link follows in JSON, XML, HTML and script, and in the heads of a batch's parts.
_QUOTES = ('"', "'", "\\u0022", "\\u0027", "&quot;", "&apos;", "&#34;", "&#39;", ">", "href=")
_DOWN_LINES = ("location: ",)
_UP_LINES = tuple(f"{method} " for method in ("get", "post", "put", "delete", "patch", "options"))


@dataclass(frozen=True, slots=True)
class Base:
    """Where a pool's web site appears to clients: an origin and a path without a slash at its end."""

    origin: Origin
    path: str

    @classmethod
    def of(cls, url: str) -> Base:
        """Raises BadUrl for anything but an absolute http(s) URL."""
        return cls(origin_of(url), urlsplit(url).path.rstrip("/"))

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Upstream origin → public base. Several origins may lead to one base."""

    bases: dict[Origin, Base]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Mapping:
        """From ``(upstream origin, public base)``, both as URLs. Raises BadUrl."""
        return cls({origin_of(upstream): Base.of(public) for upstream, public in pairs})

    def public(self, url: str) -> str | None:
        """An absolute upstream URL as clients see it; None when it is none of ours."""
        base = self.bases.get(origin) if (origin := maybe_origin(url)) else None
        return None if base is None else f"{base}{_after_origin(url)}"

    def origins(self) -> dict[Origin, Origin]:
        """Upstream origin → public origin."""
        return {upstream: base.origin for upstream, base in self.bases.items()}

    def down(self, own: Base) -> Substitution:
        """For bodies that the web site appearing under ``own`` sends to clients."""
        absolute = {
            found: str(base) for upstream, base in self.bases.items() for found in _spellings(upstream)
        }
        swaps = [Swap(found, base) for found, base in absolute.items()]
        without_scheme = {_no_scheme(found): _no_scheme(base) for found, base in absolute.items()}
        swaps += [Swap(found, base, _QUOTES) for found, base in without_scheme.items()]
        if own.path:
            swaps.append(Swap("/", f"{own.path}/", _QUOTES + _DOWN_LINES, DIRECTORIES))
        return Substitution(tuple(swaps))

    def up(self, own: Base) -> Substitution:
        """For bodies that clients send to the web site appearing under ``own``."""
        absolute = {
            found + base.path.lower(): str(upstream)
            for base, upstream in self.upstreams().items()
            for found in _spellings(base.origin)
        }
        swaps = [Swap(found, upstream) for found, upstream in absolute.items()]
        host = _no_scheme(str(self.upstreams()[own])).strip("/")
        swaps += [Swap(_no_scheme(found).strip("/"), host, ("host: ",)) for found in _spellings(own.origin)]
        if own.path:
            swaps.append(Swap(f"{own.path.lower()}/", "/", _QUOTES + _UP_LINES, DIRECTORIES))
        return Substitution(tuple(swaps))

    def upstreams(self) -> dict[Base, Origin]:
        """Public base → the upstream origin that stands first for it: the one requests go to."""
        found: dict[Base, Origin] = {}
        for upstream, base in self.bases.items():
            found.setdefault(base, upstream)
        return found


def _spellings(origin: Origin) -> tuple[str, ...]:
    """An origin as it may be written: with its port, and without where that is the default one."""
    explicit = f"{origin.scheme}://{origin.host}:{origin.port}"
    return (str(origin), explicit) if DEFAULT_PORTS[origin.scheme] == origin.port else (str(origin),)


def _no_scheme(url: str) -> str:
    return url.partition(":")[2]


def _after_origin(url: str) -> str:
    """Path, query and fragment exactly as written."""
    rest = url.partition("://")[2]
    ends = [spot for mark in "/?#" if (spot := rest.find(mark)) >= 0]
    return rest[min(ends) :] if ends else ""
