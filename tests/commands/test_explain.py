"""`wsconsolidate explain`: of every line what `migrate` says of it, how its names resolve, and what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codemods.commands import explain, migrate
from codemods.commands.codebase import Request, read_code_base
from codemods.commands.explain import _Explainer
from codemods.commands.migrate import Asked
from codemods.errors import UsageError
from codemods.prove.proof import Proof, Refused, prove
from tests.cli.conftest import chat, tool
from tests.cli.tool import Answer
from tests.support import written

__all__ = ["chat", "tool"]
Tool = Callable[..., Answer]
Explained = Callable[[str], dict[str, Any]]
APP = "netra_backend/app"


@pytest.fixture
def explained(tool: Tool, chat: Path) -> Explained:
    """Explains a line of the sample, as data."""

    def call(place: str) -> dict[str, Any]:
        answer = tool("explain", chat, place, "--format", "json")
        assert (answer.code, answer.err) == (0, "")
        found: dict[str, Any] = json.loads(answer.out)
        return found

    return call


def line_of(root: Path, path: str, text: str) -> str:
    """`PATH:LINE` of the first line with a text."""
    lines = (root / path).read_text("utf-8").splitlines()
    return f"{path}:{next(number for number, line in enumerate(lines, 1) if text in line)}"


def test_of_every_place_it_says_what_migrate_says(chat: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(chat, tmp_path / "copy"))
    answer = migrate.run(Request(copy, cache=False, jobs=1), Asked(allow_dirty=True, format="json"), False)
    report = json.loads(answer.text)
    with read_code_base(Request(chat, cache=False, jobs=1)) as code:
        assert code.plan is not None
        explainers: dict[str, _Explainer] = {}
        judged = None
        for kind, verdict in (("done", "SAFE"), ("review", "REVIEW"), ("left", "MANUAL")):
            assert report[kind], kind
            for site in report[kind]:
                explainer = explainers.setdefault(site["path"], _Explainer(code, code.plan, site["path"]))
                if judged is not None:
                    explainer.__dict__["_verdicts"] = judged  # planned once
                reasons = explainer.explain(site["line"]).reasons
                judged = explainer._verdicts
                assert (verdict, site["rule"], site["reason"]) in [(r.verdict, r.rule, r.why) for r in reasons]


def test_what_migrate_would_write_is_shown_as_it_is_then_there(
    chat: Path, tmp_path: Path, explained: Explained
) -> None:
    path = f"{APP}/services/websocket_event_router.py"
    place = line_of(chat, path, "WebSocketManager")
    [reason] = [item for item in explained(place)["reasons"] if item["after"]]
    copy = Path(shutil.copytree(chat, tmp_path / "copy"))
    migrate.run(Request(copy, cache=False, jobs=1), Asked(allow_dirty=True), False)
    assert reason["before"] in (chat / path).read_text("utf-8")
    assert reason["after"] in (copy / path).read_text("utf-8")
    assert reason["before"] != reason["after"]


def test_a_name_that_is_handed_on_is_followed_to_where_its_class_stands(chat: Path, tmp_path: Path, tool: Tool) -> None:
    root = Path(shutil.copytree(chat, tmp_path / "code"))
    (root / APP / "guest.py").write_text("from netra_backend.app.websocket import WebSocketManager\n", "utf-8")
    (root / APP / "websocket" / "__init__.py").write_text(
        "from netra_backend.app.websocket_core.manager import WebSocketManager\n", "utf-8"
    )
    found = json.loads(tool("explain", root, f"{APP}/guest.py:1", "--format", "json").out)
    [chain] = found["chains"]
    assert chain["names"] == [
        "netra_backend.app.websocket.WebSocketManager",
        "netra_backend.app.websocket_core.manager.WebSocketManager",
    ]
    assert chain["new"] == "netra_backend.app.websocket_core.unified_manager.UnifiedWebSocketManager"
    assert found["verdict"] == "NOTHING TO DO"
    assert "which hands it on and changes in its place" in found["reasons"][0]["why"]
    text = tool("explain", root, f"{APP}/guest.py:1").out
    assert "which is netra_backend.app.websocket_core.manager.WebSocketManager, and becomes" in text


def held(chat: Path) -> Iterator[tuple[str, int, str]]:
    copy = chat.parent / "held"
    if not copy.exists():
        shutil.copytree(chat, copy)
    answer = migrate.run(Request(copy, cache=False, jobs=1), Asked(allow_dirty=True, format="json"), False)
    for site in json.loads(answer.text)["left"]:
        found = [word for word in site["reason"].split() if word.isdigit()]
        if ": line " in site["reason"] and site["rule"] == "import" and found:
            yield site["path"], int(found[0]), site["line"]


def test_the_use_that_keeps_an_import_says_so(chat: Path, tmp_path: Path, explained: Explained) -> None:
    sites = [item for item in held(Path(shutil.copytree(chat, tmp_path / "chat")))]
    assert sites
    path, use, line = sites[0]
    found = explained(f"{path}:{use}")
    assert found["verdict"] == "MANUAL"
    assert f"the import in line {line} stays because of it" in [reason["why"] for reason in found["reasons"]]


def test_after_migrating_what_keeps_a_shim_is_told(chat: Path, tmp_path: Path, tool: Tool) -> None:
    root = Path(shutil.copytree(chat, tmp_path / "code"))
    sites = list(held(Path(shutil.copytree(chat, tmp_path / "chat"))))
    migrate.run(Request(root, cache=False, jobs=1), Asked(allow_dirty=True), False)
    found = [json.loads(tool("explain", root, f"{path}:{line}", "--format", "json").out) for path, _, line in sites[:1]]
    assert [item["verdict"] for item in found] == ["MANUAL"]
    assert "the shim hands it on with its old calls" in found[0]["reasons"][0]["why"]
    unified = json.loads(tool("explain", root, f"{APP}/websocket_core/unified_manager.py:1", "--format", "json").out)
    assert "is one of the unified modules" in unified["reasons"][0]["why"]


CLASSES = {
    "one that leaves": (f"{APP}/websocket_core/manager.py", "class WebSocketManager", "SAFE", "a shim hands on"),
    "one that is preserved": (
        f"{APP}/services/agent_websocket_bridge.py",
        "class AgentWebSocketBridge",
        "NOTHING TO DO",
        "preserves",
    ),
}


@pytest.mark.parametrize(("path", "text", "verdict", "why"), CLASSES.values(), ids=CLASSES)
def test_a_class_of_the_plan(chat: Path, explained: Explained, path: str, text: str, verdict: str, why: str) -> None:
    found = explained(line_of(chat, path, text))
    assert (found["verdict"], why in found["reasons"][-1]["why"]) == (verdict, True), found["reasons"]


def test_a_class_that_stays_says_why(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with read_code_base(Request(chat, cache=False, jobs=1)) as code:
        assert code.plan is not None
        path = f"{APP}/websocket_core/manager.py"
        line = int(line_of(chat, path, "class WebSocketManager").rpartition(":")[2])
        explainer = _Explainer(code, code.plan, path)
        dotted = "netra_backend.app.websocket_core.manager.WebSocketManager"
        from dataclasses import replace

        stays = replace(explainer._verdicts, staying={dotted: "it is dear"}, refused={path: "half"})
        explainer.__dict__["_verdicts"] = stays
        assert f"{dotted} stays: it is dear" in [reason.why for reason in explainer.explain(line).reasons]
        gone = replace(stays, staying={}, departures=(), rewritten={})
        explainer.__dict__["_verdicts"] = gone
        assert [reason.verdict for reason in explainer.explain(line).reasons] == ["NOTHING TO DO"]


def test_a_file_that_the_proof_leaves_out_is_left_to_a_person(chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"{APP}/services/websocket_event_router.py"

    def refusing(*arguments: Any) -> Proof:
        found = prove(*arguments)
        return Proof(found.accepted, (Refused(path, "it would dangle"),), found.differences)

    monkeypatch.setattr("codemods.commands.verdicts.prove", refusing)
    place = line_of(chat, path, "WebSocketManager")
    text = explain.run(Request(chat, cache=False, jobs=1), place, "json", False)
    found = json.loads(text)
    assert found["verdict"] == "MANUAL"
    assert "but the proof leaves the file out: it would dangle" in found["reasons"][0]["why"]


def test_lines_that_lead_to_nothing_and_imports_from_elsewhere(chat: Path, tmp_path: Path, tool: Tool) -> None:
    root = Path(shutil.copytree(chat, tmp_path / "code"))
    written(
        {
            f"{APP}/plain.py": """\
                import os
                from json import loads
                from netra_backend.app import config_that_is_not_there
                from netra_backend.app.helpers import made, shown
                from netra_backend.app import helpers
                x = 1
                """,
            f"{APP}/helpers.py": "from netra_backend.app.deep import shown\nmade = 1\nglobals()['other'] = 2\n",
            f"{APP}/deep.py": "def shown():\n    pass\n",
        },
        root,
    )
    told = [json.loads(tool("explain", root, f"{APP}/plain.py:{line}", "--format", "json").out) for line in range(1, 7)]
    assert {item["verdict"] for item in told} == {"NOTHING TO DO"}
    assert {item["reasons"][0]["why"] for item in told} == {"nothing on this line leads to a class of the plan"}
    chains = [[chain["names"] for chain in item["chains"]] for item in told]
    app = "netra_backend.app"
    assert chains[0] == []
    assert chains[1] == [["json.loads", "outside this code base"]]
    assert chains[2] == [[f"{app}.config_that_is_not_there", "nothing: no such name is there"]]
    assert chains[3] == [[f"{app}.helpers.made"], [f"{app}.helpers.shown", f"{app}.deep.shown"]]
    assert chains[4] == [[f"{app}.helpers"]]


def test_a_path_may_be_given_from_here_as_well(chat: Path, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chat / APP)

    first = tool("explain", chat, f"{APP}/websocket_core/manager.py:1").out
    second = tool("explain", chat, "websocket_core/manager.py:1").out
    assert first == second


REFUSED = {
    "no line": ("app.py", "expected PATH:LINE"),
    "a line of words": ("app.py:x", "expected PATH:LINE"),
    "line nothing": ("app.py:0", "expected PATH:LINE"),
    "no path": (":3", "expected PATH:LINE"),
    "a file that is not there": ("app/none.py:3", "no such file below"),
    "a line behind the end": (f"{APP}/websocket_core/manager.py:999999", "the file has"),
    "a file that is no code": ("pyproject.toml:1", "not among the files that are read"),
}


@pytest.mark.parametrize(("place", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_explained(tool: Tool, chat: Path, place: str, told: str) -> None:
    answer = tool("explain", chat, place)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_more_than_one_place_is_too_many(tool: Tool) -> None:
    assert tool("explain", ".", "a.py:1", "b.py:2").code == 2


def test_without_a_plan_there_is_nothing_to_explain(chat: Path) -> None:
    with pytest.raises(UsageError, match="explain needs a plan"):
        explain.run(Request(chat, no_plan=True, cache=False), f"{APP}/websocket_core/manager.py:1", "json", False)
