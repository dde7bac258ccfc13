"""The sample is whole, it runs, and laying it out touches nothing else."""

import ast
import pathlib
import subprocess
import sys

import pytest

from codemods.sample import PROJECTS, lay_out

APP = "netra_backend/app/"
EVENTS = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
CLASSES = [
    ("websocket_core/manager.py", "WebSocketManager"),
    ("websocket_core/manager.py", "WebSocketHeartbeatManager"),
    ("websocket/manager.py", "ConnectionScopedWebSocketManager"),
    ("websocket_core/isolated_event_emitter.py", "IsolatedWebSocketEventEmitter"),
    ("agents/supervisor/agent_instance_factory.py", "UserWebSocketEmitter"),
    ("services/websocket_event_emitter.py", "WebSocketEventEmitter"),
    ("services/websocket_event_emitter.py", "WebSocketEventEmitterFactory"),
    ("services/websocket_emitter_pool.py", "WebSocketEmitterPool"),
    ("services/websocket_emitter_pool.py", "WebSocketEmitterPool.OptimizedUserWebSocketEmitter"),
    ("services/websocket_bridge_factory.py", "UserWebSocketEmitter"),
    ("services/user_websocket_emitter.py", "UserWebSocketEmitter"),
    ("agents/base/interface.py", "WebSocketManagerProtocol"),
    ("agents/interfaces.py", "WebSocketManagerProtocol"),
    ("core/interfaces_websocket.py", "WebSocketManagerInterface"),
    ("schemas/strict_types.py", "StrictWebSocketManager"),
    ("services/agent_websocket_bridge.py", "AgentWebSocketBridge"),
]


def classes_of(body: list[ast.stmt], prefix: str = "") -> set[str]:
    names = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            names |= {prefix + node.name} | classes_of(node.body, f"{prefix}{node.name}.")
    return names


def files_below(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_in(folder: pathlib.Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-B", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return lay_out(tmp_path_factory.mktemp("sample"))


@pytest.mark.parametrize(("module", "name"), CLASSES, ids=[f"{module} defines {name}" for module, name in CLASSES])
def test_each_class_of_the_report_is_where_the_report_says(chat: pathlib.Path, module: str, name: str) -> None:
    assert name in classes_of(ast.parse((chat / APP / module).read_bytes()).body)


def test_its_own_tests_pass(chat: pathlib.Path) -> None:
    run = run_in(chat, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert run.returncode == 0, run.stdout + run.stderr


def test_both_users_see_all_five_events_in_order_and_every_time_the_same(chat: pathlib.Path) -> None:
    first, second = (run_in(chat, "-m", "netra_backend.app.main") for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    lines = [line.split() for line in first.stdout.splitlines()]
    for thread in ("thread_ada", "thread_grace"):
        assert tuple(words[0] for words in lines if words[-1] == thread) == EVENTS


def test_a_copy_holds_every_file_of_the_project(tmp_path: pathlib.Path) -> None:
    original = {name: text for name, text in files_below(PROJECTS / "chat").items() if "cache" not in name}
    assert files_below(lay_out(tmp_path)) == original


def test_leftovers_of_earlier_runs_are_not_copied(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("app/kept.py", "app/__pycache__/kept.pyc", ".pytest_cache/README.md"):
        file = tmp_path / "projects" / "used" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setattr("codemods.sample.PROJECTS", tmp_path / "projects")
    assert set(files_below(lay_out(tmp_path, "used"))) == {"app/kept.py"}


def test_the_folder_is_the_destination_and_the_name(tmp_path: pathlib.Path) -> None:
    assert lay_out(tmp_path / "made" / "on the way", name="chat") == tmp_path / "made" / "on the way" / "chat"


@pytest.mark.parametrize("kind", ["folder", "file", "broken link"], ids="an existing {} is refused and kept".format)
def test_what_is_there_is_never_overwritten(tmp_path: pathlib.Path, kind: str) -> None:
    target = tmp_path / "chat"
    if kind == "folder":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    before = files_below(tmp_path)
    with pytest.raises(FileExistsError, match="already there"):
        lay_out(tmp_path)
    assert files_below(tmp_path) == before


def test_laying_out_imports_nothing_of_the_sample(tmp_path: pathlib.Path) -> None:
    code = (
        "import pathlib, sys; from codemods.sample import PROJECTS, lay_out; before = set(sys.modules);"
        "own = {path.name for path in (PROJECTS / 'chat').iterdir()}; lay_out(pathlib.Path(sys.argv[1]));"
        "print([name for name in set(sys.modules) - before if name.partition('.')[0] in own], len(own) > 3)"
    )
    run = run_in(PROJECTS.parents[2], "-c", code, str(tmp_path))
    assert run.stdout.strip() == "[] True", run.stdout + run.stderr
