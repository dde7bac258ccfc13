"""What to migrate next: who holds up most, who is the last to keep a shim, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import Answer, run
from tests.gate.trees import legacy
from tests.support import written

Tool = Callable[..., Answer]
Next = Callable[..., dict[str, Any]]
SHIM = """\
    from app.unified_shims import moved

    moved(__name__, {"EventHub": "app.core.hub:UnifiedHub"}, since="1", removal="9")
"""
BESIDE_CODE = """\
    from app.unified_shims import moved as _moved


    def own():
        return 1


    _moved(__name__, {"EventEmitter": "app.core.hub:UnifiedEmitter"}, since="1", removal="9")
"""
HUB = "class UnifiedHub:\n    pass\n\n\nclass UnifiedEmitter:\n    pass\n"
SHIMMED = {
    "app/unified_shims.py": "def moved(module, names, **said):\n    pass\n",
    "app/core/hub.py": HUB,
    "app/old/__init__.py": "",
    "app/old/hub.py": SHIM,
    "app/old/emitter.py": BESIDE_CODE,
    "app/old/protocols.py": "",
}


@pytest.fixture
def listed(tool: Tool) -> Next:
    """Runs `next --format json`; the files that are listed, by their paths, under "by"."""

    def call(root: Path) -> dict[str, Any]:
        answer = tool("next", root, "--format", "json")
        assert (answer.code, answer.err) == (0, "")
        report: dict[str, Any] = json.loads(answer.out)
        report["by"] = {item["path"]: item for item in report["listed"]}
        return report

    return call


def shimmed(root: Path, files: dict[str, str]) -> Path:
    """The code base after a migration that left shims, with these files that still ask them."""
    legacy(root)
    for path in [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] != "app"]:
        path.unlink()
    for path in (root / "app").rglob("*.py"):
        path.write_text("", "utf-8")
    return written({**SHIMMED, **files}, root)


def test_the_class_that_most_places_lead_to_is_first(listed: Next, tmp_path: Path) -> None:
    root = legacy(tmp_path / "code")
    written({f"app/page{number}.py": "from app.old.emitter import EventEmitter\n" for number in range(5)}, root)
    report = listed(root)
    first = report["listed"][0]
    assert (first["path"], first["classes"]) == ("app/old/emitter.py", ["app.old.emitter.EventEmitter"])
    assert first["frees"] >= 5
    assert first["command"] == f"wsconsolidate migrate {root} --only app.old.emitter.EventEmitter"


def test_a_module_that_hands_a_class_on_frees_those_who_take_it_there(listed: Next, tmp_path: Path) -> None:
    root = legacy(tmp_path / "code")
    before = listed(root)["by"]
    written({f"app/guest{number}.py": "from app.old import EventHub\n" for number in range(3)}, root)
    after = listed(root)["by"]
    assert after["app/old/__init__.py"]["frees"] == before["app/old/__init__.py"]["frees"] + 3
    assert after["app/old/hub.py"]["frees"] == before["app/old/hub.py"]["frees"] + 3, "they lead to its home as well"
    assert after["app/old/__init__.py"]["command"].endswith("--only app.old.hub.EventHub")
    guest = after["app/guest0.py"]
    assert (guest["frees"], guest["command"]) == (0, f"wsconsolidate explain {root} app/guest0.py:1")


def test_the_last_file_that_keeps_a_shim_comes_before_those_that_share_one(listed: Next, tmp_path: Path) -> None:
    root = shimmed(
        tmp_path / "code",
        {
            "app/alone.py": "from app.old.hub import EventHub\nx = 'app.old.hub.EventHub'\n",
            "app/one.py": "from app.old.emitter import EventEmitter\n",
            "app/two.py": "from app.old.emitter import EventEmitter\n",
        },
    )
    report = listed(root)
    assert [item["path"] for item in report["listed"]] == ["app/alone.py", "app/one.py", "app/two.py"]
    assert report["by"]["app/alone.py"]["ends"] == ["app.old.hub"]
    assert report["by"]["app/alone.py"]["sites"] == [1, 2]
    assert report["by"]["app/one.py"]["shares"] == [{"module": "app.old.emitter", "others": 1}]
    assert (report["files"], report["sites"]) == (3, 4)


def test_who_hands_a_shim_s_name_on_ends_it_for_all_who_ask_there(listed: Next, tmp_path: Path) -> None:
    root = shimmed(
        tmp_path / "code",
        {
            "app/bridge.py": "from app.old.hub import EventHub\n",
            "app/one.py": "from app.bridge import EventHub\n",
            "app/two.py": "from app.bridge import EventHub\n",
        },
    )
    by = listed(root)["by"]
    assert (by["app/bridge.py"]["frees"], by["app/bridge.py"]["ends"]) == (2, ["app.old.hub"])
    assert (by["app/one.py"]["frees"], by["app/one.py"]["ends"]) == (0, [])
    assert by["app/one.py"]["shares"] == [{"module": "app.old.hub", "others": 2}]


def test_nothing_is_left_of_a_shim_that_nobody_asks(listed: Next, tool: Tool, tmp_path: Path) -> None:
    root = shimmed(tmp_path / "code", {})
    assert listed(root)["listed"] == []
    assert "Nothing: no class of the plan stands" in tool("next", root).out


def test_the_text_says_why_and_what_to_run(tool: Tool, tmp_path: Path) -> None:
    users = {f"app/user{number}.py": "from app.old.hub import EventHub\n" * 5 for number in range(12)}
    text = tool("next", shimmed(tmp_path / "code", users), "--format", "markdown").out
    assert "## 1\\. app/user0.py:1\n" in text
    assert "it keeps the shim `app.old.hub` alive, with 11 other files" in text
    assert "5 places of its own: lines 1, 2, 3 and 2 more" in text
    assert "2 files that unblock no more are not listed" in text
    assert f"wsconsolidate explain {tmp_path / 'code'} app/user0.py:1" in text


def test_many_shims_of_one_file_are_counted(tool: Tool, tmp_path: Path) -> None:
    shims = {f"app/old{number}.py": SHIM for number in range(5)}
    asking = "".join(f"from app.old{number} import EventHub\n" for number in range(5))
    text = tool("next", shimmed(tmp_path / "code", {**shims, "app/one.py": asking, "app/two.py": asking})).out
    assert "and 2 more shims with others" in text


def test_the_same_code_base_gives_the_same_bytes_whatever_was_kept(chat: Path, tmp_path: Path) -> None:
    first = run("next", chat, cwd=tmp_path, home=tmp_path)
    again = run("next", chat, cwd=tmp_path, home=tmp_path)
    fresh = run("next", chat, "--no-cache", "--jobs", "1", cwd=tmp_path, home=tmp_path, PYTHONHASHSEED="7")
    assert first.code == 0
    assert first == again == fresh


def test_without_a_plan_there_is_nothing_to_migrate(tool: Tool, tmp_path: Path) -> None:
    from codemods.commands import next_file
    from codemods.commands.codebase import Request
    from codemods.errors import UsageError

    with pytest.raises(UsageError, match="next needs a plan"):
        next_file.run(Request(legacy(tmp_path / "code"), no_plan=True, cache=False), "json", False)
