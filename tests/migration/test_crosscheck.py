"""Rope as a second opinion: it answers who refers to a class, writes nothing, and a disagreement waits for a person."""

from __future__ import annotations

from pathlib import Path

from codemods.crosscheck import Definition, Opinion, second_opinion
from codemods.edits import Applicability, Edit
from codemods.migration.doubts import doubted, unexpected
from codemods.rewrites.outcomes import Rewritten
from tests.support import written

OLD = "app.old.Old"
TREE = {
    "app/__init__.py": "",
    "app/old.py": "import os\n\nclass Old: ...\n\nclass Other: ...\n",
    "app/user.py": "from app.old import Old\n\nOld()\n",
    "app/double.py": "class Old: ...\n\nOld()\n",
    "app/quiet.py": "x = 'nothing of that name'\n",
    "app/unreadable.py": "def f(:\n    Old\n",
}


def asked(tmp_path: Path, line: int = 3) -> Opinion:
    root = written(TREE, tmp_path)
    return second_opinion(root, [Definition(OLD, "app/old.py", line)], [*TREE, "app/gone.py"])


def edit(path: str = "app/user.py", rule: str = "import", reason: str = f"{OLD} is app.new.New now") -> Edit:
    return Edit(path, 0, 23, b"from app.new import New as Old", 1, rule, Applicability.SAFE, reason)


def test_it_sees_each_line_that_refers_to_the_class_and_not_one_of_the_same_name(tmp_path: Path) -> None:
    lines = asked(tmp_path).lines[OLD]
    assert lines["app/user.py"] == {1, 3}
    assert lines["app/double.py"] == frozenset()
    assert "app/quiet.py" not in lines
    assert "app/gone.py" not in lines


def test_a_file_that_it_cannot_read_is_one_that_it_says_nothing_of(tmp_path: Path) -> None:
    assert not asked(tmp_path).denies(OLD, "app/unreadable.py")


def test_nothing_is_written_into_the_code_base(tmp_path: Path) -> None:
    asked(tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(TREE)


def test_a_class_that_does_not_stand_where_it_is_said_to_is_asked_for_in_no_file(tmp_path: Path) -> None:
    assert asked(tmp_path, line=5).lines[OLD] == {}


def test_an_import_that_it_sees_stays_safe_and_one_that_it_does_not_waits() -> None:
    opinion = Opinion({OLD: {"app/user.py": frozenset({1}), "app/double.py": frozenset()}})
    seen = doubted(Rewritten("app/user.py", (edit(),)), opinion, opinion.lines)
    unseen = doubted(Rewritten("app/double.py", (edit("app/double.py"),)), opinion, opinion.lines)
    assert len(seen.safe) == 1
    assert (unseen.safe, [item.advice for item in unseen.review]) == (
        (),
        ["rope sees no reference to app.old.Old in this file"],
    )


def test_strings_and_other_names_are_not_its_business() -> None:
    opinion = Opinion({OLD: {"app/user.py": frozenset()}})
    others = (edit(rule="string"), edit(reason="app.old.Another is app.new.New now"))
    assert doubted(Rewritten("app/user.py", others), opinion, opinion.lines).edits == others


def test_a_reference_that_only_it_sees_is_told() -> None:
    opinion = Opinion({OLD: {"app/user.py": frozenset({4, 9}), "app/old.py": frozenset({1}), "app/x.py": frozenset()}})
    [told] = unexpected(opinion, {}, ["app/old.py"])
    assert (told.path, told.line, told.applicability) == ("app/user.py", 4, Applicability.MANUAL)
    assert list(unexpected(opinion, {"app/user.py": Rewritten("app/user.py")}, ["app/old.py"])) == []
