"""The words of browsers and tools for a request without an answer, as a `Failure`.

Chromium writes ``net::ERR_…``, Firefox ``NS_ERROR_…`` and certificate codes, Safari and mitmproxy
sentences. The table is searched from the top; the first pattern that fits decides.
"""

from __future__ import annotations

import re

from hairpin.wire.exchange import Failure

_WORDS: dict[Failure, tuple[str, ...]] = {
    Failure.BLOCKED_LOCAL_NETWORK: (
        "LOCAL_NETWORK_ACCESS", "PRIVATE_NETWORK_ACCESS", "address space",
    ),
    Failure.BLOCKED_MIXED: ("mixed.?content",),
    Failure.BLOCKED_FRAME: (
        "ERR_BLOCKED_BY_RESPONSE", "ERR_BLOCKED_BY_CSP", "x-frame-options", "frame-ancestors",
        "XFO_VIOLATION", "CSP_FRAME_ANCESTOR", "blocked by csp",
    ),
    Failure.BLOCKED_CORS: (
        r"\bcors\b", "CORS_ERROR", "access.control", "preflight", "cross.origin", "ERR_BLOCKED_BY_ORB",
        "NS_ERROR_DOM_BAD_URI",
    ),
    Failure.NAME_NOT_RESOLVED: (
        "ERR_NAME_", "ERR_DNS", "ERR_ICANN_NAME", "NS_ERROR_UNKNOWN_HOST", "NXDOMAIN", "ENOTFOUND",
        "EAI_AGAIN", "getaddrinfo", "no such host", "could not resolve", "name or service not known",
        "nodename nor servname", "name lookup failed", "hostname could not be found", "server with the specified host",
        "no address associated", "DNS (?:lookup|query|error|failed)",
    ),
    Failure.TLS: (
        "ERR_CERT", "ERR_SSL", "ERR_TLS", "ERR_BAD_SSL", "ERR_ECH_", "SEC_ERROR", "SSL_ERROR",
        "MOZILLA_PKIX", "NS_ERROR_NET_INADEQUATE", "certificate", r"\btls\b", r"\bssl\b",
        "secure connection", "handshake",
    ),
    Failure.REFUSED: (
        "CONNECTION_REFUSED", "ECONNREFUSED", "connection refused", "actively refused",
        "could not connect", "connect call failed", "TUNNEL_CONNECTION_FAILED", "PROXY_CONNECTION",
        "10061",
    ),
    Failure.UNREACHABLE: (
        "ADDRESS_UNREACHABLE", "ADDRESS_INVALID", "INTERNET_DISCONNECTED", "NETWORK_ACCESS_DENIED",
        "NS_ERROR_OFFLINE", "EHOSTUNREACH", "ENETUNREACH", "no route to host", "unreachable", "offline",
        "10051", "10065",
    ),
    Failure.TIMEOUT: (
        "TIMED_OUT", "TIMEOUT", "ETIMEDOUT", "timed.?out", "time-out", "10060",
    ),
    Failure.RESET: (
        "CONNECTION_RESET", "CONNECTION_CLOSED", "CONNECTION_ABORTED", "EMPTY_RESPONSE",
        "SOCKET_NOT_CONNECTED", "PROTOCOL_ERROR", "INCOMPLETE", "CONTENT_LENGTH_MISMATCH",
        "NS_ERROR_NET_RESET", "NS_ERROR_NET_INTERRUPT", "NS_ERROR_NET_PARTIAL", "ECONNRESET",
        "reset by peer", "connection (?:was )?(?:reset|lost|closed)", "forcibly closed", "disconnected",
        "unexpected eof", "socket hang up", "closed connection", "peer closed", "10053", "10054",
    ),
}  # fmt: skip
_TABLE = tuple((failure, re.compile("|".join(words), re.IGNORECASE)) for failure, words in _WORDS.items())
_LONGEST = 500


def failure_of(text: str) -> Failure:
    """What a tool's words mean; UNKNOWN for none and for words nobody knows, like ``net::ERR_FAILED``."""
    text = text[:_LONGEST]
    return next((failure for failure, pattern in _TABLE if pattern.search(text)), Failure.UNKNOWN)


def failure_by_proxy(reason: str, body: bytes) -> Failure | None:
    """Debugging proxies answer for a server they did not reach; None for an answer that is the server's own."""
    start = body[:4096]
    if reason.startswith("Fiddler -") or start.startswith(b"[Fiddler]"):
        return failure_of(f"{reason} {start.decode('utf-8', 'replace')}")
    if b"<title>Charles Error Report</title>" in start:
        return failure_of(start.decode("utf-8", "replace"))
    return None
