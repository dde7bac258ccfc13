"""The plan held against the code: found, elsewhere, a shim, gone; and the strangers of the same name."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.inventory import Entry
from tests.analysis.trees import inventory_of, planned

WORKING = "class Manager:\n    def send(self): ...\n"


def entry(
    files: dict[str, str], tmp_path: Path, dotted: str = "app.core.Manager", line: int = 0, stated: str = ""
) -> Entry:
    [found] = inventory_of(files, tmp_path, planned(dotted, line, stated)).entries
    return found


def test_a_class_stands_where_the_plan_says(tmp_path: Path) -> None:
    found = entry({"app/core.py": WORKING}, tmp_path, line=1, stated="1-2")
    assert (found.state, found.definition, found.path) == ("found", "app.core.Manager", "app/core.py")
    assert (found.line, found.end, found.note) == (1, 2, "")


@pytest.mark.parametrize(
    ("line", "stated", "note"),
    [
        (0, "", ""),
        (1, "", ""),
        (1, "1", ""),
        (1, "1-2", ""),
        (7, "", "the plan says line 7"),
        (7, "7-2", "the plan says line 7"),
        (1, "1-9", "the plan says 1-9, the tree 1-2"),
        (1, "1 - 9", "the plan says 1 - 9, the tree 1-2"),
    ],
)
def test_a_difference_in_lines_is_told(tmp_path: Path, line: int, stated: str, note: str) -> None:
    found = entry({"app/core.py": WORKING}, tmp_path, line=line, stated=stated)
    assert (found.state, found.note) == ("found", note)


def test_a_nested_class_is_found(tmp_path: Path) -> None:
    found = entry(
        {"app/core.py": "class Pool:\n    class Inner:\n        def f(self): ...\n"}, tmp_path, "app.core.Pool.Inner"
    )
    assert (found.state, found.line) == ("found", 2)


def test_a_module_that_hands_a_class_on_is_a_shim(tmp_path: Path) -> None:
    files = {"app/core.py": "from app.new import Manager", "app/new.py": WORKING}
    found = entry(files, tmp_path)
    assert (found.state, found.definition, found.path) == ("shim", "app.new.Manager", "app/new.py")
    assert found.note == "app.core only hands on app.new.Manager"


def test_a_class_handed_on_under_another_name_is_a_shim(tmp_path: Path) -> None:
    files = {
        "app/core.py": "from app.new import Unified as Manager",
        "app/new.py": "class Unified:\n    def f(self): ...\n",
    }
    assert entry(files, tmp_path).definition == "app.new.Unified"


def test_a_nested_class_of_a_handed_on_class_is_a_shim(tmp_path: Path) -> None:
    files = {
        "app/core.py": "from app.new import Pool",
        "app/new.py": "class Pool:\n    class Inner:\n        def f(self): ...\n",
    }
    assert entry(files, tmp_path, "app.core.Pool.Inner").definition == "app.new.Pool.Inner"
    assert entry(files, tmp_path, "app.core.Pool.Other").state == "missing"


def test_a_name_that_leads_to_no_class_is_no_shim(tmp_path: Path) -> None:
    for line in ("def Manager(): ...", "Manager = make()", "from redis import Manager"):
        assert entry({"app/core.py": line}, tmp_path).state == "missing"


FORWARDING = {
    "an empty body": "class Manager(Unified): pass\n",
    "a docstring": 'class Manager(Unified):\n    """Old name."""\n',
    "a constructor alone": (
        "class Manager(Unified):\n    def __init__(self): super().__init__()\n    def __new__(cls): ...\n"
    ),
    "a qualified base": "class Manager(new.Unified): pass\n",
    "a base behind another": "class Manager(Generic[T], Unified): pass\n",
}
WORKING_ALONE = {
    "a method of its own": "class Manager(Unified):\n    def send(self): ...\n",
    "thirty lines": "class Manager(Unified):\n" + "    x = 1\n" * 30,
    "a base from outside": "class Manager(dict): pass\n",
    "a base that is no class": "class Manager(helper): pass\n",
    "no base": "class Manager: pass\n",
}
HEAD = "from app.new import Unified, helper\nfrom app import new\n"
NEW = "class Unified:\n    def send(self): ...\ndef helper(): ...\n"


@pytest.mark.parametrize("source", FORWARDING.values(), ids=FORWARDING)
def test_a_class_that_only_forwards_is_a_shim(tmp_path: Path, source: str) -> None:
    found = entry({"app/core.py": HEAD + source, "app/new.py": NEW, "app/__init__.py": ""}, tmp_path)
    assert (found.state, found.definition) == ("shim", "app.core.Manager")
    assert found.note == "only forwards to app.new.Unified"


@pytest.mark.parametrize("source", WORKING_ALONE.values(), ids=WORKING_ALONE)
def test_a_class_that_does_work_is_none(tmp_path: Path, source: str) -> None:
    assert entry({"app/core.py": HEAD + source, "app/new.py": NEW, "app/__init__.py": ""}, tmp_path).state == "found"


def test_twenty_nine_lines_still_forward(tmp_path: Path) -> None:
    source = HEAD + "class Manager(Unified):\n" + "    x = 1\n" * 29
    assert entry({"app/core.py": source, "app/new.py": NEW, "app/__init__.py": ""}, tmp_path).state == "shim"


def test_a_class_of_that_name_in_one_other_place_has_moved(tmp_path: Path) -> None:
    found = entry({"app/other.py": WORKING, "tests/test_a.py": WORKING}, tmp_path)
    assert (found.state, found.definition, found.path) == ("moved", "app.other.Manager", "app/other.py")
    assert found.note == "the plan says app.core"


STANDINS = {
    "tests/test_a.py": WORKING,
    "app/local.py": "def make():\n    class Manager: ...\n",
    "app/fallback.py": "try:\n    from gone import Manager\nexcept ImportError:\n    class Manager: ...\n",
    "app/double.py": "class MockAll:\n    class Manager: ...\n",
}


@pytest.mark.parametrize("path", STANDINS)
def test_a_stand_in_is_not_where_it_moved_to(tmp_path: Path, path: str) -> None:
    found = entry({path: STANDINS[path]}, tmp_path)
    assert (found.state, found.definition) == ("missing", "")
    assert found.note == "no class of that name outside tests; app.core does not have it"


def test_two_candidates_are_named_and_none_is_chosen(tmp_path: Path) -> None:
    found = entry({"app/a.py": WORKING, "app/b.py": f"\n{WORKING}"}, tmp_path)
    assert (found.state, found.path) == ("missing", "")
    assert found.note == "not in app.core; classes of that name stand in app/a.py:1, app/b.py:2"


def test_a_class_that_another_entry_claims_is_no_candidate(tmp_path: Path) -> None:
    found = inventory_of({"app/a.py": WORKING}, tmp_path, planned("app.core.Manager"), planned("app.a.Manager"))
    assert [item.state for item in found.entries] == ["missing", "found"]


def test_targets_are_the_entries_that_stand(tmp_path: Path) -> None:
    found = inventory_of({"app/a.py": WORKING}, tmp_path, planned("app.a.Manager"), planned("app.a.Gone"))
    assert list(found.targets) == ["app.a.Manager"]


def test_strangers_of_a_planned_name_are_traps_with_the_reason(tmp_path: Path) -> None:
    files = {"app/core.py": WORKING, **STANDINS, "scripts/run.py": WORKING, "app/unrelated.py": "class Other: ..."}
    files["tests/test_b.py"] = "class TestIt:\n    class Manager: ...\n"
    found = inventory_of(files, tmp_path, planned("app.core.Manager"))
    assert {trap.path: (trap.name, trap.line, trap.qualname, trap.why) for trap in found.traps} == {
        "app/double.py": ("Manager", 2, "MockAll.Manager", "class, test double"),
        "app/fallback.py": ("Manager", 4, "Manager", "fallback in an except block, production"),
        "app/local.py": ("Manager", 2, "make.<locals>.Manager", "local class, production"),
        "scripts/run.py": ("Manager", 1, "Manager", "class, scripts"),
        "tests/test_a.py": ("Manager", 1, "Manager", "class, tests"),
        "tests/test_b.py": ("Manager", 2, "TestIt.Manager", "class, test double"),
    }


def test_planned_classes_of_one_name_are_no_traps_of_each_other(tmp_path: Path) -> None:
    files = {"app/a.py": WORKING, "app/b.py": WORKING}
    assert inventory_of(files, tmp_path, planned("app.a.Manager"), planned("app.b.Manager")).traps == ()
