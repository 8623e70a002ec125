"""The deployment file: one TOML file that every verb reads.

`load` is the only way in. It fails with one line that names the file, the key, what is wrong and what would
be right; `docs/deployment-file.md` describes the keys.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from hairpin.deployment.model import Deployment
from hairpin.deployment.shape import Fault, departures
from hairpin.deployment.soundness import faults

DEFAULT = "nnylync"
_SHIPPED = files("hairpin.deployment") / "files"


class BadDeployment(ValueError):
    """A deployment file that cannot be used; the text is one line fit for the person who wrote the file."""


def built_in() -> tuple[str, ...]:
    """The names of the deployments that ship with the package."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _SHIPPED.iterdir()))


def load(source: str | Path = DEFAULT) -> Deployment:
    """Read a deployment file, or a built-in one by its name. Raises BadDeployment."""
    shipped = str(source) in built_in()
    try:
        raw = (_SHIPPED / f"{source}.toml").read_bytes() if shipped else Path(source).read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise BadDeployment(
            f"{source}: {reason}; give a TOML file or one of: {', '.join(built_in())}"
        ) from None
    return loads(raw, str(source))


def loads(raw: bytes, source: str = "deployment") -> Deployment:
    """The deployment in the text of a file; ``source`` is what errors call it. Raises BadDeployment."""
    try:
        document = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadDeployment(f"{source}: is not UTF-8 text (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise BadDeployment(f"{source}: is not TOML: {error}") from None
    except (RecursionError, ValueError) as error:
        raise BadDeployment(f"{source}: is not TOML that can be read: {error}") from None
    document.setdefault("name", Path(source).stem)
    try:
        deployment = msgspec.convert(document, Deployment, str_keys=True)
    except msgspec.ValidationError as error:
        wrong = next(departures(document, Deployment), Fault("", str(error)))
        raise BadDeployment(_one_line(f"{source}: {wrong}")) from None
    check(deployment, source)
    return deployment


def check(deployment: Deployment, source: str = "deployment") -> None:
    """Refuse a deployment that cannot exist, wherever it was made. Raises BadDeployment."""
    wrong = next(faults(deployment), None)
    if wrong is not None:
        raise BadDeployment(_one_line(f"{source}: {wrong}"))


def _one_line(text: str) -> str:
    """The text without the control characters a hostile file may hold."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
