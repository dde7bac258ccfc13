"""Every place behind the numbers of the extraction report: a page for looking up, not for reading."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import Block, Heading, Inline, Paragraph, Toc, code, location
from reports.documents.classes import ClassFacts, ImportSite
from reports.documents.extraction import ExtractionReport
from reports.sections.class_pages import titles, usage_groups
from reports.sections.parts import Rows, joined, number, phrase, table, where


def places(report: ExtractionReport) -> list[Block]:
    """One section for each class, then the import statements, helper names and broken imports."""
    blocks: list[Block] = [Heading(1, "Every place behind the numbers"), Toc()]
    named = titles(report.classes)
    for item in report.classes:
        blocks += [Heading(2, named[item.dotted]), class_places(item)]
    if report.sites:
        blocks += [Heading(2, "Import statements"), *_sites(report, named)]
    if report.helpers:
        blocks += [Heading(2, "Other names of these modules"), helper_places(report)]
    return [*blocks, Heading(2, "Broken before anything is touched"), *dangling_places(report)]


def class_places(item: ClassFacts) -> Block:
    """Every place that uses one class."""
    rows: Rows = [
        (label, code(row.name) if row.name else "-", joined(where(row.places)), number(row.count))
        for label, found in [*usage_groups(item.usage), ("import form", item.usage.import_forms)]
        for row in found
    ]
    return table(("what", "name", "where", "#count"), rows) if rows else Paragraph("No use of it was found.")


def _sites(report: ExtractionReport, named: dict[str, str]) -> Iterator[Block]:
    for area in sorted({site.area for site in report.sites}):
        rows = [_site(site, named) for site in report.sites if site.area == area]
        yield Heading(3, area.capitalize())
        yield table(("where", "what", "form"), rows)


def _site(site: ImportSite, named: dict[str, str]) -> tuple[Inline, ...]:
    what = ", ".join([*(named.get(name, name) for name in site.classes), *site.modules])
    return location(site.path, site.line), what, "; ".join(site.forms)


def helper_places(report: ExtractionReport) -> Block:
    """Where other names of the planned classes' modules are imported."""
    rows = [(code(f"{h.module}.{h.name}"), joined(where(h.places))) for h in report.helpers]
    return table(("name", "where"), rows)


def dangling_places(report: ExtractionReport) -> Iterator[Block]:
    """Every import that is broken today."""
    grouped: dict[tuple[str, str], list[Inline]] = {}
    for item in report.dangling:
        note = (" (guarded)" if item.guarded else "") + (" (unless installed)" if item.elsewhere else "")
        grouped.setdefault((item.module, item.name), []).append(phrase(location(item.path, item.line), note))
    rows = [(code(f"{module}.{name}"), joined(found)) for (module, name), found in sorted(grouped.items())]
    yield table(("name", "imported at"), rows) if rows else Paragraph("None.")
