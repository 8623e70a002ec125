"""A running lab, told to a person."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from hairpin.lab.ready import Machine, Ready


def tell_ready(ready: Ready, console: Console | None = None) -> None:
    """Print where everything is and who may sign in."""
    console = console or Console(highlight=False)
    console.print(f"[bold]{ready.deployment}[/bold] is up on {ready.block}. Ctrl-C stops it.\n")
    console.print(_machines(ready))
    console.print(_names(ready))
    console.print(_users(ready))
    console.print(f"Certificate authority  {ready.certificate_authority}", soft_wrap=True)
    if ready.app:
        console.print(f"Page that signs in     {ready.app}", soft_wrap=True)


def _machines(ready: Ready) -> Table:
    table = _table("Machine", "In the file", "Here", "Listens on")
    for machine in ready.machines:
        table.add_row(machine.name, machine.address, machine.loopback, _ports(machine))
    return table


def _ports(machine: Machine) -> str:
    if machine.pool is None:
        return ", ".join(str(one.port) for one in machine.listeners)
    sides = dict.fromkeys(one.site for one in machine.listeners)
    return "; ".join(
        f"{side} {', '.join(str(one.port) for one in machine.listeners if one.site is side)}"
        for side in sides
    )


def _names(ready: Ready) -> Table:
    table = _table("DNS", "UDP and TCP", "HTTPS", "Discovery")
    for server in ready.dns:
        points = "\n".join(ready.entry_points.get(server.view, ())) or "none"
        table.add_row(server.view, f"{server.address} port {server.port}", server.https, points)
    return table


def _users(ready: Ready) -> Table:
    table = _table("User", "Logs on as", "Password", "Home pool")
    for user in ready.users:
        table.add_row(user.sip, user.logon, user.password, user.pool)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 1, 0), header_style="dim", title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
