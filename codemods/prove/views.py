"""A code base as its facts say it is, and as they will say it is once changes are made: nothing is written for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from codemods.edits import Edit, FileChange
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Use
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.index.reader import Reading
from codemods.index.resolve import Resolver
from codemods.index.tolerant import read_newer_syntax
from codemods.index.uses import uses_of


@dataclass(frozen=True, slots=True)
class Planned:
    """One file's change with the edits that make it; a file that is created, deleted or replaced has none.

    `binds` are the names that the change is meant to import, or to import no more.
    """

    change: FileChange
    edits: tuple[Edit, ...] = ()
    binds: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        """The file, relative to the root."""
        return self.change.path


class View:
    """The index of a code base, what its names mean, and the uses known of some of its files."""

    def __init__(self, index: CodeIndex, uses: Mapping[str, tuple[Use, ...]]) -> None:
        self.index, self.uses = index, uses
        self.measured: dict[str, frozenset[tuple[str, ...]]] = {}  # each measure is taken once

    @cached_property
    def resolver(self) -> Resolver:
        """What the names mean."""
        return Resolver(self.index)

    @cached_property
    def by_path(self) -> Mapping[str, FileFacts]:
        """The facts of each file."""
        return {file.path: file for file in self.index.files}


class Reread(NamedTuple):
    """One file as it will be: its facts and uses; its tree is not kept, since hundreds would fill the memory."""

    facts: FileFacts
    uses: tuple[Use, ...]

    @property
    def readable(self) -> bool:
        """Whether the file parses."""
        return self.facts.read_by != ""


class Rereader:
    """Reads contents that are not on the disk as the files there were read; each content once."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._known: dict[tuple[str, bytes], Reread] = {}

    def read(self, changes: Iterable[FileChange]) -> dict[str, Reread]:
        """The files as they will be; deleted ones are not among them."""
        return {change.path: self._of(change.path, change.after) for change in changes if change.after is not None}

    def _of(self, path: str, content: bytes) -> Reread:
        key = (path, hashlib.blake2b(content, digest_size=16).digest())
        if key not in self._known:
            self._known[key] = _read(path, content, self._reading)
        return self._known[key]


def changed_view(before: View, changes: Iterable[FileChange], read: Mapping[str, Reread]) -> View:
    """The code base with the changes made: what they do not touch is taken as it was."""
    changed = {change.path for change in changes}
    kept = [file for file in before.index.files if file.path not in changed]
    new = {path: read[path] for path in changed if path in read}
    files = sorted((*kept, *(item.facts for item in new.values())), key=lambda file: file.path)
    uses = {path: found for path, found in before.uses.items() if path not in changed}
    return View(CodeIndex(files), uses | {path: item.uses for path, item in new.items()})


def _read(path: str, content: bytes, reading: Reading) -> Reread:
    name = module_name(path, reading.source_roots, reading.prefix)
    parsed = parse(path, name, content, False)
    if parsed.tree is None:
        parsed = parse(path, name, content, False, read_newer_syntax, "libcst")
    if parsed.tree is None:
        return Reread(parsed.facts, ())
    facts = parsed.facts
    roots, words = reading.roots, frozenset(reading.seek)
    return Reread(facts, uses_of(parsed.tree, facts.module, facts.is_package, roots, words))
