"""A deployment with a Director and two pools, and a client that asks it."""

import json
from itertools import count
from typing import Any

import msgspec

from hairpin.deployment.model import Deployment, Meeting, Pool, Server, Settings, Side, User
from hairpin.deployment.routing import WebSite
from hairpin.server import Farm, Hold
from hairpin.wire.challenge import ANONYMOUS, PASSIVE, PASSWORD, WINDOWS
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.oauth import conference_uri, ticket_form

NOW = 1_400_000_000.5
APP = "https://app.nnylync.info"
SERVICE = "/Autodiscover/AutodiscoverService.svc/root"

DEPLOYMENT = Deployment(
    sip_domains=("nnylync.info",),
    pool=(
        Pool(
            name="director",
            kind="director",
            internal_fqdn="director.nny.local",
            external_fqdn="webdir.nnylync.info",
            servers=(Server(fqdn="Director.NNY.local", address="10.10.0.10"),),
            allow_origins=(APP, "http://localhost:8080"),
            grants=(WINDOWS, PASSIVE, ANONYMOUS, PASSWORD),
        ),
        Pool(
            name="ny",
            internal_fqdn="pool-ny.nny.local",
            external_fqdn="webext-ny.nny.info",
            servers=(Server(fqdn="Lync-SE.NNY.local", address="10.10.0.11"),),
            allow_origins=(APP,),
        ),
    ),
    user=(
        User(
            sip="sip:Lene@nnylync.info",
            pool="ny",
            name="Lene Aaling",
            logon="NNY\\lene",
            upn="lene@nny.local",
        ),
        User(sip="sip:john@nnylync.info", pool="director"),
        User(sip="sip:gone@nnylync.info", pool="ny", enabled=False),
    ),
    meeting=(Meeting(organizer="sip:lene@nnylync.info", id="5LB7MRBC", key="secret"),),
)
PASSWORDS = {"lene@nnylync.info": "pass@word1", "john@nnylync.info": "j", "gone@nnylync.info": "g"}
MEETING = conference_uri("sip:lene@nnylync.info", "5LB7MRBC")


class Client:
    """Asks the sites of one farm; ``pool`` and ``side`` say which, unless a call says otherwise."""

    def __init__(self, *, pool: str = "director", side: Side = Side.EXTERNAL, **settings: Any) -> None:
        self.deployment = msgspec.structs.replace(DEPLOYMENT, settings=Settings(**settings))
        keys = {one.name: one.name.encode().ljust(32, b"!") for one in DEPLOYMENT.pools}
        numbers = count(7 * 10**36, 987654321987654321)
        self.farm = Farm(self.deployment, keys, PASSWORDS, lambda: f"{next(numbers):032x}")
        self.pool = pool
        self.side = side
        self.now = NOW

    def site(self, pool: str = "", side: Side | None = None, *, secure: bool = True) -> WebSite:
        found = self.deployment.pool_named(pool or self.pool)
        return WebSite(found, found.servers[0], side or self.side, secure)

    def ask(
        self,
        method: str,
        url: str,
        *lines: tuple[str, str],
        body: bytes = b"",
        pool: str = "",
        side: Side | None = None,
        secure: bool = True,
    ) -> Response | Hold:
        site = self.site(pool, side, secure=secure)
        scheme = "https" if secure else "http"
        absolute = url if "://" in url else f"{scheme}://{site.pool.fqdn(site.side)}{url}"
        return self.farm.answer(site, Request(method, absolute, Headers(lines), body), self.now)

    def get(self, url: str, *lines: tuple[str, str], **where: Any) -> Response:
        return at_once(self.ask("GET", url, *lines, **where))

    def post(self, url: str, *lines: tuple[str, str], **where: Any) -> Response:
        return at_once(self.ask("POST", url, *lines, **where))

    def token(self, grant: str = PASSWORD, *, pool: str = "", **fields: str) -> Response:
        return self.post("/WebTicket/oauthtoken", body=ticket_form(grant, **fields), pool=pool)

    def ticket(
        self, username: str = "lene@nnylync.info", password: str = "pass@word1", pool: str = ""
    ) -> str:
        return str(content(self.token(username=username, password=password, pool=pool))["access_token"])

    def guest(self, pool: str = "") -> str:
        return str(
            content(self.token(ANONYMOUS, password="secret", conference=MEETING, pool=pool))["access_token"]
        )


def bearer(ticket: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {ticket}"


def at_once(found: Response | Hold) -> Response:
    assert isinstance(found, Response)
    return found


def content(response: Response) -> dict[str, Any]:
    found = json.loads(response.body)
    assert isinstance(found, dict)
    return found


def links(response: Response) -> dict[str, str]:
    return {rel: link["href"] for rel, link in content(response)["_links"].items()}


def diagnosed(response: Response) -> int | None:
    value = response.headers.get("x-ms-diagnostics")
    return None if value is None else int(value.partition(";")[0])
