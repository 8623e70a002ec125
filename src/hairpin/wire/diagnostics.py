"""``X-Ms-diagnostics``: the server's own word on why it refused (`docs/protocol.md` 3.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

NO_TOKEN = 28020
GRANT_NOT_ALLOWED = 28029
TICKET_INVALID = 28032
TICKET_EXPIRED = 28033
ORIGIN_NOT_ALLOWED = 28070
NOT_SIP_ENABLED = 28000
LOGIN_FAILED = 28001

# id → (usual HTTP status, reason text). Where no source names the status it is the one docs/protocol.md marks
# [U] with # 401, the category "get a new ticket".
REASONS: dict[int, tuple[int, str]] = {
    28000: (403, "User is not SIP enabled."),
    28001: (500, "Internal error while processing Integrated Windows authentication or authorization."),
    28020: (400, "No valid security token."),
    28029: (400, "Authentication type not allowed."),
    28032: (500, "The web ticket is invalid."),
    28033: (401, "The web ticket has expired."),
    28055: (403, "The OAuth token is invalid."),
    28056: (401, "The OAuth token has expired."),
    28070: (403, "Service does not allow a cross domain request from this origin."),
    28072: (401, "The ticket presented could not be verified, a new ticket is required."),
    28077: (401, "Invalid Audience in the web ticket."),
    28081: (401, "No user principal name is found in JWT security token."),
}

NEW_TICKET_NEEDED = frozenset({28032, 28033, 28055, 28056, 28072, 28077, 28081})

_LINE = re.compile(r"^\s*(?P<id>\d{1,9})\s*(?:;|$)")
_FIELD = re.compile(r';\s*(?P<name>\w+)\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^;]*))')


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """An ``X-Ms-diagnostics`` value; ``source`` is the FQDN of the server that refused."""

    id: int
    source: str = ""
    reason: str = ""
    faultcode: str = ""

    def __str__(self) -> str:
        tail = f';faultcode="{self.faultcode}"' if self.faultcode else ""
        return f'{self.id};source="{self.source}";reason="{self.reason}"{tail}'


def diagnosed(id: int, source: str, faultcode: str = "") -> Diagnostics:
    """The diagnostics a server sends for a known id."""
    return Diagnostics(id, source, REASONS[id][1], faultcode)


def read_diagnostics(value: str | None) -> Diagnostics | None:
    """A header value as data; None when it is absent or starts with no number."""
    found = _LINE.match(value or "")
    if value is None or found is None:
        return None
    fields = {
        field["name"].lower(): (field["quoted"] if field["bare"] is None else field["bare"]).strip()
        for field in _FIELD.finditer(value)
    }
    return Diagnostics(
        int(found["id"]), fields.get("source", ""), fields.get("reason", ""), fields.get("faultcode", "")
    )
