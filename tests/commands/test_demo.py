"""`demo`: the main job from any folder, leaving nothing behind unless asked to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.tool import Answer, run, tree_of

Tool = Callable[..., Answer]
FOUND = "16 of 16 found, in 13 modules"


def test_it_works_in_a_process_of_its_own_from_any_folder_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "elsewhere").mkdir()
    answer = run("demo", cwd=tmp_path / "elsewhere", home=tmp_path / "home", TMPDIR=str(tmp_path / "temporary"))
    assert (answer.code, answer.err) == (0, "")
    assert FOUND in answer.out
    assert tree_of(tmp_path) == {"elsewhere": None, "temporary": None}


def test_it_names_no_file_that_is_gone_when_it_ends(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    first, second = tool("demo"), tool("demo")
    assert first == second
    assert str(tmp_path) not in first.out
    assert "--keep FOLDER" in first.out


def test_keep_leaves_the_sample_with_its_reports(tool: Tool, tmp_path: Path) -> None:
    answer = tool("demo", "--keep", "kept")
    assert (answer.code, answer.err) == (0, "")
    assert FOUND in answer.out
    named = [line.removeprefix("wrote ") for line in answer.out.splitlines() if line.startswith("wrote ")]
    assert len(named) == 5
    assert all((tmp_path / name).is_file() for name in named)
    assert (tmp_path / "kept" / "chat" / "netra_backend").is_dir()


def test_keep_refuses_what_is_there_and_leaves_it(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "mine").write_text("mine")
    answer = tool("demo", "--keep", ".")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "error: .: there is a sample already; name another folder with --keep\n"
    assert tree_of(tmp_path) == {"chat": None, "chat/mine": b"mine"}


def test_no_folder_for_temporary_files_is_told(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", none)
    answer = tool("demo")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "error: no temporary folder for the sample: No usable temporary directory found\n"
