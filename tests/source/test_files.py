"""Writing reports: all or nothing, byte for byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods.errors import OutputError
from codemods.source.files import write_all


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_texts_are_written_as_utf_8_with_their_line_ends(tmp_path: Path) -> None:
    written = write_all(tmp_path / "deep" / "out", {"a.md": "é\nx\n", "b.json": ""})
    assert written == [tmp_path / "deep/out/a.md", tmp_path / "deep/out/b.json"]
    assert written[0].read_bytes() == "é\nx\n".encode()
    assert written[1].read_bytes() == b""
    assert written[0].stat().st_mode & 0o777 == 0o644
    assert names(tmp_path / "deep" / "out") == ["a.md", "b.json"]


def test_what_was_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("old and longer")
    write_all(tmp_path, {"a.md": "new"})
    assert (tmp_path / "a.md").read_text() == "new"


def test_a_file_in_the_folders_place_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match=r"cannot write to .*out: "):
        write_all(tmp_path / "out", {"a.md": "x"})
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_in_a_files_place_leaves_nothing_staged(tmp_path: Path) -> None:
    (tmp_path / "a.md").mkdir()
    with pytest.raises(OutputError):
        write_all(tmp_path, {"a.md": "x", "b.md": "y"})
    assert names(tmp_path) == ["a.md"]


def test_a_failure_in_the_middle_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.md").write_text("old")
    calls: list[str] = []

    def full(path: str, mode: int) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "chmod", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_all(tmp_path, {"a.md": "new", "b.md": "new"})
    assert names(tmp_path) == ["a.md"]
    assert (tmp_path / "a.md").read_text() == "old"


def test_an_error_without_words_is_told_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: str, _mode: int) -> None:
        raise OSError("odd")

    monkeypatch.setattr(os, "chmod", broken)
    with pytest.raises(OutputError, match=r": odd; give another folder"):
        write_all(tmp_path, {"a.md": "x"})
    assert names(tmp_path) == []


def test_files_in_folders_below_are_written_with_their_folders(tmp_path: Path) -> None:
    write_all(tmp_path, {"a/b/c.md": "deep"})
    assert (tmp_path / "a" / "b" / "c.md").read_text() == "deep"
