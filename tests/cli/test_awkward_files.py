"""Files that cannot be read are named with the reason; the others are read all the same."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods.index import reader
from tests.cli.tool import Answer, run

Tool = Callable[..., Answer]


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """One good file among everything a disk can hold."""
    root = tmp_path / "messy"
    (root / "package.py").mkdir(parents=True)
    (root / "good.py").write_text("class Good:\n    pass\n")
    (root / "package.py" / "inner.py").write_text("class Inner:\n    pass\n")
    (root / "latin.py").write_bytes(b'name = "\xe9"\n')
    (root / "nul.py").write_bytes(b"a = 1\0\n")
    (root / "utf16.py").write_bytes("a = 1\n".encode("utf-16"))
    (root / "cookie.py").write_bytes(b"# coding: klingon\n")
    (root / "syntax.py").write_text("def (:\n")
    (root / "nested.py").write_text("x = " + "(" * 5000 + ")" * 5000 + "\n")
    (root / "signs.py").write_text("x = " + "-" * 100_000 + "1\n")
    (root / "big.py").write_bytes(b"#" * (10 * 1024 * 1024))
    (root / "blank.py").touch()
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "itself.py").symlink_to("itself.py")
    (root / "dangling.py").symlink_to("nowhere.py")
    (root / "outside.py").symlink_to(__file__)
    os.mkfifo(root / "pipe.py")
    return root


def test_each_is_named_with_the_reason_and_the_scan_goes_on(messy: Path, tmp_path: Path) -> None:
    answer = run("scan", "messy", "--no-plan", "--format", "json", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    report = json.loads(answer.out)
    unread = {item["path"]: item["reason"] for item in report["unread"]}
    assert sorted(unread) == [
        "cookie.py", "latin.py", "nested.py", "nul.py", "signs.py", "syntax.py", "utf16.py",
    ]  # fmt: skip
    assert "klingon" in unread["cookie.py"]
    assert "'utf-8' codec can't decode byte 0xe9" in unread["latin.py"]
    assert "null bytes" in unread["nul.py"]
    assert unread["syntax.py"] == "line 1: invalid syntax"
    assert all(reason.strip() for reason in unread.values())
    assert dict(report["left_out"]) == {
        "big.py": "larger than 8 MiB",
        "dangling.py": "symbolic link, not followed",
        "itself.py": "symbolic link, not followed",
        "loop": "symbolic link, not followed",
        "outside.py": "symbolic link, not followed",
        "pipe.py": "not a regular file",
    }
    assert report["summary"]["classes"] == 2


@pytest.mark.parametrize("command", [["scan"], ["scan", "--no-plan"], ["mro", "--all"]], ids=" ".join)
def test_every_command_and_the_printed_report_survive_them(messy: Path, tmp_path: Path, command: list[str]) -> None:
    answer = run(*command, "messy", cwd=tmp_path)
    assert (answer.code, answer.err) == (0, "")
    if command[0] == "scan":
        for name in ("latin.py", "nul.py", "syntax.py", "big.py: larger than 8 MiB", "pipe.py: not a regular file"):
            assert name in answer.out


def test_an_unreadable_file_is_named_and_the_scan_goes_on(
    tool: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.py").write_text("class Good:\n    pass\n")
    (tmp_path / "secret.py").write_text("class Secret:\n    pass\n")

    def guarded(path: str, *arguments: object, **named: object) -> object:
        if path.endswith("secret.py"):
            raise PermissionError(13, "Permission denied")
        return open(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(reader, "open", guarded, raising=False)  # the super-user may read everything
    answer = tool("scan", ".", "--no-plan", "--format", "json")
    assert (answer.code, answer.err) == (0, "")
    report = json.loads(answer.out)
    assert [(item["path"], item["reason"]) for item in report["unread"]] == [
        ("secret.py", "cannot be opened: Permission denied")
    ]
    assert report["summary"]["classes"] == 1


def test_names_that_are_not_utf8_or_hold_line_ends_stay_one_line(tool: Tool, tmp_path: Path) -> None:
    for name in (b"caf\xe9.py", b"two\nlines.py", b"bar|`tick`.py"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("def (:\n")
    for form in ("terminal", "markdown", "json"):
        answer = tool("scan", ".", "--no-plan", "--format", form)
        assert (answer.code, answer.err) == (0, "")
        assert "two\nlines" not in answer.out
    assert tool("scan", ".", "--no-plan", "--out", "out").code == 0
    report = json.loads((tmp_path / "out" / "extraction_report.json").read_bytes())
    assert sorted(item["path"] for item in report["unread"]) == ["bar|`tick`.py", "caf\udce9.py", "two\nlines.py"]


@pytest.mark.parametrize("command", [["scan"], ["mro"], ["mro", "WebSocketManager"]], ids=" ".join)
def test_a_planned_class_in_syntax_newer_than_this_python_is_read(
    tool: Tool, tmp_path: Path, command: list[str]
) -> None:
    core = tmp_path / "netra_backend" / "app" / "websocket_core"
    core.mkdir(parents=True)
    text = 'class WebSocketManager:\n    def shout(self, x):\n        return f"{"a" + x}"\n'  # Python 3.12
    (core / "manager.py").write_text(text)
    answer = tool(command[0], ".", *command[1:])
    assert (answer.code, answer.err) == (0, "")
    assert "netra_backend/app/websocket_core/manager.py:1" in answer.out
