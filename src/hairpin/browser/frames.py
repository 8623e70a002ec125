"""Whether a document may be shown in a frame: X-Frame-Options and CSP frame-ancestors.

Source: HTML standard, "the X-Frame-Options header"; CSP level 3, "frame-ancestors". frame-ancestors, where an
enforced policy has it, makes X-Frame-Options count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hairpin.wire.message import Response
from hairpin.wire.origin import DEFAULT_PORTS, Origin

# An ancestor is an origin and has no path, so a source with one never matches.
_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?P<port>\d+|\*))?/?",
    re.IGNORECASE,
)


def may_be_framed(document: Origin, ancestors: Sequence[Origin], response: Response) -> bool:
    """Whether ``ancestors``, innermost first, may show this answer of ``document``'s origin in a frame."""
    policies = _frame_ancestors(response)
    if policies:
        return all(
            any(_matches(source, document, ancestor) for source in policy)
            for policy in policies
            for ancestor in ancestors
        )
    options = {
        value.strip().lower() for line in response.headers.all("x-frame-options") for value in line.split(",")
    }
    if len(options) > 1:
        return not options & {"deny", "sameorigin", "allowall"}
    if options == {"deny"}:
        return False
    return options != {"sameorigin"} or all(ancestor == document for ancestor in ancestors)


def _frame_ancestors(response: Response) -> list[tuple[str, ...]]:
    found = []
    for line in response.headers.all("content-security-policy"):
        for policy in line.split(","):
            for directive in policy.split(";"):
                words = directive.split()
                if words and words[0].lower() == "frame-ancestors":
                    found.append(tuple(words[1:]))
                    break
    return found


def _matches(source: str, document: Origin, ancestor: Origin) -> bool:
    word = source.lower()
    if word == "'self'":
        return ancestor == document
    if word == "*":
        return True
    if word in {"http:", "https:"}:
        return ancestor.scheme == word[:-1] or (word == "http:" and ancestor.scheme == "https")
    found = _HOST_SOURCE.fullmatch(word)
    if found is None:
        return False
    scheme = found["scheme"] or document.scheme
    if ancestor.scheme != scheme and not (scheme == "http" and ancestor.scheme == "https"):
        return False
    host = found["host"]
    if host.startswith("*."):
        if not ancestor.host.endswith(host[1:]):
            return False
    elif host not in {"*", ancestor.host}:
        return False
    port = found["port"]
    if port == "*":
        return True
    if ancestor.scheme != scheme:
        return port in {None, "80"} and ancestor.port == 443
    return ancestor.port == (int(port) if port else DEFAULT_PORTS.get(ancestor.scheme, 0))
