"""Deployments that hypothesis makes up, and one sign-in through each: 1 to 4 pools, directors, faults."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from hairpin.deployment.model import (
    App,
    Deployment,
    Pool,
    Publication,
    Record,
    ReverseProxy,
    Server,
    Settings,
    User,
)
from hairpin.deployment.soundness import faults
from hairpin.signin.wish import CLIENTS, Client

OUTSIDE = "203.0.113.10"
APP = "https://app.contoso.com"
KINDS = (*["frame"] * 4, "sample", "sample", "script", "xhr")
RIGHT = {443: 4443, 80: 8080}
WRONG = {443: 443, 80: 80}


@dataclass(frozen=True)
class Attempt:
    """One sign-in: who, from where, with what, and whether the password is right."""

    deployment: Deployment
    vantage: str
    user: User
    client: Client
    right_password: bool


@st.composite
def attempts(draw: st.DrawFn) -> Attempt:
    """A sound deployment with any mixture of faults, and a sign-in through it."""
    deployment = draw(deployments())
    return Attempt(
        deployment,
        draw(st.sampled_from(["inside", "outside"])),
        draw(st.sampled_from(deployment.users)),
        CLIENTS[draw(st.sampled_from(KINDS))],
        draw(st.integers(1, 16)) > 1,
    )


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    count = draw(st.integers(1, 4))
    pools = tuple(draw(_pools(index, director=index == 0 and count > 1)) for index in range(count))
    homes = [pool for pool in pools if pool.kind == "front-end"]
    home = draw(st.sampled_from(homes))
    user = User(
        sip="sip:lene@contoso.com",
        pool=home.name,
        logon=draw(st.sampled_from(["", "CONTOSO\\lene"])),
        password="pass&word 1+%",
        enabled=draw(st.integers(0, 29)) > 0,
    )
    names = [*(pool.external_fqdn for pool in pools), "lyncdiscover.contoso.com"]
    if draw(st.booleans()):
        names.append("lyncdiscoverinternal.contoso.com")
    settings = Settings(
        exposed_web_url=draw(st.sampled_from(["external", "external", "internal"])),
        wrong_pool_status=draw(st.sampled_from([500, 500, 401, 403])),
        http_discovery=draw(st.sampled_from(["document", "redirect"])),
    )
    built = Deployment(
        sip_domains=("contoso.com",),
        pool=pools,
        reverse_proxy=draw(_proxies(pools)),
        dns={"inside": draw(_views(pools, names)), "outside": draw(_outside_view(pools))},
        user=(user,),
        app=App(origin=APP, address="203.0.113.80"),
        settings=settings,
    )
    assert not list(faults(built)), list(faults(built))
    return built


@st.composite
def _pools(draw: st.DrawFn, index: int, *, director: bool) -> Pool:
    label = f"pool{index}"
    same_zone = draw(st.booleans())
    servers = tuple(
        Server(fqdn=f"FE{index}{number}.corp.local", address=f"10.{index}.0.{number + 10}")
        for number in range(draw(st.integers(1, 2)))
    )
    origins = draw(st.sampled_from([*[(APP,)] * 14, (), ("http://app.contoso.com",)]))
    return Pool(
        name=label,
        kind="director" if director and draw(st.booleans()) else "front-end",
        internal_fqdn=f"{label}.int.contoso.com" if same_zone else f"{label}.corp.local",
        external_fqdn=f"Web{index}.contoso.com",
        servers=servers,
        allow_origins=origins,
    )


@st.composite
def _proxies(draw: st.DrawFn, pools: tuple[Pool, ...]) -> ReverseProxy:
    published: list[str | Publication] = []
    for name in [*(pool.external_fqdn for pool in pools), "lyncdiscover.contoso.com"]:
        how = draw(st.integers(1, 24))
        if how == 1:
            continue
        published.append(Publication(name=name, ports=WRONG) if how <= 4 else name)
    ports = WRONG if draw(st.integers(1, 12)) == 1 else RIGHT
    return ReverseProxy(outside=OUTSIDE, publishes=tuple(published), ports=dict(ports))


@st.composite
def _views(draw: st.DrawFn, pools: tuple[Pool, ...], names: list[str]) -> dict[str, Record]:
    view: dict[str, Record] = {}
    addresses = [server.address for pool in pools for server in pool.servers]
    own = {pool.external_fqdn: draw(st.sampled_from(pool.servers)).address for pool in pools}
    for name in names:
        how = draw(st.integers(1, 16))
        if how <= 4:
            view[name] = own.get(name, addresses[0])
        elif how == 5:
            view[name] = ()
        elif how == 6:
            view[name] = draw(st.sampled_from(addresses))
    return view


@st.composite
def _outside_view(draw: st.DrawFn, pools: tuple[Pool, ...]) -> dict[str, Record]:
    hidden = [pool.external_fqdn for pool in pools if draw(st.integers(1, 16)) == 1]
    return {name: draw(st.sampled_from([(), "10.0.0.10"])) for name in hidden}
