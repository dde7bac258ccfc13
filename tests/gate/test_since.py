"""Compared with a git revision instead of a file: what is new since is told, what was there is known."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import Answer
from tests.gate.trees import legacy
from tests.support import program, written

Tool = Callable[..., Answer]
Checked = Callable[..., dict[str, Any]]
OLD = "from app.old.hub import EventHub\n"


def git(folder: Path, *words: str) -> str:
    """Run git, with nobody's configuration."""
    name = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        [program("git"), *name, "-C", str(folder), *words], check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The legacy code base in a folder of a repository, committed."""
    code = legacy(tmp_path / "top" / "code")
    git(tmp_path / "top", "init", "-q")
    git(tmp_path / "top", "add", ".")
    git(tmp_path / "top", "commit", "-qm", "one")
    return code


def fresh(report: dict[str, Any]) -> list[tuple[str, str]]:
    """What is not known: rule and path."""
    return [(item["rule"], item["path"]) for item in report["findings"] if not item["known"]]


def test_nothing_is_new_of_what_was_committed(checked: Checked, repository: Path) -> None:
    report = checked(repository, "--since", "HEAD")
    assert (report["code"], fresh(report), report["summary"]["known"]) == (0, [], 7)
    assert report["summary"]["compared"] == "at HEAD"


def test_what_was_added_is_new_whether_or_not_git_knows_it(checked: Checked, repository: Path) -> None:
    written({"app/untracked.py": OLD, "app/staged.py": OLD, "app/committed.py": OLD}, repository)
    git(repository, "add", "app/committed.py")
    git(repository, "commit", "-qm", "two")
    git(repository, "add", "app/staged.py")
    report = checked(repository, "--since", "HEAD~1")
    new = [("WSC002", f"app/{name}.py") for name in ("committed", "staged", "untracked")]
    assert (report["code"], fresh(report)) == (1, new)
    assert fresh(checked(repository, "--since", "HEAD")) == new[1:]


def test_what_was_mended_is_not_stale_and_a_moved_file_is_known(checked: Checked, repository: Path) -> None:
    (repository / "app" / "page.py").write_text("x = 1\n", "utf-8")
    (repository / "tests" / "test_page.py").rename(repository / "tests" / "test_first.py")
    report = checked(repository, "--since", "HEAD")
    assert (report["code"], fresh(report), report["stale"]) == (0, [], [])


def test_a_producer_that_was_lost_and_a_bridge_that_changed_are_told(checked: Checked, repository: Path) -> None:
    for path, old, new in (("app/old/emitter.py", "emit_run_ended", "end"), ("app/bridge.py", "return note", "pass")):
        text = (repository / path).read_text("utf-8")
        (repository / path).write_text(text.replace(old, new), "utf-8")
    written({"app/bridge.py": (repository / "app/bridge.py").read_text("utf-8")}, repository)
    report = checked(repository, "--since", "HEAD")
    assert fresh(report) == [("WSC007", "app/bridge.py"), ("WSC006", "app/old/emitter.py")]


def test_a_deleted_file_counts_as_it_was(checked: Checked, repository: Path) -> None:
    (repository / "app" / "bridge.py").unlink()
    assert fresh(checked(repository, "--since", "HEAD")) == [("WSC007", "app/bridge.py")]


def test_files_can_be_named_too(checked: Checked, repository: Path) -> None:
    written({"app/fresh.py": OLD, "app/other.py": OLD}, repository)
    report = checked(repository, repository / "app" / "fresh.py", repository / "app" / "page.py", "--since", "HEAD")
    assert fresh(report) == [("WSC002", "app/fresh.py")]
    assert report["summary"]["known"] == 1


@pytest.mark.parametrize("ref", ["nowhere", "--help", ""], ids=["unknown", "an option", "nothing"])
def test_a_revision_that_is_none_cannot_be_compared_with(tool: Tool, repository: Path, ref: str) -> None:
    answer = tool("check", repository, f"--since={ref}")
    if not ref:
        assert answer.code == 1
        return
    assert (answer.code, answer.out) == (2, "")
    assert f"--since {ref}: git knows no such revision of" in answer.err


def test_without_a_repository_there_is_no_revision(tool: Tool, tmp_path: Path) -> None:
    answer = tool("check", legacy(tmp_path / "code"), "--since", "HEAD")
    assert (answer.code, answer.out) == (2, "")


def test_it_contradicts_a_baseline(tool: Tool, repository: Path) -> None:
    for more in (("--baseline", "b.txt"), ("--update-baseline", "--baseline", "b.txt")):
        answer = tool("check", repository, "--since", "HEAD", *more)
        assert (answer.code, "--since compares with a revision instead of a baseline" in answer.err) == (2, True)
