"""What the codes of this protocol mean, from `codes.toml`: every one names the failures to look at next."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from hairpin.wire.diagnostics import REASONS


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a code means here, and the failures it may be a sign of."""

    meaning: str
    failures: tuple[str, ...] = ()


@cache
def codes() -> dict[str, Code]:
    """Every code as it appears on the wire."""
    return msgspec.toml.decode(
        files("hairpin.doctor").joinpath("codes.toml").read_bytes(), type=dict[str, Code]
    )


def code_named(text: str) -> tuple[str, Code] | None:
    """The code somebody typed and what it means; any case, with or without ``net::`` before it."""
    wanted = text.strip().lower().removeprefix("net::")
    return next(((name, code) for name, code in codes().items() if name.lower() == wanted), None)


def reason_of(name: str) -> str | None:
    """The words servers send with a diagnostics id."""
    return REASONS[int(name)][1] if name.isdigit() and int(name) in REASONS else None
