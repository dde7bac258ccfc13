"""What the gate says: findings with their evidence, what is known already, and the success criteria."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reports.documents import SCHEMA
from reports.documents.extraction import Goal

Level = Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, and why."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """New text for a region; lines and columns start at 1, columns count Unicode code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that ends the finding, as `migrate` would make it."""

    description: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be. Identity is `rule`, `name` and `fingerprint`; `line` 0 stands for the whole file.

    A note is told and fails nothing. `code` are the lines it stands on, where they were asked for.
    """

    rule: str
    name: str
    fingerprint: str
    path: str
    line: int
    end: int
    message: str
    hint: str = ""
    level: Level = "error"
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    code: tuple[str, ...] = ()
    known: bool = False  # in the baseline
    group: str = ""  # who owns the file, or the package it is in, where that was asked for


@dataclass(frozen=True, slots=True)
class Stale:
    """A baseline entry that nothing answers to any more."""

    path: str
    rule: str
    name: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule as its page tells it."""

    id: str
    slug: str
    title: str
    why: str
    bad: str
    good: str
    fix: str


@dataclass(frozen=True, slots=True)
class RuleList:
    """All rules, in the order of their ids."""

    rules: tuple[RuleText, ...]
    kind: str = "rules"
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """The answer in numbers; `compared` says with what, in words."""

    files: int
    new: int
    notes: int
    known: int
    suppressed: int
    stale: int
    compared: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The answer of the gate, in the order in which it is told."""

    summary: CheckSummary
    findings: tuple[Finding, ...]
    stale: tuple[Stale, ...]
    criteria: tuple[Goal, ...]
    rules: tuple[RuleText, ...]
    remarks: tuple[str, ...] = ()
    kind: str = "check"
    schema: int = SCHEMA

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that make the answer no."""
        return tuple(item for item in self.findings if item.level == "error" and not item.known)
