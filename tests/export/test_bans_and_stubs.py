"""What other tools make of a migrated code base: ruff bans old paths, type checkers know old names by new types."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from codemods.sample import lay_out
from tests.cli.tool import Answer, run, started
from tests.support import program, written

EMITTERS = "netra_backend.app.services.websocket_event_emitter"
UNIFIED = "netra_backend.app.websocket_core.unified_emitter"
USE = {
    "use_old.py": f"""\
        from {EMITTERS} import WebSocketEventEmitter, WebSocketEventEmitterFactory
        from netra_backend.app.websocket_core.manager import WebSocketManager, get_websocket_manager


        def make(manager: WebSocketManager) -> WebSocketEventEmitterFactory:
            return WebSocketEventEmitterFactory()


        get_websocket_manager().unknown_member
        """,
    "use_new.py": f"from {UNIFIED} import WebSocketEmitterFactory as WebSocketEventEmitterFactory\n",
}


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample after migrate, with one file that uses old paths and one that uses new ones."""
    root = lay_out(tmp_path_factory.mktemp("sample"))
    answer = run("migrate", root, "--allow-dirty", cwd=root.parent)
    assert answer.code == 0, answer.err
    return written(USE, root)


def exported(root: Path, *options: str | Path) -> Answer:
    answer = run("export", *options, cwd=root, home=root.parent)
    assert (answer.code, answer.err) == (0, "")
    return answer


def tool(root: Path, name: str, *options: str) -> Answer:
    return started([str(Path(sys.executable).with_name(name)), *options], root, root.parent)


# ── ruff ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def banned(root: Path, *options: str) -> list[str]:
    """What ruff says of TID251, as `file: message`."""
    answer = tool(root, "ruff", "check", "--no-cache", "--output-format", "json", "--select", "TID251", *options)
    return [f"{Path(item['filename']).name}: {item['message']}" for item in json.loads(answer.out)]


def test_ruff_bans_old_paths_and_names_the_new_ones(migrated: Path) -> None:
    assert exported(migrated, "ruff", "--out", ".").out == "wrote ruff-banned.toml\n"
    found = banned(migrated, "--config", "ruff-banned.toml", "use_old.py", "use_new.py")
    assert len(found) == 4
    told = "is banned: It has moved; write `from"
    assert f"use_old.py: `{EMITTERS}.WebSocketEventEmitter` {told} {UNIFIED} import UnifiedWebSocketEmitter`." in found


def test_the_ban_joins_a_configuration_that_is_there(migrated: Path, tmp_path: Path) -> None:
    (tmp_path / "ruff-banned.toml").write_text(exported(migrated, "ruff").out)
    (tmp_path / "pyproject.toml").write_text('[tool.ruff]\nextend = "ruff-banned.toml"\nlint.select = ["TID251"]\n')
    shutil.copy(migrated / "use_old.py", tmp_path)
    assert len(banned(tmp_path, ".")) == 4


def test_old_paths_are_banned_before_anything_is_migrated(tmp_path: Path) -> None:
    text = exported(lay_out(tmp_path), "ruff").out
    assert f'"{EMITTERS}.WebSocketEventEmitter".msg = "It has moved; write `from {UNIFIED} import ' in text
    assert "agent_websocket_bridge" not in text, "what is preserved is no old path"


# ── type checkers ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def stubbed(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shutil.copytree(migrated, tmp_path_factory.mktemp("stubbed") / "chat")
    wrote = exported(root, "pyi", "--out", ".").out.splitlines()
    assert "wrote netra_backend/app/websocket_core/manager.pyi" in wrote
    return root


def test_mypy_knows_the_old_names_by_their_new_types_and_calls_them_deprecated(stubbed: Path) -> None:
    options = ("--no-incremental", "--enable-error-code", "deprecated", "--follow-imports", "silent")
    told = tool(stubbed, "mypy", *options, "use_old.py", "use_new.py").out.splitlines()[:-1]
    assert told[-1] == (
        'use_old.py:9: error: "UnifiedWebSocketManager" has no attribute "unknown_member"  [attr-defined]'
    )
    assert {line.rpartition(" ")[2] for line in told[:-1]} == {"[deprecated]"}
    assert {line.partition(":")[0] for line in told} == {"use_old.py"}


