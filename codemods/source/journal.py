"""All that was written into a code base, kept so that it can be taken back: `.wsconsolidate/` in its root.

    .wsconsolidate/.gitignore             git sees nothing of the folder
    .wsconsolidate/lock                   who is at work
    .wsconsolidate/run-0001/step-0001/    one set of changes, written whole or not at all (see steps.py)

A run is what one command writes, in one step or several. Runs are taken back from the latest to the first.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.edits import FileChange
from codemods.errors import ConflictError, OutputError, UsageError
from codemods.source.disk import remove_folder
from codemods.source.lock import held
from codemods.source.obstacles import OURS
from codemods.source.record import Entry
from codemods.source.restoring import conflicts, take_back
from codemods.source.steps import Step
from codemods.source.writing import failure, prepare, write

_WAY_OUT = f"Make each file again what it was before the run or after it; the originals are kept in {OURS}/."
_GOES_ON = "nothing is lost: `wsconsolidate undo` goes on where this stopped"


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What undoing a run changed, as paths; nothing where the tree was as before already."""

    run: int
    titles: tuple[str, ...]  # of its steps, first to last
    restored: tuple[str, ...]
    removed: tuple[str, ...]  # the run had created them
    brought_back: tuple[str, ...]  # the run had deleted them


class Journal:
    """The journal of one code base, held by one process: what it writes from here on is one run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._run = 0  # none yet

    def runs(self) -> tuple[int, ...]:
        """The numbers of the runs that can be taken back, the latest first."""
        return _numbered(self.root / OURS, "run")

    def write(self, changes: Iterable[FileChange], title: str = "") -> Step | None:
        """Write the changes, all or nothing; None when they change nothing. An interrupted step is taken back before.

        Raises ConflictError naming what cannot be written or is not as it was read, OutputError when the disk refuses;
        every file is as before then.
        """
        self.recover()
        with _telling(self.root, "every file is as it was before"):
            prepared = prepare(self.root, changes, title)
            self._run = self._run or max(self.runs(), default=0) + 1
            last = self._steps(self._run)[:1]
            step = Step(self.root, self._run, last[0].number + 1 if last else 1)
            try:
                if prepared.changes:
                    write(step, prepared)
            finally:
                self._forget_empty(step.run)
        return step if prepared.changes else None

    def take_back(self, step: Step) -> None:
        """Undo the step that was written last. Raises ConflictError before anything is touched, OutputError."""
        if self._steps(max(self.runs(), default=0))[:1] != (step,):
            raise ValueError("only the step that was written last can be taken back")
        self._undo(step.run, (step,))

    def undo(self, everything: bool = False) -> tuple[TakenBack, ...]:
        """Take back the latest run, or all, interrupted ones too; empty when there is none.

        Raises ConflictError naming the files that changed since before anything is touched, OutputError.
        """
        runs = self.runs() if everything else self.runs()[:1]
        with _telling(self.root, _GOES_ON):
            _refuse(conflicts(step for run in runs for step in self._steps(run)))
        return tuple(self._undo(run, self._steps(run)) for run in runs)

    def recover(self) -> TakenBack | None:
        """Take back what an interrupted command left half written; None when there is nothing.

        Raises ConflictError naming the files that changed since before anything is touched, OutputError.
        """
        run = max(self.runs(), default=0)
        last = self._steps(run)[:1]
        if run == 0 or (last and last[0].is_finished):
            return None
        return self._undo(run, last)

    def _undo(self, run: int, steps: Sequence[Step]) -> TakenBack:
        """Take back steps of a run, the latest first."""
        done: dict[str, Entry] = {}
        with _telling(self.root, _GOES_ON):
            _refuse(conflicts(steps))
            records = [record for step in reversed(steps) if (record := step.record()) is not None]
            for step in steps:
                done |= {entry.path: entry for entry in take_back(step)}
            self._forget_empty(run)
        return _taken_back(run, tuple(record.title for record in records), tuple(done.values()))

    def _steps(self, run: int) -> tuple[Step, ...]:
        """The steps of a run, the latest first."""
        return tuple(Step(self.root, run, number) for number in _numbered(self._folder(run), "step"))

    def _folder(self, run: int) -> Path:
        return self.root / OURS / f"run-{run:04}"

    def _forget_empty(self, run: int) -> None:
        remove_folder(self._folder(run))


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Journal]:
    """The journal of a code base, locked for this process; what is empty at the end is removed.

    Raises UsageError when there is no such folder, ConflictError when another process is at work, OutputError.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; give the folder that holds the code base")
    place = root.resolve()
    lock = contextlib.ExitStack()
    with _telling(place, "the journal cannot be kept"):
        lock.enter_context(held(place / OURS))
    try:
        yield Journal(place)
    finally:
        with _telling(place, "the journal cannot be closed"):
            lock.close()


def exists(root: Path) -> bool:
    """Whether there is a journal: something was written that can be taken back, or somebody is at it."""
    return (root / OURS).is_dir()


def _numbered(folder: Path, kind: str) -> tuple[int, ...]:
    """The numbers of the folders `kind-0001` and so on, the highest first."""
    if not folder.is_dir() or folder.is_symlink():
        return ()
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    found = (re.fullmatch(rf"{kind}-(\d{{4,}})", name) for name in names)
    return tuple(sorted((int(match[1]) for match in found if match), reverse=True))


def _taken_back(run: int, titles: tuple[str, ...], done: Sequence[Entry]) -> TakenBack:
    restored = sorted(entry.path for entry in done if entry.before and entry.after)
    removed = sorted(entry.path for entry in done if entry.before is None)
    brought_back = sorted(entry.path for entry in done if entry.after is None)
    return TakenBack(run, titles, tuple(restored), tuple(removed), tuple(brought_back))


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        told = "\n".join(problems)
        raise ConflictError(f"nothing was taken back:\n{told}\n{_WAY_OUT}")


@contextlib.contextmanager
def _telling(root: Path, consolation: str) -> Iterator[None]:
    """Tell an error of the disk as a sentence."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write: {failure(root, error)}; {consolation}") from error
