"""The allow list of a pool: which pages may have a frame of this pool ask on their behalf.

`docs/protocol.md` 4.4. The frame names the embedding page's origin in ``X-Ms-Origin`` on everything it
asks, so the check comes before everything else, on every path. A request without that header is not checked
at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from hairpin.server.answers import refused
from hairpin.server.asked import Asked
from hairpin.wire.diagnostics import ORIGIN_NOT_ALLOWED
from hairpin.wire.message import Response
from hairpin.wire.origin import maybe_origin


def is_allowed(allowed: Iterable[str], named: str | None) -> bool:
    """Whether an ``X-Ms-Origin`` may ask: scheme, host and port equal those of an entry (RFC 6454 section 5).

    Absent is allowed. Anything that is more or less than an origin (a path, ``null``, two of them) is not.
    """
    if named is None:
        return True
    origin = maybe_origin(named)
    is_bare = origin is not None and named.lower() in {
        str(origin),
        f"{origin.scheme}://{origin.host}:{origin.port}",
    }
    return is_bare and origin in {maybe_origin(entry) for entry in allowed}


def refuse_strange_origin(asked: Asked) -> Response | None:
    """403 with 28070 for an embedding page that is not on this pool's list."""
    named = asked.request.headers.all("x-ms-origin")
    joined = ", ".join(named) if named else None
    return None if is_allowed(asked.site.pool.allow_origins, joined) else refused(asked, ORIGIN_NOT_ALLOWED)
