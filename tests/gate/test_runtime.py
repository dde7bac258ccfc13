"""The promises of the copy that is in the code base, run apart from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codemods.gate import runtime
from tests.cli.tool import REPOSITORY, Answer
from tests.gate.trees import clean

Tool = Callable[..., Answer]
Checked = Callable[..., dict[str, Any]]
DELIVERY = "app/core/unified_delivery"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The clean code base with a copy of all that is shipped."""
    root = clean(tmp_path / "code")
    shutil.copytree(
        REPOSITORY / "unified_target",
        root / "app" / "core",
        ignore=shutil.ignore_patterns("__pycache__"),
        dirs_exist_ok=True,
    )
    return root


def test_what_reading_leaves_open_is_settled(checked: Checked, code: Path) -> None:
    report = checked(code, "--runtime")
    assert (report["code"], report["found"]) == (0, [])
    states = {goal["text"]: goal["state"] for goal in report["criteria"]}
    assert (states["All events"], states["Isolation"], states["No loss"]) == ("done", "done", "done")
    assert report["criteria"][2]["evidence"].endswith("4 promises hold when run")


def test_a_promise_that_does_not_hold_is_a_finding(checked: Checked, code: Path) -> None:
    conformance = code / DELIVERY / "conformance.py"
    text = conformance.read_text("utf-8")
    conformance.write_text(text.replace("count(TOO_MANY_TABS), 5)", "count(TOO_MANY_TABS), 4)"), "utf-8")
    report = checked(code, "--runtime", "--ignore", "WSC008")
    [found] = report["findings"]
    assert (report["code"], found["rule"], found["path"]) == (1, "WSC016", f"{DELIVERY}/conformance.py")
    assert "a user has at most 3 connections" in found["message"]
    assert [goal["state"] for goal in report["criteria"] if goal["text"] == "Isolation"] == ["open"]
    assert checked(code, "--runtime", "--ignore", "WSC008,WSC016")["code"] == 0


def test_a_copy_that_promises_nothing_of_a_criterion_leaves_it_open(checked: Checked, code: Path) -> None:
    conformance = code / DELIVERY / "conformance.py"
    text = conformance.read_text("utf-8")
    conformance.write_text(text.replace("tuple(_CHECKS)", "tuple(_CHECKS[:4])"), "utf-8")
    report = checked(code, "--runtime", "--ignore", "WSC008")
    assert [goal["state"] for goal in report["criteria"] if goal["text"] == "No loss"] == ["open"]


def test_no_other_code_of_the_tree_is_run_and_nothing_of_ours_is_seen(
    checked: Checked, code: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "was run"
    for path in ("app/__init__.py", "app/core/__init__.py", "sitecustomize.py", "asyncio.py"):
        (code / path).write_text(f"open({str(mark)!r}, 'w')\n", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(code))
    monkeypatch.chdir(code)
    assert checked(Path("."), "--runtime", "--select", "WSC016")["code"] == 0
    assert not mark.exists()


CANNOT: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing is in place": (lambda code: shutil.rmtree(code / DELIVERY), "conformance.py is not there"),
    "the copy cannot be imported": (
        lambda code: (code / DELIVERY / "hub.py").write_text("raise RuntimeError('broken')\n"),
        "the copy in the tree cannot be run: RuntimeError: broken",
    ),
    "it says nothing": (
        lambda code: (code / DELIVERY / "conformance.py").write_text("def main(): return 0\n"),
        "the copy in the tree cannot be run: it said nothing",
    ),
    "it says something else": (
        lambda code: (code / DELIVERY / "conformance.py").write_text("def main(): print('hello')\n"),
        "the copy in the tree says what is no promise: hello",
    ),
}


@pytest.mark.parametrize(("change", "told"), CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_run_is_no_answer(tool: Tool, code: Path, change: Callable[[Path], object], told: str) -> None:
    change(code)
    answer = tool("check", code, "--runtime")
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_one_that_does_not_end_is_stopped(tool: Tool, code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "SECONDS", 0.5)
    (code / DELIVERY / "conformance.py").write_text("import time\n\n\ndef main(): time.sleep(60)\n", "utf-8")
    answer = tool("check", code, "--runtime")
    assert (answer.code, "did not end within 0.5 seconds" in answer.err) == (2, True)
