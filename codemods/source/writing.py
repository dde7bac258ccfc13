"""A set of changes, written whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.edits import FileChange
from codemods.errors import ConflictError, OutputError
from codemods.source.disk import (
    ancestors,
    create,
    make_folders,
    print_of,
    remove,
    remove_folder,
    replace,
    state_of,
    status_of,
)
from codemods.source.obstacles import OURS, obstacles
from codemods.source.record import VERSION, Entry, Folder, Record
from codemods.source.restoring import sync_folders, take_back
from codemods.source.steps import Step

Seen = tuple[int, int, int, int] | None  # what changes when somebody writes a file; None without one


@dataclass(frozen=True, slots=True)
class Prepared:
    """Changes that nothing stands in the way of, sorted, with what was seen of each file when that was found."""

    record: Record
    changes: tuple[FileChange, ...]
    seen: tuple[Seen, ...]


def prepare(root: Path, changes: Iterable[FileChange], title: str) -> Prepared:
    """Hold the changes against the disk; what changes nothing is left out.

    Raises ConflictError naming every file that cannot be written or is not as it was read; nothing is touched then.
    """
    ordered = tuple(sorted((one for one in changes if one.before != one.after), key=lambda one: one.path))
    paths = [change.path for change in ordered]
    if len(set(paths)) < len(paths):
        raise ValueError("two changes of one file")
    problems = obstacles(root, paths)
    seen = () if problems else tuple(_seen(root / path) for path in paths)
    problems = problems or list(filter(None, (_difference(root, change) for change in ordered)))
    if problems:
        raise ConflictError("nothing was written; clear the way, then run again:\n" + "\n".join(problems))
    entries = tuple(_entry(root, change) for change in ordered)
    return Prepared(Record(VERSION, title, entries, _to_make(root, entries), _to_empty(root, entries)), ordered, seen)


def write(step: Step, prepared: Prepared) -> None:
    """Write all of it and say so in the journal. Raises OSError or ConflictError when every file is as before.

    Raises OutputError when putting files back failed as well: then the journal stays, and undoing goes on from it.
    """
    touched: list[Entry] = []
    try:
        step.begin(prepared.record, prepared.changes)
        _stage(step, prepared)
        _put_in_place(step, prepared, touched)
        sync_folders(step.root, prepared.record)
        step.finish()
    except BaseException as error:
        _back_out(step, touched, error)
        raise


def failure(root: Path, error: BaseException) -> str:
    """An error of the disk in words: the file, or the folder where it has a name of our own, and the reason."""
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__
    named = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None
    if named is None or not named.is_relative_to(root):
        return error.strerror or str(error)
    shown = named.parent if named.name.startswith(f"{OURS}-") else named
    return f"{shown.relative_to(root).as_posix()}: {error.strerror}"


def _back_out(step: Step, touched: Sequence[Entry], error: BaseException) -> None:
    try:
        take_back(step, touched)
    except (OSError, ConflictError) as second:
        raise OutputError(
            f"{failure(step.root, error)}; putting the files back failed as well: {failure(step.root, second)}; "
            "nothing is lost: `wsconsolidate undo` goes on where this stopped"
        ) from error


def _stage(step: Step, prepared: Prepared) -> None:
    """Write every new content beside its place: a disk too small is found out before the first file is replaced."""
    for folder in prepared.record.made:
        make_folders(step.root, folder)
    for number, (entry, change) in enumerate(zip(prepared.record.entries, prepared.changes, strict=True)):
        if entry.after is not None and change.after is not None:
            place = step.root / entry.path
            like = place if entry.before else place.parent
            remove(step.staged(number, entry.path))  # of a run that was killed, and its journal thrown away
            create(step.staged(number, entry.path), change.after, entry.after.mode, like)


def _put_in_place(step: Step, prepared: Prepared, touched: list[Entry]) -> None:
    for number, (entry, seen) in enumerate(zip(prepared.record.entries, prepared.seen, strict=True)):
        place = step.root / entry.path
        if _seen(place) != seen:
            raise ConflictError(f"nothing was written:\n{entry.path}: changed in this very moment; run again")
        touched.append(entry)
        if entry.after is None:
            remove(place)
        else:
            replace(step.staged(number, entry.path), place)
    for folder in prepared.record.emptied:
        remove_folder(step.root / folder.path)


def _seen(place: Path) -> Seen:
    status = status_of(place)
    return status and (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)


def _difference(root: Path, change: FileChange) -> str:
    """How a file is not as the change has it before; "" when it is."""
    state = state_of(root / change.path)
    if change.before is None:
        return f"{change.path}: there is such a file already" if state else ""
    if state is None:
        return f"{change.path}: removed since it was read"
    return "" if state == print_of(change.before, state.mode) else f"{change.path}: changed since it was read"


def _entry(root: Path, change: FileChange) -> Entry:
    status = status_of(root / change.path)
    mode = stat.S_IMODE(change.mode if status is None else status.st_mode)
    before, after = (None if content is None else print_of(content, mode) for content in (change.before, change.after))
    return Entry(change.path, before, after)


def _to_make(root: Path, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The folders that are missing, the outermost first."""
    wanted = {folder for entry in entries for folder in ancestors(entry.path)}
    return tuple(folder for folder in sorted(wanted) if status_of(root / folder) is None)


def _to_empty(root: Path, entries: Sequence[Entry]) -> tuple[Folder, ...]:
    """The folders in which nothing is left, the innermost first: an empty folder still can be imported."""
    kept = {folder for entry in entries if entry.after for folder in ancestors(entry.path)}
    gone = {entry.path for entry in entries if entry.after is None}
    above = {folder for path in gone for folder in ancestors(path)} - kept
    found: list[Folder] = []
    for folder in sorted(above, key=lambda path: (-path.count("/"), path)):
        place = root / folder
        left = {f"{folder}/{name}" for name in os.listdir(place)} - gone
        if not left and os.access(place.parent, os.W_OK | os.X_OK):
            gone.add(folder)
            found.append(Folder(folder, stat.S_IMODE(place.stat().st_mode)))
    return tuple(found)
