"""The same tree gives the same bytes: whatever the folder, the cache, the workers, the hash seed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.tool import Answer, environment, run, tree_of

Tool = Callable[..., Answer]


@pytest.fixture(scope="module")
def reference(chat: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes | None]:
    """What a first run writes and prints."""
    return outputs(chat.parent, "chat", tmp_path_factory.mktemp("reference"))


def outputs(cwd: Path, root: str | Path, folder: Path, *options: str, **said: str) -> dict[str, bytes | None]:
    """The files that `--out` writes below `folder`, and what was printed."""
    answer = run("scan", root, "--out", folder / "out", *options, cwd=cwd, home=folder / "home", **said)
    assert (answer.code, answer.err) == (0, "")
    return {**tree_of(folder / "out"), "stdout": answer.out.replace(str(folder), "").encode()}


VARIATIONS: dict[str, tuple[list[str], dict[str, str]]] = {
    "with one worker and another hash seed": (["--jobs", "1"], {"PYTHONHASHSEED": "1"}),
    "with five workers, no cache and a third seed": (["--jobs", "5", "--no-cache"], {"PYTHONHASHSEED": "2"}),
    "elsewhere": ([], {"TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C", "COLUMNS": "40", "LINES": "3"}),
}


@pytest.mark.parametrize(("options", "said"), VARIATIONS.values(), ids=VARIATIONS)
def test_the_same(
    chat: Path, tmp_path: Path, reference: dict[str, bytes | None], options: list[str], said: dict[str, str]
) -> None:
    assert outputs(chat.parent, "chat", tmp_path, *options, **said) == reference


def test_the_same_from_another_folder_and_with_an_absolute_root(
    chat: Path, tmp_path: Path, reference: dict[str, bytes | None]
) -> None:
    assert outputs(tmp_path, chat, tmp_path) == reference
    assert outputs(chat, ".", tmp_path) == reference  # and with the cache of the run before
    assert len(list((tmp_path / "home" / "cache").rglob("*.index"))) >= 1


def test_the_same_for_a_copy_elsewhere(chat: Path, tmp_path: Path, reference: dict[str, bytes | None]) -> None:
    copy = shutil.copytree(chat, tmp_path / "somewhere" / "else")
    assert outputs(copy, ".", tmp_path) == reference


def test_no_absolute_path_and_no_time_in_any_output(chat: Path, reference: dict[str, bytes | None]) -> None:
    text = b"\n".join(content or b"" for content in reference.values()).decode()
    assert str(chat.parent) not in text
    assert str(Path.home()) not in re.sub(r"`[^`]*`", "", text) or str(Path.home()) == "/"
    assert not re.search(r"\d\d:\d\d:\d\d|/tmp/|/home/", text)
    dates = set(re.findall(r"\b20\d\d-\d\d-\d\d\b", text))
    assert dates <= {"2025-09-04"}  # the plan's own


EDITS = {
    "a changed payload inside a method": ('"agent_name"', '"agent_label"'),
    "a comment that moves every line": ('"""', '# moved\n"""'),
    "a changed number": ("= 3\n", "= 4\n"),
    "a method renamed": ("send_to_thread", "send_to_threads"),
}


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_after_an_edit_the_cached_answer_is_the_fresh_one(
    tool: Tool, chat: Path, tmp_path: Path, old: str, new: str
) -> None:
    copy = shutil.copytree(chat, tmp_path / "chat")
    before = tool("scan", "chat", "--format", "json").out
    for file in (copy / "netra_backend").rglob("*.py"):
        text = file.read_text("utf-8")
        file.write_text(text.replace(old, new, 1), "utf-8")
    cached = tool("scan", "chat", "--format", "json").out
    fresh = tool("scan", "chat", "--format", "json", "--no-cache").out
    assert json.loads(cached) == json.loads(fresh)
    assert cached == fresh != before


def test_a_damaged_cache_is_read_past(chat: Path, tmp_path: Path, reference: dict[str, bytes | None]) -> None:
    outputs(chat.parent, "chat", tmp_path)
    damaged = [path for path in (tmp_path / "home" / "cache").rglob("*") if path.is_file()]
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    assert outputs(chat.parent, "chat", tmp_path) == reference


def test_a_cache_that_cannot_be_written_is_no_failure(
    chat: Path, tmp_path: Path, reference: dict[str, bytes | None]
) -> None:
    (tmp_path / "file").touch()
    assert outputs(chat.parent, "chat", tmp_path, XDG_CACHE_HOME=str(tmp_path / "file" / "x")) == reference


def test_the_environment_of_these_runs_holds_no_leftovers(tmp_path: Path) -> None:
    assert not {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LC_ALL"} & environment(tmp_path).keys()
