"""What the comparison and the criteria need to know of a code base, small enough to be remembered between runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codemods.gate.kept import Kept, Producer, kept, owners, preserved, producers
from codemods.gate.tree import Tree


@dataclass(frozen=True, slots=True)
class Place:
    """A class and where it stands; `family` as the plan calls it, "" for what has none."""

    family: str
    qualname: str
    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.qualname} ({self.path}:{self.line})"


@dataclass(frozen=True, slots=True)
class State:
    """The planned classes left, the unified ones that are there, who makes which event, what is to stay."""

    standing: tuple[Place, ...]
    unified: tuple[tuple[str, Place], ...]  # what families became, with the plan's word for it
    files: tuple[str, ...]  # of the target architecture, as far as they are there
    producers: tuple[Producer, ...]
    owners: frozenset[str]  # the classes that may make events and are there
    unified_events: frozenset[str]
    preserved: tuple[tuple[str, str], ...]  # dotted, and the path it stands in, "" when it is gone
    kept: tuple[Kept, ...]


def state_of(tree: Tree) -> State:
    """The state of a code base."""
    made = tuple(producers(tree))
    return State(
        tuple(_standing(tree)),
        tuple((tree.targets[dotted], _place(tree, dotted)) for dotted in sorted(tree.family_targets)),
        tuple(_files(tree)),
        made,
        frozenset(owners(tree).values()),
        frozenset(item.event for item in made if tree.is_unified(item.dotted)),
        tuple((item.dotted, preserved(tree, item.dotted)[0]) for item in tree.plan.preserved),
        tuple(kept(tree)),
    )


def _standing(tree: Tree) -> Iterator[Place]:
    for dotted, planned in tree.standing.items():
        file, item = tree.index.classes[dotted]
        yield Place(planned.family, item.qualname, file.path, item.line)


def _files(tree: Tree) -> Iterator[str]:
    for target in tree.plan.targets:
        name = target.file.removesuffix(".py").replace("/", ".")
        file = tree.index.modules.get(f"{tree.plan.destination}.{name}")
        if file is not None:
            yield file.path


def _place(tree: Tree, dotted: str) -> Place:
    file, item = tree.index.classes[dotted]
    family = next(family.name for family in tree.plan.families if family.target == tree.targets[dotted])
    return Place(family, item.qualname, file.path, item.line)
