"""The plan held against the code: which of its classes stand where, moved, became a shim, or are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from codemods.areas import area_of, is_double
from codemods.index.code import CodeIndex
from codemods.index.facts import HANDLER, Class, FileFacts
from codemods.index.resolve import Definition, Resolver
from codemods.plan import Plan, PlannedClass
from reports.documents.across import Trap

State = Literal["found", "moved", "shim", "missing"]
MAX_PLACES = 3  # where else a class of that name stands; all of them are among the traps
SHIM_LINES = 30  # a class this short that only inherits or forwards is a shim; the real tree's one has 17 lines


@dataclass(frozen=True, slots=True)
class Entry:
    """One class of the plan and what the tree says of it; `note` tells any difference in words."""

    planned: PlannedClass
    state: State
    definition: str  # dotted path of the class that stands there now, "" when missing
    path: str = ""
    line: int = 0
    end: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every planned class with its state, and the strangers that share their names."""

    entries: tuple[Entry, ...]
    traps: tuple[Trap, ...]

    @property
    def targets(self) -> dict[str, Entry]:
        """The entries that stand in the tree, by the dotted path of their definition."""
        return {entry.definition: entry for entry in self.entries if entry.definition}


def take_inventory(plan: Plan, index: CodeIndex, resolver: Resolver) -> Inventory:
    """Find every class of the plan by its definition."""
    by_name: dict[str, list[tuple[FileFacts, Class]]] = {}
    for facts, item in index.all_classes():
        by_name.setdefault(item.qualname.rpartition(".")[2], []).append((facts, item))
    entries = tuple(_entry(planned, plan, index, resolver, by_name) for planned in plan.classes)
    return Inventory(entries, tuple(_traps(entries, by_name)))


def _entry(
    planned: PlannedClass,
    plan: Plan,
    index: CodeIndex,
    resolver: Resolver,
    by_name: dict[str, list[tuple[FileFacts, Class]]],
) -> Entry:
    if planned.dotted in index.classes:
        return _standing(planned, *index.classes[planned.dotted], resolver)
    forwarded = resolver.name(planned.module, planned.qualname.partition(".")[0])
    if isinstance(forwarded, Definition) and forwarded.kind == "class":
        found = index.classes.get(forwarded.dotted + planned.qualname[len(planned.qualname.partition(".")[0]) :])
        if found is not None:
            facts, item = found
            note = f"{planned.module} only hands on {facts.module}.{item.qualname}"
            return Entry(planned, "shim", f"{facts.module}.{item.qualname}", facts.path, item.line, item.end, note)
    return _elsewhere(planned, {other.dotted for other in plan.classes}, by_name)


def _standing(planned: PlannedClass, facts: FileFacts, item: Class, resolver: Resolver) -> Entry:
    ancestor = forwarding_base(facts, item, resolver)
    state: State = "shim" if ancestor else "found"
    note = f"only forwards to {ancestor}" if ancestor else _line_note(planned, item)
    return Entry(planned, state, planned.dotted, facts.path, item.line, item.end, note)


def _line_note(planned: PlannedClass, item: Class) -> str:
    stated_end = planned.stated.partition("-")[2].strip()
    if stated_end and stated_end != str(item.end):
        return f"the plan says {planned.stated}, the tree {item.line}-{item.end}"
    return f"the plan says line {planned.line}" if planned.line and planned.line != item.line else ""


def forwarding_base(facts: FileFacts, item: Class, resolver: Resolver) -> str:
    """The in-tree class that a short class merely forwards to, "" when it does work of its own."""
    own = [method for method in item.methods if method.name not in {"__init__", "__new__"}]
    if own or item.end - item.line >= SHIM_LINES:
        return ""
    for base in item.bases:
        outcome = resolver.expression(facts.module, base) if "[" not in base else None
        if isinstance(outcome, Definition) and outcome.kind == "class":
            return outcome.dotted
    return ""


def _elsewhere(planned: PlannedClass, taken: set[str], by_name: dict[str, list[tuple[FileFacts, Class]]]) -> Entry:
    """A class of that name in another production module that no other entry of the plan claims."""
    name = planned.qualname.rpartition(".")[2]
    candidates = [
        (facts, item)
        for facts, item in by_name.get(name, ())
        if f"{facts.module}.{item.qualname}" not in taken and _may_have_moved(facts, item)
    ]
    if len(candidates) == 1:
        facts, item = candidates[0]
        note = f"the plan says {planned.module}"
        return Entry(planned, "moved", f"{facts.module}.{item.qualname}", facts.path, item.line, item.end, note)
    if candidates:
        places = ", ".join(f"{facts.path}:{item.line}" for facts, item in candidates[:MAX_PLACES])
        places += f" and {len(candidates) - MAX_PLACES} more" if len(candidates) > MAX_PLACES else ""
        return Entry(planned, "missing", "", note=f"not in {planned.module}; classes of that name stand in {places}")
    return Entry(planned, "missing", "", note=f"no class of that name outside tests; {planned.module} does not have it")


def _may_have_moved(facts: FileFacts, item: Class) -> bool:
    """Whether a class stands where others can import it, and is no stand-in."""
    local = "<locals>" in item.qualname or item.place & HANDLER
    return not local and not is_double(item.qualname) and area_of(facts.path) == "production"


def _traps(entries: tuple[Entry, ...], by_name: dict[str, list[tuple[FileFacts, Class]]]) -> Iterator[Trap]:
    known = {entry.definition for entry in entries} | {entry.planned.dotted for entry in entries}
    names = dict.fromkeys(entry.planned.qualname.rpartition(".")[2] for entry in entries)
    for name in names:
        for facts, item in by_name.get(name, ()):
            if f"{facts.module}.{item.qualname}" not in known:
                yield Trap(name, facts.path, item.line, item.qualname, _why(facts, item))


def _why(facts: FileFacts, item: Class) -> str:
    place = "local class" if "<locals>" in item.qualname else "class"
    if item.place & HANDLER:
        place = "fallback in an except block"
    where = "test double" if is_double(item.qualname) else area_of(facts.path)
    return f"{place}, {where}"
