"""Mixed content: what an https page may not fetch over http.

Source: Mixed Content standard, "Should fetching request be blocked as mixed content?"; Secure Contexts,
"potentially trustworthy origin". Frames and script requests are blockable: nothing is upgraded here.
"""

from __future__ import annotations

from ipaddress import ip_address

from hairpin.browser.local_network import is_local_name
from hairpin.wire.origin import Origin


def trustworthy(origin: Origin) -> bool:
    """Whether an origin counts as secure: https, the loopback addresses, and names under localhost."""
    if origin.scheme == "https" or origin.host == "localhost" or origin.host.endswith(".localhost"):
        return True
    try:
        return ip_address(origin.host).is_loopback
    except ValueError:
        return False


def blocked_as_mixed(source: Origin | None, target: Origin) -> bool:
    """Whether a page or frame of ``source`` may not load ``target`` in a frame or by a script.

    What is local by its name alone is let through: there local network access decides (Chromium 142 on).
    """
    if source is None or source.scheme != "https":
        return False
    return not trustworthy(target) and not is_local_name(target.host)
