"""`hairpin sign-in`: sign one user in to a real deployment, or to a lab, and say how it went."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated
from uuid import uuid4

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
)
from hairpin.cli.lines import Line, line_of, trace_table
from hairpin.client.names import Lookup, name_server, this_machine
from hairpin.client.network import Network
from hairpin.client.signin import SignedIn, sign_in, sign_out
from hairpin.deployment.names import is_address
from hairpin.doctor import Finding, Verdict, examine
from hairpin.signin.wish import CLIENTS, Client, Password, Transport, Wish
from hairpin.wire.origin import BadUrl, Origin, origin_of

SCHEMA = "hairpin.sign-in/1"

UserArgument = Annotated[str, typer.Argument(metavar="USER", help="SIP address, UPN or DOMAIN\\user.")]
PasswordOption = Annotated[
    str | None,
    typer.Option(envvar="HAIRPIN_PASSWORD", help="Asked for on a terminal when left out.", show_envvar=True),
]
DomainOption = Annotated[
    str | None, typer.Option(help="The SIP domain; USER's own unless given.", metavar="DOMAIN")
]
ClientOption = Annotated[str, typer.Option(help=f"The kind of client: {', '.join(CLIENTS)}.")]
PageOption = Annotated[
    str | None, typer.Option(help="Origin of the page that embeds the frame.", metavar="ORIGIN")
]
RootOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Start at this root URL instead of the discovery names; may be repeated.", metavar="URL"
    ),
]
DnsOption = Annotated[
    str | None, typer.Option(help="Resolve through this name server.", metavar="ADDRESS[:PORT]")
]
TrustOption = Annotated[
    Path | None, typer.Option(help="Trust the authorities in this PEM file only.", metavar="FILE")
]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port of the discovery URLs.")]
TimeoutOption = Annotated[float, typer.Option(min=1, help="Seconds to wait for a connection or an answer.")]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the verb, schema ``hairpin.sign-in/1``."""

    schema: str = SCHEMA
    user: str
    client: str
    outcome: str
    why: str
    verdict: str
    findings: tuple[Finding, ...]
    trace: tuple[Line, ...]


def run(
    user: UserArgument,
    password: PasswordOption = None,
    domain: DomainOption = None,
    client: ClientOption = "frame",
    page: PageOption = None,
    root: RootOption = None,
    dns: DnsOption = None,
    trust: TrustOption = None,
    https_port: PortOption = 443,
    timeout: TimeoutOption = 30.0,
    deployment: DeploymentOption = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Sign in as a browser page, a page without the frame, or a script would, sign out again, and explain.

    Give --dns, --trust and --https-port of a running lab to sign in to it; --deployment sharpens the verdict.
    Exit code 0: signed in; 1: a fault was found; 3: it failed and nothing known explains it.

    Example: `hairpin sign-in adele@contoso.com --page https://app.contoso.com`
    """
    sip_domain = domain or user.rpartition("@")[2]
    if "\\" in sip_domain or "." not in sip_domain:
        raise Unusable(f"{user}: names no SIP domain; give it with --domain")
    kind = CLIENTS.get(client)
    if kind is None:
        raise Unusable(f"--client {client}: there is no such client; known are {', '.join(CLIENTS)}")
    wish = Wish(
        sip_domain=sip_domain,
        credentials=Password(user, password if password is not None else _asked()),
        client=kind,
        page=_page(page, kind, sip_domain),
        endpoint_id=str(uuid4()),
        https_port=https_port,
        roots=tuple(_url("--root", one) for one in root or ()),
    )
    session = asyncio.run(
        _sign_in(wish, _lookup(dns), Path(pem_of("--trust", str(trust))) if trust else None, timeout)
    )
    verdict = examine(session.journey, deployment_of(deployment) if deployment else None)
    if format is Format.JSON:
        tell_json(_report(user, client, session, verdict))
    else:
        _tell(user, session, verdict)
    raise typer.Exit(0 if session.works else verdict.exit_code or 3)


def _asked() -> str:
    if not sys.stdin.isatty():
        raise Unusable("no password: give --password, set HAIRPIN_PASSWORD, or run on a terminal")
    return str(typer.prompt("Password", hide_input=True, err=True))


def _page(page: str | None, client: Client, domain: str) -> Origin | None:
    if client.transport is Transport.NATIVE:
        return None
    return origin_of(_url("--page", page or f"https://app.{domain}"))


def _url(option: str, text: str) -> str:
    try:
        origin_of(text)
    except BadUrl as error:
        raise Unusable(f"{option}: {error}") from None
    return text


def _lookup(dns: str | None) -> Lookup:
    if dns is None:
        return this_machine
    address, _, port = dns.partition(":")
    if not is_address(address) or not (port or "53").isdigit() or not 0 < int(port or 53) < 65536:
        raise Unusable(f"--dns {dns}: is not ADDRESS or ADDRESS:PORT, such as 127.0.0.1:53")
    return name_server(address, int(port or 53))


async def _sign_in(wish: Wish, lookup: Lookup, trust: Path | None, patience: float) -> SignedIn:
    async with Network(lookup, trust=trust, patience=patience) as network:
        session = await sign_in(wish, network)
        await sign_out(session, network)
        return session


def _report(user: str, client: str, session: SignedIn, verdict: Verdict) -> Report:
    return Report(
        user=user,
        client=client,
        outcome=str(session.journey.outcome),
        why=session.why,
        verdict=str(verdict.verdict),
        findings=verdict.findings,
        trace=tuple(line_of(step) for step in session.journey.steps),
    )


def _tell(user: str, session: SignedIn, verdict: Verdict) -> None:
    from hairpin.doctor.report import tell_findings

    console = Console(highlight=False)
    mark = "[green]signed in[/green]" if session.works else f"[red]sign-in fails[/red]: {session.why}"
    console.print(f"[bold]{user}[/bold]: {mark}")
    console.print(trace_table(tuple(line_of(step) for step in session.journey.steps)))
    tell_findings(verdict.findings, console)
