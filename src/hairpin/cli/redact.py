"""`hairpin redact`: the same capture without its secrets, to be handed on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hairpin.cli.call import Format, FormatOption, Unusable, tell_json
from hairpin.trace import BadCapture
from hairpin.trace.source import open_source
from hairpin.trace.write import without_secrets

FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="A capture; - is standard input.")]
OutputOption = Annotated[
    str, typer.Option("--output", "-o", metavar="FILE", help="Where the copy goes; never FILE itself.")
]


def run(file: FileArgument, output: OutputOption, format: FormatOption = Format.TEXT) -> None:
    """Write a HAR, SAZ, mitmproxy flow file or pasted text again without passwords, tokens and cookies.

    The doctor gives the same verdict on the copy. What was taken out is counted on standard error, with
    --format json on standard output.

    Example: `hairpin redact failing.har --output for-the-ticket.har`
    """
    target = Path(output)
    if file != "-" and target.exists() and target.samefile(file):
        raise Unusable(f"{output}: is the capture itself, which stays as it is: name another file")
    try:
        copy = without_secrets(open_source(file, sys.stdin.buffer))
    except BadCapture as error:
        raise Unusable(str(error)) from None
    _put(target, copy.data)
    taken = {kind: count for kind, count in sorted(copy.taken.items()) if count}
    if format is Format.JSON:
        tell_json({"format": copy.format, "output": output, "taken": taken})
        return
    typer.echo(f"{output}: the {copy.format} without its secrets; taken out:", err=True)
    for kind, count in taken.items():
        typer.echo(f"{count:6} × {kind}", err=True)
    if not taken:
        typer.echo("       nothing: there was no secret in it", err=True)


def _put(target: Path, data: bytes) -> None:
    """Put a whole file in its place, or none. Raises Unusable."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part") if target.name else target
    try:
        with part.open("xb") as file:
            file.write(data)
        try:
            part.replace(target)
        except OSError:
            part.unlink()
            raise
    except OSError as error:
        raise Unusable(f"{target}: {error.strerror or error}") from None