def test_mypy_finds_nothing_wrong_with_the_stubs_themselves(stubbed: Path) -> None:
    paths = [str(path.relative_to(stubbed)) for path in sorted(stubbed.rglob("*.pyi"))]
    options = ("--no-incremental", "--strict", "--enable-error-code", "deprecated", "--follow-imports", "silent")
    answer = tool(stubbed, "mypy", *options, *paths)
    assert len(paths) >= 4
    assert answer.code == 0, answer.out


def test_pyright_reports_the_deprecation(stubbed: Path) -> None:
    program("node")  # pyright runs on it
    settings = {"include": ["use_old.py", "use_new.py"], "reportDeprecated": "warning", "strict": []}
    (stubbed / "pyrightconfig.json").write_text(json.dumps(settings))
    found = json.loads(tool(stubbed, "pyright", "--outputjson", "-p", ".").out)["generalDiagnostics"]
    rules = [(Path(item["file"]).name, item["rule"]) for item in found]
    assert set(rules) == {("use_old.py", "reportDeprecated"), ("use_old.py", "reportAttributeAccessIssue")}
    messages = [item["message"] for item in found]
    assert any(f"write `from {UNIFIED} import WebSocketEmitterFactory`" in message for message in messages)


def test_the_gate_finds_what_it_found_without_the_stubs(migrated: Path, stubbed: Path) -> None:
    def found(root: Path, *files: str) -> Answer:
        return run("check", ".", *files, "--select", "WSC001,WSC002", cwd=root, home=root.parent)

    assert found(stubbed) == found(migrated)
    named = found(stubbed, "netra_backend/app/websocket_core/manager.pyi", "use_new.py")
    assert (named.code, named.err) == (0, "")
    report = json.loads(run("scan", ".", "--format", "json", cwd=stubbed, home=stubbed.parent).out)
    assert [path for path, why in report["left_out"] if "stub of shims" in why] == [
        str(path.relative_to(stubbed)) for path in sorted(stubbed.rglob("*.pyi"))
    ]


def test_a_module_that_keeps_code_of_its_own_gets_no_stub(stubbed: Path) -> None:
    home = stubbed / "netra_backend" / "app" / "core"
    assert "moved" in (home / "interfaces_websocket.py").read_text()
    assert not (home / "interfaces_websocket.pyi").exists()


def test_several_stubs_are_printed_each_below_its_path(migrated: Path) -> None:
    text = exported(migrated, "pyi").out
    assert text.count("\n# netra_backend/") >= 3
    assert text.startswith("# netra_backend/app/services/user_websocket_emitter.pyi\n")


# ── what cannot be exported ──────────────────────────────────────────────────────────────────────────────────────────


def test_without_shims_there_is_nothing_to_stub(tmp_path: Path) -> None:
    answer = run("export", "pyi", ".", cwd=lay_out(tmp_path))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "error: .: no module is a shim; run `wsconsolidate migrate` first\n"


SHIMS = {
    "app/__init__.py": "",
    "app/unified_shims.py": "def moved(name, table, since='', removal=''): ...\n",
    "app/new.py": """\
        from enum import Enum
        from typing import Protocol


        class Sender(Protocol):
            def send(self) -> None: ...


        class Color(Enum):
            RED = 1


        LIMIT = 3
        """,
    "app/old.py": """\
        from typing import TYPE_CHECKING

        from app.unified_shims import moved

        if TYPE_CHECKING:
            from app.new import LIMIT as LIMIT, Color as Colour, Sender as Sender

        moved(
            __name__,
            {"LIMIT": "app.new:LIMIT", "Colour": "app.new:Color", "Sender": "app.new:Sender"},
            since="1",
        )
        """,
}


def test_a_protocol_stays_one_and_what_can_have_no_subclass_is_handed_on(tmp_path: Path) -> None:
    written(SHIMS, tmp_path)
    assert exported(tmp_path, "pyi").out == (
        '"""Old names with their new types; goes with the shim beside it. Written by `wsconsolidate export pyi`."""\n'
        "\n"
        "import app.new\n"
        "import typing\n"
        "from app.new import Color as Colour, LIMIT as LIMIT\n"
        "from typing_extensions import deprecated\n"
        "\n"
        '@deprecated("Sender has moved; write `from app.new import Sender`")\n'
        "class Sender(app.new.Sender, typing.Protocol): ...\n"
    )
