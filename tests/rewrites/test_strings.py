"""What strings mean that spell an old path, beyond what the case files show."""

from __future__ import annotations

import ast

import pytest

from codemods.index.resolve import Resolver
from codemods.rewrites.moves import Moves, Successors
from codemods.rewrites.string_paths import Broken, OfModule, Renamed, StringPaths
from codemods.rewrites.string_places import patched_names, places
from tests.rewrites.cases.reading import MOVES, NAMES, index_of, rewrite, told, world


def paths(moves: Moves = MOVES, others: dict[str, bytes] | None = None) -> StringPaths:
    return StringPaths(Successors(moves, Resolver(index_of(world(others or {})))))


def kinds(source: str) -> list[str]:
    return [place.kind for place in places(ast.parse(source)) if "." in str(place.node.value)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("app.core.manager.Manager", Renamed),
        ("app.core.manager:Manager.send", Renamed),
        ("app.core.manager", OfModule),
        ("app.core.manager.ghost", Broken),
        ("app.core.manager.helper", type(None)),
        ("app.core.Manager", type(None)),
        ("app.core.managers", type(None)),
        ("os.path", type(None)),
    ],
)
def test_a_path_means_what_it_leads_to(text: str, kind: type) -> None:
    assert isinstance(paths().meaning(text), kind)


def test_the_longest_holder_counts_where_a_package_holds_moved_names_too() -> None:
    others = {
        "app/core/__init__.py": b"class Own: ...\n",
        "app/core/unified.py": b"class Own: ...\nclass UnifiedManager: ...\n",
    }
    moves = Moves({**NAMES, "app.core.Own": "app.core.unified.Own"})
    found = paths(moves, others).meaning("app.core.manager.Manager")
    assert isinstance(found, Renamed)
    assert found.text == "app.core.unified.UnifiedManager"


def test_a_name_that_a_package_with_moved_names_only_hands_on_stays_valid_there() -> None:
    core = b"from app.core.manager import Manager\nclass Own: ...\n"
    others = {"app/core/__init__.py": core, "app/core/unified.py": b"class Own: ...\nclass UnifiedManager: ...\n"}
    moves = Moves({**NAMES, "app.core.Own": "app.core.unified.Own"})
    assert paths(moves, others).meaning("app.core.Manager") is None


def test_without_moves_no_text_mentions_anything() -> None:
    assert not paths(Moves({})).mentions("app.core.manager.Manager")


def test_a_name_of_a_replaced_module_that_is_not_told_of_is_broken() -> None:
    found = paths(Moves(NAMES, replaced=frozenset({"app.core.manager"}))).meaning("app.core.manager.helper")
    assert isinstance(found, Broken)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("from unittest.mock import patch; patch('a.b')", "patch"),
        ("from unittest.mock import patch; patch.object('a.b', 'c')", ""),
        ("from unittest.mock import patch; patch.dict('a.b')", "patch"),
        ("from unittest.mock import patch; patch.multiple('a.b')", "patch.multiple"),
        ("from mock import patch; patch('a.b')", "patch"),
        ("import mock; mock.patch('a.b')", "patch"),
        ("import unittest.mock as um; um.patch.multiple('a.b')", "patch.multiple"),
        ("self.mocker.patch('a.b')", "patch"),
        ("session.patch('a.b')", ""),
        ("from .mock import patch; patch('a.b')", ""),
        ("mp.setattr('a.b', 1)", "setattr"),
        ("monkeypatch.setattr('a.b', 'c', 1)", ""),
        ("setattr('a.b', 'c', 1)", ""),
        ("import importlib; importlib.import_module('a.b')", "import_module"),
        ("__import__(name='a.b')", "import_module"),
        ("log.getLogger('a.b')", "logger"),
        ("resolve_name('a.b')", ""),
        ("from pkgutil import resolve_name as r; r('a.b')", "load"),
        ("calls[0]('a.b')", ""),
        ("patch()('a.b')", ""),
        ("f(x='a.b')", ""),
    ],
)
def test_a_call_is_known_by_where_its_name_comes_from(source: str, kind: str) -> None:
    assert kinds(source) == [kind]


