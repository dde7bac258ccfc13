"""The extraction report as it is told: the summary first, then every section of a consolidation report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from reports.blocks import (
    Block,
    Bullets,
    Check,
    Checklist,
    Heading,
    Paragraph,
    State,
    Toc,
    Tree,
    TreeNode,
    code,
    strong,
)
from reports.documents.extraction import Brief, ExtractionReport, Summary
from reports.sections import across_classes, class_pages
from reports.sections.parts import listed, number, phrase, plural, table

Section = Callable[[ExtractionReport], Iterable[Block]]


def extraction(report: ExtractionReport) -> list[Block]:
    """The whole report, for pages that can fold and link."""
    blocks: list[Block] = [Heading(1, report.brief.title if report.brief else "Duplicate classes")]
    blocks += [*_opening(report), Toc()]
    return [*blocks, *_told(report, _SECTIONS)]


def extraction_summary(report: ExtractionReport) -> list[Block]:
    """The report in one screen, for a terminal."""
    blocks: list[Block] = [
        Heading(1, report.brief.title if report.brief else "Duplicate classes"),
        *_numbers(report.summary),
    ]
    if report.classes:
        blocks += [Heading(2, "Classes of the plan"), *class_pages.glance(report)]
    shown = _ON_SCREEN if report.brief else _ON_SCREEN | {_FAMILIES}
    return [*blocks, *chapters(report, shown)]


def opening(report: ExtractionReport) -> list[Block]:
    """What comes first: the aim, and the code base in numbers."""
    return list(_opening(report))


def chapters(report: ExtractionReport, titles: Collection[str]) -> list[Block]:
    """The sections of these titles that have something to say, each under its heading."""
    return list(_told(report, ((title, section) for title, section in _SECTIONS if title in titles)))


def _told(report: ExtractionReport, sections: Iterable[tuple[str, Section]]) -> Iterator[Block]:
    """The sections that have something to say, each under its heading."""
    for title, section in sections:
        if found := list(section(report)):
            yield Heading(2, title)
            yield from found


def _opening(report: ExtractionReport) -> Iterator[Block]:
    yield Heading(2, "Executive summary")
    if report.brief:
        if report.brief.mission:
            yield Paragraph(phrase(strong("Mission"), ": ", report.brief.mission))
        if report.brief.summary:
            yield Paragraph(report.brief.summary)
    yield from _numbers(report.summary)


def _numbers(summary: Summary) -> Iterator[Block]:
    size = (plural(summary.files, "file"), plural(summary.lines, "line"), plural(summary.classes, "class", "classes"))
    rows = [("Code base", f"{', '.join(size)}, read and not imported")]
    if summary.planned:
        rows += [
            ("Planned classes", f"{summary.found} of {summary.planned} found, in {plural(summary.modules, 'module')}"),
            (
                "Import statements that touch them",
                f"{number(summary.import_statements)} in {plural(summary.import_files, 'file')}",
            ),
            ("Files that import anything from their modules", number(summary.module_files)),
            ("Known calls of their members", number(summary.calls)),
            ("Known uses of members that do not exist", number(summary.absent_calls)),
            ("Methods whose argument order differs silently", number(summary.silent_conflicts)),
            ("Other classes with the same name", number(summary.traps)),
        ]
    rows.append(
        (
            "Imports broken before anything is touched",
            f"{number(summary.dangling)}, {number(summary.dangling_unguarded)} of them unguarded"
            + (f"; {number(summary.dangling_elsewhere)} more unless installed" if summary.dangling_elsewhere else ""),
        )
    )
    yield table(("what", "how many"), rows)


def _critical(report: ExtractionReport) -> Iterator[Block]:
    if report.events:
        rows = [
            (
                str(n),
                code(e.event),
                e.meaning,
                number(len({p.owner for p in e.producers})),
                listed(k.key for k in e.disagreement),
            )
            for n, e in enumerate(report.events, 1)
        ]
        yield table(("#", "event", "meaning", "#classes that make it", "payload keys in dispute"), rows)


def _architecture(report: ExtractionReport) -> Iterator[Block]:
    if report.classes:
        yield from class_pages.glance(report)
        yield from class_pages.pages(report)


def _integration(report: ExtractionReport) -> Iterator[Block]:
    if report.brief and report.brief.preserved:
        yield Paragraph(phrase("Preserved exactly as it is: ", listed(report.brief.preserved)))
        yield Bullets(report.brief.preserved_reasons)


def _extraction(report: ExtractionReport) -> Iterator[Block]:
    if report.brief and report.brief.extraction:
        yield Paragraph("Before any of these is deleted, its value has to be in the unified classes:")
        yield Bullets(report.brief.extraction)


def _risks(report: ExtractionReport) -> Iterator[Block]:
    if report.brief and report.brief.risks:
        yield table(("level", "risk", "why"), [(level, title, text) for level, title, text in report.brief.risks])
    if report.brief and report.brief.mitigation:
        yield Heading(3, "Mitigation")
        yield Bullets(report.brief.mitigation)


def _plan(report: ExtractionReport) -> Iterator[Block]:
    if report.brief:
        yield Heading(3, "Target architecture")
        yield _target(report.brief)
        for title, steps in report.brief.phases:
            yield Heading(3, title)
            yield Bullets(steps)


def _target(brief: Brief) -> Tree:
    children = tuple(TreeNode((code(name), f" {meaning}")) for name, meaning in brief.targets)
    return Tree(TreeNode(code(brief.destination), children))


def _limits(report: ExtractionReport) -> Iterator[Block]:
    if report.limits:
        rows = [
            (m.name, f"{m.value} {m.unit}".strip(), m.source, "; ".join(m.declared) or "nowhere") for m in report.limits
        ]
        yield table(("limit", "value", "source", "declared in the code"), rows)
        yield Paragraph("Declared is not enforced: whether a limit holds only a run can show.")


def _goals(report: ExtractionReport) -> Iterator[Block]:
    if report.goals:
        states: dict[str, State] = {"done": "done", "open": "open"}
        yield Checklist(tuple(Check(states.get(g.state, "unknown"), f"{g.text}: {g.evidence}") for g in report.goals))


def _next_steps(report: ExtractionReport) -> Iterator[Block]:
    if report.brief and report.brief.next_steps:
        yield Bullets(report.brief.next_steps)


def _import_sites(report: ExtractionReport) -> Iterator[Block]:
    if report.sites:
        yield from class_pages.import_sites(report)


def _planned(section: Section) -> Section:
    """A section that only makes sense with a plan."""

    def told(report: ExtractionReport) -> Iterable[Block]:
        return section(report) if report.classes else ()

    return told


_FAMILIES = "Families found by reading"
_SECTIONS: tuple[tuple[str, Section], ...] = (
    ("Critical events", _critical),
    ("Current architecture", _architecture),
    ("Import statements", _import_sites),
    (_FAMILIES, across_classes.families),
    ("Event flow", _planned(across_classes.events)),
    ("Members side by side", _planned(across_classes.matrix)),
    ("Signature conflicts", _planned(across_classes.conflicts)),
    ("Key integration points", _integration),
    ("Value extraction requirements", _extraction),
    ("Other names of these modules", _planned(across_classes.helpers)),
    ("Same name, other class", _planned(across_classes.traps)),
    ("Limits and numbers", _limits),
    ("Risk analysis", _risks),
    ("Order of merging", _planned(across_classes.order)),
    ("Consolidation plan", _plan),
    ("Broken before anything is touched", across_classes.dangling),
    ("Files that could not be read", across_classes.unread),
    ("Success criteria", _goals),
    ("Next steps", _next_steps),
)
_ON_SCREEN = {"Critical events", "Success criteria", "Files that could not be read"}
