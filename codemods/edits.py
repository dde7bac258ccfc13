"""What is to be changed, as data: edits of one file's bytes, and files as they were and as they are to be."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Applicability(StrEnum):
    """Who decides about an edit."""

    SAFE = "safe"  # applied
    REVIEW = "review"  # shown, applied on request
    MANUAL = "manual"  # told with file, line and what to do; there is nothing to apply


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement of a file's bytes `start` to `end`, as they are on disk; an insertion where these are equal."""

    path: str
    start: int
    end: int
    replacement: bytes
    line: int
    rule: str
    applicability: Applicability
    reason: str
    advice: str = ""


class OverlapError(ValueError):
    """Two edits claim the same bytes, or insert at the same point: which comes first is not for a splice to say."""

    def __init__(self, first: Edit, second: Edit) -> None:
        super().__init__(f"{first.path}:{first.line} ({first.rule}) and line {second.line} ({second.rule}) overlap")
        self.first, self.second = first, second


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file before and after: created when there is no before, deleted when there is no after.

    `path` is relative to the root, with slashes. `mode` holds the permissions: those a created file gets, and those of
    a file that is there, which it keeps.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int = 0o644


def splice(source: bytes, edits: Iterable[Edit]) -> bytes:
    """The source with the edits in place, whatever their order; every byte outside their spans stays.

    An insertion at the start or the end of another edit's span is no overlap. Raises OverlapError, and ValueError for
    edits of several files, spans outside the source, and edits that are only to be told.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    _check(source, ordered)
    pieces: list[bytes] = []
    place = 0
    for edit in ordered:
        pieces += (source[place : edit.start], edit.replacement)
        place = edit.end
    return b"".join((*pieces, source[place:]))


def whole_lines(source: bytes, edit: Edit) -> tuple[bytes, bytes]:
    """The lines that an edit is in as they are, and as it makes them; without the last line's end."""
    start = source.rfind(b"\n", 0, edit.start) + 1
    end = source.find(b"\n", edit.end)
    end = len(source) if end < 0 else end
    return source[start:end], source[start : edit.start] + edit.replacement + source[edit.end : end]


def one_insertion_each(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits with all insertions at one place as one, in the order given; what replaces bytes stays as it is."""
    found: dict[tuple[int, int, int], Edit] = {}
    for number, edit in enumerate(edits):
        key = (edit.start, edit.end, -1 if edit.start == edit.end else number)
        first = found.get(key)
        found[key] = edit if first is None else replace(first, replacement=first.replacement + edit.replacement)
    return tuple(found.values())


def _check(source: bytes, ordered: Sequence[Edit]) -> None:
    if len({edit.path for edit in ordered}) > 1:
        raise ValueError(f"edits of several files: {', '.join(sorted({edit.path for edit in ordered}))}")
    for edit in ordered:
        if not 0 <= edit.start <= edit.end <= len(source):
            raise ValueError(f"{edit.path}:{edit.line} ({edit.rule}): {edit.start} to {edit.end} is not in the file")
        if edit.applicability is Applicability.MANUAL:
            raise ValueError(f"{edit.path}:{edit.line} ({edit.rule}) is to be told, not applied")
    for first, second in itertools.pairwise(ordered):
        if second.start < first.end or (first.start, first.end) == (second.start, second.end):
            raise OverlapError(first, second)
