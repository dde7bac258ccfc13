"""What leaves which old module and where it is from then on: the plan held against old and unified modules by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from codemods.conventions import ClassConvention, Conventions
from codemods.index.code import CodeIndex
from codemods.index.facts import Use
from codemods.index.resolve import Definition, External, Missing, Outcome
from codemods.inventory import Inventory
from codemods.migration.calls import NONE, differences
from codemods.migration.unified import Unified
from codemods.plan import Plan, PlannedClass

_DEFINING = frozenset({"class", "function"})
_STATE = frozenset({"alias", "call", "value"})
Uses = Mapping[str, tuple[Use, ...]]


@dataclass(frozen=True, slots=True)
class Leaving:
    """One name that leaves its module: `new` is the dotted name of what it stands for.

    `convention` is the plan's word for how it was called, where that differs from how the unified one is.
    """

    name: str
    new: str
    kind: str
    convention: ClassConvention | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """One old module. It is `replaced` when every class and function leaves it: then nothing of its code stays.

    `handed_on` are names that others take from a replaced module though it only had imported them: name -> where from.
    `nested` are planned classes inside leaving ones. `gone`: an earlier run has done it, and only references are left.
    """

    module: str
    path: str
    leaving: tuple[Leaving, ...]
    replaced: bool
    handed_on: tuple[tuple[str, str], ...] = ()
    nested: tuple[Leaving, ...] = ()
    dropped: tuple[str, ...] = ()
    gone: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The names that leave."""
        return frozenset(item.name for item in self.leaving)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All departures of a plan."""

    departures: tuple[Departure, ...]

    @property
    def names(self) -> dict[str, str]:
        """Old dotted name -> new dotted name, as references are rewritten."""
        moved = {f"{item.module}.{one.name}": one.new for item in self.departures for one in item.leaving}
        return moved | self.handed_on

    @property
    def handed_on(self) -> dict[str, str]:
        """The names that a replaced module only had from elsewhere, and where from, both dotted."""
        return {f"{item.module}.{name}": place for item in self.departures for name, place in item.handed_on}

    @property
    def replaced(self) -> frozenset[str]:
        """The modules of whose code nothing stays."""
        return frozenset(item.module for item in self.departures if item.replaced)


class Arranger:
    """Arranges the departures of one plan in one code base that has the unified modules already."""

    def __init__(
        self, plan: Plan, conventions: Conventions, inventory: Inventory, unified: Unified, uses: Uses
    ) -> None:
        self.plan, self.unified, self.uses = plan, unified, uses
        self.layout, self.resolver = unified.layout, unified.resolver
        self.conventions = {item.dotted: item for item in conventions.classes}
        self.preserved = {item.dotted for item in plan.preserved}
        found = (entry for entry in inventory.entries if entry.state == "found")
        # Where a folder and a file claim one module, Python takes the folder: what is in the file leaves nothing.
        self.entries = [entry for entry in found if self.index.modules[entry.planned.module].path == entry.path]

    @property
    def index(self) -> CodeIndex:
        """The index of the code base."""
        return self.resolver.index

    def arrange(self, only: Iterable[str] = (), staying: Collection[str] = ()) -> Arrangement:
        """The departures, in the plan's order; with `only`, of the modules of these planned classes (dotted) alone.

        The classes `staying` leave nothing.
        """
        wanted = set(only)
        stay = {*self.preserved, *staying}
        classes = [entry.planned for entry in self.entries if entry.planned.dotted not in stay]
        modules = dict.fromkeys(item.module for item in classes if not wanted or item.dotted in wanted)
        found = [self._departure(module, [item for item in classes if item.module == module]) for module in modules]
        earlier = [self._gone(module) for module in self._shims(wanted) if module not in modules]
        return Arrangement(tuple(item for item in (*found, *earlier) if item.leaving))

    def _shims(self, wanted: Iterable[str]) -> Iterator[str]:
        """The modules of the plan that are shims already, wholly or in part."""
        chosen = [item for item in self.plan.classes if not wanted or item.dotted in wanted]
        for module in dict.fromkeys(item.module for item in chosen if item.dotted not in self.preserved):
            if any(bindings[-1].kind == "lazy" for bindings in self.index.names(module).values()):
                yield module

    def _gone(self, module: str) -> Departure:
        """What an earlier run left to do: references to names whose calls are what they were."""
        leaving = []
        for name, bindings in self.index.names(module).items():
            source, _, target = next((b.target for b in bindings if b.kind == "lazy"), "").partition(":")
            if target and f"{module}.{name}" not in self._adapted:
                leaving.append(Leaving(name, f"{source}.{target}", "class"))
        return Departure(module, self.index.modules[module].path, tuple(leaving), False, gone=True)

    @cached_property
    def _adapted(self) -> frozenset[str]:
        """The old names whose calls an adapter keeps: classes, and the getters of their instances."""
        found: set[str] = set()
        for item in self.plan.classes:
            convention = self.conventions.get(item.dotted)
            told = differences(convention, self.conventions, self.unified) if convention is not None else NONE
            found |= {item.dotted} if told.any else set()
            found |= set(item.getters) if told.methods else set()
        return frozenset(found)

    def _departure(self, module: str, classes: list[PlannedClass]) -> Departure:
        top = {item.qualname: item for item in classes if "." not in item.qualname}
        targets = tuple(dict.fromkeys(self.layout.dotted(item.target).rpartition(".")[0] for item in classes))
        defined = dict(self._defined(module, _DEFINING))
        leaving = [self._planned(item) for item in top.values()]
        leaving += self._helpers(module, {name: kind for name, kind in defined.items() if name not in top}, targets)
        replaced = {item.name for item in leaving} >= set(defined)
        if replaced:
            leaving += self._helpers(module, dict(self._defined(module, _STATE)), targets)
        names = {item.name for item in leaving}
        handed_on = tuple(self._handed_on(module, names)) if replaced else ()
        if any(not place for _, place in handed_on):  # somebody needs what has no other place: the rest stays
            replaced, handed_on = False, ()
            leaving = [item for item in leaving if item.kind in _DEFINING]
        nested = tuple(self._planned(item) for item in classes if "." in item.qualname)
        kept = names | {name for name, _ in handed_on} | {"__all__"}
        dropped = tuple(sorted(name for name, _ in self._defined(module, _STATE) if name not in kept))
        path = self.index.modules[module].path
        return Departure(module, path, tuple(leaving), replaced, handed_on, nested, dropped if replaced else ())

    def _planned(self, item: PlannedClass) -> Leaving:
        return Leaving(item.qualname, self.layout.dotted(item.target), "class", self.conventions.get(item.dotted))

    def _helpers(self, module: str, names: Mapping[str, str], targets: tuple[str, ...]) -> Iterator[Leaving]:
        """The names that have a counterpart: as the plan says, or of the same name in a shipped module.

        In a module of the code base's own, a helper of the same name may be anything.
        """
        targets = targets if self.plan.shipped else ()
        renamed = {item.old: self.layout.dotted(item.new) for item in self.plan.renamed}
        for name, kind in names.items():
            new = renamed.get(f"{module}.{name}") or self._counterpart(name, targets)
            if new:
                yield Leaving(name, new, kind)

    def _counterpart(self, name: str, targets: tuple[str, ...]) -> str:
        for target in targets:
            if name in self.index.names(target) and not name.startswith("__"):
                return f"{target}.{name}"
        return ""

    def _defined(self, module: str, kinds: frozenset[str]) -> Iterator[tuple[str, str]]:
        for name, bindings in self.index.names(module).items():
            kind = bindings[-1].kind
            if kind in kinds:
                yield name, kind

    def _handed_on(self, module: str, leaving: set[str]) -> Iterator[tuple[str, str]]:
        """What others import from a module that only had it from elsewhere; "" for the place when it has none."""
        listed = self.index.modules[module].exports or ()
        for name in sorted({*self._taken_from.get(module, ()), *listed} - leaving - {"*"}):
            outcome = self.resolver.name(module, name)
            if not isinstance(outcome, Missing):
                yield name, _place(outcome, module)

    @cached_property
    def _taken_from(self) -> dict[str, set[str]]:
        """The names that others import from each of the plan's modules, or use of it as an object or in a string."""
        modules = {entry.planned.module for entry in self.entries}
        taken: dict[str, set[str]] = {module: set() for module in modules}
        for file in self.index.files:
            for item in file.imports:
                if item.module in taken:
                    taken[item.module].update(name for name, _ in item.names)
        homes = {self.index.modules[module].path: module for module in modules}
        for path, uses in self.uses.items():
            for ref in {use.ref for use in uses}:
                module, name = _within(ref, modules - {homes.get(path, "")})
                taken.get(module, set()).add(name)
        return taken


def _within(ref: str, modules: Collection[str]) -> tuple[str, str]:
    """The module of these that a reference leads into, and the name it asks of it; "" for both when there is none."""
    parts = ref.replace("()", "").split(".")
    for size in range(len(parts) - 1, 0, -1):
        if (module := ".".join(parts[:size])) in modules:
            return module, parts[size]
    return "", ""


def _place(outcome: Outcome, module: str) -> str:
    """Where a name that a module only imported is; "" for its own, for whole modules and for what nobody can tell."""
    if isinstance(outcome, Definition):
        return "" if outcome.module == module else outcome.dotted
    return outcome.dotted if isinstance(outcome, External) and "." in outcome.dotted else ""
