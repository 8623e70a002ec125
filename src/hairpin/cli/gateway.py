"""`hairpin gateway`: the reverse proxy in front of a real deployment."""

from __future__ import annotations

import asyncio
import ssl
from enum import StrEnum
from functools import partial
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from hairpin.cli.call import (
    DeploymentOption,
    Format,
    FormatOption,
    Unusable,
    deployment_of,
    pem_of,
    tell_json,
    until_stopped,
)
from hairpin.deployment.model import Deployment
from hairpin.gateway.config import Config, Listen, from_deployment
from hairpin.gateway.plan import Plan
from hairpin.gateway.serve import Gateway
from hairpin.gateway.serve import run as run_gateway
from hairpin.gateway.tunnel import Tunnel, targets
from hairpin.wire.origin import BadUrl, origin_of

SCHEMA = "hairpin.gateway/1"
LISTEN = "127.0.0.1:8765"


class Mode(StrEnum):
    COLLAPSE = "collapse"
    STRAIGHT = "straight"
    TUNNEL = "tunnel"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed when connections are taken, schema ``hairpin.gateway/1``.

    ``origins`` are the public bases, ``pools`` name → URL under the first; for a tunnel ``pac`` is its PAC file.
    """

    schema: str = SCHEMA
    mode: Mode
    deployment: str
    listen: str
    origins: tuple[str, ...] = ()
    pools: dict[str, str] = {}
    pac: str | None = None


ModeOption = Annotated[
    Mode, typer.Option(help="One origin for everything, the real names with 443 → 4443, or a CONNECT proxy.")
]
ListenOption = Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="Where to listen.")]
PublicOption = Annotated[
    list[str] | None,
    typer.Option(metavar="URL", help="The base that clients use, with its path; may be repeated."),
]
OriginOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN", help="Pages of this origin may call; https://*.contoso.com too; may be repeated."
    ),
]
CertificateOption = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE,KEY", help="PEM chain and key for TLS; repeat for more names (SNI)."),
]
TrustOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="PEM authorities to trust for the servers.")
]
UnverifiedOption = Annotated[
    bool, typer.Option("--unverified", help="Do not verify the servers' certificates.")
]
VouchOption = Annotated[
    bool,
    typer.Option("--vouch", help="Tell the servers an origin of their own list for every page allowed here."),
]
WorkersOption = Annotated[int, typer.Option(min=1, max=64, help="Processes that share the port.")]
LogOption = Annotated[str | None, typer.Option(metavar="FILE", help="Access log, one JSON object a line.")]


def run(
    deployment: DeploymentOption,
    mode: ModeOption = Mode.COLLAPSE,
    listen: ListenOption = LISTEN,
    public: PublicOption = None,
    origin: OriginOption = None,
    certificate: CertificateOption = None,
    trust: TrustOption = None,
    unverified: UnverifiedOption = False,
    vouch: VouchOption = False,
    workers: WorkersOption = 1,
    access_log: LogOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Stand in front of a deployment so that browsers sign in with no DNS change.

    Addresses and names come from the deployment file; DNS is not asked. SIGHUP reads the file and the
    certificates anew. Metrics are under /metrics, health under /healthz and /readyz.

    Example: `hairpin gateway --deployment pools.toml --origin https://app.contoso.com`
    """
    host, port = _address(listen)
    if mode is Mode.TUNNEL:
        raise typer.Exit(until_stopped(_tunnel(deployment_of(deployment), host, port, format)))

    def load() -> Config:
        described = deployment_of(deployment)
        pairs = _pairs(certificate)
        chain, key = pairs[0] if pairs else (None, None)
        scheme = "https" if certificate else "http"
        shown = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host
        return Config(
            sites=from_deployment(
                described,
                ca=trust and pem_of("--trust", trust),
                verify=not unverified,
                vouch=vouch,
                # As the web sites expect it of a reverse proxy: 80 to 8080, as 443 to 4443.
                plain=mode is Mode.STRAIGHT and not certificate,
            ),
            public=tuple(public or [f"{scheme}://{shown}:{port}"]),
            listen=(Listen(host, port, chain, key, tuple(pairs[1:])),),
            origins=tuple(map(_page, origin or ())),
            straight=mode is Mode.STRAIGHT,
            access_log=access_log,
        )

    try:
        config = load()
        Plan(config)
        ready = partial(_tell, deployment_of(deployment), config, mode, format)
        raise typer.Exit(run_gateway(config, load=load, workers=workers, ready=ready))
    except BadUrl as error:
        raise Unusable(str(error)) from None
    except ssl.SSLError as error:
        raise Unusable(f"--certificate or --trust: {error.reason or error}") from None
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        raise Unusable(f"{named}{error.strerror or error}") from None
    except ValueError as error:
        raise Unusable(str(error)) from None


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise Unusable(f"--listen {listen}: is not ADDRESS:PORT, such as {LISTEN}")
    return host.strip("[]"), int(port)


def _page(origin: str) -> str:
    try:
        whole = str(origin_of(origin.replace("*", "any", 1))).replace("any", "*", 1) == origin.lower()
    except BadUrl:
        whole = False
    if not whole:
        raise Unusable(
            f"--origin {origin}: is not an origin, such as https://app.contoso.com or https://*.contoso.com"
        )
    return origin.lower()


def _pairs(certificates: list[str] | None) -> list[tuple[str, str]]:
    found = []
    for one in certificates or ():
        chain, _, key = one.partition(",")
        if not key:
            raise Unusable(f"--certificate {one}: is not FILE,KEY, the chain and the key as PEM files")
        found.append((pem_of("--certificate", chain), pem_of("--certificate", key)))
    return found


async def _tell(deployment: Deployment, config: Config, mode: Mode, format: Format, gateway: Gateway) -> None:
    host, port = gateway.addresses[0]
    base = config.public[0].rstrip("/")
    straight = mode is Mode.STRAIGHT
    scheme = "https" if config.listen[0].certificate else "http"
    running = Running(
        mode=mode,
        deployment=deployment.name,
        listen=f"{host}:{port}",
        origins=tuple(f"{scheme}://{site.host}" for site in config.sites) if straight else config.public,
        pools={} if straight else {pool.name: f"{base}/{pool.name}" for pool in deployment.pools},
    )
    _show(running, format)


async def _tunnel(deployment: Deployment, host: str, port: int, format: Format) -> int:
    try:
        async with Tunnel(targets(deployment), host, port) as tunnel:
            at = ":".join(map(str, tunnel.address))
            _show(
                Running(
                    mode=Mode.TUNNEL, deployment=deployment.name, listen=at, pac=f"http://{at}/proxy.pac"
                ),
                format,
            )
            await asyncio.Event().wait()
    except OSError as error:
        raise Unusable(f"cannot listen on {host} port {port}: {error.strerror or error}") from None
    return 0


def _show(running: Running, format: Format) -> None:
    if format is Format.JSON:
        tell_json(running)
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"The gateway is in front of [bold]{running.deployment}[/bold]. Ctrl-C stops it.")
    console.print(f"Listens on {running.listen}, {running.mode}")
    for origin in running.origins:
        console.print(f"  {origin}")
    for name, url in running.pools.items():
        console.print(f"  pool {name} is {url}/")
    if running.pac:
        console.print(f"  PAC file for browsers: {running.pac}")
