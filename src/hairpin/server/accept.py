"""Which of several representations a client prefers (RFC 9110 section 12.5.1).

What servers do with unsupported types is not known (`docs/protocol.md` 7); here the first representation on
offer is given to those who accept none of them, because JSON is documented as the default.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 8192


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """The media type of ``offered`` that ``Accept`` ranks highest; the first one when it ranks none."""
    best, best_quality = offered[0], 0.0
    for wish in (accept or "")[:_LONGEST].split(","):
        media, *parameters = (part.strip().lower() for part in wish.split(";"))
        quality = _quality(parameters)
        found = offered[0] if media == "*/*" else next((one for one in offered if one == media), None)
        if found is not None and quality > best_quality:
            best, best_quality = found, quality
    return best


def _quality(parameters: Sequence[str]) -> float:
    told = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    try:
        quality = float(told)
    except ValueError:
        return 1.0
    return quality if 0.0 <= quality <= 1.0 else 1.0
