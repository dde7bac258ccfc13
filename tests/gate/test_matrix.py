"""What changes nothing passes with a baseline; what brings something back fails; what cannot be judged is neither."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.tool import Answer
from tests.gate.trees import legacy
from tests.support import written

Tool = Callable[..., Answer]
Change = Callable[[Path], None]


@pytest.fixture
def recorded(tool: Tool, tmp_path: Path) -> Callable[..., Answer]:
    """The legacy code base with a fresh baseline; gives what checks it."""
    legacy(tmp_path / "code")
    assert tool("check", "code", "--baseline", "base.txt", "--update-baseline", "--add").code == 0

    def check(*options: str) -> Answer:
        return tool("check", "code", "--baseline", "base.txt", *options)

    return check


def edit(path: str, old: str, new: str) -> Change:
    """Replace some text of a file."""

    def change(code: Path) -> None:
        text = (code / path).read_text("utf-8")
        assert old in text
        (code / path).write_text(text.replace(old, new), "utf-8")

    return change


def add(path: str, text: str) -> Change:
    """Write another file."""
    return lambda code: written({path: text}, code) and None


def move(old: str, new: str) -> Change:
    """Move a file."""

    def change(code: Path) -> None:
        (code / new).parent.mkdir(parents=True, exist_ok=True)
        (code / old).rename(code / new)

    return change


def delete(path: str) -> Change:
    """Delete a file."""
    return lambda code: (code / path).unlink()


def reformat(code: Path) -> None:
    """What another configuration of ruff makes of all files."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "40", str(code)]
    quoted = ["--config", "format.quote-style='single'"]
    subprocess.run([*command, *quoted], check=True, capture_output=True)


def every(*changes: Change) -> Change:
    """Several changes."""

    def change(code: Path) -> None:
        for one in changes:
            one(code)

    return change


