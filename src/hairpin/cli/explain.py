"""`hairpin explain`: everything known about a failure or a code."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markdown import Markdown

from hairpin.cli.call import Format, FormatOption, Unusable, tell_json
from hairpin.doctor.catalogue import BY_ID
from hairpin.doctor.codes import Code, code_named, codes, reason_of
from hairpin.doctor.entry import Entry
from hairpin.doctor.page import page_of

SCHEMA = "hairpin.explanation/1"

NameArgument = Annotated[
    str,
    typer.Argument(metavar="ID|CODE", help="A failure's id, a diagnostics id, a status, an error, or all."),
]


class Failure(msgspec.Struct, frozen=True):
    """A failure: its id, and its page in Markdown unless it is only listed."""

    id: str
    title: str
    owner: str
    seen_by: tuple[str, ...]
    page: str | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the verb, schema ``hairpin.explanation/1``; ``meaning`` and ``reason`` are a code's."""

    schema: str = SCHEMA
    name: str
    meaning: str | None = None
    reason: str | None = None
    failures: tuple[Failure, ...]


def run(name: NameArgument, format: FormatOption = Format.TEXT) -> None:
    """Explain a failure of the catalogue, or a code seen in a trace; `all` lists both.

    Example: `hairpin explain 28032`
    """
    explanation = _explanation(name)
    if format is Format.JSON:
        tell_json(explanation)
    else:
        Console(highlight=False).print(Markdown(_text(explanation)))


def _explanation(name: str) -> Explanation:
    if name == "all":
        return Explanation(name=name, failures=tuple(_failure(entry) for entry in BY_ID.values()))
    if entry := BY_ID.get(name.lower()):
        return Explanation(name=entry.id, failures=(_failure(entry, page_of(entry)),))
    found = code_named(name)
    if found is None:
        raise Unusable(f"{name}: no failure and no code of that name{_guess(name)}")
    known, code = found
    return Explanation(name=known, meaning=code.meaning, reason=reason_of(known), failures=_failures_of(code))


def _failure(entry: Entry, page: str | None = None) -> Failure:
    return Failure(entry.id, entry.title, str(entry.owner), tuple(entry.seen_by), page)


def _failures_of(code: Code) -> tuple[Failure, ...]:
    return tuple(_failure(BY_ID[failure]) for failure in code.failures)


def _guess(name: str) -> str:
    near = get_close_matches(name.lower(), [*BY_ID, *(one.lower() for one in codes())], 1)
    return f"; did you mean {near[0]}?" if near else "; `hairpin explain all` lists them"


def _text(explanation: Explanation) -> str:
    if len(explanation.failures) == 1 and explanation.failures[0].page:
        return explanation.failures[0].page
    lines = [f"# {explanation.name}", ""]
    if explanation.reason:
        lines += [f"The server's words: {explanation.reason}", ""]
    if explanation.meaning:
        lines += [explanation.meaning, ""]
    lines += [f"- `{one.id}`: {one.title}" for one in explanation.failures]
    if explanation.name == "all":
        lines += ["", f"Codes: {', '.join(f'`{code}`' for code in codes())}"]
    return "\n".join(lines)
