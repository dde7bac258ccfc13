"""Which classes are variants by design: they extend one class of the code base that does the work they share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from codemods.analysis.families.ancestry import Ancestry
from codemods.analysis.families.candidates import Candidate, is_protocol, works
from codemods.analysis.families.model import Polymorphic
from codemods.index.code import CodeIndex


class Kinship:
    """The lines of descent that make classes relatives.

    A concrete or abstract class of the tree with any method counts. A protocol does not: implementing one shape twice
    is what duplicates do. Nor does a mixin, which lends a skill and says nothing of what its users are.
    """

    def __init__(self, index: CodeIndex, ancestry: Ancestry, candidates: Sequence[Candidate]) -> None:
        self._index, self._ancestry, self._candidates = index, ancestry, candidates
        self._lines: dict[int, frozenset[str]] = {}

    def related(self, a: int, b: int) -> bool:
        """Whether one extends the other, or both extend a class that counts."""
        return not self._line(a).isdisjoint(self._line(b))

    def variants(self, pairs: Iterable[tuple[int, int]]) -> tuple[Polymorphic, ...]:
        """The given relatives, each group under the nearest ancestor its members share."""
        groups: dict[str, set[int]] = defaultdict(set)
        for a, b in pairs:
            groups[self._nearest(self._line(a) & self._line(b))].update((a, b))
        return tuple(
            Polymorphic(ancestor, tuple(self._candidates[number].member for number in sorted(numbers)))
            for ancestor, numbers in sorted(groups.items())
        )

    def _nearest(self, shared: frozenset[str]) -> str:
        return min(shared, key=lambda dotted: (-len(self._ancestry.inside(dotted)), dotted))

    def _line(self, number: int) -> frozenset[str]:
        if number not in self._lines:
            own = self._candidates[number].dotted
            above = filter(self._counts, self._ancestry.inside(own))
            self._lines[number] = frozenset({own, *above})
        return self._lines[number]

    def _counts(self, dotted: str) -> bool:
        known = self._index.classes.get(dotted)
        if known is None or dotted.endswith("Mixin"):
            return False
        return works(known[1]) and not is_protocol(known[1])