SAME: dict[str, Change] = {
    "nothing is changed": lambda _code: None,
    "lines shift": edit("app/page.py", "from app", '"""A page."""\n\nimport os\n\nfrom app'),
    "lines shift in a legacy module": edit("app/old/hub.py", "\n\nclass", "\n\nX = 1\n\n\nclass"),
    "a file with a legacy import moves": move("app/page.py", "app/pages/first.py"),
    "a file with a legacy string moves": move("tests/test_page.py", "tests/pages/test_first.py"),
    "a legacy module moves, with who imports it": every(
        move("app/old/emitter.py", "app/older/emitter.py"),
        add("app/older/__init__.py", ""),
        edit("tests/test_page.py", "app.old.emitter", "app.older.emitter"),
    ),
    "all is formatted in another way": reformat,
    "a local variable is renamed": edit("app/page.py", "total", "sum_of_all"),
    "a local variable of the preserved class is renamed": edit(
        "app/bridge.py",
        'note = {"run": run_id}\n        return await self.tell(note)',
        'entry = {"run": run_id}\n        return await self.tell(entry)',
    ),
    "the preserved class is documented": edit("app/bridge.py", "Begin.", "Begin with care."),
    "something else is added": add("app/clock.py", "class Clock:\n    def now(self):\n        return 1\n"),
    "a legacy class grows": edit(
        "app/old/hub.py", "        self.rooms = {}", "        self.rooms = {}\n        self.z = 1"
    ),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_changes_nothing_passes(recorded: Callable[..., Answer], tmp_path: Path, change: Change) -> None:
    before = (tmp_path / "base.txt").read_bytes()
    change(tmp_path / "code")
    answer = recorded()
    assert (answer.code, answer.err) == (0, ""), answer.out
    assert answer.out.endswith("7 known in the baseline.\n")
    assert (tmp_path / "base.txt").read_bytes() == before


IMPORTS = {
    "absolute": "from app.old.hub import EventHub\n",
    "under another name": "from app.old.hub import EventHub as Hub\n",
    "through a re-export": "from app.old import EventHub\n",
    "relative": "from .old.hub import EventHub\n",
    "among other names": "from app.old.hub import (\n    EventHub,\n    __name__ as name,\n)\n",
    "a star": "from app.old.hub import *\n",
    "in a function": "def f():\n    from app.old.hub import EventHub\n    return EventHub\n",
    "for typing": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.old.hub import EventHub\n",
    "guarded": "try:\n    from app.old.hub import EventHub\nexcept ImportError:\n    EventHub = None\n",
    "the module": "import app.old.hub\n\nprint(app.old.hub.EventHub)\n",
    "the module under another name": "import app.old.hub as h\n\nprint(h.EventHub)\n",
    "the module from its package": "from app.old import hub\n\nprint(hub.EventHub)\n",
    "by name": 'import importlib\n\nhub = importlib.import_module("app.old.hub")\n',
    "a patch": 'from unittest.mock import patch\n\n\n@patch("app.old.hub.EventHub.send_to_user")\ndef test(_): ...\n',
    "a patch of whom it is imported by": 'from unittest.mock import patch\n\nx = patch("app.page.EventHub")\n',
    "a handed on name": "from app.page import EventHub\n",
    "an alias of it": "from app.old.hub import EventHub\n\nHub = EventHub\n",
    "code in a string": 'CODE = "from app.old.hub import EventHub"\n',
}


@pytest.mark.parametrize("text", IMPORTS.values(), ids=IMPORTS)
def test_a_new_legacy_import_is_told_once(recorded: Callable[..., Answer], tmp_path: Path, text: str) -> None:
    add("app/fresh.py", text)(tmp_path / "code")
    answer = recorded()
    assert (answer.code, answer.err) == (1, "")
    assert answer.out.count("app/fresh.py:") == 1, answer.out
    assert "1 finding in 10 files (1 WSC002 legacy-path); 7 known in the baseline." in answer.out


NEW: dict[str, tuple[Change, str]] = {
    "a class that does the job of the hub": (
        add(
            "app/fast.py",
            """\
            class FastEventHub:
                def __init__(self):
                    self.sockets = {}
                    self.rooms = {}

                async def connect_socket(self, user_id, socket):
                    self.sockets[user_id] = socket

                async def send_to_user(self, user_id, message):
                    await self.sockets[user_id].send(message)

                async def broadcast_to_room(self, room, message):
                    pass
            """,
        ),
        "app/fast.py:1: WSC003",
    ),
    "a protocol that repeats one": (
        add(
            "app/proto.py",
            """\
            from typing import Protocol


            class Sends(Protocol):
                async def send_to_user(self, user_id, message): ...

                async def broadcast_to_room(self, room, message): ...
            """,
        ),
        "app/proto.py:4: WSC005",
    ),
    "a protocol of the same name": (
        add(
            "app/proto.py", "from typing import Protocol\n\n\nclass EventHubProtocol(Protocol):\n    def x(self): ...\n"
        ),
        "app/proto.py:4: WSC005 the protocol EventHubProtocol repeats app.old.protocols.EventHubProtocol",
    ),
    "a producer's method is deleted": (
        edit("app/old/emitter.py", "emit_run_ended", "finish"),
        "app/old/emitter.py: WSC006 EventEmitter.emit_run_ended no longer makes run_ended",
    ),
    "the bridge is edited": (
        edit("app/bridge.py", "        return note", "        return dict(note)"),
        "app/bridge.py: WSC007 RunBridge does something else",
    ),
    "the bridge is gone": (delete("app/bridge.py"), "app/bridge.py: WSC007 RunBridge is gone"),
    "a finding is swapped for another": (
        every(
            edit("app/page.py", "from app.old.hub import EventHub", "EventHub = object"),
            add("app/other.py", "from app.old.hub import EventHub\n"),
        ),
        "app/other.py:1: WSC002",
    ),
    "a finding is swapped for another in its file": (
        edit("app/page.py", "from app.old.hub import EventHub", "from app.old.emitter import EventEmitter as EventHub"),
        "app/page.py:1: WSC002",
    ),
    "a file cannot be parsed": (add("app/broken.py", "def broken(:\n"), "app/broken.py:1: WSC014"),
    "a conflict was left in code": (
        edit("app/page.py", "    total = 1\n", "<<<<<<< ours\n    total = 1\n=======\n    total = 2\n>>>>>>> theirs\n"),
        "app/page.py:5: WSC014",
    ),
    "an import leads nowhere": (
        add("app/lost.py", "from app.old.gone import Thing\n"),
        "app/lost.py:1: WSC013 Thing is imported from app.old.gone",
    ),
    "an emitter for all users": (
        add("app/shared.py", "from app.old.emitter import EventEmitter\n\nemitter = EventEmitter('u1', None)\n"),
        "app/shared.py:3: WSC009 emitter is made once for the module",
    ),
    "a singleton that keeps a user": (
        edit("app/old/hub.py", "self.rooms = {}", "self.current_user_id = None\n\n    _instance = None"),
        "app/old/hub.py:7: WSC009 EventHub is a singleton",
    ),
    "a suppression without use": (
        edit("app/page.py", "total = 1", "total = 1  # wsconsolidate: ignore[WSC002] long ago"),
        "app/page.py:5: WSC015 the suppression suppresses nothing",
    ),
}


@pytest.mark.parametrize(("change", "expected"), NEW.values(), ids=NEW)
def test_what_is_new_fails(recorded: Callable[..., Answer], tmp_path: Path, change: Change, expected: str) -> None:
    change(tmp_path / "code")
    answer = recorded()
    assert (answer.code, answer.err) == (1, ""), answer.out
    assert expected in answer.out, answer.out


def test_what_was_mended_is_named_and_pruned_and_may_not_come_back(
    recorded: Callable[..., Answer], tmp_path: Path
) -> None:
    page = tmp_path / "code" / "app" / "page.py"
    text = page.read_text("utf-8")
    page.write_text(text.replace("from app.old.hub import EventHub", "EventHub = object"), "utf-8")
    answer = recorded()
    assert answer.code == 1
    assert "nothing answers to any more: 1." in answer.out
    assert "\n  app/page.py WSC002 app.old.hub.EventHub\n" in answer.out
    assert "No findings in 9 files; 6 known in the baseline, 1 stale.\n" in answer.out
    pruned = recorded("--update-baseline")
    assert (pruned.code, "stale" in pruned.out) == (0, False)
    assert recorded().code == 0
    page.write_text(text, "utf-8")
    assert recorded().code == 1


def test_pruning_never_takes_anything_in(recorded: Callable[..., Answer], tmp_path: Path) -> None:
    before = (tmp_path / "base.txt").read_bytes()
    add("app/fresh.py", IMPORTS["absolute"])(tmp_path / "code")
    edit("app/bridge.py", "        return note", "        return dict(note)")(tmp_path / "code")
    assert recorded("--update-baseline").code == 1
    assert (tmp_path / "base.txt").read_bytes() == before
    assert recorded("--update-baseline", "--add").code == 0
    assert recorded().code == 0


CANNOT: dict[str, tuple[Change, str]] = {
    "the plan is broken": (edit("plan.toml", "[[events]]", "[[evnts]]"), 'unknown key; did you mean "events"?'),
    "the plan is no TOML": (edit("plan.toml", 'title = "Plan"', "title = "), "not valid TOML"),
    "the settings are broken": (edit("pyproject.toml", "plan = ", "plam = "), 'did you mean "plan"?'),
    "the baseline is gone": (delete("../base.txt"), "base.txt: no such baseline; record one with --update-baseline"),
    "a conflict was left in the baseline": (
        edit("../base.txt", "allow app/page.py", "<<<<<<< ours\nallow app/page.py"),
        "a merge conflict was left here; keep the lines of both sides",
    ),
    "the baseline is of another version": (
        edit("../base.txt", "baseline 1:", "baseline 2:"),
        "and this program reads 1",
    ),
    "the baseline is something else": (
        lambda code: (code.parent / "base.txt").write_text("{}\n") and None,
        "not a baseline of wsconsolidate: its first line is not of one",
    ),
    "the baseline is no text": (
        lambda code: (code.parent / "base.txt").write_bytes(b"\xff\xfe") and None,
        "not UTF-8",
    ),
    "a line of the baseline is torn": (
        edit("../base.txt", "allow app/page.py WSC002", "allow app/page.py"),
        "expected `allow|keep PATH RULE NAME FINGERPRINT`",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CANNOT.values(), ids=CANNOT)
def test_what_cannot_be_judged_is_no_finding(
    recorded: Callable[..., Answer], tmp_path: Path, change: Change, expected: str
) -> None:
    change(tmp_path / "code")
    answer = recorded()
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("error: ")
    assert expected in answer.err


def test_the_baseline_can_be_read_and_merged(recorded: Callable[..., Answer], tmp_path: Path) -> None:
    first, *lines = (tmp_path / "base.txt").read_text("utf-8").splitlines()
    assert first.startswith("# wsconsolidate baseline 1: ")
    assert lines == sorted(lines)
    assert [line.rsplit(" ", 1)[0] for line in lines] == [
        "allow app/old/__init__.py WSC002 app.old.hub.EventHub",
        "allow app/old/emitter.py WSC001 app.old.emitter.EventEmitter",
        "allow app/old/hub.py WSC001 app.old.hub.EventHub",
        "allow app/old/protocols.py WSC001 app.old.protocols.EventHubProtocol",
        "allow app/page.py WSC002 app.old.hub.EventHub",
        "allow tests/test_page.py WSC002 app.old.emitter.EventEmitter",
        "allow tests/test_page.py WSC002 app.old.hub.EventHub",
        "keep app/bridge.py WSC007 app.bridge.RunBridge",
        "keep app/old/emitter.py WSC006 run_ended:app.old.emitter.EventEmitter.emit_run_ended",
        "keep app/old/emitter.py WSC006 run_started:app.old.emitter.EventEmitter.emit_run_started",
    ]
    (tmp_path / "base.txt").write_text("\n".join([first, "", "# ours", *reversed(lines)]), "utf-8")
    assert recorded().code == 0


def test_of_two_files_that_say_the_same_the_one_that_was_moved_is_known(
    recorded: Callable[..., Answer], tmp_path: Path
) -> None:
    add("app/a_first.py", IMPORTS["absolute"])(tmp_path / "code")
    move("app/page.py", "app/pages/page.py")(tmp_path / "code")
    answer = recorded()
    assert answer.code == 1
    assert "app/a_first.py:1: WSC002" in answer.out
    assert "app/pages/page.py" not in answer.out


def test_paths_that_would_break_a_line_are_kept_apart(recorded: Callable[..., Answer], tmp_path: Path) -> None:
    add("app/odd name%.py", IMPORTS["absolute"])(tmp_path / "code")
    assert recorded("--update-baseline", "--add").code == 0
    assert "allow app/odd%20name%25.py WSC002" in (tmp_path / "base.txt").read_text("utf-8")
    assert recorded().code == 0


def test_known_findings_are_shown_on_request_and_still_pass(recorded: Callable[..., Answer]) -> None:
    answer = recorded("--show-baselined")
    assert answer.code == 0
    assert answer.out.count("(in the baseline)") == 7
    assert "(in the baseline)" not in recorded().out


def test_a_fresh_check_tells_every_class_and_every_place_once(tool: Tool, tmp_path: Path) -> None:
    legacy(tmp_path / "code")
    answer = tool("check", "code")
    assert answer.code == 1
    assert "7 findings in 9 files (3 WSC001 legacy-class, 4 WSC002 legacy-path).\n" in answer.out
