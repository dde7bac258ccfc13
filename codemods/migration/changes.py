"""The breaking changes and the migration guide of one plan in one code base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from codemods.analysis.usage import ClassUse
from codemods.conventions import UNIFIED, ClassConvention, MethodConvention
from codemods.index.closeup import CloseUp, Member
from codemods.migration.arrangement import Departure, Leaving
from codemods.migration.calls import NONE
from codemods.migration.planning import Facts
from reports.documents.changes import (
    BreakingChanges,
    ClassChange,
    ClassGuide,
    LimitChange,
    MemberChange,
    MigrationGuide,
    Rewrite,
)
from reports.documents.common import places

_ANSWERS = {
    "none": "answers nothing; the unified one says whether it was delivered",
    "raises": "raises when nobody heard; the unified one answers False",
}


def breaking_changes(facts: Facts, closeups: Mapping[str, CloseUp], uses: Iterable[ClassUse]) -> BreakingChanges:
    """Every difference that a caller can see, with the uses that it touches."""
    known = list(uses)
    classes = (_class_change(facts, departure, item, closeups, known) for departure, item in _classes(facts))
    limits = tuple(LimitChange(item.name, f"{item.value:g} {item.unit}") for item in facts.plan.limits)
    dropped = tuple((item.module, name) for item in facts.arrangement.departures for name in item.dropped)
    return BreakingChanges(facts.plan.title, tuple(classes), limits, dropped)


def migration_guide(facts: Facts) -> MigrationGuide:
    """What code outside the tree has to write instead."""
    classes = tuple(_class_guide(facts, departure, item) for departure, item in _classes(facts))
    named = {item.dotted for item in classes}
    moved = tuple((old, new) for old, new in facts.arrangement.names.items() if old not in named and _public(old))
    return MigrationGuide(facts.plan.title, facts.plan.since, facts.plan.removal, facts.layout.runtime, classes, moved)


def _classes(facts: Facts) -> Iterator[tuple[Departure, Leaving]]:
    planned = {item.dotted for item in facts.plan.classes}
    for departure in facts.arrangement.departures:
        for item in (*departure.leaving, *departure.nested):
            if f"{departure.module}.{item.name}" in planned:
                yield departure, item


def _public(dotted: str) -> bool:
    return not dotted.rpartition(".")[2].startswith("_")


# ── breaking changes ─────────────────────────────────────────────────────────────────────────────────────────────────


def _class_change(
    facts: Facts, departure: Departure, item: Leaving, closeups: Mapping[str, CloseUp], uses: list[ClassUse]
) -> ClassChange:
    old = f"{departure.module}.{item.name}"
    closeup = closeups.get(old)
    mine = [use for use in uses if use.owner == old]
    members = tuple(_member_changes(item, closeup, facts.unified.of(item.new), mine)) if closeup else ()
    convention = item.convention
    details = tuple(_renamed_details(convention)) if convention is not None else ()
    return ClassChange(old, item.new, facts.different.get(old, NONE).any, members, details)


def _member_changes(
    item: Leaving, closeup: CloseUp, found: CloseUp | None, uses: list[ClassUse]
) -> Iterator[MemberChange]:
    unified, attributes = (found.effective, found.defined) if found is not None else ({}, frozenset())
    methods = {method.name: method for method in item.convention.methods} if item.convention is not None else {}
    for name, member in closeup.effective.items():
        what = _what_changes(member, unified.get(name), methods.get(name))
        if name in attributes and name not in unified:
            continue  # a property then, an attribute now
        if what and (member.public or name == "__init__"):
            mine = [use for use in uses if _is_of(use, name)]
            new = unified[name].signature if name in unified else ""
            where = places((use.path, use.line) for use in mine)
            yield MemberChange(name, what, member.signature, new, len(mine), where)


def _is_of(use: ClassUse, name: str) -> bool:
    return use.kind == "constructor" if name == "__init__" else use.member == name


def _what_changes(old: Member, new: Member | None, method: MethodConvention | None) -> str:
    """In words; "" when nothing does that a caller could see."""
    if method is not None and method.becomes:
        return f"is written {method.becomes}"
    if new is None:
        return "" if method is None and old.name == "__init__" else "not a member of the unified class"
    told = []
    if old.names != new.names[: len(old.names)]:
        told.append("takes other arguments")
    if ("async" in old.traits) != ("async" in new.traits):
        told.append("is awaited now" if "async" in new.traits else "is not awaited any more")
    if method is not None and method.returns in _ANSWERS:
        told.append(_ANSWERS[method.returns])
    return "; ".join(told)


def _renamed_details(convention: ClassConvention) -> Iterator[tuple[str, str, str]]:
    for method in convention.methods:
        for detail, expression in method.details.items():
            if detail != expression:
                yield method.name, expression, detail


# ── the guide ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _class_guide(facts: Facts, departure: Departure, item: Leaving) -> ClassGuide:
    module, _, name = item.new.rpartition(".")
    outer = item.name.partition(".")[0]
    before = f"from {departure.module} import {outer}"
    imports = Rewrite(before, f"from {module} import {name}")
    convention = item.convention
    if convention is None:
        return ClassGuide(f"{departure.module}.{item.name}", item.new, imports, None, ())
    different = facts.different[f"{departure.module}.{item.name}"]
    made = Rewrite(f"{item.name}({_given(convention)})", convention.makes) if different.constructor else None
    odd = (method for method in convention.methods if method.name in different.methods)
    calls = tuple(_call(method) for method in odd)
    return ClassGuide(f"{departure.module}.{item.name}", item.new, imports, made, calls)


def _given(convention: ClassConvention) -> str:
    return ", ".join(convention.parameters)


def _call(method: MethodConvention) -> Rewrite:
    """A call of the old method, and the same event through the unified emitter, by keyword."""
    before = f"{method.name}({', '.join(method.parameters)})"
    if method.becomes:
        return Rewrite(before, method.becomes.replace(f"{UNIFIED}.", ""))
    if method.adapts:
        return Rewrite(before, f"{before}, whose result is called in the unified way")
    run, agent = method.run or "run_id", method.agent or "agent_name"
    details = [f"{name}={expression}" for name, expression in method.details.items()]
    unified = method.name.replace("emit_", "notify_", 1)
    return Rewrite(before, f"{unified}({', '.join([f'run_id={run}', f'agent_name={agent}', *details])})")
