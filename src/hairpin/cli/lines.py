"""A journey for a reader: one line an exchange, for programs as a struct, for people as a table."""

from __future__ import annotations

import msgspec
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from hairpin.signin.steps import Step
from hairpin.wire.origin import host_of, maybe_origin


class Line(msgspec.Struct, frozen=True):
    """One exchange of the trace. ``address`` is the machine's in the deployment file."""

    role: str
    method: str
    url: str
    kind: str
    source: str | None
    address: str | None
    status: int | None
    failure: str | None
    server: str | None
    diagnostics: str | None
    challenge: str | None


def line_of(step: Step) -> Line:
    """The line of one step."""
    exchange = step.exchange
    challenge = getattr(step.answer, "challenge", None)
    return Line(
        role=str(step.role),
        method=step.request.method,
        url=step.request.url,
        kind=str(exchange.kind),
        source=None if exchange.source is None else str(exchange.source),
        address=exchange.address,
        status=step.status,
        failure=None if exchange.failure is None else str(exchange.failure),
        server=step.server_fqdn,
        diagnostics=None if step.diagnostics is None else str(step.diagnostics),
        challenge=None if challenge is None else challenge.href,
    )


def trace_table(lines: tuple[Line, ...]) -> Padding:
    """The trace as a table for a terminal."""
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(line.method, escape(host_of(line.url)), line.role, _end(line))
    return Padding(table, (0, 0, 0, 2))


def _end(line: Line) -> str:
    """How an exchange ended, in red where a client cannot go on from there."""
    if line.failure is not None:
        return (
            f"[red]{line.failure}[/red]"
            if line.failure.startswith("blocked")
            else f"[dim]{line.failure}[/dim]"
        )
    if line.diagnostics is not None:
        return f"[red]{line.status} {escape(line.diagnostics.partition(';')[0])}[/red]"
    ticket = maybe_origin(line.challenge)
    if ticket is None:
        return str(line.status)
    color = "dim" if ticket.host == host_of(line.url) else "red"
    return f"{line.status} [{color}]tickets at {escape(ticket.host)}[/{color}]"
