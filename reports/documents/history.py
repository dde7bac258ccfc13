"""The burndown: what `check` counted, one run after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HistoryRun:
    """One run over the whole code base.

    `commit` is the full name of the commit that was checked out, "" without git; `dirty` says that files were not as it
    has them. `counts` are the findings of each rule that ran, 0 among them: a rule that is missing did not run.
    """

    commit: str
    counts: tuple[tuple[str, int], ...]
    dirty: bool = False
