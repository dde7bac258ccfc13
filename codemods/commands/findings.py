"""The stages between reading and reporting, and the two reports that are made of them."""

from __future__ import annotations

from dataclasses import replace

from codemods.analysis.extraction import Findings, extraction_report
from codemods.analysis.families.document import found_families
from codemods.analysis.mro import Hierarchy
from codemods.analysis.mro_report import Lineage, known_members, mro_report
from codemods.analysis.usage import UsageFinder, files_to_study, find_usage
from codemods.commands.codebase import CodeBase
from codemods.index.external import Environment
from codemods.inventory import take_inventory
from reports.documents.extraction import ExtractionReport
from reports.documents.mro import MroReport


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


def both_reports(code: CodeBase) -> tuple[ExtractionReport, MroReport]:
    """The extraction report and the MRO report of a code base, remembered between runs."""
    report, mro = code.remembered(lambda: _reports(code))
    # Lines are no facts: they may have changed since.
    return replace(report, summary=replace(report.summary, lines=code.builder.lines)), mro


def _reports(code: CodeBase) -> tuple[ExtractionReport, MroReport]:
    lineage = Lineage(code.index, Hierarchy(code.index, code.resolver, Environment()))
    findings = find(code, lineage)
    families = found_families(code.index, code.resolver)
    report = extraction_report(code.discovery, code.resolver, families, findings)
    return report, mro_report(lineage, findings)
