"""The small parts that all documents share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A file and lines in it."""

    path: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A number that can be traced: what was counted, and every place that counts."""

    name: str
    count: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that could not be read as it stands; `read_by` names the reader that took it all the same."""

    path: str
    reason: str
    read_by: str


def places(found: Iterable[tuple[str, int]]) -> tuple[Place, ...]:
    """Group (path, line) pairs by file, both sorted; a line that counts twice stands twice."""
    grouped: dict[str, list[int]] = {}
    for path, line in sorted(found):
        grouped.setdefault(path, []).append(line)
    return tuple(Place(path, tuple(lines)) for path, lines in grouped.items())


def counted(found: Iterable[tuple[str, str, int]]) -> tuple[Counted, ...]:
    """Count (name, path, line) triples by name, the most frequent first."""
    grouped: dict[str, list[tuple[str, int]]] = {}
    for name, path, line in found:
        grouped.setdefault(name, []).append((path, line))
    rows = [Counted(name, len(where), places(where)) for name, where in grouped.items()]
    return tuple(sorted(rows, key=lambda row: (-row.count, row.name)))
