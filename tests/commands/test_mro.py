"""`mro`: what is computed by reading is what Python computes by running."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.tool import Answer

Tool = Callable[..., Answer]
EMITTERS = {
    "netra_backend.app.agents.supervisor.agent_instance_factory.UserWebSocketEmitter",
    "netra_backend.app.services.user_websocket_emitter.UserWebSocketEmitter",
    "netra_backend.app.services.websocket_bridge_factory.UserWebSocketEmitter",
}


def data(tool: Tool, *arguments: str | Path) -> dict[str, Any]:
    answer = tool("mro", *arguments, "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    document: dict[str, Any] = json.loads(answer.out)
    return document


def test_every_class_of_the_sample_has_the_order_that_python_gives_it(
    tool: Tool, chat: Path, runtime: dict[str, Any]
) -> None:
    document = data(tool, chat, "--all")
    assert document["kind"] == "mro-list"
    fields = {"module", "qualname", "path", "line", "mro", "unresolved", "conflict"}
    assert all(item.keys() >= fields for item in document["classes"])
    read = {f"{item['module']}.{item['qualname']}": item["mro"] for item in document["classes"]}
    assert len(runtime["mros"]) >= 50
    assert runtime["mros"].keys() <= read.keys()
    assert {name: read[name] for name in runtime["mros"]} == runtime["mros"]
    assert not [item for item in document["classes"] if item["unresolved"] or item["conflict"]]
    # What is read and never made: fallbacks in except blocks that were not entered.
    assert read.keys() - runtime["mros"].keys() == {"netra_backend.app.agents.tool_dispatcher.WebSocketManager"}


def test_every_class_stands_where_the_list_says(tool: Tool, chat: Path) -> None:
    for item in data(tool, chat, "--all")["classes"]:
        line = (chat / item["path"]).read_text("utf-8").splitlines()[item["line"] - 1]
        assert line.lstrip().startswith(f"class {item['qualname'].rpartition('.')[2]}")


def test_one_class_by_its_name(tool: Tool, chat: Path) -> None:
    [found] = data(tool, chat, "StrictWebSocketManager")["classes"]
    assert found["dotted"] == "netra_backend.app.schemas.strict_types.StrictWebSocketManager"
    assert found["mro"][1:] == ["typing.Protocol", "typing.Generic", "builtins.object"]


def test_several_classes_in_the_order_given_each_once(tool: Tool, chat: Path) -> None:
    names = ["WebSocketEmitterPool", "AgentWebSocketBridge", "WebSocketEmitterPool"]
    assert [item["name"] for item in data(tool, chat, *names)["classes"]] == names[:2]


def test_an_ambiguous_name_gives_every_class_of_that_name(tool: Tool, chat: Path) -> None:
    assert {item["dotted"] for item in data(tool, chat, "UserWebSocketEmitter")["classes"]} == EMITTERS


def test_a_longer_name_picks_one_of_them(tool: Tool, chat: Path) -> None:
    [found] = data(tool, chat, "user_websocket_emitter.UserWebSocketEmitter")["classes"]
    assert found["dotted"].endswith("services.user_websocket_emitter.UserWebSocketEmitter")


def test_a_nested_class_by_its_qualified_name(tool: Tool, chat: Path) -> None:
    [found] = data(tool, chat, "WebSocketEmitterPool.OptimizedUserWebSocketEmitter")["classes"]
    assert found["name"].endswith("OptimizedUserWebSocketEmitter")


def test_part_of_a_name_is_no_name(tool: Tool, chat: Path) -> None:
    assert tool("mro", chat, "Emitter").code == 2


def test_the_planned_classes_when_none_is_named(tool: Tool, chat: Path) -> None:
    assert len(data(tool, chat)["classes"]) == 16


def test_the_current_folder_when_none_is_named(tool: Tool, chat: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(chat)
    assert data(tool, "AgentWebSocketBridge") == data(tool, chat, "AgentWebSocketBridge")


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_every_form_tells_the_whole_order_and_each_place(tool: Tool, chat: Path, form: str) -> None:
    answer = tool("mro", chat, "AgentWebSocketBridge", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    [found] = data(tool, chat, "AgentWebSocketBridge")["classes"]
    places = [answer.out.index(name) for name in found["mro"]]
    assert places == sorted(places)
    assert f"{found['path']}:{found['line']}" in answer.out


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_the_list_of_all_in_every_form(tool: Tool, chat: Path, form: str) -> None:
    answer = tool("mro", chat, "--all", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    for item in data(tool, chat, "--all")["classes"]:
        assert f"{item['module']}.{item['qualname']}" in answer.out
        assert f"{item['path']}:{item['line']}" in answer.out


def test_a_base_that_cannot_be_resolved_is_named(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("from nowhere_at_all import Base\n\n\nclass Child(Base):\n    pass\n")
    [found] = data(tool, ".", "Child")["classes"]
    assert found["mro"][0] == "m.Child"
    assert "Base" in " ".join(found["unresolved"])
    for form in ("terminal", "markdown"):
        assert "Unresolved: " in tool("mro", ".", "Child", "--format", form).out


def test_a_hierarchy_that_cannot_stand_is_told(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("class A: pass\nclass B(A): pass\nclass C(A, B): pass\n")
    [found] = data(tool, ".", "C")["classes"]
    assert found["conflict"]
    assert "Inconsistent: " in tool("mro", ".", "C").out


def test_packages_are_read_for_bases_and_never_imported(tool: Tool, tmp_path: Path) -> None:
    package = tmp_path / "packages" / "lib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("class Root: pass\nclass Base(Root): pass\nraise SystemExit('was run')\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "m.py").write_text("from lib import Base\nclass Child(Base): pass\n")
    [found] = data(tool, "code", "Child", "--python-path", "packages")["classes"]
    assert (found["mro"], found["unresolved"]) == (["m.Child", "lib.Base", "lib.Root", "builtins.object"], [])
