"""Where a TOML document departs from the shape of a struct, in words.

msgspec decides whether a document fits; this walks the same types only afterwards, to name the key (msgspec
leaves the keys of tables out of its paths) and to say what would be right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from msgspec import inspect

_WORDS = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.BoolType: "true or false",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a table",
    inspect.StructType: "a table",
}
_PYTHON = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a key path such as ``pool[0].servers``, and what would be right."""

    path: str
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        told = f"{self.path}: {self.wrong}" if self.path else self.wrong
        return f"{told}; {self.right}" if self.right else told


def departures(value: object, kind: type) -> Iterator[Fault]:
    """Every departure of a plain document from a msgspec type, in the document's order."""
    return _walk(value, inspect.type_info(kind), "")


def meant(word: str, known: tuple[str, ...]) -> str:
    """``did you mean …?`` when a known word is close, else all that is known."""
    close = get_close_matches(word.lower(), known, 1)
    return f"did you mean {close[0]}?" if close else f"must be one of: {', '.join(known)}"


def _walk(value: object, kind: inspect.Type, path: str) -> Iterator[Fault]:
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if _fits(value, one)), kind)
    if isinstance(kind, inspect.LiteralType):
        if value not in kind.values:
            yield Fault(path, f"{value!r} is not allowed", f"allowed: {', '.join(map(str, kind.values))}")
    elif not _fits(value, kind):
        yield Fault(path, f"is {_PYTHON.get(type(value), type(value).__name__)}", f"must be {_words(kind)}")
    elif isinstance(kind, inspect.StructType):
        yield from _table(_dict(value), kind, path)
    elif isinstance(kind, inspect.VarTupleType):
        for index, item in enumerate(_list(value)):
            yield from _walk(item, kind.item_type, f"{path}[{index}]")
    elif isinstance(kind, inspect.DictType):
        for key, item in _dict(value).items():
            if isinstance(kind.key_type, inspect.IntType) and not (key.isascii() and key.isdigit()):
                yield Fault(_join(path, key), "is not a number", "the keys of this table are ports")
            yield from _walk(item, kind.value_type, _join(path, key))


def _table(table: dict[str, object], kind: inspect.StructType, path: str) -> Iterator[Fault]:
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in table.items():
        if key in fields:
            yield from _walk(item, fields[key].type, _join(path, key))
        else:
            yield Fault(_join(path, key), "unknown key", meant(key, tuple(fields)))
    for name, field in fields.items():
        if field.required and name not in table:
            yield Fault(_join(path, name), "is missing", f"must be {_words(field.type)}")


def _fits(value: object, kind: inspect.Type) -> bool:
    """Whether a value is of the right sort, leaving its insides aside."""
    if isinstance(value, bool):
        return isinstance(kind, inspect.BoolType)
    sorts: dict[type, Any] = {
        str: inspect.StrType,
        int: inspect.IntType,
        list: inspect.VarTupleType,
        dict: (inspect.StructType, inspect.DictType),
    }
    expected = sorts.get(type(value))
    return expected is not None and isinstance(kind, expected)


def _words(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.UnionType):
        return " or ".join(word for one in kind.types if (word := _words(one)) != "nothing")
    return _WORDS.get(type(kind), "nothing")


def _join(path: str, key: str) -> str:
    shown = key if key.replace("_", "").replace("-", "").isalnum() else f'"{key}"'
    return f"{path}.{shown}" if path else shown


def _dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value
