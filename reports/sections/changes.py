"""Breaking changes and the migration guide, as they are told."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import Block, Bullets, Code, Heading, Inline, Paragraph, Toc, code
from reports.documents.changes import BreakingChanges, ClassChange, ClassGuide, MemberChange, MigrationGuide, Rewrite
from reports.sections.parts import Rows, joined, number, phrase, short, table, where


def breaking_changes(report: BreakingChanges) -> list[Block]:
    """The whole document."""
    names = [item.dotted for item in report.classes]
    blocks: list[Block] = [Heading(1, f"Breaking changes: {report.title}"), Paragraph(_OPENING), Toc()]
    blocks += _limits(report)
    for item in report.classes:
        blocks += [Heading(2, short(item.dotted, names)), *_class(item)]
    if report.dropped:
        blocks += [Heading(2, "Names that are gone"), Paragraph("Nothing in this code base took them.")]
        blocks.append(table(("module", "name"), [(code(module), code(name)) for module, name in report.dropped]))
    return blocks


_OPENING = (
    "What a caller of the old classes meets in the unified ones. Through the old paths, adapters keep the old "
    "constructors, orders of arguments and answers; this is what to know before the old paths go. Uses are those known "
    "in this code base, and lower bounds."
)


def _limits(report: BreakingChanges) -> Iterator[Block]:
    if report.limits:
        yield Heading(2, "Limits that hold now")
        yield Paragraph("The old code declared them; nothing enforced them.")
        yield table(("limit", "value"), [(item.name, item.value) for item in report.limits])


def _class(item: ClassChange) -> Iterator[Block]:
    kept = "the old path keeps the old calls" if item.adapted else "the old path gives the unified class itself"
    yield Paragraph((code(item.dotted), " is ", code(item.new), f" now; {kept}."))
    if not item.members:
        yield Paragraph("Every call means what it meant.")
    else:
        yield table(_MEMBER_COLUMNS, [_member(one) for one in item.members])
    if item.renamed_details:
        yield Paragraph("What the old methods called otherwise than the event's payload does:")
        yield table(("method", "parameter", "in the payload"), [tuple(map(code, row)) for row in item.renamed_details])


_MEMBER_COLUMNS = ("member", "what changes", "was", "is", "#uses", "where")
SHOWN = 5  # files with uses of one member; the JSON has all


def _member(one: MemberChange) -> tuple[Inline, ...]:
    shown = joined(where(one.places[:SHOWN]))
    more = f"; and {number(len(one.places) - SHOWN)} more files" if len(one.places) > SHOWN else ""
    old, new = (code(text) if text else "-" for text in (one.old, one.new))
    return code(one.name), one.what, old, new, number(one.uses), phrase(shown, more) if one.places else "-"


def migration_guide(guide: MigrationGuide) -> list[Block]:
    """The whole document."""
    names = [item.dotted for item in guide.classes]
    blocks: list[Block] = [Heading(1, f"Migration guide: {guide.title}"), *_deadlines(guide), Toc()]
    for item in guide.classes:
        blocks += [Heading(2, short(item.dotted, names)), *_steps(item)]
    if guide.moved:
        blocks += [Heading(2, "Other names"), Paragraph("These are called as they were; only their place is new.")]
        blocks.append(table(("was", "is"), [(code(old), code(new)) for old, new in guide.moved]))
    return blocks


def _deadlines(guide: MigrationGuide) -> Iterator[Block]:
    since = f" since {guide.since}" if guide.since else ""
    goes = f" and go in {guide.removal}" if guide.removal else ""
    yield Paragraph(
        f"The old paths are deprecated{since}{goes}. Until then they work, and each use gives a warning "
        "that names the line to write instead."
    )
    yield Bullets(
        (
            ("To find every use: run with ", code("WSCONSOLIDATE_SHIMS=error"), ", which makes each of them fail."),
            ("In pytest: ", code(f"-W error::{guide.runtime}.MovedNameWarning"), ", or the same under filterwarnings."),
            ("To see what production uses: ", code("WSCONSOLIDATE_SHIM_LOG=FILE"), ", a line of JSON for each place."),
            ("To be silent for now: ", code("WSCONSOLIDATE_SHIMS=off"), "."),
        )
    )


def _steps(item: ClassGuide) -> Iterator[Block]:
    yield Paragraph((code(item.dotted), " is ", code(item.new), " now."))
    yield from _rewrite("The import", item.imports)
    if item.made is not None:
        yield from _rewrite("Making one", item.made)
    if item.calls:
        rows: Rows = [(code(call.before), code(call.after)) for call in item.calls]
        yield Paragraph("Calls whose arguments or answers differ; keywords are safe with both:")
        yield table(("was", "is"), rows)
    else:
        yield Paragraph("Its methods are called as they were.")


def _rewrite(title: str, rewrite: Rewrite) -> Iterator[Block]:
    yield Paragraph(f"{title}:")
    yield Code(f"{rewrite.before}  # before\n{rewrite.after}", "python")
