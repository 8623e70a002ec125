"""Local network access: a public page that reaches into a private network needs the user's leave (Chromium
142 on).

Source: WICG local-network-access explainer. An address space is loopback, local or public. Only public documents
are asked for leave: Chromium 156 lets a local document reach loopback, which the explainer does not.
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


def space_of(address: str) -> Space:
    """The space of a server's IP address; raises ValueError for text that is no address."""
    parsed = ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    if parsed.is_loopback:
        return Space.LOOPBACK
    return Space.LOCAL if any(parsed in block for block in _LOCAL) else Space.PUBLIC


def is_local_name(host: str) -> bool:
    """Whether a host needs no look-up to count as local: a name under ``.local``, or a local address."""
    try:
        return space_of(host) is Space.LOCAL
    except ValueError:
        return host.lower().rstrip(".").endswith(".local")


def needs_permission(document: Space, target: Space) -> bool:
    """Whether a document in one space needs leave to reach another."""
    return document is Space.PUBLIC and target is not Space.PUBLIC
