"""What the gateway itself answers: health, metrics, and the refusal of a page that is not listed."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from hairpin.gateway.watch import exposition

if TYPE_CHECKING:
    from hairpin.gateway.state import State

Line = tuple[bytes, bytes]
Answer = tuple[int, str, list[Line]]

NOT_LISTED = (
    "hairpin gateway: pages of this origin may not call here. "
    "Add the origin to the gateway's list, and to the allow list of every pool."
)


def not_listed() -> list[Line]:
    """The lines of the refusal, as the web sites would word it (protocol.md 4.4)."""
    reason = "The gateway does not allow a cross domain request from this origin."
    return [(b"X-Ms-diagnostics", f'28070;source="hairpin-gateway";reason="{reason}"'.encode())]


def health(state: State, client: str, method: bytes, path: bytes) -> Answer | None:
    """An answer under ``/healthz``, ``/readyz`` or ``/metrics``, whatever Host was asked; None for other paths."""
    name = path.partition(b"?")[0]
    if name not in {b"/healthz", b"/readyz", b"/metrics"} or method not in {b"GET", b"HEAD"}:
        return None
    if name == b"/healthz":
        return 200, "alive", []
    if name == b"/readyz":
        return _ready(state)
    address = ipaddress.ip_address(client) if client else None
    networks = map(ipaddress.ip_network, state.config.metrics_clients)
    if address is not None and not any(address in network for network in networks):
        return 403, "hairpin gateway: metrics are not shown to this address", []
    return 200, exposition(state.counters).decode().removesuffix("\n"), []


def _ready(state: State) -> Answer:
    """Ready while requests are taken and not every pool has just failed."""
    if state.stopping:
        return 503, "stopping", []
    pools = {name: pool.last_failure for name, pool in state.upstream.items() if pool.site.path}
    text = "\n".join(f"{name}: {why or 'no trouble known'}" for name, why in sorted(pools.items()))
    return (503 if pools and all(pools.values()) else 200), text or "no pools", []
