"""The rewrite of imports as LibCST's own tool runs it: what migrate makes of the same files, one by one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from codemods.export.alone import Alone
from codemods.plan import load_plan
from codemods.sample import lay_out
from tests.cli.tool import Answer, run, started, tree_of
from tests.support import written

COMMAND = "codemods.export.consolidate_imports.ConsolidateImportsCommand"
EMITTERS = "netra_backend.app.services.websocket_event_emitter"
UNIFIED = "netra_backend.app.websocket_core.unified_emitter"


def codemod(root: Path, *options: str) -> Answer:
    """`python -m libcst.tool codemod`, run in a code base."""
    command = [sys.executable, "-m", "libcst.tool", "codemod", "-x", "--no-format", "--hide-progress", COMMAND]
    return started([*command, *options], root, root.parent)


@pytest.fixture(scope="module")
def homes() -> frozenset[str]:
    """The paths of the plan's modules, which the codemod leaves alone."""
    return frozenset(f"{module.replace('.', '/')}.py" for module in load_plan().modules)


def test_it_makes_of_each_file_of_the_sample_what_migrate_makes(tmp_path: Path, homes: frozenset[str]) -> None:
    root = lay_out(tmp_path)
    before = tree_of(root)
    alone = shutil.copytree(root, tmp_path / "alone")
    assert run("migrate", root, "--allow-dirty", cwd=tmp_path).code == 0
    answer = codemod(alone, ".")
    assert answer.code == 0, answer.err
    ours, theirs = tree_of(alone), tree_of(root)
    assert [path for path in homes if ours[path] != before[path]] == []
    same = {path for path in ours if ours[path] == theirs.get(path)} - homes
    changed = {path for path in same if ours[path] != before.get(path)}
    assert len(changed) >= 10
    # More than references: a package exports the new names. And what only the whole code base shows: a star brings a
    # name that a module of the plan has from elsewhere.
    assert {path for path in ours if path.endswith(".py")} - same - homes == {
        "netra_backend/app/websocket_core/__init__.py",
        "netra_backend/app/websocket_core/unified.py",
    }


def test_what_is_left_is_warned_of_with_line_and_reason(tmp_path: Path) -> None:
    answer = codemod(lay_out(tmp_path), "netra_backend/app/routes/agent_runs.py")
    assert answer.code == 0
    assert (
        "WARNING: line 6: netra_backend.app.services.user_websocket_emitter.UserWebSocketEmitter: line 39" in answer.err
    )


def test_code_that_only_uses_the_classes_is_rewritten_where_none_of_them_stands(tmp_path: Path) -> None:
    root = written({"client.py": f"from {EMITTERS} import WebSocketEventEmitterFactory as Factory\n"}, tmp_path)
    assert codemod(root, "client.py").code == 0
    assert (root / "client.py").read_text() == f"from {UNIFIED} import WebSocketEmitterFactory as Factory\n"


def test_code_that_uses_them_in_the_old_way_is_left_alone_there_too(tmp_path: Path) -> None:
    module = "netra_backend.app.services.user_websocket_emitter"
    text = f"from {module} import UserWebSocketEmitter\n\nUserWebSocketEmitter(1)\n"
    root = written({"client.py": text}, tmp_path)
    answer = codemod(root, "client.py")
    assert (root / "client.py").read_text() == text
    assert "line 3 constructs it with its old arguments" in answer.err


def test_libcst_lists_and_runs_it_by_its_short_name_where_the_configuration_names_the_room(tmp_path: Path) -> None:
    text = f"from {EMITTERS} import WebSocketEventEmitterFactory as Factory\n"
    root = written({"client.py": text, ".libcst.codemod.yaml": 'modules: ["codemods.export"]\n'}, tmp_path)
    tool = [sys.executable, "-m", "libcst.tool"]
    listed = started([*tool, "list"], root, root)
    short = "consolidate_imports.ConsolidateImportsCommand"
    assert [line.partition(" - ")[0] for line in listed.out.splitlines()] == [short]
    assert started([*tool, "codemod", "--no-format", "--hide-progress", short, "client.py"], root, root).code == 0
    assert (root / "client.py").read_text() == f"from {UNIFIED} import WebSocketEmitterFactory as Factory\n"


PLAN = """
title = "Caches"
shipped = false
destination = "shop.caching"

[[families]]
name = "cache"
title = "Caches"
target = "unified.Cache"

[[classes]]
module = "shop.{module}"
qualname = "{name}"
line = 1
family = "cache"
status = "MERGE"
target = "unified.Cache"
getters = ["shop.{module}.get_cache"]
"""


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("OldCache", "from shop.old import OldCache\n", "from shop.caching.unified import Cache as OldCache\n"),
        ("OldCache", "from shop.other import OldCache\n", "from shop.other import OldCache\n"),
        ("OldCache", "class OldCache: ...\n", "class OldCache: ...\n"),
        ("Outer.Inner", "from shop.old import Outer\n", "from shop.old import Outer\n"),
    ],
    ids=["a class", "another of the same name", "one of its own", "one inside another"],
)
def test_a_plan_of_ones_own_is_followed(tmp_path: Path, name: str, before: str, after: str) -> None:
    plan = PLAN.format(module="old", name=name)
    there = {"shop/__init__.py": "", "shop/caching/__init__.py": "", "shop/caching/unified.py": "class Cache: ...\n"}
    root = written({**there, "plan.toml": plan, "page.py": before}, tmp_path)
    alone = Alone(load_plan(root / "plan.toml"), root)
    assert alone.rewritten("page.py", before.encode())[0].decode() == after


def test_a_plan_that_cannot_be_read_skips_every_file_and_says_why(tmp_path: Path) -> None:
    root = written({"client.py": f"from {EMITTERS} import WebSocketEventEmitterFactory\n"}, tmp_path)
    answer = codemod(root, "--plan", "gone.toml", "client.py")
    assert "Skipped 1 files" in answer.err
    assert "gone.toml" in answer.err


def test_what_a_pipe_brings_is_rewritten_as_a_file_without_a_package(tmp_path: Path) -> None:
    alone = Alone(load_plan(), tmp_path)
    source = f"from {EMITTERS} import WebSocketEventEmitterFactory\r\nx = 1\r\n".encode()
    after, left = alone.rewritten("standard_input.py", source)
    assert after == source.replace(
        f"{EMITTERS} import WebSocketEventEmitterFactory".encode(),
        f"{UNIFIED} import WebSocketEmitterFactory as WebSocketEventEmitterFactory".encode(),
    )
    assert left == ()
