"""What a request means: worked out once from the configuration, then only looked up.

For every public base and every site there is a `View`: the path under which the site appears there, and the rules
that rewrite between the two. A reload makes a new plan; requests under way keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from hairpin.gateway.config import Config, Site
from hairpin.gateway.cors import Policy
from hairpin.rewrite.heads import Heads
from hairpin.rewrite.mapping import Base, Mapping
from hairpin.wire.origin import DEFAULT_PORTS, Origin, origin_of

DISCOVERY_PATHS = (b"/", b"/xframe", b"/autodiscover")


@dataclass(frozen=True, slots=True)
class View:
    """A site as it appears under one public base; ``heads`` is None where nothing is rewritten.

    ``host`` is what the site is asked as, None where it gets the one the client asked. ``pool`` is the name that all
    sites on the same machines share.
    """

    site: Site
    prefix: bytes
    heads: Heads | None
    host: bytes | None
    pool: str


class Plan:
    """Raises BadUrl for public bases and origins that are none, ValueError for two sites in one place."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.bases = [Base.of(public) for public in config.public]
        if len({site.name for site in config.sites}) < len(config.sites):
            raise ValueError("two sites have the same name")
        own = frozenset(base.origin for base in self.bases)
        self.policy = None if config.straight else Policy(config.origins, own)
        self._views: dict[bytes, list[View]] = {}
        if config.straight:
            for site in config.sites:
                self._views[site.host.lower().encode()] = [View(site, b"", None, None, site.name)]
            return
        for base in self.bases:
            views = list(_views(config, base))
            if len({view.prefix for view in views}) < len(views):
                raise ValueError(f"two sites have the same path under {base}")
            for authority in _authorities(base.origin):
                found = self._views.setdefault(authority, [])
                found += views
                found.sort(key=lambda view: len(view.prefix), reverse=True)

    def knows(self, authority: bytes) -> bool:
        return self._key(authority) in self._views

    def find(self, authority: bytes, path: bytes) -> tuple[View, bytes] | None:
        """The view a path belongs to, and the path on its site; None when it belongs to none.

        ``path`` begins with a slash and may have a query.
        """
        for view in self._views.get(self._key(authority), ()):
            prefix = view.prefix
            if path.startswith(prefix):
                rest = path[len(prefix) :]
                if rest[:1] == b"/" and (view.site.path or view.heads is None or _is_discovery(rest)):
                    return view, rest
                if not rest or rest[:1] == b"?":
                    return view, b"/" + rest
        return None

    def beside(self, authority: bytes, view: View) -> list[View]:
        """The other pools as they appear under the base of that view, one view each."""
        if view.heads is None:
            return []
        base = view.prefix.removesuffix(view.site.path.encode())
        found = {
            other.pool: other
            for other in self._views.get(self._key(authority), ())
            if other.pool == other.site.name and other.prefix == base + other.site.path.encode()
        }
        found.pop(view.pool, None)
        return list(found.values())

    def _key(self, authority: bytes) -> bytes:
        """Under the real names the port does not matter: it may have been translated on the way."""
        low = authority.lower()
        return low.rpartition(b":")[0] or low if self.config.straight and b":" in low else low


def _views(config: Config, base: Base) -> Iterator[View]:
    pairs = [(origin, f"{base}{site.path}") for site in config.sites for origin in site.origins]
    mapping = Mapping.of(pairs)
    for site in config.sites:
        own = Base.of(f"{base}{site.path}")
        names = {
            machine.lower().encode(): (
                site.name if len(site.machines) == 1 else f"{site.name}-{number}"
            ).encode()
            for number, machine in enumerate(site.machines, 1)
        }
        other = None if config.show_machines else site.name.encode()
        pool = next(one.name for one in config.sites if one.addresses == site.addresses)
        yield View(site, own.path.encode(), Heads(mapping, own, names, other), site.host.encode(), pool)


def _is_discovery(path: bytes) -> bool:
    """What a discovery name answers (protocol.md 1.1); the rest of the base is nobody's."""
    bare = path.partition(b"?")[0].lower()
    return bare == b"/" or any(
        bare == known or bare.startswith(known + b"/") for known in DISCOVERY_PATHS[1:]
    )


def _authorities(origin: Origin) -> Iterator[bytes]:
    """What a client may write into Host for an origin."""
    yield urlsplit(str(origin)).netloc.encode()
    if origin.port == DEFAULT_PORTS[origin.scheme]:
        yield f"{urlsplit(str(origin)).netloc}:{origin.port}".encode()


def authority_of(url: str) -> bytes:
    """The Host of an absolute URL; raises BadUrl."""
    return next(_authorities(origin_of(url)))
