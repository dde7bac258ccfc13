"""What `wsconsolidate undo` prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.commands.undo import run
from codemods.edits import FileChange
from codemods.errors import ConflictError, UsageError
from codemods.source.journal import opened


def write(root: Path, *changes: FileChange, title: str = "") -> None:
    with opened(root) as journal:
        journal.write(changes, title)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A root with two runs in its journal."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"x")
    write(tmp_path, FileChange("a.py", b"x", b"y"), FileChange("b.py", b"x", None), title="create")
    write(tmp_path, FileChange("new\n.py", None, b""), title="rewrite")
    return tmp_path


def test_the_latest_run_is_told_with_what_is_left(written: Path) -> None:
    assert run(written, False) == (
        "Undid run 2 (rewrite): 1 file removed.\n"
        "  removed new\\n.py\n"
        "1 earlier run can be undone: `wsconsolidate undo` takes the latest, --all all.\n"
    )


def test_all_runs_are_told_one_after_the_other(written: Path) -> None:
    told = run(written, True).splitlines()
    assert told[0] == "Undid run 2 (rewrite): 1 file removed."
    assert told[2] == "Undid run 1 (create): 1 file restored, 1 file brought back."
    assert told[3:] == ["  restored a.py", "  brought back b.py"]


def test_long_lists_end_with_a_count(tmp_path: Path) -> None:
    write(tmp_path, *(FileChange(f"{number:02}.py", None, b"") for number in range(22)))
    told = run(tmp_path, False).splitlines()
    assert told[0] == "Undid run 1: 22 files removed."
    assert told[20:] == ["  removed 19.py", "  and 2 more files removed"]


def test_a_run_that_wrote_nothing_yet_is_told(tmp_path: Path) -> None:
    (tmp_path / ".wsconsolidate/run-0001/step-0001").mkdir(parents=True)
    assert run(tmp_path, False) == "Undid run 1: every file was as before already.\n"


def test_without_a_run_there_is_nothing_to_undo_and_nothing_is_written(tmp_path: Path) -> None:
    assert run(tmp_path, False) == f"Nothing to undo: no run is recorded in {tmp_path}.\n"
    (tmp_path / ".wsconsolidate").mkdir()
    assert run(tmp_path, True) == "Nothing to undo.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        run(tmp_path / "missing", False)


def test_a_conflict_is_told(written: Path) -> None:
    (written / "a.py").write_bytes(b"mine")
    with pytest.raises(ConflictError, match=r"nothing was taken back:\na\.py: changed since"):
        run(written, True)
