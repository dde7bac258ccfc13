"""The way back: from any state between after and before to before, to the byte, however often it is interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from codemods.errors import ConflictError
from codemods.source.disk import Print, make_folders, remove, remove_folder, replace, set_mode, state_of, sync_folder
from codemods.source.obstacles import obstacles
from codemods.source.record import Entry, Record
from codemods.source.steps import Step


def conflicts(steps: Iterable[Step]) -> list[str]:
    """What keeps the steps, latest first, from being taken back: one `path: reason` each, found without writing."""
    records = [(step, record) for step in steps if (record := step.record()) is not None]
    closed = [found for step, record in records for found in obstacles(step.root, (one.path for one in record.entries))]
    states: dict[str, Print | None] = {}
    changed = [
        _conflict(step, number, entry, states)
        for step, record in (() if closed else records)
        for number, entry in enumerate(record.entries)
    ]
    return list(dict.fromkeys(filter(None, (*closed, *changed))))


def _conflict(step: Step, number: int, entry: Entry, states: dict[str, Print | None]) -> str:
    """Why one file cannot be put back; "" when it can. `states` holds what the later steps will have left by then."""
    state = states[entry.path] if entry.path in states else state_of(step.root / entry.path)
    states[entry.path] = entry.before
    if not entry.is_known(state):
        return f"{entry.path}: {_what_happened(entry, state)}"
    if entry.before not in (state, state_of(step.original(number))):
        return f"{entry.path}: its original in the journal is damaged or gone"
    return ""


def _what_happened(entry: Entry, state: Print | None) -> str:
    if state is None:
        return "removed since"
    if entry.after is not None and state.digest == entry.after.digest:
        return f"its permissions changed since, from {entry.after.mode:o} to {state.mode:o}"
    return "created since" if entry.after is None else "changed since"


def take_back(step: Step, touched: Sequence[Entry] | None = None) -> tuple[Entry, ...]:
    """Undo a step, finished or not, and forget it; returns what was not yet as before.

    `touched` are the only files that can have been written, where that is known. Nothing here needs space on the disk:
    the originals themselves are moved back. Raises OSError, ConflictError; it can be repeated then, and goes on.
    """
    record = step.record()
    done: tuple[Entry, ...] = ()
    if record is not None:
        if step.is_finished:
            step.reopen()
        done = _restore(step, record, record.entries if touched is None else touched)
    step.forget()
    return done


def _restore(step: Step, record: Record, touched: Sequence[Entry]) -> tuple[Entry, ...]:
    for folder in reversed(record.emptied):
        make_folders(step.root, folder.path)
        set_mode(step.root / folder.path, folder.mode)
    paths = {entry.path for entry in touched}
    done = tuple(
        entry for number, entry in enumerate(record.entries) if entry.path in paths and _put_back(step, number, entry)
    )
    for number, entry in enumerate(record.entries):
        remove(step.staged(number, entry.path))
    for path in reversed(record.made):
        remove_folder(step.root / path)
    sync_folders(step.root, record)
    return done


def _put_back(step: Step, number: int, entry: Entry) -> bool:
    """Whether the file had to be put back. Raises ConflictError when somebody changed it in this very moment."""
    place = step.root / entry.path
    state = state_of(place)
    if state == entry.before:
        return False
    if not entry.is_known(state):
        raise ConflictError(f"{entry.path}: {_what_happened(entry, state)}")
    if entry.before is None:
        remove(place)
    else:
        make_folders(step.root, entry.path.rpartition("/")[0])
        replace(step.original(number), place)
    return True


def sync_folders(root: Path, record: Record) -> None:
    """See that every folder in which something was created, replaced or removed is so on the disk. Raises OSError."""
    paths = (*(entry.path for entry in record.entries), *record.made, *(folder.path for folder in record.emptied))
    for folder in sorted({path.rpartition("/")[0] for path in paths}):
        sync_folder(root / folder)
