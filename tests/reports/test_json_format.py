"""The JSON format: the document itself, the same every time, and no guess about types it does not know."""

from __future__ import annotations

import enum
import json as standard_json
import math
import pathlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.formats import json


class Level(enum.StrEnum):
    HIGH = "high"


class Order(enum.Enum):
    FIRST = 1


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    uses: int = 0
    inner: Member | None = None


@dataclass(frozen=True)
class Holder:
    value: object


@dataclass(frozen=True, slots=True)
class Report:
    zebra: str
    apple: tuple[Member, ...] = ()
    level: Level = Level.HIGH
    shares: dict[str, float] = field(default_factory=dict)


def read(document: object) -> object:
    return standard_json.loads(json.render(document))


def test_a_document_is_written_field_by_field_in_its_own_order() -> None:
    assert json.render(Report("ä<b>", (Member("x", 2, Member("y")),), shares={"b": 0.5, "a": 1.0})) == (
        "{\n"
        '  "zebra": "ä<b>",\n'
        '  "apple": [\n'
        "    {\n"
        '      "name": "x",\n'
        '      "uses": 2,\n'
        '      "inner": {\n'
        '        "name": "y",\n'
        '        "uses": 0,\n'
        '        "inner": null\n'
        "      }\n"
        "    }\n"
        "  ],\n"
        '  "level": "high",\n'
        '  "shares": {\n'
        '    "b": 0.5,\n'
        '    "a": 1.0\n'
        "  }\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (("a", ("b",)), ["a", ["b"]]),
        (["a"], ["a"]),
        ((), []),
        (Order.FIRST, 1),
        ({"a": Level.HIGH}, {"a": "high"}),
        (True, True),
        (None, None),
        ("bad\udcff.py", "bad\udcff.py"),
    ],
    ids=[
        "tuples are lists, however deep",
        "lists are lists",
        "an empty tuple is an empty list",
        "an enum is its value",
        "an enum inside a mapping is its value",
        "a truth value stays one",
        "nothing is null",
        "an undecodable file name survives",
    ],
)
def test_a_value_is_written_as(value: object, expected: object) -> None:
    assert read(Holder(value)) == {"value": expected}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (pathlib.PurePosixPath("a"), r"^value: a PurePosixPath has no JSON form$"),
        (frozenset({"a"}), r"^value: a frozenset has no JSON form$"),
        (b"a", r"^value: a bytes has no JSON form$"),
        (Member, r"^value: a type has no JSON form$"),
        ((1, Holder({"k": 1j})), r"^value\[1\]\.value\['k'\]: a complex has no JSON form$"),
        ({1: "a"}, r"^value: the key 1 is not a string$"),
        ({Level.HIGH: "a"}, r"^value: the key .* is not a string$"),
    ],
    ids=[
        "a path, which differs between systems",
        "a set, which has no order",
        "bytes",
        "a class instead of its instance",
        "a number JSON does not know, with the way to it",
        "a mapping with a number as key",
        "a mapping with an enum as key",
    ],
)
def test_a_type_without_a_json_form_is_an_error(value: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        json.render(Holder(value))


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=["not a number", "infinity"])
def test_a_number_json_cannot_write_is_an_error(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        json.render(Holder(value))


@pytest.mark.parametrize("document", [{"a": 1}, "text", None, Member], ids=["a dict", "a string", "nothing", "a class"])
def test_only_a_document_is_a_report(document: object) -> None:
    with pytest.raises(TypeError, match="made of a dataclass"):
        json.render(document)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_whatever_json_knows_comes_back_the_same(value: object) -> None:
    assert read(Holder(value)) == {"value": value}


@given(st.text(st.characters(categories=["L", "N", "P", "Cs", "Cc"])))
def test_the_text_can_always_be_written_as_utf_8(text: str) -> None:
    written = json.render(Holder(text))
    assert standard_json.loads(written.encode("utf-8")) == {"value": text}
    assert written.endswith("}\n")
