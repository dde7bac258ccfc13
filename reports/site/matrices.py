"""Members against classes, as tables with a column for each class."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_uppercase

from reports.blocks import Block, Paragraph, code
from reports.documents.across import Conflict
from reports.documents.extraction import ExtractionReport
from reports.sections.parts import Rows, plural, short, table

MAX_CLASSES = 40  # columns; more of them nobody can read


def member_matrix(report: ExtractionReport) -> Iterator[Block]:
    """Which class has which of the members that several have."""
    classes, heads = _columns(report)
    shared = [row for row in report.matrix if len(row.owners) > 1]
    rows: Rows = [(code(row.member), *("✓" if name in row.owners else "" for name in classes)) for row in shared]
    if not rows:
        yield Paragraph("No member is shared.")
        return
    yield table(("member", *heads), rows, "A check mark: the class defines the member itself.")
    yield Paragraph(f"{plural(len(report.matrix) - len(shared), 'public member')} more, each in one class only.")
    yield from _cut(report)


def conflict_matrix(report: ExtractionReport) -> Iterator[Block]:
    """Which class wants which of the ways to call a method; a letter for each way."""
    classes, heads = _columns(report)
    rows: Rows = [
        (code(one.member), "silent" if one.silent else "", *(_way(one, name) for name in classes))
        for one in report.conflicts
    ]
    if not rows:
        yield Paragraph("No conflict.")
        return
    told = "Classes with one letter in a row are called in one way; the ways are spelt out below, in this order."
    yield table(("method", "kind", *heads), rows, told)
    yield from _cut(report)


def _way(conflict: Conflict, name: str) -> str:
    """The letter of the way in which a class is called, "" when it does not have the method."""
    found = [position for position, variant in enumerate(conflict.variants) if name in variant.owners]
    return "".join(ascii_uppercase[p] if p < len(ascii_uppercase) else f"{p + 1}" for p in found)


def _columns(report: ExtractionReport) -> tuple[list[str], list[str]]:
    """The classes that have members, and the heads of their columns."""
    every = [item.dotted for item in report.classes]
    owners = {owner for row in report.matrix for owner in row.owners}
    classes = sorted(owners, key=lambda name: (every.index(name) if name in every else len(every), name))[:MAX_CLASSES]
    return classes, [short(name, owners) for name in classes]


def _cut(report: ExtractionReport) -> Iterator[Block]:
    owners = {owner for row in report.matrix for owner in row.owners}
    if len(owners) > MAX_CLASSES:
        yield Paragraph(f"{plural(len(owners) - MAX_CLASSES, 'class', 'classes')} left out of the columns.")
