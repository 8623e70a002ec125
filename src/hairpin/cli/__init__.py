"""The command line: one module per verb, each thin.

A verb's module is imported when the verb is called, so that no verb pays for another. What makes a call
unusable is an `Unusable` anywhere below: one line on standard error, exit code 2.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from hairpin.cli.call import Unusable

# Verb → the module whose ``run`` it is, in the order of the help.
VERBS = {
    "up": "hairpin.cli.up",
    "gateway": "hairpin.cli.gateway",
    "lab": "hairpin.cli.lab",
    "sign-in": "hairpin.cli.sign_in",
    "predict": "hairpin.cli.predict",
    "diagnose": "hairpin.cli.diagnose",
    "redact": "hairpin.cli.redact",
    "explain": "hairpin.cli.explain",
}


class _Verbs(TyperGroup):
    """Finds a verb by its name."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 - as the base class has it
        return list(VERBS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ARG002 - as the base class has it
        if cmd_name not in VERBS:
            return None
        verb = typer.Typer(add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False)
        verb.command(cmd_name)(import_module(VERBS[cmd_name]).run)
        command = typer.main.get_command(verb)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Verbs,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback()
def hairpin() -> None:
    """Why a UCWA sign-in to Lync or Skype for Business Server fails, and how to make it work.

    Exit codes: 0 nothing wrong, 1 a fault was found, 2 the input or the call is unusable, 3 inconclusive.
    """


def main() -> None:
    """The program."""
    try:
        app(prog_name="hairpin")
    except Unusable as error:
        typer.echo(f"hairpin: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
