"""The extraction report: what there is, what must not be lost, what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents import SCHEMA
from reports.documents.across import Conflict, Dangling, EventFlow, Helper, MatrixRow, Step, Trap
from reports.documents.classes import ClassFacts, ImportSite
from reports.documents.common import Unread
from reports.documents.families import Concern, KeptOut


@dataclass(frozen=True, slots=True)
class Summary:
    """The report in numbers."""

    files: int
    lines: int
    classes: int
    dangling: int
    dangling_unguarded: int
    dangling_elsewhere: int
    planned: int = 0
    found: int = 0
    modules: int = 0
    import_statements: int = 0
    import_files: int = 0
    module_files: int = 0
    calls: int = 0
    absent_calls: int = 0
    silent_conflicts: int = 0
    traps: int = 0


@dataclass(frozen=True, slots=True)
class Goal:
    """One success criterion with its computed state (done, open, unknown) and the evidence for it."""

    text: str
    state: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A number the plan says must hold, and where the code declares it."""

    name: str
    value: str
    unit: str
    source: str
    declared: tuple[str, ...]  # `path:line NAME = value`


@dataclass(frozen=True, slots=True)
class Brief:
    """What the plan itself says: aim, target, phases, risks; repeated so that the report stands alone."""

    title: str
    date: str
    mission: str
    summary: str
    destination: str
    targets: tuple[tuple[str, str], ...]
    extraction: tuple[str, ...]
    risks: tuple[tuple[str, str, str], ...]  # level, title, text
    mitigation: tuple[str, ...]
    phases: tuple[tuple[str, tuple[str, ...]], ...]
    next_steps: tuple[str, ...]
    preserved: tuple[str, ...]
    preserved_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExtractionReport:
    """Everything `scan` found, in the order in which it is told."""

    summary: Summary
    brief: Brief | None
    classes: tuple[ClassFacts, ...]
    concerns: tuple[Concern, ...]
    events: tuple[EventFlow, ...]
    matrix: tuple[MatrixRow, ...]
    conflicts: tuple[Conflict, ...]
    order: tuple[Step, ...]
    helpers: tuple[Helper, ...]
    traps: tuple[Trap, ...]
    limits: tuple[Limit, ...]
    goals: tuple[Goal, ...]
    dangling: tuple[Dangling, ...]
    unread: tuple[Unread, ...]
    left_out: tuple[tuple[str, str], ...]
    sites: tuple[ImportSite, ...]
    kept_out: tuple[KeptOut, ...] = ()
    kind: str = "extraction"
    schema: int = SCHEMA
