"""What a sign-in is to do: for whom, by which kind of client, from which page, starting where.

Sources: `docs/protocol.md` 1.1 for the entry points and their order, 3 for the grants, 4.1 for the first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hairpin.wire.origin import Origin, origin_of


class Transport(StrEnum):
    """How a client reaches the servers."""

    FRAME = "frame"
    XHR = "xhr"
    NATIVE = "native"


@dataclass(frozen=True, slots=True)
class Client:
    """A kind of client. ``reticket``: it gets a ticket of its own on every pool; Microsoft's sample does
    not.
    """

    name: str
    transport: Transport
    reticket: bool = True


CLIENTS = {
    client.name: client
    for client in (
        Client("frame", Transport.FRAME),
        Client("sample", Transport.FRAME, reticket=False),
        Client("xhr", Transport.XHR),
        Client("script", Transport.NATIVE),
    )
}


@dataclass(frozen=True, slots=True)
class Password:
    """The password grant."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """The anonymous meeting grant: the conference URI and its key."""

    conference_uri: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sign-in is to do: for whom, through which kind of client, from which page.

    ``page`` is the origin that embeds the frame or calls directly. ``roots`` replaces the discovery names by
    root URLs. ``https_port`` and ``http_port`` are those of the discovery URLs. ``endpoint_id`` identifies
    this client to the server.
    """

    sip_domain: str
    credentials: Password | Anonymous
    client: Client
    page: Origin | None = None
    endpoint_id: str = "hairpin"
    user_agent: str = "Hairpin"
    culture: str = "en-US"
    https_port: int = 443
    http_port: int = 80
    roots: tuple[str, ...] = ()
    approved: tuple[str, ...] = ()


def entry_points(wish: Wish) -> tuple[str, ...]:
    """The root URLs a client tries, in order; a script also tries plain http, last."""

    def url(label: str, scheme: str, port: int) -> str:
        return f"{Origin(scheme, f'{label}.{wish.sip_domain.lower()}', port)}/"

    labels = ("lyncdiscoverinternal", "lyncdiscover")
    found = [url(label, "https", wish.https_port) for label in labels]
    if wish.client.transport is Transport.NATIVE:
        found += [url(label, "http", wish.http_port) for label in labels]
    return tuple(found)


def frame_of_root(root: str) -> str:
    """The frame of a discovery root before any answer named one (`docs/protocol.md` 4.1)."""
    origin = origin_of(root)
    discovery = origin.host.startswith(("lyncdiscover.", "lyncdiscoverinternal."))
    return f"{origin}/xframe" if discovery else f"{origin}/Autodiscover/XFrame/XFrame.html"
