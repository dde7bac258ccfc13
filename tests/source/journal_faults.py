"""Faults for the journal's tests: a module `os` that does something at the n-th call that changes the disk.

Run as a program it tries every n, each in a process of its own that is killed there, and prints what went wrong:
`python -m tests.source.journal_faults write FOLDER`. It is a program so that it may fork: it has one thread.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from codemods.edits import FileChange
from codemods.source import disk, lock
from codemods.source.journal import opened

CALLS = {"open", "write", "fsync", "chmod", "chown", "mkdir", "rmdir", "unlink", "replace", "ftruncate", "close"}
Tree = dict[str, tuple[int, bytes | None]]
Act = Callable[["Faults", str, tuple[Any, ...]], None]


class Faults:
    """Stands for the module `os` in the modules that change the disk."""

    def __init__(self, act: Act, sync: bool = False) -> None:
        self.act, self.sync, self.count = act, sync, 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return self._counting(name, real) if name in CALLS else real

    def _counting(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.count += 1
            self.act(self, name, arguments)
            return None if name == "fsync" and not self.sync else real(*arguments)

        return call

    @contextlib.contextmanager
    def active(self) -> Iterator[Faults]:
        """In place of `os` for as long as it takes."""
        before = disk.os  # type: ignore[attr-defined]
        disk.os = lock.os = self  # type: ignore[attr-defined,assignment]
        try:
            yield self
        finally:
            disk.os = lock.os = before  # type: ignore[attr-defined]


def nothing(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
    """No fault; the calls are counted all the same, and nothing waits for the disk."""


def tree(root: Path) -> Tree:
    """Everything below a root: permissions, and the bytes of files."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        mode = path.lstat().st_mode
        found[path.relative_to(root).as_posix()] = (mode, path.read_bytes() if stat.S_ISREG(mode) else None)
    return found


def code_only(root: Path) -> Tree:
    """The tree without the journal."""
    return {name: state for name, state in tree(root).items() if name.partition("/")[0] != ".wsconsolidate"}


def lay_out(root: Path) -> tuple[FileChange, ...]:
    """A small tree with one of everything, and one of every kind of change to it."""
    files = {
        "a.py": (b"\xef\xbb\xbfimport old\r\n", 0o644),
        "twin.py": (b"\xef\xbb\xbfimport old\r\n", 0o644),
        "bin/tool.py": (b"#!/usr/bin/env python\n", 0o755),
        "bin/kept.py": (b"", 0o644),
        "read_only.py": (b"x = 1", 0o444),
        "gone/deep/only.py": (b"y\n", 0o600),
    }
    for name, (content, mode) in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).unlink(missing_ok=True)
        (root / name).write_bytes(content)
        (root / name).chmod(mode)
    (root / "gone/deep").chmod(0o750)
    return (
        FileChange("a.py", files["a.py"][0], b"\xef\xbb\xbfimport new\r\n"),
        FileChange("twin.py", files["twin.py"][0], b""),
        FileChange("bin/tool.py", files["bin/tool.py"][0], b"#!/usr/bin/env python\nimport new\n" * 10),
        FileChange("read_only.py", b"x = 1", b"x = 2"),
        FileChange("gone/deep/only.py", b"y\n", None),
        FileChange("bin/made.py", None, b"z\n", 0o755),
        FileChange("new/package/__init__.py", None, b""),
    )


def write(root: Path, changes: tuple[FileChange, ...]) -> None:
    """One run of one step."""
    with opened(root) as journal:
        journal.write(changes, "a title")


def undo(root: Path) -> None:
    """Take the latest run back."""
    with opened(root) as journal:
        journal.undo()


def recover(root: Path) -> None:
    """Take back what was interrupted."""
    with opened(root) as journal:
        journal.recover()


