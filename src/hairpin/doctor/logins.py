"""Login pages in front of the deployment, by where they send a client and how they challenge."""

from __future__ import annotations

import re

from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Challenged, Redirected
from hairpin.wire.challenge import read_schemes

# TMG, ADFS, NetScaler, F5 APM, Juniper/Pulse, Entra, SiteMinder, and what everybody else calls it.
_LOGIN = re.compile(
    r"(?i)/adfs/(?:ls|oauth2)|cookieauth\.dll|/vpn/|/my\.policy|/dana-na/|login\.microsoftonline|login\.windows\.net|"
    r"siteminder|/oauth2/authorize|/saml|/sso\b|/log-?[io]n\b|/sign-?in\b|\blogin\b|/auth(?:enticate)?/"
)
_PROXY_SCHEMES = frozenset({"basic", "negotiate", "ntlm", "digest"})


def login_target(turn: Turn) -> str | None:
    """Where an answer sends the client to log in, or None."""
    if isinstance(turn.answer, Redirected) and turn.status != 200 and _LOGIN.search(turn.answer.href):
        return turn.answer.href
    return None


def login_scheme(turn: Turn) -> str | None:
    """The scheme of a 401 that is not Lync's, or None."""
    if not isinstance(turn.answer, Challenged) or turn.challenge is not None or turn.by_server:
        return None
    schemes = [scheme.name for scheme in read_schemes(turn.got.all("www-authenticate"))]
    return next((name for name in schemes if name.lower() in _PROXY_SCHEMES), None)


def is_login(turn: Turn) -> bool:
    return login_target(turn) is not None or login_scheme(turn) is not None
