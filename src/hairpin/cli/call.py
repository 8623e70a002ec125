"""What every verb shares: its usual options, one line for an unusable call, and ending on a signal."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from hairpin.deployment.file import DEFAULT, BadDeployment, load
from hairpin.deployment.model import Deployment


class Unusable(Exception):
    """The input or the call cannot be used; the text is the one line that says why."""


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="For a person or for a program.")]
DeploymentOption = Annotated[
    str,
    typer.Option(
        "--deployment", "-d", metavar="FILE", help="A deployment file, or the name of a built-in one."
    ),
]
DEFAULT_DEPLOYMENT = DEFAULT


def deployment_of(source: str) -> Deployment:
    """The deployment a verb was given. Raises Unusable."""
    try:
        return load(source)
    except BadDeployment as error:
        raise Unusable(str(error)) from None


def pem_of(option: str, path: str) -> str:
    """The path of a PEM file that can be read. Raises Unusable."""
    try:
        if "-----BEGIN " not in Path(path).read_text(errors="replace"):
            raise Unusable(f"{option} {path}: is not a PEM file")
    except OSError as error:
        raise Unusable(f"{option} {path}: {error.strerror}") from None
    return path


def tell_json(document: object) -> None:
    """One object on one line, written at once, since a program may be waiting for it."""
    typer.echo(msgspec.json.encode(document).decode())


def until_stopped(work: Coroutine[Any, Any, int]) -> int:
    """Run a verb's work to its end, or to SIGINT or SIGTERM, which let it clean up; gives the exit code."""
    return asyncio.run(_until_stopped(work))


async def _until_stopped(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0
