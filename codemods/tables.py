"""A TOML table to a frozen dataclass: strict, and every mistake of a file told at once, each with the nearest key."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from codemods.errors import ConfigError
from reports.wording import printable

T = TypeVar("T")
_EXPECTED = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}
INTEGER_BITS = 64  # what TOML promises; Python refuses to print far larger ones
SHOWN = 60  # characters of a wrong value worth repeating
NEAR = 0.5  # difflib's default of 0.6 finds no "id" in "ix"


def load_toml(content: bytes, name: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError naming the file and the line."""
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}: not UTF-8 (line {line}, byte {error.start}); save it as UTF-8") from error
    except RecursionError as error:
        raise ConfigError(f"{name}: nested too deeply to be read; take some of its brackets away") from error
    except ValueError as error:  # beside TOMLDecodeError, a number of thousands of digits
        last = content.rstrip().count(b"\n") + 1
        told = str(error).replace("at end of document", f"at line {last}, the end of the document")
        raise ConfigError(f"{name}: not valid TOML: {printable(told)}") from error


def read_bytes(path: Path) -> bytes:
    """The bytes of a configuration file. Raises ConfigError with the system's reason."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # a path with a null character
        raise ConfigError(f"{printable(str(path))}: cannot be read: {error}") from error


def read_table(table: object, kind: type[T], name: str, where: str = "") -> T:
    """Make a `kind` of a table. Raises ConfigError that lists every problem, one a line: file, key, expectation."""
    problems: list[str] = []
    value = _dataclass(table, kind, where, problems)
    if problems:
        raise ConfigError("\n".join(f"{name}: {problem}" for problem in problems))
    return typing.cast(T, value)


class Key(typing.NamedTuple):
    """One key that a table may have: what is expected of it, and what it is where it is not written."""

    name: str
    expected: str
    required: bool
    default: object
    kind: type | None  # of the tables that it holds


def keys_of(kind: type) -> Iterator[Key]:
    """What `read_table` takes for a `kind`, in the order of its fields."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        inner = next((item for item in (*typing.get_args(hint), hint) if dataclasses.is_dataclass(item)), None)
        yield Key(_key(field), _expected(hint), _required(field), field.default, typing.cast("type | None", inner))


def _dataclass(table: object, kind: type, where: str, problems: list[str]) -> object:
    if not isinstance(table, dict):
        problems.append(f"{where}: expected a table, got {_shown(table)}")
        return None
    fields = {_key(field): field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    meant = {key: _nearest(key, fields) for key in table if key not in fields}
    problems += [f"{_join(where, key)}: unknown key{_suggestion(near, fields)}" for key, near in meant.items()]
    values: dict[str, object] = {}
    for key, field in fields.items():
        if key in table:
            values[field.name] = _value(table[key], hints[field.name], _join(where, key), problems)
        elif _required(field) and key not in meant.values():  # a misspelled key has been told already
            problems.append(f"{_join(where, key)}: missing; expected {_expected(hints[field.name])}")
    return None if problems else kind(**values)


def _value(value: object, hint: Any, where: str, problems: list[str]) -> object:
    if isinstance(hint, types.UnionType):
        return _value(value, _optional(hint), where, problems)
    if dataclasses.is_dataclass(hint):
        return _dataclass(value, typing.cast(type, hint), where, problems)
    origin = typing.get_origin(hint)
    if origin is tuple and isinstance(value, list):
        inner = typing.get_args(hint)[0]
        return tuple(_value(item, inner, f"{where}[{number}]", problems) for number, item in enumerate(value))
    if origin is None and _fits(value, hint):
        return Path(str(value)) if hint is Path else value
    problems.append(f"{where}: expected {_expected(hint)}, got {_shown(value)}")
    return None


def _fits(value: object, hint: type) -> bool:
    if hint is Path:
        return isinstance(value, str)
    if isinstance(value, float):
        return hint is float and math.isfinite(value)
    if type(value) is int:
        return hint in (int, float) and value.bit_length() < INTEGER_BITS
    return type(value) is hint


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _optional(hint: types.UnionType) -> Any:
    """The type in `X | None`; TOML has no null, so a value that is written is an X."""
    return next(argument for argument in typing.get_args(hint) if argument is not types.NoneType)


def _expected(hint: Any) -> str:
    if isinstance(hint, types.UnionType):
        return _expected(_optional(hint))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return "a list of tables" if dataclasses.is_dataclass(inner) else "a list of text"
    return "a table" if dataclasses.is_dataclass(hint) else _EXPECTED.get(hint, "text")


def _shown(value: object) -> str:
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case int() if value.bit_length() >= INTEGER_BITS:
            return f"one of {value.bit_length()} bits"
        case str():
            return _quoted(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")
    return str(value)


def _quoted(text: str) -> str:
    """Text as TOML would write it, on one line."""
    return printable(json.dumps(text, ensure_ascii=False))


def _join(where: str, key: str) -> str:
    shown = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)
    return f"{where}.{shown}" if where else shown


def _key(field: dataclasses.Field[Any]) -> str:
    return field.name.replace("_", "-")


def _nearest(key: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(key.replace("_", "-").lower(), known, n=1, cutoff=NEAR)
    return close[0] if close else ""


def _suggestion(near: str, known: Mapping[str, object]) -> str:
    return f'; did you mean "{near}"?' if near else f"; known keys are {', '.join(sorted(known))}"
