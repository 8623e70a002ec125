"""The story, told to a person."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from hairpin.cli.lines import trace_table
from hairpin.cli.story import Told
from hairpin.doctor.report import tell_findings
from hairpin.signin.journey import Outcome


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
