"""Which departure is to blame when a cycle of imports would bite that did not before."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.index.code import CodeIndex
from codemods.migration.arrangement import Arrangement, Departure, Leaving
from codemods.migration.import_order import departures_to_blame
from codemods.prove.import_runs import first_import_failures
from tests.support import index_of

SHIM = 'from app.unified_shims import moved\nmoved(__name__, {"Old": "app.new:New"}, since="1")\n'
ARRANGEMENT = Arrangement((Departure("app.old", "app/old.py", (Leaving("Old", "app.new.New", "class"),), False),))
BEFORE = {
    "app/__init__.py": "",
    "app/old.py": "class Old: ...\n",
    "app/new.py": "from app.user import USER\nclass New: ...\n",
    "app/user.py": "from app.old import Old\nUSER = 1\n",
    "app/unified_shims.py": "def moved(*_): ...\n",
}


def blamed(before: dict[str, str], after: dict[str, str], folder: Path) -> dict[str, str]:
    known, new = index_of(before, folder / "before"), index_of({**before, **after}, folder / "after")
    return departures_to_blame(new_failures(known, new), ARRANGEMENT, known, new)


def new_failures(before: CodeIndex, after: CodeIndex) -> dict:  # type: ignore[type-arg]
    old = first_import_failures(before)
    return {module: found for module, found in first_import_failures(after).items() if module not in old}


def test_a_name_taken_from_its_new_module_is_to_blame_with_the_chain_that_shows_it(tmp_path: Path) -> None:
    after = {"app/user.py": "from app.new import New as Old\nUSER = 1\n", "app/old.py": SHIM}
    reason = "app.new.New would not be there yet in the imports app.new -> app.user -> app.new"
    assert blamed(BEFORE, after, tmp_path) == {"app.old": reason}


def test_of_several_classes_that_become_one_the_one_that_was_taken_before(tmp_path: Path) -> None:
    more = [Departure(f"app.{name}", "", (Leaving("Twin", "app.new.New", "class"),), False) for name in ("a", "z")]
    three = Arrangement((more[0], *ARRANGEMENT.departures, more[1]))
    before = {**BEFORE, "app/a.py": "class Twin: ...\n", "app/z.py": "class Twin: ...\n"}
    after = {**before, "app/user.py": "from app.new import New as Old\nUSER = 1\n", "app/old.py": SHIM}
    known, new = index_of(before, tmp_path / "before"), index_of(after, tmp_path / "after")
    assert set(departures_to_blame(new_failures(known, new), three, known, new)) == {"app.old"}


def test_a_name_taken_from_the_shim_is_to_blame(tmp_path: Path) -> None:
    assert set(blamed(BEFORE, {"app/old.py": SHIM}, tmp_path)) == {"app.old"}


def test_nobody_is_to_blame_where_nothing_fails(tmp_path: Path) -> None:
    after = {
        "app/new.py": "class New: ...\n",
        "app/old.py": SHIM,
        "app/user.py": "from app.new import New as Old\nUSER = 1\n",
    }
    assert blamed(BEFORE, after, tmp_path) == {}


def test_what_others_change_is_no_departures_fault(tmp_path: Path) -> None:
    after = {"app/a.py": "from app.b import B\nA = 1\n", "app/b.py": "from app.a import A\nB = 1\n"}
    assert blamed(BEFORE, after, tmp_path) == {}


def test_a_module_that_is_new_itself_is_looked_at_as_well(tmp_path: Path) -> None:
    before = {path: text for path, text in BEFORE.items() if path != "app/user.py"} | {"app/new.py": "class New: ...\n"}
    after = {
        "app/new.py": "from app.user import USER\nclass New: ...\n",
        "app/user.py": "from app.new import New\nUSER = 1\n",
    }
    assert set(blamed(before, after, tmp_path)) == {"app.old"}


def test_one_at_a_time_is_enough(tmp_path: Path) -> None:
    two = Arrangement(
        (*ARRANGEMENT.departures, Departure("app.other", "", (Leaving("Else", "app.new.Else", "class"),), False))
    )
    before = {**BEFORE, "app/other.py": "class Else: ...\n", "app/second.py": "from app.other import Else\nX = 1\n"}
    after = {
        **before,
        "app/new.py": "from app.user import USER\nfrom app.second import X\nclass New: ...\nclass Else: ...\n",
        "app/user.py": "from app.new import New as Old\nUSER = 1\n",
        "app/second.py": "from app.new import Else\nX = 1\n",
    }
    known, new = index_of(before, tmp_path / "before"), index_of(after, tmp_path / "after")
    failures = new_failures(known, new)
    assert len(failures) > 1
    assert len(departures_to_blame(failures, two, known, new)) == 1


@pytest.mark.parametrize("module", ["app.new", "app.user"])
def test_without_the_departure_that_is_blamed_all_is_as_before(tmp_path: Path, module: str) -> None:
    assert module not in first_import_failures(index_of(BEFORE, tmp_path))
