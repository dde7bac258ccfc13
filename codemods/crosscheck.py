"""A second opinion on who refers to a definition, asked of rope. It only answers; it never writes.

Rope reads by other rules than this tool: it infers types, and it misses what stands in strings. Where the two disagree
a person should look.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rope.base.exceptions import RopeError
from rope.base.project import Project
from rope.base.resources import File
from rope.contrib.findit import find_occurrences

# What rope raises on files that it cannot take: newer syntax, odd encodings, depth; and defects of its own.
_FAILURES = (RopeError, SyntaxError, ValueError, RecursionError, AttributeError, KeyError, TypeError, IndexError)


@dataclass(frozen=True, slots=True)
class Definition:
    """A class to ask for: its dotted path, and where it stands."""

    dotted: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Opinion:
    """For each definition, each file that rope was asked about, and the lines in which it sees a reference.

    A file that rope could not read is not among them.
    """

    lines: Mapping[str, Mapping[str, frozenset[int]]]

    def denies(self, dotted: str, path: str) -> bool:
        """Whether rope was asked about the file, and sees nothing there."""
        return self.lines.get(dotted, {}).get(path) == frozenset()


def second_opinion(root: Path, definitions: Iterable[Definition], paths: Iterable[str]) -> Opinion:
    """Ask for every definition in those of the files that say its name. Nothing is written below `root`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rope's of itself, and those of the code that it reads
        project = Project(str(root), ropefolder=None, save_objectdb=False, python_path=[])
        try:
            known = {path: (root / path).read_bytes() for path in paths if (root / path).is_file()}
            return Opinion({item.dotted: _asked(project, item, known) for item in definitions})
        finally:
            project.close()


def _asked(project: Project, item: Definition, known: Mapping[str, bytes]) -> dict[str, frozenset[int]]:
    name = item.dotted.rpartition(".")[2]
    resource = project.get_file(item.path)
    offset = _offset(resource, item.line, name)
    found: dict[str, frozenset[int]] = {}
    for path, source in known.items():
        if name.encode() in source and offset is not None:
            lines = _lines(project, resource, offset, path)
            if lines is not None:
                found[path] = lines
    return found


def _offset(resource: File, line: int, name: str) -> int | None:
    """Where the name of a class stands in the text as rope sees it; `line` is that of its statement."""
    try:
        text: str = resource.read()
    except _FAILURES:
        return None
    start = sum(len(part) for part in text.splitlines(keepends=True)[: line - 1])
    place = text.find(f"class {name}", start)
    return place + len("class ") if place >= 0 else None


def _lines(project: Project, resource: File, offset: int, path: str) -> frozenset[int] | None:
    try:
        found = find_occurrences(project, resource, offset, resources=[project.get_file(path)], in_hierarchy=False)
    except _FAILURES:
        return None
    return frozenset(item.lineno for item in found)
