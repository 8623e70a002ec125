"""One exchange: what was asked, what came back, or why nothing did.

``observe`` is the only maker of an Exchange, and it redacts: from here on no ticket, password, cookie or
NTLM blob exists in a journey, a report or an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hairpin.wire.message import Request, Response
from hairpin.wire.origin import Origin
from hairpin.wire.redact import redact_request, redact_response, redact_text


class Failure(StrEnum):
    """Why an exchange has no (readable) response."""

    NAME_NOT_RESOLVED = "name-not-resolved"
    REFUSED = "connection-refused"
    UNREACHABLE = "address-unreachable"
    TIMEOUT = "timeout"
    RESET = "connection-reset"
    TLS = "tls"
    BLOCKED_CORS = "blocked-cors"
    BLOCKED_FRAME = "blocked-frame"
    BLOCKED_MIXED = "blocked-mixed-content"
    BLOCKED_LOCAL_NETWORK = "blocked-local-network"
    UNKNOWN = "no-response"


class Kind(StrEnum):
    """How the request left the client."""

    DOCUMENT = "document"
    FRAME = "frame"
    FETCH = "fetch"
    PREFLIGHT = "preflight"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A redacted exchange. ``source`` is the origin whose script or page asked, None outside a browser.

    ``address`` is the server's IP address as text and ``port`` its TCP port, where known; ``started`` is
    seconds since the epoch, ``seconds`` how long it took. ``response`` and ``failure`` may both be set: an
    answer arrived and the browser withheld it from the script.
    """

    request: Request
    response: Response | None = None
    failure: Failure | None = None
    kind: Kind = Kind.FETCH
    source: Origin | None = None
    address: str | None = None
    port: int | None = None
    started: float | None = None
    seconds: float | None = None
    note: str = ""


def observe(
    request: Request,
    response: Response | None = None,
    *,
    failure: Failure | None = None,
    kind: Kind = Kind.FETCH,
    source: Origin | None = None,
    address: str | None = None,
    port: int | None = None,
    started: float | None = None,
    seconds: float | None = None,
    note: str = "",
) -> Exchange:
    """Make an exchange of what was on the wire, with every secret taken out."""
    return Exchange(
        redact_request(request),
        None if response is None else redact_response(response),
        failure,
        kind,
        source,
        address,
        port,
        started,
        seconds,
        redact_text(note),
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """What a network gave for one request, unredacted: a response, or the failure that came instead."""

    response: Response | None = None
    failure: Failure | None = None
    address: str | None = None
    port: int | None = None
    started: float | None = None
    seconds: float | None = None
    note: str = ""
