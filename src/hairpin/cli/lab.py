"""`hairpin lab`: a whole deployment on this machine until it is stopped."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from hairpin.cli.call import (
    DEFAULT_DEPLOYMENT,
    DeploymentOption,
    Format,
    FormatOption,
    Unusable,
    deployment_of,
    tell_json,
    until_stopped,
)
from hairpin.cli.ready_text import tell_ready
from hairpin.lab.lab import Lab, LabError

BlockOption = Annotated[
    int | None, typer.Option(min=1, max=254, help="Use 127.N.0.0/16 instead of a free block.")
]
OffsetOption = Annotated[
    int | None,
    typer.Option(min=0, max=60_000, help="Move every port up, when low ports are taken or forbidden."),
]


def run(
    deployment: DeploymentOption = DEFAULT_DEPLOYMENT,
    block: BlockOption = None,
    port_offset: OffsetOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Run a deployment on loopback: DNS per view, certificates, web sites, reverse proxy, sample page.

    It stays until it is stopped with Ctrl-C or a signal. The first line of `--format json` is one object with
    the addresses, DNS servers, certificate and users, printed when everything is ready.

    Example: `hairpin lab --deployment my-pools.toml`
    """
    lab = Lab(deployment_of(deployment), block=block, offset=port_offset)
    raise typer.Exit(until_stopped(_stay(lab, format)))


async def _stay(lab: Lab, format: Format) -> int:
    try:
        async with lab:
            if format is Format.JSON:
                tell_json(lab.describe())
            else:
                tell_ready(lab.describe())
            await asyncio.Event().wait()
    except LabError as error:
        raise Unusable(str(error)) from None
    return 0
