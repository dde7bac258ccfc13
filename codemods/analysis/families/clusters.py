"""Which candidates belong together: pairs worth a look, and groups by average likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

from codemods.analysis.families.likeness import Likeness

JOIN = 0.33
SEED = 0.36
BLOCK = 80
RARE = 6
SHARED_RARE = 3

Edge = tuple[int, int]
Edges = dict[Edge, float]


def likely_pairs(likeness: Likeness) -> set[Edge]:
    """The pairs of one role that share a word of their subject, or several methods that few others have."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, traits in enumerate(likeness.traits):
        role = traits.candidate.role
        for word in traits.subject | {f"={traits.candidate.name}"}:
            blocks[role, word].append(number)
    found = {pair for block in blocks.values() if len(block) <= BLOCK for pair in combinations(block, 2)}
    return found | _by_rare_methods(likeness)


def _by_rare_methods(likeness: Likeness) -> set[Edge]:
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, traits in enumerate(likeness.traits):
        for method in traits.methods:
            holders[traits.candidate.role, method].append(number)
    counts: dict[Edge, int] = defaultdict(int)
    for block in holders.values():
        if 1 < len(block) <= RARE:
            for pair in combinations(block, 2):
                counts[pair] += 1
    return {pair for pair, count in counts.items() if count >= SHARED_RARE}


def components(edges: Iterable[Edge]) -> Iterator[list[int]]:
    """The connected parts of a graph, each sorted."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    seen: set[int] = set()
    for start in sorted(near):
        if start not in seen:
            part, pending = {start}, [start]
            while pending:
                new = near[pending.pop()] - part
                part |= new
                pending += new
            seen |= part
            yield sorted(part)
