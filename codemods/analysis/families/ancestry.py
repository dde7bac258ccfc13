"""What the classes of the code base descend from, as far as it can be read."""

from __future__ import annotations

from codemods.index.code import CodeIndex
from codemods.index.facts import Class, FileFacts
from codemods.index.resolve import Definition, External, Resolver


class Ancestry:
    """Ancestors by dotted path: those inside the tree, and the last names of those outside it."""

    def __init__(self, index: CodeIndex, resolver: Resolver) -> None:
        self._index, self._resolver = index, resolver
        self._direct: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {}

    def inside(self, dotted: str) -> frozenset[str]:
        """Every class of the tree that the class extends, at any distance."""
        found: set[str] = set()
        pending = [dotted]
        while pending:
            for base in self._bases(pending.pop())[0]:
                if base not in found and base != dotted:
                    found.add(base)
                    pending.append(base)
        return frozenset(found)

    def outside(self, dotted: str) -> frozenset[str]:
        """The plain names of all bases, its own and inherited, whether they can be resolved or not."""
        names = self._bases(dotted)[1]
        return names.union(*(self._bases(base)[1] for base in self.inside(dotted)))

    def _bases(self, dotted: str) -> tuple[tuple[str, ...], frozenset[str]]:
        if dotted not in self._direct:
            known = self._index.classes.get(dotted)
            self._direct[dotted] = self._read(*known) if known is not None else ((), frozenset())
        return self._direct[dotted]

    def _read(self, facts: FileFacts, item: Class) -> tuple[tuple[str, ...], frozenset[str]]:
        outer = item.qualname.rpartition(".")[0]
        inside, names = [], set()
        for base in item.bases:
            expression = base.partition("[")[0].partition("(")[0]
            outcome = self._resolver.expression(facts.module, expression, outer)
            names.add(expression.rpartition(".")[2])
            if isinstance(outcome, Definition):
                inside.append(outcome.dotted)
            elif isinstance(outcome, External):
                names.add(outcome.dotted.rpartition(".")[2])
        return tuple(inside), frozenset(names)
