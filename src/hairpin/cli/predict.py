"""`hairpin predict`: every vantage × user × client, from the deployment file, before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hairpin.cli.call import (
    DEFAULT_DEPLOYMENT,
    DeploymentOption,
    Format,
    FormatOption,
    Unusable,
    deployment_of,
    tell_json,
)
from hairpin.cli.lines import Line, line_of, trace_table
from hairpin.deployment.changes import with_dns_fixed, with_equal_names
from hairpin.deployment.model import Deployment, User
from hairpin.deployment.routing import INSIDE, OUTSIDE
from hairpin.predict import Prediction, foresee
from hairpin.predict.cause import HEALTHY, UNKNOWN
from hairpin.signin.wish import CLIENTS

SCHEMA = "hairpin.prediction/1"
CHANGES: dict[str, Callable[[Deployment], Deployment]] = {
    "dns-fixed": with_dns_fixed,
    "equal-names": with_equal_names,
}

Choice = TypeVar("Choice")

AfterOption = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="CHANGE|FILE",
        help=f"Foresee a change too: {' or '.join(CHANGES)}, or the deployment file as it will be.",
    ),
]
VantageOption = Annotated[str | None, typer.Option(help="Only from here: inside or outside.")]
UserOption = Annotated[str | None, typer.Option(help="Only this user: SIP address or logon name.")]
ClientOption = Annotated[str | None, typer.Option(help=f"Only this kind of client: {', '.join(CLIENTS)}.")]
TraceOption = Annotated[bool, typer.Option("--trace", help="Show every exchange of each sign-in.")]


class Foreseen(msgspec.Struct, frozen=True):
    """One sign-in. ``verdict`` is a failure id, ``healthy`` or ``unknown``; ``after`` the one with the change."""

    vantage: str
    user: str
    client: str
    outcome: str
    verdict: str
    why: str
    after: Foreseen | None
    trace: tuple[Line, ...]


class Prophecy(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the verb, schema ``hairpin.prediction/1``."""

    schema: str = SCHEMA
    deployment: str
    after: str | None
    sign_ins: tuple[Foreseen, ...]


def run(
    deployment: DeploymentOption = DEFAULT_DEPLOYMENT,
    after: AfterOption = None,
    vantage: VantageOption = None,
    user: UserOption = None,
    client: ClientOption = None,
    trace: TraceOption = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Foresee every sign-in of a deployment, and with --after what a change does to each, without a socket.

    Exit code 0: every sign-in works (after the change, if one is given); 1: at least one fails.

    Example: `hairpin predict --after dns-fixed`
    """
    before = deployment_of(deployment)
    changed = None if after is None else CHANGES[after](before) if after in CHANGES else deployment_of(after)
    found = tuple(_sign_ins(before, changed, vantage, user, client))
    if format is Format.JSON:
        tell_json(Prophecy(deployment=before.name, after=after, sign_ins=found))
    else:
        _tell(found, after, trace=trace)
    raise typer.Exit(0 if all((one.after or one).verdict == HEALTHY for one in found) else 1)


def _sign_ins(
    before: Deployment, changed: Deployment | None, vantage: str | None, user: str | None, client: str | None
) -> Iterator[Foreseen]:
    vantages = _chosen("vantage", vantage, {INSIDE: INSIDE, OUTSIDE: OUTSIDE})
    clients = _chosen("client", client, CLIENTS)
    for one in _users(before, user):
        for place in vantages:
            for kind in clients:
                then = None
                if changed is not None and (same := changed.user_named(one.address)) is not None:
                    then = _foreseen(foresee(changed, place, same, kind))
                yield _foreseen(foresee(before, place, one, kind), then)


def _chosen(what: str, wanted: str | None, known: Mapping[str, Choice]) -> tuple[Choice, ...]:
    if wanted is None:
        return tuple(known.values())
    if wanted not in known:
        raise Unusable(f"--{what} {wanted}: there is no such {what}; known are {', '.join(known)}")
    return (known[wanted],)


def _users(deployment: Deployment, wanted: str | None) -> tuple[User, ...]:
    if wanted is None:
        if not deployment.users:
            raise Unusable(f"{deployment.name}: has no user; add a [[user]] with sip and pool")
        return deployment.users
    user = deployment.user_named(wanted)
    if user is None:
        known = ", ".join(one.address for one in deployment.users)
        raise Unusable(f"--user {wanted}: {deployment.name} has no such user; it has {known}")
    return (user,)


def _foreseen(one: Prediction, after: Foreseen | None = None) -> Foreseen:
    lines = tuple(line_of(step) for step in one.journey.steps)
    outcome = str(one.journey.outcome)
    return Foreseen(one.vantage, one.user, one.client, outcome, one.verdict, one.why, after, lines)


def _tell(found: tuple[Foreseen, ...], after: str | None, *, trace: bool) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False)
    for column in ("user", "vantage", "client", "now", *(["after " + after] if after else [])):
        table.add_column(column, overflow="fold")
    for one in found:
        changed = [_word(one.after)] if one.after else ["[dim]no such user[/dim]"] if after else []
        table.add_row(escape(one.user), one.vantage, one.client, _word(one), *changed)
    console.print(table)
    for why in dict.fromkeys(one.why for one in found if one.verdict != HEALTHY):
        console.print(f"  {escape(why)}")
    if trace:
        for one in found:
            console.print(f"\n[bold]{escape(one.user)}, {one.vantage}, {one.client}[/bold]")
            console.print(trace_table(one.trace))


def _word(one: Foreseen) -> str:
    if one.verdict == HEALTHY:
        return "[green]works[/green]"
    return "[red]fails[/red]" if one.verdict == UNKNOWN else f"[red]{one.verdict}[/red]"
