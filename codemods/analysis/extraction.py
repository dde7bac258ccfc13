"""The extraction report's document, put together from what each analysis found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from codemods.analysis.class_facts import class_facts
from codemods.analysis.events import event_flow
from codemods.analysis.goals import Evidence, goals
from codemods.analysis.links import dangling_imports
from codemods.analysis.matrix import member_matrix, signature_conflicts
from codemods.analysis.merge_order import merge_order
from codemods.analysis.unread import unread_files
from codemods.analysis.usage import Usage
from codemods.index.closeup import CloseUp
from codemods.index.code import CodeIndex
from codemods.index.resolve import Resolver
from codemods.inventory import Inventory
from codemods.plan import Limit, Plan
from codemods.source.discover import Discovery
from reports.documents import across, extraction
from reports.documents.classes import ClassFacts
from reports.documents.extraction import Brief, ExtractionReport, Summary
from reports.documents.families import FoundFamilies

Known = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the stages before found about a planned code base; `known` are the member names of each class."""

    plan: Plan
    inventory: Inventory
    closeups: Mapping[str, CloseUp]
    usage: Usage
    known: Known


def extraction_report(
    discovery: Discovery, resolver: Resolver, families: FoundFamilies, findings: Findings | None
) -> ExtractionReport:
    """The document of the extraction report; without findings it tells of families and broken links only."""
    index = resolver.index
    dangling = tuple(dangling_imports(resolver))
    base = ExtractionReport(
        summary=_summary(index, dangling),
        brief=None,
        classes=(),
        concerns=families.concerns,
        events=(),
        matrix=(),
        conflicts=(),
        order=(),
        helpers=(),
        traps=(),
        limits=(),
        goals=(),
        dangling=dangling,
        unread=unread_files(index),
        left_out=discovery.left_out,
        sites=(),
        kept_out=families.kept_out,
    )
    return base if findings is None else _planned(base, findings, index)


def _planned(base: ExtractionReport, findings: Findings, index: CodeIndex) -> ExtractionReport:
    """The same with all that a plan asks for."""
    classes = tuple(_classes(findings))
    closeups = list(findings.closeups.values())
    events = tuple(_events(findings, closeups, index))
    conflicts = tuple(signature_conflicts(closeups))
    evidence = Evidence(findings.plan, findings.inventory, events, _present_targets(findings.plan, index))
    return replace(
        base,
        summary=_planned_summary(base.summary, findings, classes, conflicts),
        brief=_brief(findings.plan),
        classes=classes,
        events=events,
        matrix=tuple(member_matrix(closeups)),
        conflicts=conflicts,
        order=tuple(merge_order(_needs(findings))),
        helpers=findings.usage.helpers,
        traps=findings.inventory.traps,
        limits=tuple(_limit(limit, closeups) for limit in findings.plan.limits),
        goals=goals(evidence),
        sites=findings.usage.sites,
    )


def _classes(findings: Findings) -> Iterator[ClassFacts]:
    for entry in findings.inventory.entries:
        closeup = findings.closeups.get(entry.definition)
        yield class_facts(entry, closeup, findings.known.get(entry.definition), findings.usage)


def _events(findings: Findings, closeups: list[CloseUp], index: CodeIndex) -> Iterator[across.EventFlow]:
    calls: dict[tuple[str, str], int] = {}
    for use in findings.usage.uses:
        if use.kind == "call":
            calls[use.owner, use.member] = calls.get((use.owner, use.member), 0) + 1
    for event in findings.plan.events:
        yield event_flow(event.name, event.meaning, closeups, calls, index)


def _needs(findings: Findings) -> dict[str, set[str]]:
    """Which planned class leans on which: its own file uses the other by name."""
    home = {definition: entry.path for definition, entry in findings.inventory.targets.items()}
    lines = {definition: (entry.line, entry.end) for definition, entry in findings.inventory.targets.items()}
    needs: dict[str, set[str]] = {definition: set() for definition in home}
    for use in findings.usage.uses:
        for definition, path in home.items():
            first, last = lines[definition]
            if use.path == path and first <= use.line <= last and use.owner != definition:
                needs[definition].add(use.owner)
    return needs


def _present_targets(plan: Plan, index: CodeIndex) -> frozenset[str]:
    wanted = {f"{plan.destination}.{item.target}" for item in plan.classes}
    return frozenset(wanted & index.classes.keys())


def _limit(limit: Limit, closeups: Iterable[CloseUp]) -> extraction.Limit:
    declared = tuple(
        f"{item.path}:{constant.line} {constant.name} = {constant.value}"
        for item in closeups
        for constant in item.constants
        if constant.name in limit.constants
    )
    return extraction.Limit(limit.name, f"{limit.value:g}", limit.unit, limit.source, declared)


def _brief(plan: Plan) -> Brief:
    return Brief(
        title=plan.title,
        date=plan.date,
        mission=plan.mission,
        summary=plan.summary,
        destination=plan.destination,
        targets=tuple((target.file, target.meaning) for target in plan.targets),
        extraction=plan.extraction,
        risks=tuple((risk.level, risk.title, risk.text) for risk in plan.risks),
        mitigation=plan.mitigation,
        phases=tuple((phase.title, phase.steps) for phase in plan.phases),
        next_steps=plan.next_steps,
        preserved=tuple(preserved.dotted for preserved in plan.preserved),
        preserved_reasons=tuple(reason for preserved in plan.preserved for reason in preserved.reasons),
    )


def _summary(index: CodeIndex, dangling: tuple[across.Dangling, ...]) -> Summary:
    """The code base in numbers."""
    ours = [item for item in dangling if not item.elsewhere]
    return Summary(
        files=len(index.files),
        lines=sum(file.lines for file in index.files),
        classes=sum(len(file.classes) for file in index.files),
        dangling=len(ours),
        dangling_unguarded=sum(not item.guarded for item in ours),
        dangling_elsewhere=len(dangling) - len(ours),
    )


def _planned_summary(
    summary: Summary, findings: Findings, classes: tuple[ClassFacts, ...], conflicts: tuple[across.Conflict, ...]
) -> Summary:
    """The same with the plan's classes in numbers."""
    standing = [item for item in classes if item.path]
    sites = findings.usage.sites
    return replace(
        summary,
        planned=len(classes),
        found=len(standing),
        modules=len({item.path for item in standing}),
        import_statements=len(sites),
        import_files=len({site.path for site in sites}),
        module_files=findings.usage.files_importing_modules,
        calls=sum(row.count for item in classes for row in item.usage.calls),
        absent_calls=sum(row.count for item in classes for row in item.usage.absent),
        silent_conflicts=sum(conflict.silent for conflict in conflicts),
        traps=len(findings.inventory.traps),
    )
