"""The stages between reading and reporting: inventory, usage and close reading of the planned classes."""

from __future__ import annotations

from codemods.analysis.extraction import Findings
from codemods.analysis.mro_report import Lineage, known_members
from codemods.analysis.usage import UsageFinder, files_to_study, find_usage
from codemods.commands.codebase import CodeBase
from codemods.inventory import take_inventory


def find(code: CodeBase, lineage: Lineage) -> Findings | None:
    """What the tree says of the plan's classes; None without a plan."""
    plan = code.plan
    if plan is None:
        return None
    inventory = take_inventory(plan, code.index, code.resolver)
    finder = UsageFinder(inventory, code.index, code.resolver, plan.getters)
    sites = finder.sites()
    studied = sorted({*files_to_study(finder, sites), *code.builder.studied()})
    usage = find_usage(finder, sites, code.builder.uses(studied))
    closeups = code.closeups(inventory, (event.name for event in plan.events))
    return Findings(plan, inventory, closeups, usage, known_members(closeups, lineage))
