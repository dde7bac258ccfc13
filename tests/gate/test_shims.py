"""Shims say since when and until when, go when their time has come, and are missed by nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codemods.gate.rules.shim_dates import version
from tests.cli.tool import Answer
from tests.gate.trees import shimmed

Tool = Callable[..., Answer]
Checked = Callable[..., dict[str, Any]]
HUB = ("app/old/hub.py", 3, "app.old.hub.EventHub")
UNUSED = ("WSC011", "app/old/emitter.py", 3, "app.old.emitter.EventEmitter")


def test_a_shim_in_use_is_a_legacy_path_and_one_unused_a_note(checked: Checked, tmp_path: Path) -> None:
    report = checked(shimmed(tmp_path / "code"))
    assert report["found"] == [("WSC002", "app/late.py", 1, "app.old.hub.EventHub"), UNUSED]
    assert [item["level"] for item in report["findings"]] == ["error", "note"]
    assert report["findings"][0]["hint"] == "take EventHub from app.core.hub.UnifiedHub"


def test_notes_fail_only_where_that_is_asked_for(tool: Tool, tmp_path: Path) -> None:
    shimmed(tmp_path / "code", **{"app/late.py": "x = 1\n"})
    answer = tool("check", "code")
    assert (answer.code, "; 2 notes.\n" in answer.out) == (0, True)
    assert tool("check", "code", "--strict").code == 1


CALLS = {
    "both are said": ('since="2025.9", removal="2026.3"', ""),
    "no removal": ('since="2025.9"', "does not say removal"),
    "no since": ('removal="2026.3"', "does not say since"),
    "neither": ("", "does not say since and removal"),
    "an empty removal": ('since="2025.9", removal=""', "does not say removal"),
    "a computed one": ('since="2025.9", removal=REMOVAL', "does not say removal"),
    "past": ('since="2024.1", removal="2025.9"', "was to go in 2025.9, and this is 2025.10"),
    "now": ('since="2024.1", removal="2025.10"', "was to go in 2025.10, and this is 2025.10"),
}


@pytest.mark.parametrize(("said", "problem"), CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("nested", [False, True], ids=["of a module", "nested in a class"])
def test_the_dates_of_a_shim(checked: Checked, tmp_path: Path, said: str, problem: str, nested: bool) -> None:
    table = f'moved(__name__, {{"EventHub": "app.core.hub:UnifiedHub"}}, {said})\n'
    inner = f'class Pool:\n    Inner = moved_inside("app.old.hub.Pool.Inner", "app.core.hub:UnifiedHub", {said})\n'
    text = "from app.core.unified_shims import moved, moved_inside\nREMOVAL = '2026.3'\n" + (inner if nested else table)
    report = checked(shimmed(tmp_path / "code", **{"app/old/hub.py": text}), "--select", "WSC010")
    name = "app.old.hub.Pool.Inner" if nested else "app.old.hub.EventHub"
    told = [(item["path"], item["name"], item["message"]) for item in report["findings"]]
    assert told == ([("app/old/hub.py", name, f"the shim of {name} {problem}")] if problem else [])


RELEASES = {
    "the project's version": ([], "", 0),
    "a version that is said": (["--release", "2026.3"], "", 1),
    "one before": (["--release", "2026.2.9"], "", 0),
    "one after": (["--release", "v2026.10.0rc1"], "", 1),
    "the settings'": ([], 'release = "2027.1"\n', 1),
    "said before the settings": (["--release", "2026.1"], 'release = "2027.1"\n', 0),
}


@pytest.mark.parametrize(("options", "settings", "count"), RELEASES.values(), ids=RELEASES)
def test_which_version_removal_is_held_against(
    checked: Checked, tmp_path: Path, options: list[str], settings: str, count: int
) -> None:
    code = shimmed(tmp_path / "code")
    project = code / "pyproject.toml"
    project.write_text(project.read_text("utf-8") + settings, "utf-8")
    assert len(checked(code, "--select", "WSC010", *options)["found"]) == 2 * count


def test_without_any_version_nothing_is_past(checked: Checked, tmp_path: Path) -> None:
    for project in ('project = 3\n[tool.wsconsolidate]\nplan = "plan.toml"\n', "[project]\nversion = 3\n"):
        code = shimmed(tmp_path / "code", **{"pyproject.toml": project})
        assert checked(code, "--plan", code / "plan.toml", "--select", "WSC010")["found"] == []


@pytest.mark.parametrize(
    ("one", "other"), [("2026.3", "2026.2"), ("2026.10", "2026.9"), ("2.0", "1.9.9"), ("v3", "2.5rc1")]
)
def test_versions_are_compared_by_their_numbers(one: str, other: str) -> None:
    assert version(one) > version(other)
    assert version(one) == version(f"{one}.0")


def line(old: str, file: str, number: int = 7) -> str:
    """What a shim logs."""
    return json.dumps({"old": old, "new": "x", "file": file, "line": number, "function": "f"}) + "\n"


def test_what_production_used_keeps_a_shim_and_is_told(checked: Checked, tmp_path: Path) -> None:
    code = shimmed(tmp_path / "code", **{"app/late.py": "x = 1\n"})
    log = tmp_path / "shims.log"
    log.write_text(
        line("app.old.hub.EventHub", "/srv/release-3/app/page.py")
        + line("app.old.hub.EventHub", "/usr/lib/python3/other/plugin.py")
        + line("app.old.hub.EventHub", "/srv/release-4/app/page.py")
        + line("app.gone.Thing", "/srv/release-3/app/page.py")
        + "\ntorn {\n[]\n",
        "utf-8",
    )
    report = checked(code, "--telemetry", log)
    assert report["found"] == [UNUSED]
    assert report["findings"][0]["level"] == "error"
    assert "neither this code nor production uses it" in report["findings"][0]["message"]
    assert report["remarks"] == [
        "production used app.gone.Thing, which no shim of this code keeps any more",
        "production used app.old.hub.EventHub from app/page.py:7 (f), plugin.py:7 (f)",
        "2 lines of the log could not be understood",
    ]


def test_many_places_are_counted_and_one_torn_line_is_one(checked: Checked, tmp_path: Path) -> None:
    log = tmp_path / "shims.log"
    log.write_text("".join(line("app.old.hub.EventHub", "x.py", n) for n in range(1, 9)) + "torn\n", "utf-8")
    first, second = checked(shimmed(tmp_path / "code"), "--telemetry", log)["remarks"]
    assert first.endswith("x.py:5 (f) and 3 more places")
    assert second == "1 line of the log could not be understood"


def test_a_log_that_is_not_there_is_no_answer(tool: Tool, tmp_path: Path) -> None:
    shimmed(tmp_path / "code")
    answer = tool("check", "code", "--telemetry", "none.log")
    assert (answer.code, answer.out) == (2, "")
    assert "none.log: cannot be read" in answer.err


def test_an_empty_log_means_that_production_used_nothing(checked: Checked, tmp_path: Path) -> None:
    (tmp_path / "shims.log").touch()
    report = checked(shimmed(tmp_path / "code"), "--telemetry", tmp_path / "shims.log")
    assert (UNUSED in report["found"], report["code"], report["remarks"]) == (True, 1, [])


def test_what_is_no_shim_is_left_alone(checked: Checked, tmp_path: Path) -> None:
    text = """\
        from app.core.unified_shims import moved

        moved(__name__)
        moved(__name__, TABLE)
        moved(__name__, {**TABLE, "A": "app.core.hub:UnifiedHub"}, since="1", removal="9999")
        print(len([1, 2]))
        """
    report = checked(shimmed(tmp_path / "code", **{"app/old/hub.py": text}), "--select", "WSC010,WSC011")
    assert [item[3] for item in report["found"]] == ["app.old.emitter.EventEmitter", "app.old.hub.A"]


def test_who_imports_from_a_module_that_hands_a_shim_on_has_nothing_to_change(checked: Checked, tmp_path: Path) -> None:
    more = {
        "app/handing.py": "from app.old.hub import *\n",
        "app/user.py": "from app.handing import EventHub\n",
        "app/module.py": "from app.old import hub\n\nprint(hub.EventHub)\n",
        "app/late.py": "x = 1\n",
    }
    report = checked(shimmed(tmp_path / "code", **more), "--select", "WSC002")
    assert [(item["path"], item["level"]) for item in report["findings"]] == [
        ("app/handing.py", "error"),
        ("app/module.py", "error"),
        ("app/user.py", "note"),
    ]
    assert report["findings"][1]["message"] == "imports app.old.hub through the legacy module app.old.hub"
    assert report["findings"][1]["hint"] == "take what is needed from app.core"
    assert report["findings"][2]["hint"] == "it changes with that module"


def test_what_a_shim_says_of_itself_is_no_use_of_it(checked: Checked, tmp_path: Path) -> None:
    text = """\
        from app.core.unified_shims import moved_inside

        PATHS = ["app.old.emitter.EventEmitter"]


        class Pool:
            Inner = moved_inside("app.old.hub.EventHub", "app.core.hub:UnifiedHub", since="1", removal="9999")
        """
    report = checked(shimmed(tmp_path / "code", **{"app/inner.py": text, "app/late.py": "x = 1\n"}))
    assert [item[:3] for item in report["found"] if item[0] == "WSC002"] == [("WSC002", "app/inner.py", 3)]


def test_many_names_of_one_statement_are_counted(checked: Checked, tmp_path: Path) -> None:
    names = [f"name{n}" for n in range(5)]
    table = ", ".join(f'"{name}": "app.core.hub:{name}"' for name in names)
    shim = f'from app.core.unified_shims import moved\nmoved(__name__, {{{table}}}, since="1", removal="9999")\n'
    late = f"from app.old.hub import {', '.join(names)}\n"
    report = checked(shimmed(tmp_path / "code", **{"app/old/hub.py": shim, "app/late.py": late}), "--select", "WSC002")
    [found] = report["findings"]
    assert found["message"].startswith(
        "imports name0, name1, name2 and 2 more through the legacy paths app.old.hub.name0"
    )
    assert found["hint"].endswith("; take name2 from app.core.hub.name2; and so on")
