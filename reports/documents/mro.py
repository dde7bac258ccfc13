"""The MRO report: what each class inherits, what overrides what, who would feel a merge."""

from __future__ import annotations

from dataclasses import dataclass, field

from reports.documents import SCHEMA
from reports.documents.common import Counted, Place, Unread


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One class of a linearization: the members it defines and which of them the class above it overrides."""

    dotted: str
    path: str  # "" outside the code base
    line: int
    members: tuple[str, ...]
    overridden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which class of the linearization a method comes from, and which further ones it hides."""

    method: str
    provider: str
    hides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Public members that two planned classes share; `same_call` are those with the same parameters."""

    one: str
    other: str
    shared: tuple[str, ...]
    same_call: tuple[str, ...]
    likeness: int  # shared of all, per thousand


@dataclass(frozen=True, slots=True)
class Consumer:
    """A file that uses a class, and the members it uses of it."""

    path: str
    area: str
    members: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What a merge would do to the users of one member; `verdict` is breaks, adapts or safe, `reason` says why.

    Of the known calls `misread` would be accepted and mean something else, `failing` would be refused.
    """

    member: str
    verdict: str
    reason: str
    calls: int
    places: tuple[Place, ...]
    misread: int = 0
    failing: int = 0


@dataclass(frozen=True, slots=True)
class ClassMro:
    """One class: its linearization, what is unresolved in it, and, for a planned one, what a merge would mean."""

    name: str
    dotted: str
    path: str
    line: int
    mro: tuple[str, ...] = field()  # spelt out: dataclass would take `type.mro` for a default
    unresolved: tuple[str, ...]
    conflict: str
    ancestors: tuple[Ancestor, ...]
    resolutions: tuple[Resolution, ...]
    diamonds: tuple[str, ...]
    risks: tuple[str, ...]
    family: str = ""
    target: str = ""
    subclasses: tuple[str, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    impacts: tuple[Impact, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MroReport:
    """The planned classes, or those asked for, with the overlaps between them."""

    classes: tuple[ClassMro, ...]
    overlaps: tuple[Overlap, ...]
    unread: tuple[Unread, ...] = ()
    kind: str = "mro"
    schema: int = SCHEMA


@dataclass(frozen=True, slots=True)
class ListedClass:
    """One class in the list of all: where it stands and its linearization, as far as it can be read."""

    module: str
    qualname: str
    path: str
    line: int
    mro: tuple[str, ...] = field()  # spelt out: dataclass would take `type.mro` for a default
    unresolved: tuple[str, ...]
    conflict: str


@dataclass(frozen=True, slots=True)
class ClassList:
    """Every class of a code base."""

    classes: tuple[ListedClass, ...]
    unread: tuple[Unread, ...] = ()
    kind: str = "mro-list"
    schema: int = SCHEMA
