"""A consolidation plan as it can be drafted by reading: the families found, for a person to complete."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DraftMethod:
    """How one method might be called on the target: `takes` its parameters, `becomes` a guess, "" for none."""

    name: str
    takes: str
    becomes: str
    awaited: bool


@dataclass(frozen=True, slots=True)
class DraftConvention:
    """How the calls of one class might be kept: `makes` is a guess, "" for none."""

    constructor: str
    makes: str
    methods: tuple[DraftMethod, ...]


@dataclass(frozen=True, slots=True)
class DraftClass:
    """One class that might be merged: its public members, who imports it, and what its callers would miss."""

    module: str
    qualname: str
    line: int
    members: tuple[str, ...]
    statements: int
    files: int
    gaps: tuple[str, ...]
    convention: DraftConvention | None


@dataclass(frozen=True, slots=True)
class DraftFamily:
    """Classes that do one job, and the one of them that covers the others best; `target` is below the destination."""

    name: str
    title: str
    target: str
    target_members: tuple[str, ...]
    statements: int
    files: int
    cohesion: int
    classes: tuple[DraftClass, ...]


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """The whole draft; `aside` are families that no plan with this destination can hold, each with why."""

    destination: str
    families: tuple[DraftFamily, ...]
    aside: tuple[tuple[str, str], ...]
