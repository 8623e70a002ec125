"""The story, told to a person."""

from __future__ import annotations

import textwrap
from itertools import islice

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from hairpin.cli.lines import trace_table
from hairpin.cli.story import Told
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
    console.print(trace_table(told.trace))
    if not told.as_foreseen:
        console.print("  [yellow]This is not what was foreseen from the deployment file.[/yellow]")
    tell_findings(told.findings, console)
    console.print()


def tell_findings(findings: tuple[Finding, ...], console: Console) -> None:
    """Print what the doctor found, for whom to change what; what is only worth knowing is left out."""
    for finding in findings:
        if finding.severity is not Severity.INFO:
            _tell_finding(finding, console)


def _tell_finding(finding: Finding, console: Console) -> None:
    console.print(
        Padding(f"[bold red]{escape(finding.id)}[/bold red]  {escape(finding.title)}", (1, 0, 0, 2))
    )
    console.print(Padding(escape(finding.says), (0, 0, 0, 2)))
    for remedy in finding.remedies:
        who = _HANDS[remedy.owner or finding.owner]
        console.print(Padding(f"[bold]{who}[/bold]: {escape(remedy.text)}", (1, 0, 0, 2)))
        for tool, commands in islice(dict(remedy.commands).items(), 1):
            console.print(Padding(f"[dim]{escape(tool)}[/dim]", (0, 0, 0, 4)))
            console.print(textwrap.indent(escape(commands), "    "), soft_wrap=True)
    console.print(
        Padding(f"[dim]Other ways to type it: hairpin explain {escape(finding.id)}[/dim]", (1, 0, 0, 2))
    )