class PowerCut:
    """A disk that loses all that was not synced, in the worst way that files and folders can be lost apart."""

    def __init__(self, saved: Path) -> None:
        self.saved, self.dirty, self.names = saved, set[str](), dict[int, str]()
        self.pending: list[tuple[str, Callable[[], None]]] = []

    def note(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Remember how to lose what this call is about to do."""
        path = str(arguments[0])
        if name == "open":
            self._note_open(path, arguments[1])
        elif name == "write":
            self.dirty.add(self.names[arguments[0]])
        elif name == "fsync":
            self._synced(os.readlink(f"/proc/self/fd/{arguments[0]}"))
        elif name == "mkdir":
            self._pend(path, lambda: os.rmdir(path))
        elif name == "rmdir":
            mode = stat.S_IMODE(os.lstat(path).st_mode)
            self._pend(path, lambda: (os.mkdir(path), os.chmod(path, mode)))
        elif name == "unlink":
            kept = self._keep(path)
            self._pend(path, lambda: os.rename(kept, path))
        elif name == "replace":
            self._note_replace(path, str(arguments[1]))

    def _note_open(self, path: str, flags: int) -> None:
        if flags & os.O_CREAT and not os.path.lexists(path):
            self._pend(path, lambda: os.unlink(path))
        probe = os.open(os.devnull, os.O_RDONLY)  # the handle that the call will get
        os.close(probe)
        self.names[probe] = path

    def _note_replace(self, source: str, target: str) -> None:
        kept = self._keep(target) if os.path.lexists(target) else None
        if source in self.dirty:
            self.dirty.add(target)

        def lose() -> None:
            os.rename(target, source)
            if kept:
                os.rename(kept, target)

        self._pend(target, lose)

    def _keep(self, path: str) -> str:
        kept = str(self.saved / str(len(os.listdir(self.saved))))
        os.link(path, kept, follow_symlinks=False)
        return kept

    def _pend(self, path: str, lose: Callable[[], object]) -> None:
        self.pending.append((os.path.dirname(path), lose))  # type: ignore[arg-type]

    def _synced(self, path: str) -> None:
        self.dirty.discard(path)
        self.pending = [(folder, lose) for folder, lose in self.pending if folder != path]

    def strike(self) -> None:
        """Lose it."""
        for path in self.dirty:
            if os.path.isfile(path):
                os.truncate(path, 0)
        for _, lose in reversed(self.pending):
            with contextlib.suppress(OSError):  # what it was about is lost already, with the folder it was in
                lose()


def killed_at(number: int, work: Callable[[], None], how: str, saved: Path) -> bool:
    """Whether a process that does the work was killed at its n-th call; False when it ended before."""
    child = os.fork()
    if child == 0:
        try:
            with Faults(_killer(number, how, saved)).active():
                work()
        except BaseException as error:  # noqa: BLE001 - to be told, whatever it is
            print(f"{number}: {error!r}", flush=True)
            os._exit(2)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a process failed before it was killed")
    return os.WIFSIGNALED(status)


def _killer(number: int, how: str, saved: Path) -> Act:
    """Kill the process at its n-th call, or in the middle of its n-th write."""
    power, counted = PowerCut(saved), {"write"} if how == "torn" else CALLS
    count = itertools.count(1)

    def act(faults: Faults, name: str, arguments: tuple[Any, ...]) -> None:
        if name not in counted or next(count) < number:
            if how == "power":
                power.note(name, arguments)
            return
        if how == "torn":
            os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
        if how == "power":
            power.strike()
        os.kill(os.getpid(), signal.SIGKILL)

    return act


class Trial:
    """One tree that is laid out again for every trial, and what it may look like afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root, self.saved = folder, folder / "root", folder / "saved"
        self.fresh()
        self.before = tree(self.root)
        write(self.root, self.changes)
        self.after = code_only(self.root)
        undo(self.root)
        self.expect("undo", self.before)

    def fresh(self) -> None:
        for place in (self.root, self.saved):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
        self.changes = lay_out(self.root)

    def expect(self, what: str, *allowed: Tree) -> None:
        found = tree(self.root) if allowed == (self.before,) else code_only(self.root)
        if found not in allowed:
            raise SystemExit(f"{what}: the tree is neither before nor after: {found}")

    def killed(self, first: str, number: int, how: str) -> bool:
        """A fresh tree, and the work killed at a call."""
        self.fresh()
        if first == "undo":
            write(self.root, self.changes)
        return killed_at(number, lambda: self._work(first), how, self.saved)

    def _work(self, first: str) -> None:
        if first == "undo":
            undo(self.root)
        else:
            write(self.root, self.changes)

    def check(self, what: str) -> None:
        """After the kill: recovered it is one or the other; written again it is after; undone it is before."""
        recover(self.root)
        self.expect(f"{what}, recovered", self.before, self.after)
        if code_only(self.root) == self.before:
            write(self.root, self.changes)
        self.expect(f"{what}, written again", self.after)
        undo(self.root)
        self.expect(f"{what}, undone", self.before)


def every_point(first: str, how: str, folder: Path) -> int:
    """Kill the work at each of its calls; undo, or recover and go on, from there. Returns how many there are."""
    trial, number = Trial(folder), 1
    while trial.killed(first, number, how):
        trial.check(f"{first} {how} at {number}")
        trial.killed(first, number, how)
        undo(trial.root)
        trial.expect(f"{first} {how} at {number}, undone at once", trial.before)
        number += 1
    return number - 1


def every_pair(folder: Path) -> int:
    """Kill the writing, then kill the undoing of what is left; then undo. Every eleventh pair, shifted."""
    trial, count, number = Trial(folder), 0, 1
    while trial.killed("write", number, "kill"):
        again = 1 + number % 11
        while killed_at(again, lambda: undo(trial.root), "kill", trial.saved):
            undo(trial.root)
            trial.expect(f"write at {number}, undo at {again}", trial.before)
            again, count = again + 11, count + 1
            trial.killed("write", number, "kill")
        number += 1
    return count


if __name__ == "__main__":
    with Faults(nothing).active():
        kind, how, place = sys.argv[1], sys.argv[2], Path(sys.argv[3])
        print(every_pair(place) if kind == "pairs" else every_point(kind, how, place))
