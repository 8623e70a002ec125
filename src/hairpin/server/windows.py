"""Windows logins at the ticket service: Negotiate and NTLM (`docs/protocol.md` 3.3, RFC 4559 section 6).

Such a login proves a connection, not a request. The connection stays the user's own until it ends, so whoever
sends several clients' requests over one connection hands one client's login to the others.

The messages themselves are a driver's: it keeps a `Login` for each connection and knows how to begin a
`Handshake`. Where no driver does, as in a prediction, every login ends at the 401 that asks for one.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hairpin.server.answers import Line, Refusal, page, refused
from hairpin.server.asked import Asked
from hairpin.wire.diagnostics import LOGIN_FAILED
from hairpin.wire.message import Response

SCHEMES = ("Negotiate", "NTLM")

_BEGINNINGS = (b"NTLMSSP\0\x01\0\0\0", b"\x60")  # NTLM's first message, SPNEGO's first token


class LoginRefused(Exception):
    """The credentials do not hold, or the message is none that could stand here."""


class Handshake(Protocol):
    """The accepting side of one login."""

    @property
    def logon(self) -> str:
        """The logon name that has been proven, empty until it is."""

    def step(self, message: bytes) -> bytes:
        """The reply to the client's message, empty when there is none.

        Raises LoginRefused; anything else it raises is the server's own failure (28001).
        """


@dataclass(slots=True)
class Login:
    """Whose a connection is; a driver makes one per connection and passes it with each of its requests."""

    logon: str = ""
    handshake: Handshake | None = None


def proceed(asked: Asked, begin: Callable[[], Handshake] | None) -> tuple[Line, ...]:
    """Take the connection's login one message further, if the request has one.

    Gives the lines that the answer needs besides its own. Raises Refusal unless the login is complete.
    """
    login = asked.login
    scheme, _, text = (asked.header("authorization") or "").strip().partition(" ")
    known = next((one for one in SCHEMES if one.lower() == scheme.lower()), None)
    if known is None:
        return ()
    if login is None or begin is None:
        raise Refusal(invited(asked))
    handshake, login.handshake, login.logon = login.handshake, None, ""
    try:
        message = _decoded(text.strip())
        if message.startswith(_BEGINNINGS):
            handshake = begin()
        if handshake is None:
            raise LoginRefused
        reply = handshake.step(message)
    except LoginRefused:
        raise Refusal(invited(asked)) from None
    except Exception as error:
        raise Refusal(refused(asked, LOGIN_FAILED)) from error
    lines = (("WWW-Authenticate", f"{known} {b64encode(reply).decode()}"),) if reply else ()
    if not handshake.logon:
        login.handshake = handshake
        raise Refusal(page(asked, 401, *lines))
    login.logon = handshake.logon
    return lines


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise LoginRefused from None


def invited(asked: Asked) -> Response:
    """The 401 that asks for a login, each scheme on a line of its own."""
    return page(asked, 401, *(("WWW-Authenticate", scheme) for scheme in SCHEMES))
