"""What a name refers to: followed through imports, aliases, re-exports, stars and lazy modules to its definition.

Nothing is guessed. Where the answer cannot be read, the outcome says so: External (outside the tree), Unknown (a
computed value, a module whose names are made at run time), Missing (nothing binds it: an import of it fails).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import Binding

DUNDERS = frozenset(
    {"__name__", "__file__", "__doc__", "__path__", "__package__", "__spec__", "__loader__", "__dict__"}
    | {"__builtins__", "__cached__", "__all__", "__annotations__", "__version__"}
)
_LAZY = -1  # the group of lazy names, which no place flag tells
MAX_HOPS = 40  # longest chain seen in the real tree: 4; a longer one is a cycle


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that stands in the tree: `kind` is class, function or value; `target` a function's return annotation."""

    module: str
    qualname: str
    kind: str
    line: int
    target: str = ""

    @property
    def dotted(self) -> str:
        """The path `module.qualname`."""
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, slots=True)
class Module:
    """A module or package of the tree."""

    name: str


@dataclass(frozen=True, slots=True)
class External:
    """A name that comes from outside the tree, by its dotted path there."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that exists but whose meaning only run time tells; `reason` is the expression or mechanism."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that nothing in the tree binds."""

    dotted: str


Outcome = Definition | Module | External | Unknown | Missing


