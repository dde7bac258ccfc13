"""What a name means at one line of one scope, as the statements above it run: the view that a class statement has.

The index's Resolver answers for a module that has run to its end, as importers see it. A base class is looked up in
the middle: `class X(mod.X)` and `_PyX = X` mean the X above, and a later statement may give the name to another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import NamedTuple

from codemods.analysis.live import SPECIAL, Live
from codemods.analysis.meanings import Absent, ClassNode, Function, Meaning, Space, Special, Unsure
from codemods.analysis.trust import Ancestry, agreed, by_trust, line_of, sets, value
from codemods.index import facts
from codemods.index.external import Unfound, World
from codemods.index.facts import Binding, FileFacts
from codemods.index.resolve import outer_scope

MAX_HOPS = 40  # modules a name is followed through; the longest chain seen has 4, a longer one is a cycle
_TRY = facts.TRY_IMPORT | facts.TRY_OTHER
_OPTIONAL = _TRY | facts.HANDLER | facts.CONDITION  # places whose statements need not run


class Site(NamedTuple):
    """Where an expression stands; line 0 stands for the end of the scope."""

    facts: FileFacts
    scope: str
    line: int


Evaluate = Callable[[str, Site], Meaning]


class Scopes:
    """Looks names up; `evaluate` answers for expressions, `ancestry` for the ancestors of a class and whether all."""

    def __init__(self, world: World, live: Live, evaluate: Evaluate, ancestry: Ancestry) -> None:
        self._world, self._live = world, live
        self._evaluate, self._ancestry = evaluate, ancestry
        self._known: dict[tuple[str, str, bool], Meaning] = {}
        self._open: set[tuple[str, str, bool]] = set()
        self._failed: dict[tuple[str, str], Absent] = {}
        self._cut = False  # a cycle was cut short: answers found meanwhile may be partial

    def name(self, name: str, site: Site) -> Meaning:
        """What a plain name means there: the scope itself, the enclosing functions, the module, the builtins."""
        scope, line = site.scope, site.line
        while scope:
            bound = self._in_scope(site.facts, scope, name, line)
            if bound is not None:
                return bound
            if scope.endswith("<locals>"):
                line = 0  # the class statement runs when the function does; by then all around it has run
            scope = outer_scope(scope)
        written = self._in_module(site.facts, name, line)
        return self._builtin(site.facts.module, name, line) if written is None else written

    def member(self, module: str, name: str, star: bool = False) -> Meaning:
        """What `from module import name` gives; with `star`, only what the module's own statements bind."""
        key = (module, name, star)
        if key in self._known:
            return self._known[key]
        if key in self._open or len(self._open) > MAX_HOPS:
            self._cut = True
            return Absent(f"{module}.{name} leads back to itself")
        self._open.add(key)
        meaning = self._member(module, name, star)
        self._open.discard(key)
        if not self._cut:
            self._known[key] = meaning
        self._cut = self._cut and bool(self._open)
        return meaning

    def attribute(self, owner: Meaning, name: str) -> Meaning:
        """What `owner.name` means, for a module or a class and its ancestors."""
        match owner:
            case Space():
                return self.member(owner.name, name)
            case ClassNode():
                return self._class_member(owner, name)
            case Unsure() | Absent():
                return owner
        return Unsure(f"attribute {name} of a value")

    def space(self, module: str) -> Meaning:
        """The module of that name, or why there is none."""
        found = self._world.find(module)
        if isinstance(found, Unfound):
            return Absent(found.reason) if found.absent else Unsure(found.reason)
        return Space(module)

    def _member(self, module: str, name: str, star: bool) -> Meaning:
        if module == "typing_extensions" and name in SPECIAL:
            return Special(name)  # what they do to a class is the same in every version, however it is written
        found = self._world.find(module)
        match found:
            case Unfound():
                return self.space(module)
            case ModuleType():
                return self._live.member(found, name, self.member)
        if found.problem and found.read_by != "libcst":
            return Unsure(f"{found.path} cannot be read ({found.problem})")
        written = self._in_module(found, name, 0)
        if star or not (written is None or isinstance(written, Absent)):
            return written or Absent(f"nothing binds {module}.{name}")
        return self._implied(found, name) or written or Absent(f"nothing binds {module}.{name}")

    def _implied(self, found: FileFacts, name: str) -> Meaning | None:
        """What a module offers without a statement that binds it: a submodule, a lazy name, an unknown star's name."""
        inner = self.space(f"{found.module}.{name}") if found.is_package else None
        if inner is not None and not isinstance(inner, Absent):
            return inner
        if "__getattr__" in self._world.names(found.module):
            return Unsure(f"{found.module}.__getattr__ makes it at run time")
        return self._unknown_star(found.module)

    def _unknown_star(self, module: str) -> Meaning | None:
        for star in self._world.names(module).get("*", ()):
            if isinstance(self.space(star.target), Unsure):
                return Unsure(f"may come from {star.target} import *")
        return None

    def _builtin(self, module: str, name: str, line: int) -> Meaning:
        builtin = self.member("builtins", name)
        if not isinstance(builtin, Absent):
            return builtin
        below = [binding.line for binding in self._world.names(module).get(name, ()) if binding.line >= line > 0]
        if below:
            return Absent(f"bound only below, at line {below[0]}")
        return self._unknown_star(module) or self._failed.get((module, name)) or Absent(f"nothing binds {name}")

    def _in_module(self, found: FileFacts, name: str, line: int) -> Meaning | None:
        """The module's own name above `line`; None where no statement binds it for certain."""
        names = self._world.names(found.module)
        bound = names.get(name, ())
        if "*" in names:
            bound = tuple(sorted((*bound, *names["*"]), key=line_of))
        failed: Meaning | None = None
        for group in by_trust(bound, line):
            meaning = self._settled(found, "", name, group)
            if meaning is not None and not isinstance(meaning, Absent):
                return meaning
            failed = failed or meaning
        return failed

    def _in_scope(self, found: FileFacts, scope: str, name: str, line: int) -> Meaning | None:
        names = self._world.names(found.module, scope)
        bound = names.get(name, ())
        function = scope.endswith("<locals>")
        above = tuple(binding for binding in bound if not line or binding.line < line)
        for group in by_trust(above or (bound if function else ()), 0):
            meaning = self._settled(found, scope, name, group)
            if meaning is not None:
                return meaning
        if function:
            return None
        written = [item for item in self._world.statements(found).get(scope, ()) if sets(item, name)]
        return Unsure(f"{scope}.{name} is a value") if written and not bound else None

    def _settled(self, found: FileFacts, scope: str, name: str, bound: Iterable[Binding]) -> Meaning | None:
        """The meaning that the statements leave behind, read from the last one upwards to the first certain one."""
        maybe: list[Meaning] = []
        fallback: list[Meaning] = []
        for binding in bound:
            meaning = self._meaning(found, scope, name, binding)
            if meaning is None:
                continue
            if isinstance(meaning, Absent) and binding.place & _OPTIONAL:
                self._failed[found.module, name] = meaning  # had it run, it would have failed
                continue
            if binding.kind == "delete":
                break
            if binding.place & facts.HANDLER:
                fallback = [meaning] if binding.place & _TRY else [*fallback, meaning]
                continue
            if binding.place & _TRY and fallback:
                fallback = []
                meaning = self._doubt(found, scope, binding) or meaning
            maybe.append(meaning)
            if not binding.place & facts.CONDITION:
                break
        return agreed([*maybe, *fallback], self._ancestry)

    def _doubt(self, found: FileFacts, scope: str, binding: Binding) -> Meaning | None:
        """A class in a `try` stands only if the imports before it in the same `try` work."""
        if binding.kind in {"import", "module"}:
            return None
        for item in found.imports:
            if item.scope == scope and item.place & facts.TRY_IMPORT and item.line < binding.line:
                for module in [item.module] if item.module else [name for name, _ in item.names]:
                    if isinstance(self.space(module), Absent):
                        return Unsure(f"defined twice, in a try and its handler; import of {module} fails")
        return None

    def _meaning(self, found: FileFacts, scope: str, name: str, binding: Binding) -> Meaning | None:
        """What one statement makes of the name; None for a star that does not offer it."""
        match binding.kind:
            case "class":
                return ClassNode(found.module, binding.target, binding.line)
            case "function":
                return Function(f"{found.module}.{name}")
            case "module":
                return self.space(binding.target)
            case "import" | "lazy":
                source, _, original = binding.target.partition(":")
                return self.member(source, original)
            case "star":
                return self._starred(binding.target, name)
            case "alias" | "call":
                return self._evaluate(binding.target, Site(found, scope, binding.line))
            case "delete":
                return Absent(f"{name} is deleted at line {binding.line}")
        return value(scope, name, binding)

    def _starred(self, source: str, name: str) -> Meaning | None:
        found = self._world.find(source)
        listed = found.exports if isinstance(found, FileFacts) else getattr(found, "__all__", None)
        if isinstance(found, Unfound) or (name not in listed if listed is not None else name.startswith("_")):
            return None
        meaning = self.member(source, name, star=listed is None)
        return None if isinstance(meaning, Absent) else meaning

    def _class_member(self, node: ClassNode, name: str) -> Meaning:
        own = self._own_member(node, name)
        if own is not None:
            return own
        nodes, complete = self._ancestry(node)
        inherited = next((found for item in nodes[1:] if (found := self._own_member(item, name)) is not None), None)
        if not complete:  # an unknown ancestor may come before the one that has the name
            return Unsure(f"{name} may come from an unresolved base of {node.dotted}")
        return inherited or Absent(f"{node.dotted} has no {name}")

    def _own_member(self, node: ClassNode, name: str) -> Meaning | None:
        found = self._world.find(node.module) if node.line else None
        if isinstance(found, FileFacts):
            return self._in_scope(found, node.qualname, name, 0)
        return self._live.class_member(node, name)
