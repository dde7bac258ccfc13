"""What a rewrite answers for one file: edits, told places among them, and imports that need no edit."""

from __future__ import annotations

from dataclasses import dataclass

from codemods.edits import Applicability, Edit


@dataclass(frozen=True, slots=True)
class HandedOn:
    """One import that reaches a moved definition through module `by`, whose own import is rewritten instead."""

    path: str
    line: int
    old: str
    by: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """All that a rewrite has to say of one file, in order of place; its edits do not overlap."""

    path: str
    edits: tuple[Edit, ...] = ()
    handed_on: tuple[HandedOn, ...] = ()

    @property
    def safe(self) -> tuple[Edit, ...]:
        """The edits to apply."""
        return self._of(Applicability.SAFE)

    @property
    def review(self) -> tuple[Edit, ...]:
        """The edits to show, and to apply on request."""
        return self._of(Applicability.REVIEW)

    @property
    def left(self) -> tuple[Edit, ...]:
        """The places that still say an old path, each with its reason and what to do by hand."""
        return self._of(Applicability.MANUAL)

    def joined(self, other: Rewritten) -> Rewritten:
        """Both answers for the same file as one."""
        edits = tuple(sorted((*self.edits, *other.edits), key=lambda edit: (edit.start, edit.end)))
        return Rewritten(self.path, edits, (*self.handed_on, *other.handed_on))

    def _of(self, applicability: Applicability) -> tuple[Edit, ...]:
        return tuple(edit for edit in self.edits if edit.applicability is applicability)
