"""Bytes outside the planned spans are sacred: encodings, newlines, tabs, form feeds, the end of the file."""

from __future__ import annotations

import ast

import pytest

from codemods.edits import splice
from codemods.rewrites.moves import Moves
from tests.rewrites.cases.reading import MOVES, NAMES, applied, rewrite, told

IMPORT = b"from app.core.manager import Manager"
BECOMES = b"from app.core.unified import UnifiedManager as Manager"
PATCH = b'from unittest.mock import patch\npatch("app.core.manager.get_manager")'
PATCHED = b'from unittest.mock import patch\npatch("app.core.unified.get_manager")'

SURROUNDINGS = {
    "CRLF": (b"import os\r\n", b"\r\nx = 1\r\n"),
    "CR alone": (b"import os\r", b"\rx = 1\r"),
    "mixed newlines": (b"import os\r\nimport re\r", b"\nx = 1\r\ny = 2\n"),
    "a byte order mark": (b"\xef\xbb\xbf", b"\n"),
    "a byte order mark and CRLF": (b"\xef\xbb\xbfimport os\r\n", b"\r\n"),
    "latin-1": (b"# -*- coding: latin-1 -*-\nname = '\xe9\xe8'; ", b"; more = '\xfc'\n"),
    "cp1252": (b"# coding: cp1252\nprice = '\x80'; ", b"  # \x80\n"),
    "shift_jis": (b"# coding: shift_jis\nname = '\x83\x5c'; ", b"\nx = '\x83\x5c'\n"),
    "utf-8 before it on the line": ("ärger = 'ü'; ".encode(), "; ö = 'ß'\n".encode()),
    "tabs": (b"if 1:\n\tx = 1\n\t", b"\n\ty = 2\n"),
    "a form feed": (b"import os\n\x0c\n", b"\n\x0c\nx = 1\n"),
    "a form feed on the line": (b"import os\n\x0c", b"\n"),
    "no newline at the end": (b"import os\n", b""),
    "nothing else": (b"", b""),
    "blanks behind it": (b"\n\n", b"   \n  \n"),
    "a hash bang": (b"#!/usr/bin/env python\n", b"\n"),
    "a vertical tab and a unit separator in a string": (b"x = '\x0b\x1c'\n", b"\nx = '\x0b\x1c'\n"),
    "a string that holds line ends": (b"x = '''\n\r\n\r'''\n", b"\n"),
}


