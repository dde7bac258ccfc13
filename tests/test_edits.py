"""Edits put into the bytes of a file: nothing else changes, their order does not count, overlaps are errors."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.edits import Applicability, Edit, OverlapError, one_insertion_each, splice


def edit(start: int, end: int, replacement: bytes, applicability: Applicability = Applicability.SAFE) -> Edit:
    return Edit("a.py", start, end, replacement, 1, "rule", applicability, "why")


def replaced(source: bytes, old: bytes, new: bytes) -> bytes:
    start = source.index(old)
    return splice(source, [edit(start, start + len(old), new)])


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfimport old\r\n\tx = 1\r\n",
        b"import old\rx\r",
        b"import old\n\x0c\nx\r\ny\r",
        b"# coding: latin-1\nimport old  # \xe9",
        b"import old",
    ],
    ids=["BOM, CRLF and tabs", "CR alone", "form feed and mixed line ends", "latin-1, no newline at the end", "alone"],
)
def test_every_byte_outside_the_span_stays(source: bytes) -> None:
    before, _, after = source.partition(b"old")
    assert replaced(source, b"old", b"newer") == before + b"newer" + after


def test_without_edits_the_source_is_what_it_was() -> None:
    assert splice(b"a\r\n\x00\xff", []) == b"a\r\n\x00\xff"
    assert splice(b"", []) == b""


def test_an_insertion_takes_nothing_away() -> None:
    assert splice(b"ac", [edit(1, 1, b"b")]) == b"abc"
    assert splice(b"", [edit(0, 0, b"all")]) == b"all"
    assert splice(b"a", [edit(1, 1, b"\n")]) == b"a\n"


def test_edits_that_touch_do_not_overlap() -> None:
    edits = [edit(2, 4, b"B"), edit(0, 2, b"A"), edit(2, 2, b"-"), edit(4, 4, b"!")]
    assert splice(b"aabb", edits) == b"A-B!"


@pytest.mark.parametrize(
    ("first", "second"),
    [((0, 3), (2, 4)), ((0, 4), (1, 2)), ((0, 2), (0, 2)), ((1, 1), (1, 1)), ((0, 3), (2, 2)), ((0, 2), (0, 3))],
    ids=["crossing", "inside", "the same", "two insertions at one point", "an insertion inside", "one start"],
)
def test_an_overlap_is_an_error_that_names_both(first: tuple[int, int], second: tuple[int, int]) -> None:
    edits = [edit(*second, b"2"), edit(*first, b"1")]
    with pytest.raises(OverlapError, match=r"a\.py:1 \(rule\) and line 1 \(rule\) overlap") as caught:
        splice(b"abcd", edits)
    assert {caught.value.first, caught.value.second} == set(edits)


def test_an_insertion_at_the_start_of_an_overlapped_span_hides_no_overlap() -> None:
    with pytest.raises(OverlapError):
        splice(b"abcdef", [edit(0, 4, b""), edit(2, 2, b"x"), edit(3, 5, b"")])


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 5), (5, 5)])
def test_a_span_that_is_not_in_the_file_is_an_error(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="is not in the file"):
        splice(b"abcd", [edit(start, end, b"")])


def test_what_is_only_to_be_told_is_not_applied() -> None:
    with pytest.raises(ValueError, match="to be told, not applied"):
        splice(b"abcd", [edit(0, 1, b"", Applicability.MANUAL)])
    assert splice(b"abcd", [edit(0, 1, b"", Applicability.REVIEW)]) == b"bcd"


def test_edits_of_two_files_are_an_error() -> None:
    other = Edit("b.py", 0, 1, b"", 1, "rule", Applicability.SAFE, "why")
    with pytest.raises(ValueError, match=r"several files: a\.py, b\.py"):
        splice(b"abcd", [edit(1, 2, b""), other])


@st.composite
def sources_and_edits(draw: st.DrawFn) -> tuple[list[bytes], list[bytes], list[bytes | None]]:
    """A source in pieces: those that stay, those between them, and what replaces these (None: it stays as well)."""
    pieces = draw(st.lists(st.binary(max_size=4), min_size=1, max_size=6))
    spans = draw(st.lists(st.binary(max_size=4), min_size=len(pieces) - 1, max_size=len(pieces) - 1))
    replacements = draw(st.lists(st.none() | st.binary(max_size=4), min_size=len(spans), max_size=len(spans)))
    return pieces, spans, list(replacements)


@given(sources_and_edits(), st.randoms(use_true_random=False))
def test_splicing_agrees_with_putting_pieces_together(
    case: tuple[list[bytes], list[bytes], list[bytes | None]], shuffler: random.Random
) -> None:
    pieces, spans, replacements = case
    source, expected, edits = pieces[0], pieces[0], []
    for piece, span, replacement in zip(pieces[1:], spans, replacements, strict=True):
        if replacement is not None and (span or not edits or edits[-1].end < len(source)):
            edits.append(edit(len(source), len(source) + len(span), replacement))
            expected += replacement + piece
        else:
            expected += span + piece
        source += span + piece
    shuffler.shuffle(edits)
    assert splice(source, edits) == expected


def test_insertions_at_one_place_can_be_made_one_and_replacements_stay_what_they_are() -> None:
    both = [edit(3, 3, b"X"), edit(0, 1, b"_"), edit(3, 3, b"Y"), edit(3, 4, b"Z")]
    with pytest.raises(OverlapError):
        splice(b"abcd", both)
    assert splice(b"abcd", one_insertion_each(both)) == b"_bcXYZ"
