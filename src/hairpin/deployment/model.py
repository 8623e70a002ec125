"""A deployment as plain data, in the very shape of its TOML file.

Every struct refuses unknown keys, so that a misspelt key is an error and never a silently ignored wish. What
spans several keys (a user at home on no pool, an address no listener has) is checked in `file`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from hairpin.wire.challenge import ANONYMOUS, PASSWORD, WINDOWS


class Side(StrEnum):
    """Which of a pool's two web sites; the listening port alone decides it (`docs/protocol.md` 5.1)."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Server(_Data, frozen=True, kw_only=True):
    """One machine of a pool: its own FQDN (the one in X-MS-Server-Fqdn) and its IPv4 address."""

    fqdn: str
    address: str


class Ports(_Data, frozen=True, kw_only=True):
    """Where a pool's two sites listen, and the ports its links are published with."""

    internal_http: int = 80
    internal_https: int = 443
    external_http: int = 8080
    external_https: int = 4443
    published_http: int = 80
    published_https: int = 443


class Pool(_Data, frozen=True, kw_only=True):
    """A Director or Front End pool with its two web services FQDNs."""

    name: str
    kind: Literal["director", "front-end"] = "front-end"
    internal_fqdn: str
    external_fqdn: str
    servers: tuple[Server, ...]
    allow_origins: tuple[str, ...] = ()
    grants: tuple[str, ...] = (WINDOWS, ANONYMOUS, PASSWORD)
    trusted_issuers: tuple[str, ...] = ()
    ports: Ports = Ports()

    def fqdn(self, side: Side) -> str:
        return self.internal_fqdn if side is Side.INTERNAL else self.external_fqdn

    def base(self, side: Side) -> str:
        """The https base of that site's links, port left out when it is 443."""
        port = self.ports.published_https if side is Side.EXTERNAL else self.ports.internal_https
        return f"https://{self.fqdn(side)}" + ("" if port == 443 else f":{port}")


class Publication(_Data, frozen=True, kw_only=True):
    """One name on the reverse proxy: the pool behind it and its own port translation, where it differs."""

    name: str
    pool: str | None = None
    ports: dict[int, int] | None = None


class ReverseProxy(_Data, frozen=True, kw_only=True):
    """The proxy's outside address, the names it publishes, and listening port → web site port."""

    outside: str
    publishes: tuple[str | Publication, ...] = ()
    ports: dict[int, int] = msgspec.field(default_factory=lambda: {443: 4443, 80: 8080})


class User(_Data, frozen=True, kw_only=True):
    """A user: SIP address, home pool, and what they log on with.

    ``logon`` is ``DOMAIN\\user``; ``upn`` is the SIP address unless given. Without a password the lab makes
    one up. ``enabled = false`` is an account that exists but is not SIP-enabled (28000).
    """

    sip: str
    pool: str
    name: str = ""
    logon: str = ""
    upn: str = ""
    password: str = ""
    enabled: bool = True

    @property
    def address(self) -> str:
        """The SIP address without its scheme, in lower case."""
        return self.sip.removeprefix("sip:").lower()


class Meeting(_Data, frozen=True, kw_only=True):
    """An online meeting that anonymous users may join; the key is the conference id unless given."""

    organizer: str
    id: str
    key: str = ""


class App(_Data, frozen=True, kw_only=True):
    """The page that embeds UCWA: its origin and the address it is served from."""

    origin: str
    address: str


class Settings(_Data, frozen=True, kw_only=True):
    """What no source settles (`docs/protocol.md` 7), each with a named default.

    ``exposed_web_url``: whose FQDN the links of a signed-in user carry, whichever site was asked (5.3).
    ``http_discovery``: how plain http answers, 200 with one redirect link or a 302 (1.4).
    ``wrong_pool_status``: the status that goes with 28032 (1.9).
    ``ticket_seconds``/``anonymous_ticket_seconds``: longest life of a web ticket.
    """

    exposed_web_url: Literal["external", "internal"] = "external"
    http_discovery: Literal["document", "redirect"] = "document"
    wrong_pool_status: Literal[401, 403, 500] = 500
    ticket_seconds: int = 28800
    anonymous_ticket_seconds: int = 3600


Record = str | tuple[str, ...]
View = dict[str, Record]


class Deployment(_Data, frozen=True, kw_only=True):
    """A whole deployment. ``dns`` holds a view per vantage; what a view leaves out, `names` fills in.

    A record is an IPv4 address, a list of them, a host name (CNAME), or an empty list: that name does not
    exist.
    """

    name: str = "deployment"
    sip_domains: tuple[str, ...]
    pool: tuple[Pool, ...]
    reverse_proxy: ReverseProxy | None = None
    dns: dict[str, View] = msgspec.field(default_factory=dict)
    user: tuple[User, ...] = ()
    meeting: tuple[Meeting, ...] = ()
    app: App | None = None
    settings: Settings = Settings()

    @property
    def pools(self) -> tuple[Pool, ...]:
        return self.pool

    @property
    def users(self) -> tuple[User, ...]:
        return self.user

    def pool_named(self, name: str) -> Pool:
        """The pool of that name; raises KeyError."""
        return next(iter(pool for pool in self.pool if pool.name == name), None) or _no_pool(name)

    def user_named(self, name: str) -> User | None:
        """The user a logon name means: SIP address (``sip:`` or not), UPN, ``DOMAIN\\user`` or ``user``."""
        wanted = name.strip().lower().removeprefix("sip:")
        for user in self.user:
            logon = user.logon.lower()
            names = {user.address, user.upn.lower(), logon, logon.rpartition("\\")[2]} - {""}
            if wanted in names:
                return user
        return None

    @property
    def first_pool(self) -> Pool:
        """The pool that discovery names lead to: the first Director, else the first pool."""
        return next((pool for pool in self.pool if pool.kind == "director"), self.pool[0])

    @property
    def https_port(self) -> int:
        """The port a client puts into its discovery URLs."""
        return self.first_pool.ports.published_https


def _no_pool(name: str) -> Pool:
    raise KeyError(name)
