"""The files to migrate next: the list, and of each why it stands where it does."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import Block, Bullets, Code, Heading, Inline, Paragraph, code
from reports.documents.next_files import NextFile, NextReport
from reports.sections.parts import listed, phrase, plural, short
from reports.wording import one_line

SHOWN = 3  # of the lines, and of the shims that others keep as well


def next_files(report: NextReport) -> list[Block]:
    """The whole list."""
    blocks: list[Block] = [Heading(1, f"What to migrate next: {report.title}")]
    if not report.listed:
        return [*blocks, Paragraph("Nothing: no class of the plan stands, and nothing leads through an old path.")]
    blocks.append(Paragraph(_balance(report)))
    for rank, item in enumerate(report.listed, 1):
        blocks += [Heading(2, f"{rank}. {one_line(item.path)}:{item.line}"), Bullets(tuple(_reasons(item)))]
        blocks.append(Code(item.command, "console"))
    return blocks


def _balance(report: NextReport) -> str:
    left = f"Left: {plural(report.sites, 'place')} that lead through an old path, and {plural(report.files, 'file')}"
    more = report.files - len(report.listed)
    cut = f"; {plural(more, 'file')} that unblock no more are not listed" if more else ""
    return f"{left} to migrate{cut}."


def _reasons(item: NextFile) -> Iterator[Inline]:
    if item.frees:
        what = "lead" if item.frees > 1 else "leads"
        others = f"{plural(item.frees, 'place')} in {plural(item.freed_files, 'other file')} {what} through it"
        yield phrase(others, *((" to ", listed(map(short, item.classes))) if item.classes else ()))
    elif item.classes:
        yield phrase(listed(map(short, item.classes)), " stands in it")
    for module in item.ends:
        yield phrase("it is the last that keeps the shim ", code(module), " alive")
    for kept in item.shares[:SHOWN]:
        yield phrase("it keeps the shim ", code(kept.module), f" alive, with {plural(kept.others, 'other file')}")
    if len(item.shares) > SHOWN:
        yield f"and {plural(len(item.shares) - SHOWN, 'more shim')} with others"
    if item.sites:
        yield f"{plural(len(item.sites), 'place')} of its own: {_lines(item)}"
    if item.owners:
        yield phrase("owned by ", listed(item.owners))


def _lines(item: NextFile) -> str:
    shown = ", ".join(map(str, item.sites[:SHOWN]))
    more = f" and {len(item.sites) - SHOWN} more" if len(item.sites) > SHOWN else ""
    return f"line{'s' if len(item.sites) > 1 else ''} {shown}{more}"
