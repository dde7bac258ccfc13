"""The module in the destination that keeps the old calls: what it has to hold, and which classes it holds already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codemods.conventions import Conventions
from codemods.migration.layout import CALLS, Layout
from codemods.plan import Plan, PlannedClass
from codemods.rewrites.adapter_names import class_name, getter_name
from codemods.rewrites.call_adapters import Deadlines, OldClass, legacy_calls


def path_of_calls(layout: Layout) -> str:
    """Where the module is."""
    return f"{layout.folder}/{CALLS}.py"


def text_of_calls(classes: Sequence[OldClass], plan: Plan, conventions: Conventions, layout: Layout) -> bytes:
    """Its text for these classes, in the plan's order: the same classes give the same text in whatever order."""
    order = {item.dotted: number for number, item in enumerate(plan.classes)}
    ordered = sorted(classes, key=lambda item: order[item.dotted])
    deadlines = Deadlines(layout.runtime, plan.since, plan.removal)
    return legacy_calls(conventions, ordered, layout.package, deadlines).encode()


def classes_in(source: bytes, plan: Plan, layout: Layout) -> Iterator[OldClass]:
    """The classes whose calls the module keeps already; `source` is its text."""
    for item in plan.classes:
        inner = any(item.dotted.startswith(f"{other.dotted}.") for other in plan.classes)
        if not inner and f"class {class_name(item.dotted)}(".encode() in source:
            yield _kept(item, source, plan, layout)


def _kept(item: PlannedClass, source: bytes, plan: Plan, layout: Layout) -> OldClass:
    nested = (one for one in plan.classes if one.dotted.startswith(f"{item.dotted}."))
    inside = tuple(OldClass(one.dotted, layout.dotted(one.target)) for one in nested)
    target = layout.dotted(item.target)
    home = target.rpartition(".")[0]
    known = (getter for getter in item.getters if f"{getter_name(getter)} =".encode() in source)
    getters = tuple((getter, f"{home}.{getter.rpartition('.')[2]}") for getter in known)
    return OldClass(item.dotted, target, inside, getters)
