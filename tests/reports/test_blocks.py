"""The blocks: what they refuse, and what the small helpers make."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import get_args

import pytest

from reports.blocks import (
    Block,
    Column,
    Heading,
    Inline,
    Paragraph,
    Span,
    Table,
    code,
    link,
    location,
    pieces,
    plain,
    strong,
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (code("x"), Span("x", "code")),
        (strong("x"), Span("x", "strong")),
        (link("text", "#anchor"), Span("text", "link", "#anchor")),
        (location("a/b.py", 12), Span("a/b.py:12", "location")),
        (location("a/b.py"), Span("a/b.py", "location")),
    ],
    ids=[
        "code marks a name",
        "strong marks what must not be missed",
        "a link carries its target",
        "a location joins path and line",
        "a location without a line is the path alone",
    ],
)
def test_the_helper_makes_the_span(made: Span, expected: Span) -> None:
    assert made == expected


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        ("text", "text"),
        (code("x"), "x"),
        (("see ", link("there", "#there"), ""), "see there"),
        ((), ""),
    ],
    ids=["a string is itself", "a span is its text", "parts are joined without their targets", "nothing is empty"],
)
def test_plain_keeps_the_words_only(inline: Inline, expected: str) -> None:
    assert plain(inline) == expected


@pytest.mark.parametrize(
    ("inline", "expected"),
    [
        ("text", ("text",)),
        ("", ()),
        (("a", "b", code("c"), "d"), ("ab", code("c"), "d")),
        (("a", code(""), "b"), ("ab",)),
        ((code("a"), "", code("b")), (code("a"), code("b"))),
    ],
    ids=[
        "a string becomes one piece",
        "an empty string becomes none",
        "neighbouring strings become one",
        "an empty span vanishes and its neighbours join",
        "an empty string between two spans vanishes",
    ],
)
def test_pieces_are_what_a_format_has_to_write(inline: Inline, expected: tuple[str | Span, ...]) -> None:
    assert pieces(inline) == expected


@pytest.mark.parametrize("level", [0, 7, -1], ids=["level 0", "level 7", "a negative level"])
def test_a_heading_no_format_can_show_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to 6, not {level}"):
        Heading(level, "text")


@pytest.mark.parametrize("row", [(), ("a",), ("a", "b", "c")], ids=["no cell", "a cell too few", "a cell too many"])
def test_a_row_that_does_not_fit_its_columns_is_refused(row: tuple[Inline, ...]) -> None:
    with pytest.raises(ValueError, match=f"row 2 has {len(row)} cells for 2 columns"):
        Table((Column("A"), Column("B")), (("1", "2"), row))


def test_a_table_without_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        Table((), ())


@pytest.mark.parametrize("kind", get_args(Block), ids=lambda kind: f"{kind.__name__} cannot be changed once made")
def test_blocks_are_frozen_and_slotted(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # has no public name
    assert "__slots__" in vars(kind)


def test_equal_blocks_are_equal_and_hashable() -> None:
    assert {Paragraph("a"), Paragraph("a"), Paragraph(("a",))} == {Paragraph("a"), Paragraph(("a",))}


def test_rich_is_loaded_by_the_terminal_format_only() -> None:
    script = "import sys, reports.blocks, reports.formats.markdown, reports.formats.json; print('rich' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
