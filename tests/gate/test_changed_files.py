"""Some files alone: by the rules that look at one file, in the light of the last run over the whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codemods.commands import changed
from codemods.gate.registry import RULES
from tests.cli.tool import Answer
from tests.gate.trees import legacy, shimmed
from tests.support import written

Tool = Callable[..., Answer]
Checked = Callable[..., dict[str, Any]]
OLD = "from app.old.hub import EventHub\n"


@pytest.mark.parametrize("before", [True, False], ids=["after a whole run", "as the first run of all"])
def test_what_is_found_in_them_is_what_the_whole_run_finds_there(
    checked: Checked, tmp_path: Path, before: bool
) -> None:
    code = legacy(
        tmp_path / "code",
        **{
            "app/star.py": "from app.old.hub import *\n",
            "app/lost.py": "from app.old.gone import X\nfrom app.core import nothing\n",
            "app/broken.py": "def (\n",
            "app/told.py": f"{OLD}# wsconsolidate: ignore[WSC002]\nx = 1  # wsconsolidate: ignore[WSC002] x\n",
            "app/named.py": 'import importlib\n\nx = importlib.import_module("app.old.hub")\n',
            "app/module.py": "import app.old.hub as h\n\nh.EventHub()\n",
        },
    )
    names = ["app/star.py", "app/lost.py", "app/broken.py", "app/told.py", "app/named.py", "app/module.py"]
    names += ["app/page.py", "tests/test_page.py", "app/old/hub.py", "app/bridge.py"]
    whole = checked(code) if before else None
    some = checked(code, *(code / name for name in names))
    whole = whole or checked(code)
    local = {rule.id for rule in RULES if rule.local}
    assert some["found"] == [item for item in whole["found"] if item[0] in local and item[1] in names]
    assert {item[0] for item in some["found"]} == {"WSC002", "WSC013", "WSC014", "WSC015"}
    assert (some["code"], some["summary"]["files"], some["criteria"]) == (1, len(names), [])


def test_nothing_else_is_read(checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = legacy(tmp_path / "code")
    checked(code)
    monkeypatch.setattr(changed, "read_chunk", reading := Reading(changed.read_chunk))
    written({"app/fresh.py": OLD}, code)
    assert checked(code, code / "app" / "fresh.py", code / "app" / "page.py")["code"] == 1
    assert reading.paths == ["app/fresh.py", "app/page.py"]


class Reading:
    """Remembers which files were read."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real, self.paths = real, list[str]()

    def __call__(self, task: Any) -> Any:
        self.paths += [path for path, _ in task.files]
        return self.real(task)


def test_only_their_entries_of_a_baseline_count(tool: Tool, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    assert tool("check", "code", "--baseline", "base.txt", "--update-baseline", "--add").code == 0
    assert tool("check", "code", "code/app/page.py", "--baseline", "base.txt").code == 0
    (code / "app" / "page.py").write_text("x = 1\n", "utf-8")
    answer = tool("check", "code", "code/app/page.py", "code/app/bridge.py", "--baseline", "base.txt")
    assert answer.code == 1
    assert "answers to any more: 1." in answer.out
    assert tool("check", "code", "code/app/bridge.py", "--baseline", "base.txt").code == 0
    (code / "tests" / "test_page.py").rename(code / "tests" / "test_moved.py")
    assert tool("check", "code", "code/tests/test_moved.py", "--baseline", "base.txt").code == 0


def test_a_shim_is_judged_as_it_is_now(checked: Checked, tmp_path: Path) -> None:
    code = shimmed(tmp_path / "code")
    assert checked(code, "--ignore", "WSC002")["code"] == 0
    shim = code / "app" / "old" / "hub.py"
    shim.write_text(shim.read_text("utf-8").replace(', removal="2026.3"', ""), "utf-8")
    assert checked(code, shim, code / "app" / "page.py")["found"] == [
        ("WSC010", "app/old/hub.py", 3, "app.old.hub.EventHub")
    ]


def test_files_of_the_current_folder_need_no_root(tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = legacy(tmp_path / "code")
    monkeypatch.chdir(code)
    assert tool("check", "app/page.py").code == 1
    assert tool("check", "app/bridge.py", "plan.toml").code == 0
    assert tool("check", ".", "plan.toml").out == "No findings in 0 files.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["code", "code/app/none.py"], "code/app/none.py: no such file"),
        (["code", "outside.py"], "outside.py: not below code"),
        (["code", "code/app/page.py", "--update-baseline", "--baseline", "b"], "name no files"),
        (["code", "code/app/page.py", "--runtime"], "name no files"),
        (["nowhere"], "nowhere: no such folder"),
        ([""], "an empty name is no folder"),
    ],
)
def test_what_cannot_be_judged(tool: Tool, tmp_path: Path, words: list[str], told: str) -> None:
    legacy(tmp_path / "code")
    (tmp_path / "outside.py").write_text("", "utf-8")
    answer = tool("check", *words)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


@pytest.mark.parametrize("lost", ["*.learned.results", "*.index", None], ids=["learned", "index", "no cache at all"])
def test_what_the_whole_run_left_may_be_gone(checked: Checked, tmp_path: Path, lost: str | None) -> None:
    code = legacy(tmp_path / "code")
    whole = checked(code)
    for path in Path(os.environ["XDG_CACHE_HOME"]).rglob(lost or "*.index"):
        path.unlink()
    options = ["--no-cache"] if lost is None else []
    found = checked(code, code / "app" / "page.py", *options)["found"]
    assert found == [item for item in whole["found"] if item[1] == "app/page.py"]


def test_another_plan_learns_anew(checked: Checked, tmp_path: Path) -> None:
    code = legacy(tmp_path / "code")
    checked(code)
    plan = (code / "plan.toml").read_text("utf-8")
    other = tmp_path / "other.toml"
    other.write_text(plan.replace('qualname = "EventHub"', 'qualname = "Nothing"'), "utf-8")
    assert checked(code, code / "app" / "page.py", "--plan", other)["found"] == []
    shutil.rmtree(code / "app" / "old")
    assert checked(code, code / "app" / "page.py")["found"] != []
