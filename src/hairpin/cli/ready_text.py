"""A running lab, told to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hairpin.lab.ready import Machine, Ready

if TYPE_CHECKING:
    from hairpin.cli.front import Front


def tell_front(front: Front, console: Console) -> None:
    """Print what a browser on this machine opens."""
    console.print(f"[bold]Gateway[/bold]  {front.origin}: all of it under one origin, no DNS needed")
    for name, url in front.pools.items():
        console.print(f"  pool {escape(name)} is {escape(url)}/", soft_wrap=True)
    console.print(f"  open {front.page} and sign in as one of the users below\n", soft_wrap=True)


def tell_ready(ready: Ready, console: Console | None = None) -> None:
    """Print where everything is and who may sign in."""
    console = console or Console(highlight=False)
    console.print(f"[bold]{escape(ready.deployment)}[/bold] is up on {ready.block}. Ctrl-C stops it.")
    for table in (_machines(ready), _names(ready), _users(ready)):
        console.print()
        console.print(table)
    console.print(f"\nTrust   {ready.certificate_authority}", soft_wrap=True)
    for view, urls in ready.entry_points.items():
        console.print(f"Discovery {view}: {', '.join(urls) or 'none'}", soft_wrap=True)
    if ready.app:
        console.print(f"Sample page that signs in: {ready.app}", soft_wrap=True)


def _machines(ready: Ready) -> Table:
    table = _table("Machine", "In the file", "Here", "Listens on")
    for machine in ready.machines:
        table.add_row(escape(machine.name), machine.address, machine.loopback, _ports(machine))
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
    table = _table("DNS", "Server", "Port", "Over https")
    for server in ready.dns:
        table.add_row(server.view, server.address, str(server.port), server.https)
    return table


def _users(ready: Ready) -> Table:
    table = _table("User", "Logs on as", "Password", "Home pool")
    for user in ready.users:
        table.add_row(*map(escape, (user.sip, user.logon, user.password, user.pool)))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
