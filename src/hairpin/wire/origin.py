"""Origins and URLs.

An origin is scheme, host and port (RFC 6454); everything that decides in this system compares origins. Hosts
are compared without regard to case (`docs/protocol.md` 0.2), so they are folded here, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


class BadUrl(ValueError):
    """A URL that names no http or https origin; the text says which and why."""


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Scheme, lower-case host and port of a URL; ``str()`` gives the serialisation of RFC 6454."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = DEFAULT_PORTS.get(self.scheme) == self.port
        return f"{self.scheme}://{host}" if default else f"{self.scheme}://{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of an absolute http(s) URL.

    Raises BadUrl for relative URLs, other schemes, missing hosts and impossible ports.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrl(f"{url!r} is not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise BadUrl(f"{url!r} is not an absolute http or https URL")
    if not parts.hostname:
        raise BadUrl(f"{url!r} names no host")
    return Origin(scheme, parts.hostname.rstrip("."), DEFAULT_PORTS[scheme] if port is None else port)


@lru_cache(maxsize=8192)
def maybe_origin(url: str | None) -> Origin | None:
    """The origin of a URL, or None where there is none (``null``, empty, malformed)."""
    if not url:
        return None
    try:
        return origin_of(url)
    except BadUrl:
        return None


def host_of(url: str) -> str:
    """The lower-case host of an absolute URL; raises BadUrl."""
    return origin_of(url).host


def path_of(url: str) -> str:
    """The path of a URL, ``/`` when empty, without query."""
    return urlsplit(url).path or "/"


def resolve(base: str, href: str) -> str:
    """A link as a client follows it: against the URL that handed it out; as it stands where it is no URL."""
    try:
        return urljoin(base, href)
    except ValueError:
        return href
