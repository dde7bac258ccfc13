"""Classes that play one role, found without being told, each pair with its evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relative:
    """A class of a family, or one that only looks like it; `remark` says what is special (shim, double, ...)."""

    name: str
    module: str
    path: str
    line: int
    remark: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two classes of a family, how alike they are from 0 to 1000, and why."""

    one: str
    other: str
    score: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Classes that do one job: `cohesion` is their mean likeness from 0 to 1000."""

    role: str
    cohesion: int
    members: tuple[Relative, ...]
    pairs: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """The families of one subject, the most entangled subject first."""

    name: str
    score: int
    families: tuple[Family, ...]
    apart: tuple[Relative, ...]


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Classes that look like duplicates and are not counted as such; `why` says for what reason."""

    why: str
    name: str
    members: tuple[Relative, ...]


@dataclass(frozen=True, slots=True)
class FoundFamilies:
    """What the search found, and what it kept out on purpose."""

    concerns: tuple[Concern, ...]
    kept_out: tuple[KeptOut, ...]
