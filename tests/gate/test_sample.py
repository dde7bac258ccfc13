"""The sample through its whole life: all is told before, after migrating only what was left, after cleaning nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import run
from tests.gate.test_since import git

Checked = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def migrated(chat: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The sample after `migrate`, and what that said."""
    code = shutil.copytree(chat, tmp_path_factory.mktemp("migrated") / "chat")
    git(code, "init", "-q")
    git(code, "add", ".")
    git(code, "commit", "-qm", "before")
    answer = run("migrate", ".", "--format", "json", "--jobs", "1", cwd=code, home=code.parent)
    assert (answer.code, answer.err) == (0, "")
    return code, json.loads(answer.out)


def test_before_every_class_and_every_import_is_told_once(checked: Checked, chat: Path) -> None:
    report = checked(chat)
    scanned = run("scan", chat, "--format", "json", cwd=chat.parent, home=chat.parent / "home")
    sites = json.loads(scanned.out)["sites"]
    bridge = "netra_backend.app.services.agent_websocket_bridge"
    expected = [
        (site["path"], site["line"])
        for site in sites
        if {*site["classes"], *site["modules"]} - {bridge, f"{bridge}.AgentWebSocketBridge"}
    ]
    imports = [
        item for item in report["findings"] if item["rule"] == "WSC002" and item["message"].startswith("imports")
    ]
    assert sorted((item["path"], item["line"]) for item in imports) == sorted(expected)
    assert sum(item["rule"] == "WSC001" for item in report["findings"]) == 15  # the bridge stays
    assert report["code"] == 1


def test_after_migrating_only_what_was_left_is_told(checked: Checked, migrated: tuple[Path, dict[str, Any]]) -> None:
    code, said = migrated
    left = {(item["path"], item["line"]) for item in (*said["left"], *said["review"])}
    report = checked(code)
    errors = {(item["path"], item["line"]) for item in report["findings"] if item["level"] == "error"}
    assert errors
    assert errors <= left
    states = {goal["text"]: goal["state"] for goal in report["criteria"]}
    assert [states[text] for text in states if "Single" in text or "intact" in text or "files" in text] == ["done"] * 4


def test_what_is_told_of_a_baseline_from_before(
    checked: Checked, chat: Path, migrated: tuple[Path, dict[str, Any]]
) -> None:
    code, _ = migrated
    base = code.parent / "base.txt"
    assert checked(chat, "--baseline", base, "--update-baseline", "--add")["code"] == 0
    report = checked(code, "--baseline", base)
    # The plan names no getter: that one is left behind is first seen by the shim that hands it on.
    new = [item["name"] for item in report["findings"] if item["level"] == "error" and not item["known"]]
    assert new == ["netra_backend.app.services.websocket_emitter_pool.get_websocket_emitter_pool"]
    assert report["stale"] != []


def test_the_promises_hold_in_the_migrated_sample(checked: Checked, migrated: tuple[Path, dict[str, Any]]) -> None:
    report = checked(migrated[0], "--runtime")
    states = [goal["state"] for goal in report["criteria"]]
    assert states == ["done"] * 6 + ["unknown", "done"]  # of the eight, its own tests are its own


def test_after_cleaning_up_nothing_is_told_without_a_baseline(
    checked: Checked, migrated: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Cleaned up by hand: shims and who still leans on them are gone, as at the end of a consolidation."""
    code = shutil.copytree(migrated[0], tmp_path / "chat")
    for _ in range(20):  # what imports a deleted module goes as well
        report = checked(code)
        told = [item for item in report["findings"] if item["level"] == "error" or item["rule"] == "WSC011"]
        if not told:
            break
        for path in {item["path"] for item in told}:
            without(code / path, [item for item in told if item["path"] == path])
    assert report["code"] == 0, report["found"]
    assert {item["rule"] for item in report["findings"]} <= {"WSC003"}
    assert (code / "netra_backend/app/services/agent_websocket_bridge.py").exists()


def without(path: Path, told: list[dict[str, Any]]) -> None:
    """Delete the file; of a package's own file the statements alone."""
    if path.name != "__init__.py":
        path.unlink()
        return
    lines = path.read_text("utf-8").splitlines(keepends=True)
    gone = {number for item in told for number in range(item["line"], item["end"] + 1)}
    path.write_text("".join(line for number, line in enumerate(lines, 1) if number not in gone), "utf-8")


FRESH = """\
# über alles
from netra_backend.app import main; from netra_backend.app.websocket_core.manager import WebSocketManager

manager: WebSocketManager | None = None
"""


def test_sarif_brings_the_change_that_migrate_makes(migrated: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    code = shutil.copytree(migrated[0], tmp_path / "chat")
    fresh = code / "netra_backend" / "app" / "fresh.py"
    fresh.write_text(FRESH, "utf-8")
    answer = run("check", ".", "--format", "sarif", cwd=code, home=tmp_path / "home")
    assert answer.code == 1
    fixes = [fix for item in json.loads(answer.out)["runs"][0]["results"] for fix in item.get("fixes", ())]
    changes = {change["artifactLocation"]["uri"]: change for fix in fixes for change in fix["artifactChanges"]}
    fixed = replaced(FRESH, changes["netra_backend/app/fresh.py"]["replacements"])
    assert run("migrate", ".", "--allow-dirty", cwd=code, home=tmp_path / "home").code == 0
    assert fresh.read_text("utf-8") == fixed != FRESH


def replaced(text: str, replacements: list[dict[str, Any]]) -> str:
    """A text with the replacements of a SARIF fix made, as an editor makes them."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]

    def place(region: dict[str, int], which: str) -> int:
        return starts[region[f"{which}Line"] - 1] + region[f"{which}Column"] - 1

    spans = [(place(r["deletedRegion"], "start"), place(r["deletedRegion"], "end"), r) for r in replacements]
    for start, end, item in sorted(spans, key=lambda span: -span[0]):
        text = text[:start] + item["insertedContent"]["text"] + text[end:]
    return text


def test_before_the_unified_modules_are_in_place_there_is_no_fix(chat: Path, tmp_path: Path) -> None:
    answer = run("check", chat, "--format", "sarif", cwd=tmp_path, home=tmp_path / "home")
    assert (answer.code, '"fixes"' in answer.out) == (1, False)
