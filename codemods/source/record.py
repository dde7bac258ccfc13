"""What the journal says of one step: every file before and after, and the folders made and emptied."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codemods.errors import ConfigError, ConflictError
from codemods.source.disk import Print
from codemods.source.obstacles import is_inside
from codemods.tables import read_table

VERSION = 1
_REMOVE = "the wsconsolidate that wrote it can undo it; without need for that, remove it"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its state before the step and after; None where it does not exist."""

    path: str
    before: Print | None = None
    after: Print | None = None

    def is_after(self, state: Print | None) -> bool:
        """Whether a state is what the step left. Permissions count where undoing has older ones to give back."""
        if state is None or self.after is None:
            return state is self.after
        return state.digest == self.after.digest and (self.before is None or state.mode == self.after.mode)

    def is_known(self, state: Print | None) -> bool:
        """Whether a state is one that a step, finished or not, can have left: nobody else has been here."""
        return state == self.before or self.is_after(state)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that the step removes because no file is left in it, with its permissions."""

    path: str
    mode: int


@dataclass(frozen=True, slots=True)
class Record:
    """One step. Relative paths only, no times: the same step of the same tree is the same record."""

    version: int
    title: str
    entries: tuple[Entry, ...]
    made: tuple[str, ...]  # folders, the outermost first
    emptied: tuple[Folder, ...]  # the innermost first


def encode(record: Record) -> bytes:
    """The record as JSON; what is None is left out."""
    fields = dataclasses.asdict(record, dict_factory=_told)
    return json.dumps(fields, indent=1).encode("ascii")


def decode(content: bytes, name: str) -> Record:
    """The record of a journal. Raises ConflictError when it is not one that this program wrote."""
    try:
        record = read_table(json.loads(content), Record, name)
    except (ConfigError, ValueError, RecursionError) as error:
        raise ConflictError(
            f"{name}: not a journal of this version, or damaged; nothing was touched; {_REMOVE}"
        ) from error
    if record.version != VERSION or not all(map(is_inside, _paths(record))):
        raise ConflictError(f"{name}: not a journal of this version, or damaged; nothing was touched; {_REMOVE}")
    return record


def _told(fields: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {name: value for name, value in fields if value is not None}


def _paths(record: Record) -> Iterator[str]:
    yield from (entry.path for entry in record.entries)
    yield from record.made
    yield from (folder.path for folder in record.emptied)
