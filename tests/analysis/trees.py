"""Small plans and what is found of them in small code bases."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codemods.analysis.extraction import Findings
from codemods.analysis.usage import ClassUse, Usage, UsageFinder, files_to_study, find_usage
from codemods.index.closeup import CloseUp, close_up
from codemods.index.code import CodeIndex
from codemods.index.facts import Use
from codemods.index.resolve import Resolver
from codemods.index.uses import uses_of
from codemods.inventory import Inventory, take_inventory
from codemods.plan import Family, Plan, PlannedClass
from tests.support import index_of

FAMILY = Family("manager", "Managers", "unified.Unified")


def planned(
    dotted: str, line: int = 0, stated: str = "", getters: tuple[str, ...] = (), family: str = "manager"
) -> PlannedClass:
    """A planned class by its dotted path; what comes first in capitals is the class."""
    parts = dotted.split(".")
    first = next(number for number, part in enumerate(parts) if part[0].isupper())
    module, qualname = ".".join(parts[:first]), ".".join(parts[first:])
    return PlannedClass(module, qualname, line, family, "MERGE", "unified.Unified", stated, getters=getters)


def plan_of(*classes: PlannedClass, **more: object) -> Plan:
    """A plan for these classes."""
    return replace(Plan("Plan", "app", (FAMILY,), classes), **more)  # type: ignore[arg-type]


def inventory_of(files: dict[str, str], tmp_path: Path, *classes: PlannedClass) -> Inventory:
    """The inventory of the classes in the files."""
    index = index_of(files, tmp_path)
    return take_inventory(plan_of(*classes), index, Resolver(index))


def all_uses(index: CodeIndex, folder: Path, words: tuple[str, ...]) -> dict[str, tuple[Use, ...]]:
    """The uses in every file of an index."""
    return {
        file.path: uses_of(
            ast.parse((folder / file.path).read_text()), file.module, file.is_package, index.roots, words
        )
        for file in index.files
        if not file.problem
    }


def usage_of(files: dict[str, str], tmp_path: Path, plan: Plan) -> Usage:
    """The usage of a plan's classes in the files."""
    finder = finder_of(files, tmp_path, plan)
    return find_usage(finder, finder.sites(), all_uses(finder.index, tmp_path, plan.names))


def finder_of(files: dict[str, str], tmp_path: Path, plan: Plan) -> UsageFinder:
    """A finder for a plan's classes in the files."""
    index = index_of(files, tmp_path)
    resolver = Resolver(index)
    return UsageFinder(take_inventory(plan, index, resolver), index, resolver, plan.getters)


def studied(files: dict[str, str], tmp_path: Path, plan: Plan) -> list[str]:
    """The files whose uses must be known."""
    finder = finder_of(files, tmp_path, plan)
    return files_to_study(finder, finder.sites())


def told(use: ClassUse) -> tuple[str, str, str]:
    """A use in short: kind, member, detail."""
    return use.kind, use.member, use.detail


def close_ups(files: Mapping[str, str], *dotted: str, events: tuple[str, ...] = ()) -> list[CloseUp]:
    """The classes, given as `path:qualname`, read closely."""
    found = []
    for item in dotted:
        path, _, qualname = item.partition(":")
        closeup = close_up(ast.parse(files[path]), path, path[:-3].replace("/", "."), qualname, events)
        assert closeup is not None
        found.append(closeup)
    return found


def findings_of(files: dict[str, str], tmp_path: Path, plan: Plan) -> tuple[Findings, Resolver]:
    """All that the stages before the report find."""
    usage = usage_of(files, tmp_path, plan)
    index = index_of(files, tmp_path)
    resolver = Resolver(index)
    inventory = take_inventory(plan, index, resolver)
    events = tuple(event.name for event in plan.events)
    closeups: dict[str, CloseUp] = {}
    known: dict[str, frozenset[str] | None] = {}
    for dotted in inventory.targets:
        file, item = index.classes[dotted]
        tree = ast.parse((tmp_path / file.path).read_text())
        closeup = close_up(tree, file.path, file.module, item.qualname, events)
        if closeup is not None:
            closeups[dotted] = closeup
            known[dotted] = closeup.defined if not closeup.bases else None
    return Findings(plan, inventory, closeups, usage, known), resolver
