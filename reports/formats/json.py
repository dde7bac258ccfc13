"""The JSON format: a document is its own JSON, field by field, and nothing is added."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from typing import TypeAlias

_Json: TypeAlias = "bool | int | float | str | list[_Json] | dict[str, _Json] | None"


def render(document: object) -> str:
    """Write a frozen dataclass so that a program can read it: same document, same text."""
    if not dataclasses.is_dataclass(document) or isinstance(document, type):
        raise TypeError(f"a JSON report is made of a dataclass, not of {type(document).__name__}")
    text = json.dumps(_value(document, ""), indent=2, ensure_ascii=False, allow_nan=False)
    return _encodable(text) + "\n"


def _value(value: object, where: str) -> _Json:
    # An enum may be a str or an int as well, so it is asked for first.
    if isinstance(value, enum.Enum):
        return _value(value.value, where)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_value(item, f"{where}[{index}]") for index, item in enumerate(value)]
    return _object(value, where)


def _object(value: object, where: str) -> _Json:
    if isinstance(value, dict):
        return {_key(key, where): _value(item, f"{where}[{key!r}]") for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: _value(getattr(value, name), f"{where}.{name}") for name in names}
    raise TypeError(f"{where.lstrip('.')}: a {type(value).__name__} has no JSON form")


def _key(key: object, where: str) -> str:
    # json.dumps would turn 1, True and None into strings, and two keys into one.
    if isinstance(key, str) and not isinstance(key, enum.Enum):
        return key
    raise TypeError(f"{where.lstrip('.')}: the key {key!r} is not a string")


def _encodable(text: str) -> str:
    """Escape unpaired surrogates (undecodable file names hold them), which UTF-8 cannot carry."""
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)