class Resolver:
    """Resolves names of one index; remembers every answer about a module's names."""

    def __init__(self, index: CodeIndex) -> None:
        self.index = index
        self._known: dict[tuple[str, str], Outcome] = {}
        self._open: set[tuple[str, str]] = set()

    def name(self, module: str, name: str) -> Outcome:
        """What `from module import name` gives, or `name` used in the module itself."""
        key = (module, name)
        if key in self._known:
            return self._known[key]
        if key in self._open or len(self._open) > MAX_HOPS:
            return Missing(f"{module}.{name}")  # a cycle of re-exports that nothing breaks
        self._open.add(key)
        outcome = self._name(module, name)
        self._open.discard(key)
        if not self._open:  # inside a cycle the answer may be partial
            self._known[key] = outcome
        return outcome

    def path(self, dotted: str) -> tuple[Outcome, tuple[str, ...]]:
        """The definition or module that an absolute dotted path leads to, and the attributes that are left over."""
        parts = tuple(dotted.split("."))
        if parts[0] not in self.index.roots:
            return External(dotted), ()
        size = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in self.index.packages), 0)
        outcome: Outcome = Module(".".join(parts[:size]))
        rest = parts[size:]
        while rest and isinstance(outcome, Module):
            outcome, rest = self.attribute(outcome, rest[0]), rest[1:]
        while rest and isinstance(outcome, Definition) and outcome.kind == "class":
            inner = self.attribute(outcome, rest[0])
            if not isinstance(inner, Definition) or inner.kind != "class":
                break
            outcome, rest = inner, rest[1:]
        return outcome, rest

    def attribute(self, owner: Outcome, name: str) -> Outcome:
        """What `owner.name` refers to, for a module, or a class that has the name in its own body."""
        if isinstance(owner, Module):
            return self.name(owner.name, name)
        if isinstance(owner, External):
            return External(f"{owner.dotted}.{name}")
        if isinstance(owner, Definition) and owner.kind == "class":
            bindings = self.index.names(owner.module, owner.qualname).get(name, ())
            found = [self._binding(owner.module, binding, owner.qualname) for binding in bindings]
            return found[-1] if found else Unknown(f"{owner.dotted}.{name}")
        return Unknown(f"attribute {name}")

    def expression(self, module: str, dotted: str, scope: str = "") -> Outcome:
        """What a dotted expression written in a scope of `module` refers to."""
        first, *rest = dotted.split(".")
        outcome = self.local(module, first, scope)
        for position, part in enumerate(rest):
            if isinstance(outcome, Module) and isinstance(self.name(outcome.name, part), Missing):
                return self.path(".".join([outcome.name, *rest[position:]]))[0]
            outcome = self.attribute(outcome, part)
        return outcome

    def local(self, module: str, name: str, scope: str) -> Outcome:
        """What a plain name means inside a scope: the enclosing function scopes, then the module."""
        while scope:
            bindings = self.index.names(module, scope).get(name)
            if bindings:
                return self._binding(module, bindings[-1], scope)
            scope = outer_scope(scope)
        return self.name(module, name)

    def _name(self, module: str, name: str) -> Outcome:
        if module not in self.index.modules:
            return self._outside(module, name)
        bindings = self.index.names(module).get(name, ())
        outcome = self._best(module, bindings)
        if not isinstance(outcome, Missing):
            return outcome
        implied = [self._starred(module, name), self._submodule(module, name), self._lazy(module, name)]
        for certain in (Definition | Module | External, Unknown):  # a submodule beats a star that may bring anything
            found = next((item for item in implied if isinstance(item, certain)), None)
            if found is not None:
                return found
        return Unknown(name) if name in DUNDERS else outcome if bindings else Missing(f"{module}.{name}")

    def _outside(self, module: str, name: str) -> Outcome:
        if module in self.index.packages:  # a namespace package: a folder without __init__.py
            found = self._submodule(module, name)
            return External(f"{module}.{name}") if isinstance(found, Missing) and not self._ours(module) else found
        return Missing(f"{module}.{name}") if self._ours(module) else External(f"{module}.{name}")

    def _ours(self, module: str) -> bool:
        """Whether an absent name under this module would have to be in this tree.

        A top-level folder without `__init__.py` does not keep Python from finding an installed package of that name:
        `alembic/` with migration scripts in it, beside the library `alembic`.
        """
        top, _, rest = module.partition(".")
        if top not in self.index.roots:
            return False
        return top in self.index.modules or (rest != "" and f"{top}.{rest.partition('.')[0]}" in self.index.packages)

    def _best(self, module: str, bindings: tuple[Binding, ...]) -> Outcome:
        """The outcome of the binding that counts: the last that runs, a working import before its fallback."""
        outcome: Outcome = Missing(module)
        for binding in _by_weight(bindings):
            outcome = self._binding(module, binding)
            deleted = binding.kind == "delete" and not binding.place
            if deleted or not isinstance(outcome, Missing):
                return outcome
        return outcome

    def _binding(self, module: str, binding: Binding, scope: str = "") -> Outcome:
        match binding.kind:
            case "class" | "function":
                qualname = binding.target if binding.kind == "class" else f"{scope}.{binding.name}".lstrip(".")
                returns = binding.target if binding.kind == "function" else ""
                return Definition(module, qualname, binding.kind, binding.line, returns)
            case "module":
                return self._module(binding.target)
            case "import" | "lazy":
                source, _, name = binding.target.partition(":")
                return self.name(source, name)
            case "alias" if "[" not in binding.target and binding.target.partition(".")[0] != binding.name:
                return self._alias(module, binding, scope)
            case "delete":
                return Missing(f"{module}.{binding.name}")
        return Definition(module, f"{scope}.{binding.name}".lstrip("."), "value", binding.line, binding.target)

    def _alias(self, module: str, binding: Binding, scope: str) -> Outcome:
        """`X = Y`: what Y is, or a plain value where Y is something local that only run time knows."""
        outcome = self.expression(module, binding.target, scope)
        if isinstance(outcome, Missing | Unknown):
            return Definition(module, f"{scope}.{binding.name}".lstrip("."), "value", binding.line, binding.target)
        return outcome

    def _module(self, dotted: str) -> Outcome:
        if dotted in self.index.packages:
            return Module(dotted)
        return Missing(dotted) if self._ours(dotted) else External(dotted)

    def _submodule(self, module: str, name: str) -> Outcome:
        dotted = f"{module}.{name}"
        return Module(dotted) if dotted in self.index.packages else Missing(dotted)

    def _starred(self, module: str, name: str) -> Outcome:
        """A name that a star import brings: the last star that offers it wins, as at run time."""
        blurred: Outcome = Missing(f"{module}.{name}")
        for star in reversed(self.index.names(module).get("*", ())):
            source = self.index.modules.get(star.target)
            if source is None:
                if star.target.partition(".")[0] not in self.index.roots:
                    blurred = Unknown(f"from {star.target} import *")
                continue
            offered = name in source.exports if source.exports is not None else not name.startswith("_")
            outcome = self.name(star.target, name) if offered else blurred
            if not isinstance(outcome, Missing | Unknown):
                return outcome
            blurred = outcome if isinstance(outcome, Unknown) else blurred
        return blurred

    def _lazy(self, module: str, name: str) -> Outcome:
        if "__getattr__" in self.index.names(module):
            return Unknown(f"{module}.__getattr__")
        return Missing(f"{module}.{name}")


def outer_scope(scope: str) -> str:
    """The scope whose names are visible inside `scope`: class bodies are skipped, as Python does."""
    outer = scope.removesuffix(".<locals>").rpartition(".")[0]
    while outer and not outer.endswith("<locals>"):
        outer = outer.rpartition(".")[0]
    return outer


def _by_weight(bindings: tuple[Binding, ...]) -> Iterator[Binding]:
    """Bindings in the order to believe them: run-time ones last to first, fallbacks, lazy, by functions, for typing."""
    alive = [binding for binding in reversed(bindings) if not binding.place & facts.NEVER]
    for group in (0, facts.HANDLER, _LAZY, facts.FUNCTION, facts.TYPING):
        for binding in alive:
            if _group(binding) == group:
                yield binding


def _group(binding: Binding) -> int:
    if binding.kind == "lazy":
        return _LAZY
    return next((flag for flag in (facts.TYPING, facts.HANDLER, facts.FUNCTION) if binding.place & flag), 0)
