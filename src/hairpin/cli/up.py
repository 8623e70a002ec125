"""`hairpin up`: the deployment on this machine, and the story of its sign-in."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from hairpin.cli import gateway
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
from hairpin.cli.front import HOST, PORT, Front, described, front_of
from hairpin.cli.ready_text import tell_front, tell_ready
from hairpin.deployment.file import built_in
from hairpin.deployment.model import Deployment, User
from hairpin.lab.lab import Lab, LabError, with_passwords

OnceOption = Annotated[bool, typer.Option("--once", help="End after the story instead of staying up.")]
PortOption = Annotated[
    int | None,
    typer.Option(min=1, max=65534, help="Port of the gateway; its sample page gets the next one."),
]


def run(
    deployment: DeploymentOption = DEFAULT_DEPLOYMENT,
    once: OnceOption = False,
    port: PortOption = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Put the gateway in front of a deployment, so that a browser on this machine signs in.

    Without a deployment file it stands in front of a lab on loopback, and the story of a sign-in to that lab is
    told first: how it goes, why it fails, and what helps. With a deployment file it stands in front of the real
    servers (`hairpin gateway` has the options); with `--once` too, the story is told of a lab made from that file.

    With `--format json` the first line is one object with the addresses, certificate, users and the gateway's
    origin, printed when everything is ready, and the second the story. Exit code 0: everything went as foreseen
    from the deployment file; 1: it did not.

    Example: `hairpin up --once`
    """
    if deployment not in built_in() and not once:
        gateway.run(deployment, listen=f"{HOST}:{port or PORT}", format=format)
    lab = with_passwords(deployment_of(deployment))
    user = next((one for one in lab.users if one.enabled), None)
    if user is None:
        raise Unusable(f"{deployment}: has no user who could sign in; add a [[user]] with sip and pool")
    raise typer.Exit(until_stopped(_up(lab, user, port, once=once, format=format)))


async def _up(deployment: Deployment, user: User, port: int | None, *, once: bool, format: Format) -> int:
    try:
        async with Lab(deployment) as lab, front_of(lab, port) as front:
            told = _in_json if format is Format.JSON else _in_text
            code = await told(lab, front, deployment, user, once)
            if not once:
                await asyncio.Event().wait()
            return code
    except LabError as error:
        raise Unusable(str(error)) from None


async def _in_json(lab: Lab, front: Front, deployment: Deployment, user: User, once: bool) -> int:  # noqa: ARG001
    tell_json(described(lab.describe(), front))
    from hairpin.cli.story import Story, tell  # after the first line, which somebody waits for

    outcomes = tuple([told async for told in tell(lab, deployment, user)])
    story = Story(deployment=deployment.name, user=user.address, outcomes=outcomes)
    tell_json(story)
    return 0 if story.is_as_foreseen else 1


async def _in_text(lab: Lab, front: Front, deployment: Deployment, user: User, once: bool) -> int:
    from hairpin.cli.story import tell
    from hairpin.cli.story_text import tell_chapter

    console = Console(highlight=False)
    console.print(f"{user.name or user.address} signs in to [bold]{deployment.name}[/bold].\n")
    as_foreseen = True
    async for told in tell(lab, deployment, user):
        tell_chapter(told, console)
        as_foreseen = as_foreseen and told.as_foreseen
    if not once:
        tell_front(front, console)
        tell_ready(lab.describe(), console)
    return 0 if as_foreseen else 1
