"""The migration report as it is told: the balance, each class, what is left, what was done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reports.blocks import Block, Bullets, Code, Heading, Inline, Paragraph, Toc, code, location
from reports.documents.migration import Comparison, MigrationReport, Refusal, Site
from reports.sections.parts import Rows, number, plural, short, table

SHOWN = 30  # places in the summary; the report has all


def migration_summary(report: MigrationReport) -> list[Block]:
    """What a terminal shows: the balance and what needs a person."""
    blocks: list[Block] = [Heading(1, "Migration"), Paragraph(_opening(report)), *_balance(report), *_classes(report)]
    blocks += [*_steps(report), *_obstacles(report), *_owners(report)]
    blocks += [*_left(report.left, SHOWN), *_review(report.review, SHOWN)]
    return [*blocks, *_mentions(report.mentions, SHOWN)]


def migration(report: MigrationReport) -> list[Block]:
    """The whole report."""
    blocks: list[Block] = [Heading(1, f"Migration report: {report.title}"), Paragraph(_opening(report)), Toc()]
    blocks += [*_balance(report), *_classes(report), *_steps(report), *_obstacles(report)]
    blocks += [*_owners(report), *_left(report.left, None), *_review(report.review, None)]
    blocks += [*_mentions(report.mentions, None), *_done(report), *_files(report)]
    return blocks


def _opening(report: MigrationReport) -> str:
    files = len(report.created) + len(report.changed) + len(report.deleted)
    verb = ("was" if files == 1 else "were") if report.written else "would be"
    if not files:
        return "There is nothing to change."
    return (
        f"{plural(files, 'file')} {verb} changed: {number(len(report.created))} created, "
        f"{number(len(report.changed))} edited, {number(len(report.deleted))} deleted "
        f"(phases: {', '.join(report.phases)}; destination: {report.destination})."
    )


def _balance(report: MigrationReport) -> Iterator[Block]:
    yield Heading(2, "Balance")
    rules = Counter(site.rule for site in report.done)
    rows: Rows = [(f"{rule} rewritten", number(count)) for rule, count in sorted(rules.items())]
    rows += [
        ("reached through a re-export, nothing to change", number(report.handed_on)),
        ("to be reviewed", number(len(report.review))),
        ("left, each with its reason", number(len(report.left))),
    ]
    yield table(("what", "#places"), rows)
    yield Paragraph("Proven before anything is written: no set below has anything that was not in it before.")
    yield table(("set", "#before", "#after", "#no longer", "#new"), [_compared(item) for item in report.comparisons])


def _compared(item: Comparison) -> tuple[Inline, ...]:
    return item.name, number(item.before), number(item.after), number(len(item.gone)), number(len(item.come))


def _classes(report: MigrationReport) -> Iterator[Block]:
    if not report.classes:
        return
    names = [item.dotted for item in report.classes]
    rows: Rows = [
        (code(short(item.dotted, names)), item.state, number(item.rewritten), number(item.left), code(short(item.new)))
        for item in report.classes
    ]
    yield Heading(2, "Classes")
    yield table(("class", "state", "#rewritten", "#left", "now"), rows)


def _steps(report: MigrationReport) -> Iterator[Block]:
    """The steps, where there is more than one; the output of tests that failed."""
    if len(report.steps) > 1:
        yield Heading(2, "Steps")
        yield table(("step", "what became of it"), [(step.title, step.state) for step in report.steps])
    for step in report.steps:
        if step.output:
            yield Heading(3, f"Rolled back: {step.title}")
            yield Code(step.output, "text")


def _obstacles(report: MigrationReport) -> Iterator[Block]:
    groups: tuple[tuple[str, Sequence[Refusal]], ...] = (
        ("Modules that their classes cannot leave", report.stuck),
        ("Files left out by the proof", report.refused),
    )
    for title, refusals in groups:
        if refusals:
            yield Heading(2, title)
            yield table(("file", "reason"), [(code(item.path), item.reason) for item in refusals])
    if report.in_the_way:
        yield Heading(2, "Files that are there already and differ from the shipped ones")
        yield Bullets(tuple(code(path) for path in report.in_the_way))


def _owners(report: MigrationReport) -> Iterator[Block]:
    if report.owners:
        yield Heading(2, "Whose files are left")
        rows: Rows = [(item.owner, number(item.places), number(item.files)) for item in report.owners]
        yield table(("owner", "#places left or to be reviewed", "#files"), rows)


def _left(sites: Sequence[Site], shown: int | None) -> Iterator[Block]:
    if sites:
        yield Heading(2, "Left for a person")
        yield Paragraph("Each of these works as before, through the old path.")
        yield table(("where", "why", "what to do"), [_told(site) for site in sites[:shown]])
        yield from _cut(len(sites), shown)


def _told(site: Site) -> tuple[Inline, ...]:
    return location(site.path, site.line), site.reason, site.advice


def _review(sites: Sequence[Site], shown: int | None) -> Iterator[Block]:
    if sites:
        yield Heading(2, "To be reviewed; `--review` applies them")
        yield table(("where", "what", "why a look"), [_told(site) for site in sites[:shown]])
        yield from _cut(len(sites), shown)


def _mentions(sites: Sequence[Site], shown: int | None) -> Iterator[Block]:
    if sites:
        yield Heading(2, "Old paths in documents and data")
        yield Paragraph("`--docs` rewrites those whose new path is one.")
        yield table(("where", "what"), [(location(site.path, site.line), site.reason) for site in sites[:shown]])
        yield from _cut(len(sites), shown)


def _cut(count: int, shown: int | None) -> Iterator[Block]:
    if shown is not None and count > shown:
        yield Paragraph(f"and {number(count - shown)} more: `--out FOLDER` writes all of them.")


def _done(report: MigrationReport) -> Iterator[Block]:
    if report.done:
        yield Heading(2, "What was done")
        yield table(("where", "what"), [(location(site.path, site.line), site.reason) for site in report.done])


def _files(report: MigrationReport) -> Iterator[Block]:
    groups: tuple[tuple[str, Iterable[str]], ...] = (
        ("Created", report.created),
        ("Replaced by a shim", report.replaced),
        ("Deleted", report.deleted),
    )
    for title, paths in groups:
        listed = tuple(code(path) for path in paths)
        if listed:
            yield Heading(2, title)
            yield Bullets(listed)
