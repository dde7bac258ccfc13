"""A planned migration in parts: what all need first, then the other files by group; together they are all of it.

A file is changed in one part alone, and as the whole migration changes it, so that the parts are it to the byte. The
first part puts the unified classes and the shims in place: from then on old and new paths give the same, and the others
depend on it and on nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from codemods.migration.old_calls import path_of_calls
from codemods.migration.planning import Facts, Planning
from codemods.prove.proof import Difference, Proof
from codemods.prove.views import Planned

FIRST = "what all parts need"


@dataclass(frozen=True, slots=True)
class Part:
    """The changes of one group, or with the name `FIRST` those that the others stand on."""

    name: str
    planned: tuple[Planned, ...]


def parts_of(
    accepted: Iterable[Planned], facts: Facts, planning: Planning, group: Callable[[str], str]
) -> tuple[Part, ...]:
    """The parts, the first first and the others by name; a part without changes is none."""
    before = _needed(facts, planning)
    found: dict[str, list[Planned]] = {}
    for item in accepted:
        found.setdefault("" if item.path in before or item.change.before is None else group(item.path), []).append(item)
    named = sorted(found, key=lambda name: (name.startswith("("), name))  # what is in no group comes last
    return tuple(Part(name or FIRST, tuple(found[name])) for name in named)


def together(whole: Proof, parts: Sequence[Proof]) -> Proof:
    """What the parts that were carried out have changed between them, as one proof of the whole."""
    accepted = tuple(item for proof in parts for item in proof.accepted)
    every = [tuple(proof.differences[number] for proof in parts) for number in range(len(whole.differences))]
    pairs = zip(whole.differences, every, strict=True)
    return Proof(accepted, whole.refused, tuple(_over_all(first, found) for first, found in pairs))


def _over_all(whole: Difference, parts: Sequence[Difference]) -> Difference:
    gone = {item for part in parts for item in part.gone}
    return replace(whole, after=whole.before - len(gone), gone=tuple(sorted(gone)), come=())


def _needed(facts: Facts, planning: Planning) -> frozenset[str]:
    """The files that make old and new paths give the same: the destination, the old calls, the old modules."""
    package = facts.unified.resolver.index.modules[facts.layout.package].path
    homes = (departure.path for departure in planning.arrangement.departures)
    return frozenset({package, path_of_calls(facts.layout), *homes})
