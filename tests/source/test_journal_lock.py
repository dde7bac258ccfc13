"""Two writers at once: one of them waits to be called again, and none waits for somebody who is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from codemods.edits import FileChange
from codemods.errors import ConflictError
from codemods.source import lock
from codemods.source.journal import opened
from tests.cli.tool import REPOSITORY
from tests.source.journal_faults import tree

HOLD = """
import os, sys
from pathlib import Path
from codemods.source.journal import opened
with opened(Path(sys.argv[1])):
    if sys.argv[2:] == ["with a worker"] and os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def holder(root: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told a line."""
    command = [sys.executable, "-c", HOLD, str(root), *arguments]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def write(root: Path) -> None:
    with opened(root) as journal:
        journal.write([FileChange("a.py", None, b"")])


def test_the_second_writer_is_told_who_is_at_work_and_touches_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        with pytest.raises(ConflictError, match=rf"another wsconsolidate is at work .*\(process {other.pid} on "):
            write(tmp_path)
        assert not (tmp_path / "a.py").exists()
        other.communicate("\n")
        assert tree(tmp_path) == {}
        write(tmp_path)
    assert (tmp_path / "a.py").exists()


@pytest.mark.parametrize("arguments", [(), ("with a worker",)], ids=["alone", "while a worker of it lives on"])
def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with holder(tmp_path, *arguments) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        write(tmp_path)
        assert sorted(os.listdir(tmp_path / ".wsconsolidate")) == [".gitignore", "run-0001"]


def test_a_lock_that_its_holder_has_just_removed_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, times, real = tmp_path / ".wsconsolidate", [], lock._locked

    def late(place: Path) -> int:
        """The last holder goes between our opening its lock file and locking it, then before we open it."""
        times.append(1)
        if len(times) == 2:
            os.rmdir(place)
        handle = real(place)
        if len(times) == 1:
            os.unlink(place / "lock")
        return handle

    monkeypatch.setattr(lock, "_locked", late)
    with lock.held(folder):
        assert len(times) == 3
        assert (folder / "lock").read_text().startswith(f"process {os.getpid()} on ")
    assert tree(tmp_path) == {}


def test_who_comes_while_the_folder_is_removed_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rmdir(place: Path) -> None:
        (place / "lock").touch()
        os.rmdir(place)

    folder = tmp_path / ".wsconsolidate"
    monkeypatch.setattr(lock, "os", _with(rmdir=rmdir))
    with lock.held(folder):
        pass
    assert os.listdir(folder) == ["lock"]


def test_another_error_of_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(lock, "os", _with(rmdir=refuse))
    with pytest.raises(OSError, match="Input/output error"), lock.held(tmp_path / "a"):
        pass
    monkeypatch.setattr(lock, "os", _with(ftruncate=refuse))
    with pytest.raises(OSError, match="Input/output error"), lock.held(tmp_path / "b"):
        pass


def _with(**functions: object) -> object:
    """The module `os` with other functions."""
    names = {name: getattr(os, name) for name in dir(os)} | functions
    return type("os", (), {name: staticmethod(value) if callable(value) else value for name, value in names.items()})


def test_where_no_lock_ends_with_its_process_a_file_says_who_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_POSIX", False)
    with opened(tmp_path):
        message = rf"\(process {os.getpid()} on .*; if that is no longer running, remove \.wsconsolidate/lock"
        with pytest.raises(ConflictError, match=message):
            write(tmp_path)
    write(tmp_path)
    assert sorted(os.listdir(tmp_path / ".wsconsolidate")) == [".gitignore", "run-0001"]
