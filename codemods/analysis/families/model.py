"""What the search for families says: frozen, sorted, each likeness with its evidence. Scores are per mille."""

from __future__ import annotations

from dataclasses import dataclass

MILLE = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """A class by its place; `remark` tells what is special about it, "" when nothing is."""

    name: str  # the dotted path
    path: str
    line: int
    lines: int
    remark: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as `path:line`."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two classes of a family, how alike they are, and all that speaks for it."""

    one: str
    other: str
    score: int
    same_name: bool
    tokens: tuple[str, ...]
    methods: tuple[str, ...]  # as the first class calls them
    verbs: tuple[str, ...]  # shared under different verbs: `emit_x = notify_x`
    events: tuple[str, ...]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """Classes that do one job: `cohesion` is their mean likeness; `shims` only forward to a member."""

    role: str
    members: tuple[Member, ...]
    shims: tuple[Member, ...]
    pairs: tuple[Pair, ...]
    cohesion: int
    score: int


@dataclass(frozen=True, slots=True)
class Apart:
    """A class that looks like one of a family but stands apart, and why."""

    member: Member
    family: str
    why: str


@dataclass(frozen=True, slots=True)
class Concern:
    """The families of one subject."""

    name: str
    score: int
    families: tuple[Family, ...]
    apart: tuple[Apart, ...]


@dataclass(frozen=True, slots=True)
class Polymorphic:
    """Classes that look alike because they extend one class of the code base: variants by design."""

    ancestor: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SameName:
    """Classes that bear one name: data types declared more than once, or strangers to a family member."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class FamilyReport:
    """Every concern, the most entangled first, and what was deliberately kept out of the families."""

    concerns: tuple[Concern, ...]
    polymorphic: tuple[Polymorphic, ...]
    data_types: tuple[SameName, ...]
    traps: tuple[SameName, ...]
