"""Whether a discovery redirect may be followed (`docs/protocol.md` 1.5).

A redirect that came over TLS may lead anywhere; one that came in the clear must stay in the domain of the
sign-in address or name a host that somebody approved.
"""

from __future__ import annotations

from collections.abc import Collection

from hairpin.wire.origin import maybe_origin


def may_follow(received_from: str, redirect: str, sip_domain: str, approved: Collection[str] = ()) -> bool:
    """Whether ``redirect``, received from the URL ``received_from``, is trusted for users of
    ``sip_domain``.
    """
    source, target = maybe_origin(received_from), maybe_origin(redirect)
    if source is None or target is None:
        return False
    if source.scheme == "https":
        return True
    domain = sip_domain.lower()
    return target.host == domain or target.host.endswith("." + domain) or target.host in approved