@pytest.mark.parametrize(("before", "after"), SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_an_import_changes_and_nothing_around_it(before: bytes, after: bytes) -> None:
    source = before + IMPORT + after
    result = applied(rewrite("app/user.py", source), source)
    assert result == before + BECOMES + after
    ast.parse(result)


@pytest.mark.parametrize("name", [name for name in SURROUNDINGS if "tabs" not in name and "line" not in name])
def test_a_patched_path_changes_and_nothing_around_it(name: str) -> None:
    before, after = SURROUNDINGS[name]
    target, new = PATCH.splitlines()[1], PATCHED.splitlines()[1]
    head = b"" if before.rstrip(b" ").endswith((b"\n", b"\r", b";", b"\xbf")) or not before else b"\n"
    source = before + head + target + after + b"\nfrom unittest.mock import patch\n"
    result = applied(rewrite("app/user.py", source), source)
    assert result == source.replace(target, new)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_split_ends_its_lines_as_the_file_does(newline: bytes) -> None:
    source = b"x = 1" + newline + b"from app.core.manager import Manager, helper" + newline
    expected = newline.join([b"x = 1", BECOMES, b"from app.core.manager import helper", b""])
    assert applied(rewrite("app/user.py", source), source) == expected


def test_a_split_below_an_empty_first_line() -> None:
    source = b"\nfrom app.core.manager import Manager, helper\n"
    assert applied(rewrite("app/user.py", source), source) == (
        b"\n" + BECOMES + b"\nfrom app.core.manager import helper\n"
    )


def test_a_split_ends_its_lines_as_its_own_line_does_where_others_end_otherwise() -> None:
    source = b"x = 1\r\nfrom app.core.manager import Manager, helper\ny = 2\r"
    expected = b"x = 1\r\n" + BECOMES + b"\nfrom app.core.manager import helper\ny = 2\r"
    assert applied(rewrite("app/user.py", source), source) == expected


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_lines_inside_a_statement_end_as_they_did(newline: bytes) -> None:
    lines = [b"from app.core.manager import (", b"\tManager,  # one", b"\t# two", b"\tget_manager,", b")", b""]
    result = applied(rewrite("app/user.py", newline.join(lines)), newline.join(lines))
    assert result == newline.join(lines).replace(b"core.manager", b"core.unified").replace(
        b"\tManager", b"\tUnifiedManager as Manager"
    )


def test_a_split_of_the_last_line_without_an_end_has_none() -> None:
    source = b"import os\r\nfrom app.core.manager import Manager, helper"
    assert applied(rewrite("app/user.py", source), source) == (
        b"import os\r\n" + BECOMES + b"\r\nfrom app.core.manager import helper"
    )


def test_a_split_behind_a_byte_order_mark_does_not_repeat_it() -> None:
    source = b"\xef\xbb\xbffrom app.core.manager import Manager, helper\n"
    assert applied(rewrite("app/user.py", source), source) == (
        b"\xef\xbb\xbf" + BECOMES + b"\nfrom app.core.manager import helper\n"
    )


def test_a_split_indents_with_tabs_where_the_file_does() -> None:
    source = b"if 1:\n\tfrom app.core.manager import (Manager, # a\n\t\thelper, Helper)\n"
    assert applied(rewrite("app/user.py", source), source) == (
        b"if 1:\n\tfrom app.core.unified import (\n\t\tUnifiedManager as Manager,  # a\n\t)\n"
        b"\tfrom app.core.manager import (\n\t\thelper,\n\t\tHelper,\n\t)\n"
    )


def test_comments_in_another_encoding_go_along() -> None:
    source = b"# coding: latin-1\nfrom app.core.manager import (\n    Manager,  # \xe9\n    helper,  # \xe8\n)\n"
    result = applied(rewrite("app/user.py", source), source)
    assert b"UnifiedManager as Manager,  # \xe9\n" in result
    assert b"helper,  # \xe8\n" in result
    ast.parse(result)


def test_a_file_with_syntax_newer_than_ours_is_rewritten() -> None:
    source = b"from app.core.manager import Manager\nx = f\"{d['a']!r:{'>'}{1}} {'nested' + \"b\"}\"\n"
    result = applied(rewrite("app/user.py", source), source)
    assert result == source.replace(IMPORT, BECOMES)


def test_a_column_that_masked_syntax_may_have_shifted_is_told() -> None:
    source = b'x = f"{"a" + "b"} and more"; from app.core.manager import Manager\n'
    found = rewrite("app/user.py", source)
    assert applied(found, source) in (source, source.replace(IMPORT, BECOMES))
    assert found.safe or told(found)[0].reason == "where the statement stands cannot be told"


def test_a_file_that_cannot_be_read_and_names_an_old_module_is_told() -> None:
    found = rewrite("app/user.py", b"from app.core.manager import Manager\nf() = 1\n")
    assert [edit.rule for edit in told(found)] == ["file"]
    assert "cannot be read" in told(found)[0].reason
    assert found.safe == ()


def test_a_file_that_cannot_be_read_and_names_none_is_no_business_of_this() -> None:
    assert rewrite("app/user.py", b"f() = 1\n").edits == ()


def test_what_a_file_still_needs_of_the_old_class_is_held_back_and_told() -> None:
    moves = Moves(NAMES, held={("app/user.py", "app.core.manager.Manager"): "line 9 calls run(a, b)"})
    source = b"from app.core.manager import Manager, get_manager\n"
    found = rewrite("app/user.py", source, moves=moves)
    assert splice(source, found.safe) == (
        b"from app.core.manager import Manager\nfrom app.core.unified import get_manager\n"
    )
    assert [edit.reason for edit in told(found)] == ["app.core.manager.Manager: line 9 calls run(a, b)"]


def test_what_is_held_back_in_one_file_moves_in_another() -> None:
    moves = Moves(NAMES, held={("app/else.py", "app.core.manager.Manager"): "no"})
    assert rewrite("app/user.py", IMPORT, moves=moves).safe


def test_of_a_replaced_module_every_name_that_stays_on_the_shim_is_told() -> None:
    moves = Moves(NAMES, replaced=frozenset({"app.core.manager"}))
    source = b"from app.core.manager import Manager, helper, ghost\n"
    found = rewrite("app/user.py", source, moves=moves)
    assert [edit.reason for edit in found.left] == [
        "app.core.manager.helper is not among the moved names; it stays on the shim",
        "app.core.manager.ghost does not exist today either",
    ]
    assert splice(source, found.safe).endswith(b"from app.core.manager import helper, ghost\n")


def test_through_a_replaced_module_a_moved_name_is_imported_from_its_new_place() -> None:
    others = {"app/facade.py": b"from app.core.manager import Manager\n"}
    source = b"from app.facade import Manager\n"
    assert rewrite("app/user.py", source, others).edits == ()
    moves = Moves(NAMES, replaced=frozenset({"app.facade"}))
    assert splice(source, rewrite("app/user.py", source, others, moves).safe) == BECOMES + b"\n"


def test_a_patch_of_what_a_replaced_module_only_used_needs_a_look() -> None:
    moves = Moves(NAMES, replaced=frozenset({"app.facade"}))
    source = b'from unittest.mock import patch\npatch("app.facade.Manager")\n'
    found = rewrite("app/user.py", source, {"app/facade.py": IMPORT}, moves)
    assert [edit.replacement for edit in found.review] == [b"app.core.unified.UnifiedManager"]
    assert "only used Manager" in found.review[0].advice


def test_an_import_through_a_package_is_recorded_as_handed_on() -> None:
    found = rewrite("app/user.py", b"x = 1\nfrom app.core import Manager\n", moves=MOVES)
    assert [(item.line, item.old, item.by) for item in found.handed_on] == [(2, "app.core.manager.Manager", "app.core")]
