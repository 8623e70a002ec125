"""Filters and firewalls, by what their pages say."""

from __future__ import annotations

import re

from hairpin.doctor.foreign import page_text
from hairpin.doctor.turn import Turn

_WORDS = re.compile(
    r"(?i)mod_?security|request rejected|support id|urlscan|web application firewall|\bwaf\b|blocked by|"
    r"incapsula|request filtering module|not acceptable!|denied by .{0,40}polic|attack (?:id|detected)|fortiweb|naxsi"
)


def filter_words(turn: Turn) -> str | None:
    """What a page says that a filter wrote, or None."""
    found = _WORDS.search(page_text(turn))
    return found[0] if found else None
