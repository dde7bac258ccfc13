"""What differs for those who use the old classes, and what they write instead: breaking changes, and the guide."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents import SCHEMA
from reports.documents.common import Place


@dataclass(frozen=True, slots=True)
class MemberChange:
    """One member whose use changes: `what` says how; `old` and `new` are signatures, "" where there is none.

    `uses` counts the known uses in the code base, which `places` names; counts are lower bounds.
    """

    name: str
    what: str
    old: str
    new: str
    uses: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One old class and what takes its place; `adapted`: the old path keeps the old calls."""

    dotted: str
    new: str
    adapted: bool
    members: tuple[MemberChange, ...]
    renamed_details: tuple[tuple[str, str, str], ...] = ()  # method, old name of a detail, its name in the payload


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit that was declared and is enforced now."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class BreakingChanges:
    """Every difference between the old classes and the unified ones that a caller can see."""

    title: str
    classes: tuple[ClassChange, ...]
    limits: tuple[LimitChange, ...]
    dropped: tuple[tuple[str, str], ...]  # module, name that nothing offers any more and nobody here took
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A line as it was written, and as it is to be written."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ClassGuide:
    """What to write instead of one old class."""

    dotted: str
    new: str
    imports: Rewrite
    made: Rewrite | None
    calls: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True)
class MigrationGuide:
    """For code outside the code base that uses the old paths."""

    title: str
    since: str
    removal: str
    runtime: str
    classes: tuple[ClassGuide, ...]
    moved: tuple[tuple[str, str], ...]  # other names: old dotted, new dotted
    schema: int = SCHEMA
