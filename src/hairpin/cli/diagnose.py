"""`hairpin diagnose`: what is wrong in a capture, and who must change what."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from hairpin.cli.call import DeploymentOption, Unusable, deployment_of
from hairpin.doctor.finding import Owner
from hairpin.doctor.report import as_html, as_json, as_junit, as_markdown, as_sarif, tell_verdict
from hairpin.doctor.verdict import examine
from hairpin.trace import BadCapture, load


class ReportFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


FilesArgument = Annotated[
    list[str], typer.Argument(metavar="FILE…", help="Captures of one deployment; - is standard input.")
]
ReportOption = Annotated[ReportFormat, typer.Option("--format", help="For whom the report is.")]
ReaderOption = Annotated[
    Owner | None, typer.Option("--for", help="A Markdown ticket for this reader alone.", metavar="READER")
]

_WRITERS = {
    ReportFormat.JSON: as_json,
    ReportFormat.HTML: as_html,
    ReportFormat.SARIF: as_sarif,
    ReportFormat.JUNIT: as_junit,
}


def run(
    files: FilesArgument,
    reader: ReaderOption = None,
    deployment: DeploymentOption = "",
    format: ReportOption = ReportFormat.TEXT,
) -> None:
    """Say what went wrong in captures of a sign-in: HAR, SAZ, mitmproxy flows, pcap, NetLog, IIS logs or text.

    A deployment file says what should be and makes the verdict sharper. Readers for --for are dns-admin,
    proxy-admin, server-admin, network-admin, client-admin, app-developer and user.

    Example: `hairpin diagnose failing.har --for dns-admin`
    """
    should_be = deployment_of(deployment) if deployment else None
    try:
        journeys = load(files, sys.stdin.buffer)
    except BadCapture as error:
        raise Unusable(str(error)) from None
    verdict = examine(journeys, should_be)
    if reader is not None or format is ReportFormat.MARKDOWN:
        typer.echo(as_markdown(verdict, reader))
    elif format is ReportFormat.TEXT:
        tell_verdict(verdict, Console(highlight=False))
    else:
        typer.echo(_WRITERS[format](verdict))
    raise typer.Exit(verdict.exit_code)
