"""One step of a run in the journal: the originals, what is to be done, and how far it is, told by one file's name.

    no record            journalling was interrupted: nothing in the tree was touched
    unfinished.json      the tree is anything between before and after
    finished.json        the tree is as after

Each changes into the next by one rename, and back by one: no moment is without an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.edits import FileChange
from codemods.source.disk import create, empty_folder, make_folders, remove, replace, status_of, sync_folder
from codemods.source.obstacles import OURS
from codemods.source.record import Record, decode, encode

UNFINISHED, FINISHED = "unfinished.json", "finished.json"


@dataclass(frozen=True, slots=True)
class Step:
    """Where one step stands in the journal below a root, by the numbers of its run and its own."""

    root: Path
    run: int
    number: int

    @property
    def name(self) -> str:
        """The folder of the step, relative to the root."""
        return f"{OURS}/run-{self.run:04}/step-{self.number:04}"

    @property
    def folder(self) -> Path:
        """The folder of the step."""
        return self.root / self.name

    @property
    def is_finished(self) -> bool:
        """Whether all of it was written."""
        return status_of(self.folder / FINISHED) is not None

    def original(self, number: int) -> Path:
        """The copy of the file that the record lists under the number: its bytes and its permissions."""
        return self.folder / f"{number}.original"

    def staged(self, number: int, path: str) -> Path:
        """Where the new content of a file waits: in its own folder, so that one rename puts it in place."""
        return (self.root / path).with_name(f"{OURS}-{self.run}-{self.number}-{number}")

    def begin(self, record: Record, changes: Sequence[FileChange]) -> None:
        """Keep the originals, then the record; all of it is on the disk when this returns. Raises OSError."""
        make_folders(self.root, self.name, 0o700)
        for number, (entry, change) in enumerate(zip(record.entries, changes, strict=True)):
            if entry.before is not None and change.before is not None:
                create(self.original(number), change.before, entry.before.mode, like=self.root / entry.path)
        create(self.folder / "new.json", encode(record), 0o600, like=self.folder)
        replace(self.folder / "new.json", self.folder / UNFINISHED)
        for place in (self.folder, *self.folder.parents[:3]):  # up to the root
            sync_folder(place)

    def record(self) -> Record | None:
        """What is to be done; None when journalling was interrupted. Raises ConflictError when it is damaged."""
        for name in (FINISHED, UNFINISHED):
            if status_of(self.folder / name) is not None:
                return decode((self.folder / name).read_bytes(), f"{self.name}/{name}")
        return None

    def finish(self) -> None:
        """Say that all of it was written. Raises OSError."""
        replace(self.folder / UNFINISHED, self.folder / FINISHED)
        sync_folder(self.folder)

    def reopen(self) -> None:
        """Say that the tree is between before and after again. Raises OSError."""
        replace(self.folder / FINISHED, self.folder / UNFINISHED)
        sync_folder(self.folder)

    def forget(self) -> None:
        """Remove the step, the record first: what is left without it was never begun. Raises OSError."""
        remove(self.folder / UNFINISHED)
        empty_folder(self.folder)
