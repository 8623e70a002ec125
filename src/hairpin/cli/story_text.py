"""The story, told to a person."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from hairpin.cli.story import Line, Told
from hairpin.doctor import Finding, Owner, Severity
from hairpin.signin.journey import Outcome

_HANDS = {
    Owner.DNS_ADMIN: "Whoever runs internal DNS",
    Owner.PROXY_ADMIN: "Whoever runs the reverse proxy",
    Owner.SERVER_ADMIN: "Whoever runs the Lync or Skype for Business servers",
    Owner.NETWORK_ADMIN: "Whoever runs the network",
    Owner.CLIENT_ADMIN: "Whoever runs the users' machines",
    Owner.APP_DEVELOPER: "Whoever writes the application",
    Owner.USER: "The user",
}


def tell_chapter(told: Told, console: Console) -> None:
    """Print one sign-in: how it ended, its trace, and what the doctor says."""
    works = told.outcome is Outcome.SIGNED_IN
    mark = "[green]signed in[/green]" if works else "[red]sign-in fails[/red]"
    console.print(f"[bold]{escape(told.title)}[/bold]: {mark}")
    console.print(_trace(told.trace))
    if not told.as_foreseen:
        console.print("  [yellow]This is not what was foreseen from the deployment file.[/yellow]")
    for finding in told.findings:
        if finding.severity is not Severity.INFO:
            _tell_finding(finding, console)
    console.print()


def _trace(lines: tuple[Line, ...]) -> Padding:
    table = Table.grid(padding=(0, 2))
    for column in ("method", "url", "end", "by"):
        table.add_column(column, overflow="fold", no_wrap=column == "method")
    for line in lines:
        table.add_row(line.method, escape(_shown(line.url)), _end(line), escape(line.server or ""))
        if line.challenge:
            table.add_row("", f"[dim]a ticket is to be had at {escape(line.challenge)}[/dim]", "", "")
    return Padding(table, (0, 0, 0, 2))


def _shown(url: str) -> str:
    return url.partition("?")[0]


def _end(line: Line) -> str:
    if line.failure is not None:
        return f"[red]{line.failure}[/red]" if line.failure.startswith("blocked") else line.failure
    text = str(line.status)
    code = (line.diagnostics or "").partition(";")[0]
    return f"[red]{text} {code}[/red]" if code else text


def _tell_finding(finding: Finding, console: Console) -> None:
    console.print(
        Padding(f"[bold red]{escape(finding.id)}[/bold red]  {escape(finding.title)}", (1, 0, 0, 2))
    )
    console.print(Padding(escape(finding.says), (0, 0, 0, 2)))
    for remedy in finding.remedies:
        who = _HANDS[remedy.owner or finding.owner]
        console.print(Padding(f"[bold]{who}[/bold]: {escape(remedy.text)}", (1, 0, 0, 2)))
        for tool, commands in remedy.commands[:1]:
            console.print(Padding(f"[dim]{escape(tool)}[/dim]\n{escape(commands)}", (0, 0, 0, 4)))
    others = [tool for remedy in finding.remedies for tool, _ in remedy.commands[1:]]
    if others:
        more = f"Commands for {', '.join(others)}: hairpin explain {finding.id}"
        console.print(Padding(f"[dim]{escape(more)}[/dim]", (1, 0, 0, 2)))
