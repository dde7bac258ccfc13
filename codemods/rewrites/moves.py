"""Which definitions move where, and what that makes of a name that a file imports or writes in a string."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from codemods.index.resolve import Definition, Missing, Outcome, Resolver, Unknown


@dataclass(frozen=True, slots=True)
class Moves:
    """`names`: old definition -> new dotted name. `replaced`: modules none of whose code stays.

    `held`: (path, old definition) -> why that file needs the old one; its imports stay on the shim. `handed_on`: those
    of the names that never stood in their old module, which only had them from elsewhere.
    """

    names: Mapping[str, str]
    replaced: frozenset[str] = frozenset()
    held: Mapping[tuple[str, str], str] = field(default_factory=dict)
    handed_on: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Successor:
    """What to import instead of the definition `old`."""

    old: str
    module: str
    name: str

    @property
    def dotted(self) -> str:
        """The path `module.name`."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Handed:
    """A moved definition that comes through module `by`, which stays and keeps its binding: nothing to change."""

    old: str
    by: str


@dataclass(frozen=True, slots=True)
class Stays:
    """A name that is concerned and cannot be rewritten."""

    old: str
    reason: str
    advice: str


Verdict = Successor | Handed | Stays | None


class Successors:
    """Answers for every name of every module what takes its place. Keyed on definitions, never on names."""

    def __init__(self, moves: Moves, resolver: Resolver) -> None:
        self.moves, self.resolver = moves, resolver
        self._known: dict[tuple[str, str], Verdict] = {}

    @cached_property
    def holders(self) -> frozenset[str]:
        """The modules that moved definitions stand in, and those that are replaced."""
        return frozenset(filter(None, map(self._holder, self.moves.names))) | self.moves.replaced

    @cached_property
    def by_holder(self) -> Mapping[str, tuple[Successor, ...]]:
        """The successors of each holder's definitions."""
        found: dict[str, list[Successor]] = {}
        for old in self.moves.names:
            verdict = self._successor(old)
            if isinstance(verdict, Successor) and old not in self.moves.handed_on:
                found.setdefault(self._holder(old), []).append(verdict)
        return {module: tuple(successors) for module, successors in found.items()}

    def one_module(self, holder: str) -> str:
        """The one new module that takes all moved definitions of a holder; "" when they are spread."""
        modules = {successor.module for successor in self.by_holder.get(holder, ())}
        return modules.pop() if len(modules) == 1 else ""

    def of(self, module: str, name: str) -> Verdict:
        """What becomes of `from module import name`; None when no move concerns it."""
        key = (module, name)
        if key not in self._known:
            self._known[key] = self._of(module, name)
        return self._known[key]

    def _of(self, module: str, name: str) -> Verdict:
        outcome = self.resolver.name(module, name)
        written = f"{module}.{name}"
        if isinstance(outcome, Definition) and outcome.dotted in self.moves.names:
            if module in (outcome.module, *self.moves.replaced):
                return self._successor(outcome.dotted)
            return Handed(outcome.dotted, module)
        if written in self.moves.names:
            return self._shimmed(written, outcome)
        if module in self.moves.replaced:
            return _absent(written) if isinstance(outcome, Missing) else _unmoved(written)
        return None

    def _shimmed(self, old: str, outcome: Outcome) -> Verdict:
        """The old path once its definition is gone: a shim hands on the new one, or nothing is there."""
        handed_on = outcome == self.resolver.path(self.moves.names[old])[0]
        if handed_on or isinstance(outcome, Missing | Unknown):
            return self._successor(old)
        return Stays(old, f"{old} is not the definition that moves, but {_shown(outcome)}", "decide which is meant")

    def _successor(self, old: str) -> Successor | Stays:
        new = self.moves.names[old]
        module, _, name = new.rpartition(".")
        if isinstance(self.resolver.name(module, name), Missing):
            return Stays(old, f"{new}, which is to take its place, does not exist", f"create {new} first")
        return Successor(old, module, name)

    def _holder(self, old: str) -> str:
        module = old.rpartition(".")[0]
        while module and module not in self.resolver.index.modules:
            module = module.rpartition(".")[0]
        return module


def _absent(written: str) -> Stays:
    return Stays(written, f"{written} does not exist today either", "correct or remove it")


def _unmoved(written: str) -> Stays:
    reason = f"{written} is not among the moved names; it stays on the shim"
    return Stays(written, reason, f"import it from where it is defined, or add {written} to the moves")


def _shown(outcome: Outcome) -> str:
    return outcome.dotted if isinstance(outcome, Definition) else type(outcome).__name__.lower()