def test_the_names_of_a_multiple_patch_are_its_keywords_but_for_the_options() -> None:
    call = ast.parse("patch.multiple('a.b', x=1, spec=True, y=2)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert patched_names(call) == ("x", "y")
    assert patched_names(None) is None


def test_a_multiple_patch_of_a_class_by_stars_needs_a_look() -> None:
    source = b"from unittest.mock import patch\npatch.multiple('app.core.manager.Manager', **names)\n"
    found = rewrite("app/user.py", source)
    assert [edit.replacement for edit in found.review] == [b"app.core.unified.UnifiedManager"]


def test_a_multiple_patch_of_a_member_that_is_missing_needs_a_look() -> None:
    source = b"from unittest.mock import patch\npatch.multiple('app.core.manager.Manager', send=1, receive=2)\n"
    assert "has no `receive`" in rewrite("app/user.py", source).review[0].advice


def test_a_member_that_is_an_attribute_is_found_too() -> None:
    source = b"from unittest.mock import patch\npatch('app.core.manager.Manager.rooms')\n"
    assert len(rewrite("app/user.py", source).safe) == 1


def test_a_member_of_what_is_no_class_needs_a_look() -> None:
    source = b"from unittest.mock import patch\npatch('app.core.manager.LIMIT.real')\n"
    assert len(rewrite("app/user.py", source).review) == 1


def test_every_edit_names_its_line_and_its_rule() -> None:
    source = b"from unittest.mock import patch\n\n\n@patch('app.core.manager.LIMIT')\ndef f(): ...\n"
    (edit,) = rewrite("app/user.py", source).safe
    assert (edit.line, edit.rule, edit.reason) == (
        4,
        "string",
        "app.core.manager.LIMIT is app.core.unified.LIMIT now",
    )


def test_a_string_beside_an_import_on_its_line_is_seen() -> None:
    source = b"from app.core.manager import Manager; x = 'app.core.manager.Manager'\n"
    assert len(rewrite("app/user.py", source).review) == 1
    assert told(rewrite("app/user.py", b"from app.core.manager import Manager  # 'quoted'\n")) == []


HEAD = (
    "import importlib, logging, pkgutil, pydoc\nfrom unittest import mock\nfrom structlog import get_logger\n"
    "mocker = monkeypatch = self = None\n"
)
CALLS = {
    "mock.patch": "target",
    "mocker.patch": "target",
    "mock.patch.multiple": "target",
    "mock.patch.dict": "in_dict",
    "monkeypatch.setattr": "target",
    "monkeypatch.delattr": "target",
    "pkgutil.resolve_name": "name",
    "pydoc.locate": "path",
    "importlib.import_module": "name",
    "__import__": "name",
    "logging.getLogger": "name",
    "get_logger": "name",
    "self.assertLogs": "logger",
    "self.assertNoLogs": "logger",
}
OTHERS = ("client.patch", "client.patch.multiple", "thing.setattr", "setattr", "registry.locate", "client.get")


@pytest.mark.parametrize("call", CALLS)
def test_the_string_of_a_known_call_is_known_however_it_is_given(call: str) -> None:
    [first], [named] = kinds(f"{HEAD}{call}('a.b')"), kinds(f"{HEAD}{call}({CALLS[call]}='a.b')")
    assert first
    assert named == first
    assert kinds(f"{HEAD}{call}(other='a.b')") == [""]


@pytest.mark.parametrize("call", OTHERS)
def test_a_call_of_the_same_name_on_something_else_is_no_known_one(call: str) -> None:
    assert kinds(f"{HEAD}{call}('a.b')") == [""]


def test_a_name_that_the_module_keeps_handing_on_is_none_of_those_that_left_it() -> None:
    names = {"app.old.One": "app.new.One", "app.old.Two": "app.core.beat.Monitor"}
    resolver = Resolver(index_of(world({})))
    assert Successors(Moves(names), resolver).one_module("app.old") == ""
    kept = Moves(names, handed_on=frozenset({"app.old.Two"}))
    assert Successors(kept, resolver).one_module("app.old") == "app.new"
