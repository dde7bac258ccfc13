"""Paths to dotted names, and relative imports to absolute ones."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.index.modules import absolute, is_package, module_name

NAME = st.sampled_from(["a", "b", "core", "x1"])

NAMED = [
    ("app/core/manager.py", "app.core.manager"),
    ("app/core/__init__.py", "app.core"),
    ("app/core/__init__.pyi", "app.core"),
    ("app/stub.pyi", "app.stub"),
    ("top.py", "top"),
    ("__init__.py", ""),
    ("app/__init__.extra.py", "app.__init__.extra"),
]

BELOW_ROOTS = [
    ("src/app/a.py", "app.a"),
    ("src/lib/app/a.py", "app.a"),
    ("source/app/a.py", "source.app.a"),
    ("app/src/a.py", "app.src.a"),
]


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[f"{path} is {name}" for path, name in NAMED])
def test_a_file_is_named_by_its_folders(path: str, name: str) -> None:
    assert module_name(path) == name


@pytest.mark.parametrize(("path", "name"), BELOW_ROOTS, ids=[f"{path} is {name}" for path, name in BELOW_ROOTS])
def test_the_longest_source_root_above_a_file_is_left_off(path: str, name: str) -> None:
    assert module_name(path, ("", "src", "src/lib")) == name


def test_without_the_empty_root_a_file_elsewhere_keeps_its_whole_path() -> None:
    assert module_name("scripts/run.py", ("src",)) == "scripts.run"


def test_the_package_that_the_folder_itself_is_comes_first() -> None:
    assert module_name("events.py", prefix="asyncio") == "asyncio.events"
    assert module_name("__init__.py", prefix="lib.asyncio") == "lib.asyncio"


@pytest.mark.parametrize(
    ("path", "answer"),
    [("a/__init__.py", True), ("__init__.pyi", True), ("a/init.py", False), ("a/x__init__.py", False)],
)
def test_only_an_init_file_is_a_package(path: str, answer: bool) -> None:
    assert is_package(path) is answer


@given(st.lists(NAME, min_size=1, max_size=4), st.booleans(), st.integers(1, 5), st.lists(NAME, max_size=2))
def test_a_relative_import_means_what_python_says_it_means(
    parts: list[str], package: bool, level: int, target: list[str]
) -> None:
    module, name = ".".join(parts), ".".join(target)
    home = module if package else module.rpartition(".")[0]
    found = absolute(module, package, level, name)
    try:
        expected = importlib.util.resolve_name("." * level + name, home)
    except ImportError:
        # One step above the top is the scanned folder, which may itself lie in a package; anything higher is unknown.
        expected = name if level == len(parts) + package else ""
    assert found == expected


def test_an_absolute_import_is_left_as_written() -> None:
    assert absolute("app.core", False, 0, "os.path") == "os.path"


def test_an_import_that_climbs_out_of_the_tree_has_no_module() -> None:
    assert absolute("app.core", False, 3, "x") == ""
    assert absolute("app.core", False, 2, "") == ""
    assert absolute("", True, 1, "x") == "x"
