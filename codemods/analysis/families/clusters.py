"""Which candidates belong together: pairs worth a look, and groups by their mean likeness.

Two thresholds, so that no family hangs on one number: `JOIN` starts families, and once a family stands and its subject
is known, `WEAK` is enough for a class or family of that very role and subject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from itertools import chain, combinations, product

from codemods.analysis.families.likeness import Likeness

# On the real tree of 4,000 production classes every class of the report, the same 28 of 29 labelled ones and no
# stranger are found from 0.24 to 0.42: benchmarks/families_oracle.py --sensitivity.
JOIN = 0.34
# Of JOIN: asked of a class whose name says role and subject of a standing family. At 1 a tenth more JOIN loses a class.
WEAK = 0.85
LINK = 0.6  # of JOIN: pairs below it bring no groups together, they only count in the mean
BLOCK = 80  # a role and word that more classes share tell nothing; keeps the pairs linear in the classes
RARE = 6  # a method name that at most so many classes of a role have is worth a look ...
SHARED_RARE = 3  # ... when two classes share so many of them

Edge = tuple[int, int]
Group = tuple[int, ...]
UNRELATED = -1.0  # the likeness of groups that must not become one, below any threshold


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


class Linkage:
    """Mean likeness between groups; a pair for which `apart` is true keeps its groups apart."""

    def __init__(self, score: Callable[[int, int], float], apart: Callable[[int, int], bool]) -> None:
        self._score, self._apart = score, apart
        self._known: dict[Edge, float] = {}

    def pair(self, a: int, b: int) -> float:
        """The likeness of two candidates, UNRELATED when they must stay apart."""
        edge = (a, b) if a < b else (b, a)
        if edge not in self._known:
            likeness = self._score(*edge)
            self._known[edge] = UNRELATED if likeness and self._apart(*edge) else likeness
        return self._known[edge]

    def between(self, one: Group, other: Group) -> float:
        """The mean likeness of two groups."""
        total = 0.0
        for a in one:
            for b in other:
                likeness = self.pair(a, b)
                if likeness == UNRELATED:
                    return UNRELATED
                total += likeness
        return total / (len(one) * len(other))

    def grow(self, edges: set[Edge], join: float) -> list[Group]:
        """Merge the two most alike groups, beginning with single candidates, until none are alike enough."""
        near: dict[Group, set[Group]] = defaultdict(set)
        queue: list[tuple[float, Group, Group]] = []
        for a, b in edges:
            likeness = self.pair(a, b)
            if likeness >= join * LINK:
                near[a,].add((b,))
                near[b,].add((a,))
                queue.append((-likeness, (a,), (b,)))
        heapify(queue)
        return sorted(group for group in self._merge(near, queue, join) if len(group) > 1)

    def _merge(self, near: dict[Group, set[Group]], queue: list[tuple[float, Group, Group]], join: float) -> set[Group]:
        while queue:
            distance, one, other = heappop(queue)
            if one not in near or other not in near or -distance < join:
                continue
            new = tuple(sorted(one + other))
            around = (near.pop(one) | near.pop(other)) & near.keys()
            near[new] = around
            for group in around:
                near[group].add(new)
                heappush(queue, (-self.between(new, group), min(new, group), max(new, group)))
        return set(near)

    def absorb(self, families: list[Group], singles: Iterable[int], join: float) -> list[Group]:
        """Let families of one role and subject take each other, and single candidates, in at a lower threshold."""
        standing, waiting = list(families), [(single,) for single in singles]
        while True:
            pairs = chain(combinations(standing, 2), product(standing, waiting))
            likeness, pair = max(((self.between(*pair), pair) for pair in pairs), default=(UNRELATED, ()))
            if likeness < join:
                return standing
            waiting = [group for group in waiting if group not in pair]
            standing = [group for group in standing if group not in pair] + [tuple(sorted(chain(*pair)))]
