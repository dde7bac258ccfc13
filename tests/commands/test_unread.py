"""A file that cannot be read never makes its classes vanish in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.tool import run

BROKEN = {"good.py": "class Good:\n    pass\n", "bad.py": "class Bad(:\n    pass\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in BROKEN.items():
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("asked", [["--all"], ["Good"], []], ids=["all classes", "one class", "the planned classes"])
def test_each_mro_document_names_it(asked: list[str], tree: Path) -> None:
    answer = run("mro", "shop", *asked, "--format", "json", cwd=tree)
    assert [item["path"] for item in json.loads(answer.out)["unread"]] == ["bad.py"]
    assert "bad.py" in run("mro", "shop", *asked, cwd=tree).out


@pytest.mark.parametrize("asked", [["--all"], ["Good"]], ids=["all classes", "one class"])
def test_nothing_is_said_of_it_where_every_file_was_read(asked: list[str], tree: Path) -> None:
    (tree / "shop" / "bad.py").unlink()
    assert json.loads(run("mro", "shop", *asked, "--format", "json", cwd=tree).out)["unread"] == []
    assert "could not be read" not in run("mro", "shop", *asked, cwd=tree).out


def test_a_class_that_may_stand_in_it_is_not_said_to_be_nowhere(tree: Path) -> None:
    answer = run("mro", "shop", "Bad", cwd=tree)
    assert answer.code == 2
    assert "1 file could not be read: bad.py" in answer.err


def test_a_hierarchy_that_cannot_stand_is_told_in_the_list_of_all(tree: Path) -> None:
    (tree / "shop" / "bad.py").write_text("class A: pass\nclass B(A, A): pass\n", "utf-8")
    assert "duplicate base" in run("mro", "shop", "--all", cwd=tree).out


def test_a_code_base_without_a_planned_class_is_told_what_to_ask_instead(tree: Path) -> None:
    assert "name a class, or ask for all with --all" in run("mro", "shop", cwd=tree).out
    assert "name a class" not in run("mro", "shop", "Good", cwd=tree).out
