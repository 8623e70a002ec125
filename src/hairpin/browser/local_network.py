"""Local network access: a public page that reaches into a private network needs the user's leave (Chromium
142 on).

Source: WICG local-network-access explainer. An address space is loopback, local or public; a request into a
more private space than the asking document's is held until somebody grants it. Names that end in ``.local``
count as local.
"""

from __future__ import annotations

from enum import IntEnum
from ipaddress import ip_address, ip_network


class Space(IntEnum):
    """Address spaces, the most private first."""

    LOOPBACK = 0
    LOCAL = 1
    PUBLIC = 2


_LOCAL = tuple(
    ip_network(block)
    for block in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def space_of(address: str, host: str = "") -> Space:
    """The space of a server's IP address; raises ValueError for text that is no address."""
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    if parsed.is_loopback:
        return Space.LOOPBACK
    if any(parsed in block for block in _LOCAL):
        return Space.LOCAL
    return Space.LOCAL if host.lower().rstrip(".").endswith(".local") else Space.PUBLIC


def needs_permission(document: Space, target: Space) -> bool:
    """Whether a document in one space needs leave to reach another."""
    return target < document
