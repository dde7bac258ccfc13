"""Comments addressed to the tool are kept; what only looks like one is not."""

from __future__ import annotations

from codemods.index.facts import Remark
from codemods.index.parse import parse
from codemods.index.remarks import remarks_in


def test_a_comment_behind_a_statement_and_one_on_its_own_line() -> None:
    source = b"# wsconsolidate: ignore[A] why\nimport a  #wsconsolidate:  ignore[B]\n"
    assert remarks_in(source) == (Remark(1, "ignore[A] why", True), Remark(2, "ignore[B]", False))


def test_a_string_and_a_comment_about_something_else_are_none() -> None:
    assert remarks_in(b'x = "# wsconsolidate: ignore[A] why"\n# see wsconsolidate: the docs\n') == ()


def test_what_stands_before_a_place_that_cannot_be_tokenized_counts() -> None:
    assert remarks_in(b"# wsconsolidate: ignore[A] why\nx = (\n") == (Remark(1, "ignore[A] why", True),)


def test_remarks_are_part_of_the_facts() -> None:
    assert parse("a.py", "a", b"import b  # wsconsolidate: x\n", False).facts.remarks == (Remark(1, "x", False),)
    assert parse("a.py", "a", b"import b\n", False).facts.remarks == ()


def test_lines_that_end_as_on_old_machines_are_counted_all_the_same() -> None:
    source = "# coding: latin-1\rx = 1\r# wsconsolidate: ignore[A] né\r".encode("latin-1")
    assert remarks_in(source) == (Remark(3, "ignore[A] né", True),)
