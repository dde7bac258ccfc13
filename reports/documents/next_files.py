"""Which files to migrate next: what each of them holds up, and what to run."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents import SCHEMA


@dataclass(frozen=True, slots=True)
class ShimKept:
    """A shim that a file keeps alive, with how many other files do."""

    module: str
    others: int


@dataclass(frozen=True, slots=True)
class NextFile:
    """One file that is not migrated.

    `classes` of the plan stand in it; `sites` are its own lines that lead through a legacy path. `frees` sites in
    `freed_files` other files lead through it. `ends` are the shims that nothing else keeps.
    """

    path: str
    line: int
    classes: tuple[str, ...]
    sites: tuple[int, ...]
    frees: int
    freed_files: int
    ends: tuple[str, ...]
    shares: tuple[ShimKept, ...]
    command: str
    owners: tuple[str, ...] = ()

    @property
    def unblocks(self) -> int:
        """How much can go on once this file is migrated: the sites that lead through it, and the shims that end."""
        return self.frees + len(self.ends)


@dataclass(frozen=True, slots=True)
class NextReport:
    """The files that are left, those that unblock most first; `files` and `sites` are all, listed or not."""

    title: str
    files: int
    sites: int
    listed: tuple[NextFile, ...]
    kind: str = "next"
    schema: int = SCHEMA
