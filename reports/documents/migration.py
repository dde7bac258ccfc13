"""The migration report: what changed where and why, what was left and why, how far each class has come."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents import SCHEMA


@dataclass(frozen=True, slots=True)
class Site:
    """One place in a file; `rule` is the kind of edit, `advice` what to do by hand, "" for what was done."""

    path: str
    line: int
    rule: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class ClassProgress:
    """One planned class: `state` is moved, adapted (its old calls are kept by an adapter), kept, waiting or
    done.

    `rewritten` and `left` count the statements that name it.
    """

    dotted: str
    new: str
    state: str
    rewritten: int
    left: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file whose change was left out, or a module that its names cannot leave."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A set of broken things before and after; nothing may be in `come`."""

    name: str
    before: int
    after: int
    gone: tuple[tuple[str, ...], ...]
    come: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: `state` is done, nothing to do, or rolled back because of `output`, what the user's tests said."""

    title: str
    state: str
    output: str = ""


@dataclass(frozen=True, slots=True)
class OwnerLeft:
    """How much is left for a person in the files of one owner, or of nobody."""

    owner: str
    places: int
    files: int


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Everything a migration did or would do; `written` tells which.

    `mentions` are old paths in files that are no Python. `owners` are told where the code base names them.
    """

    title: str
    destination: str
    phases: tuple[str, ...]
    written: bool
    created: tuple[str, ...]
    replaced: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    classes: tuple[ClassProgress, ...]
    done: tuple[Site, ...]
    review: tuple[Site, ...]
    left: tuple[Site, ...]
    refused: tuple[Refusal, ...]
    stuck: tuple[Refusal, ...]
    in_the_way: tuple[str, ...]
    comparisons: tuple[Comparison, ...]
    handed_on: int = 0
    steps: tuple[StepResult, ...] = ()
    mentions: tuple[Site, ...] = ()
    owners: tuple[OwnerLeft, ...] = ()
    schema: int = SCHEMA
