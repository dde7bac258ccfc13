"""The classes of the plan: at a glance, and a page for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.blocks import Block, Bullets, Details, Heading, Inline, Paragraph, code, link, location, strong
from reports.documents.classes import ClassFacts, ClassUsage, Noted
from reports.documents.common import Counted
from reports.documents.extraction import ExtractionReport
from reports.sections.parts import (
    Rows,
    every_place,
    joined,
    listed,
    number,
    phrase,
    plural,
    table,
    tally,
    told_apart_by,
)
from reports.wording import slug


def titles(classes: Sequence[ClassFacts]) -> dict[str, str]:
    """One heading for each class, unique also where two modules use one name."""
    names = [item.dotted for item in classes]
    homes = {dotted: told_apart_by(dotted, names) for dotted in names}
    return {dotted: dotted.rpartition(".")[2] + (f" in {home}" if home else "") for dotted, home in homes.items()}


def glance(report: ExtractionReport) -> Iterator[Block]:
    """Every class of the plan in one table, each row a link to its page."""
    named = titles(report.classes)
    rows: Rows = [
        (
            link(named[item.dotted], f"#{slug(named[item.dotted])}"),
            item.family,
            item.status,
            _place(item),
            _state_word(item),
            number(sum(row.count for row in item.usage.imports)),
            number(sum(row.count for row in item.usage.constructors)),
            number(sum(row.count for row in item.usage.calls)),
        )
        for item in report.classes
    ]
    heads = ("class", "family", "plan", "where", "state", "#imports", "#built", "#calls")
    yield table(heads, rows, "Imports are statements; built and calls count where the receiver is known: lower bounds.")


def pages(report: ExtractionReport) -> Iterator[Block]:
    """One page for each class, by family in the plan's order."""
    named = titles(report.classes)
    for family in dict.fromkeys(item.family for item in report.classes):
        members = [item for item in report.classes if item.family == family]
        yield Heading(3, f"{family.capitalize()}: {plural(len(members), 'class', 'classes')}")
        for item in members:
            yield Heading(4, named[item.dotted])
            yield from page(item, named[item.dotted])


def page(item: ClassFacts, title: str) -> Iterator[Block]:
    """All about one class; `title` is its heading."""
    yield Bullets(tuple(_lines(item)))
    if item.features:
        yield Paragraph(phrase(strong("The plan says it has"), ":"))
        yield Bullets(item.features)
    if item.members:
        yield Details(f"{plural(len(item.members), 'member')}, {_public(item)} public", (_members(item),))
    yield from _state(item)
    yield from _usage(item, title)


def _state_word(item: ClassFacts) -> str:
    """The state, with the reason where the class is not where the plan says; other differences are on its page."""
    if item.state == "found":
        return "found, differs" if item.difference else "found"
    return f"{item.state}: {item.difference}"


def _place(item: ClassFacts) -> Inline:
    return location(f"{item.path}:{item.line}-{item.end}") if item.path else "-"


def _lines(item: ClassFacts) -> Iterator[Inline]:
    yield phrase(strong("Stands at"), " ", _place(item), f"; the plan says line {item.stated}" if item.stated else "")
    if item.difference:
        yield phrase(strong("Differs"), ": ", item.difference)
    yield phrase(strong("Plan"), ": ", f"{item.status}. {item.note}" if item.note else item.status)
    if item.purpose:
        yield phrase(strong("Purpose"), ": ", item.purpose)
    if item.extract:
        yield phrase(strong("Extract before deleting"), ": ", item.extract)
    yield phrase(strong("Becomes"), ": ", code(item.target))
    if item.bases:
        yield phrase(strong("Inherits from"), ": ", listed(item.bases))
    if item.twice:
        yield phrase(strong("Defined twice, the last wins"), ": ", listed(item.twice))
    if item.singleton:
        yield phrase(strong("Singleton by"), ": ", _noted(item, item.singleton))
    if item.locks:
        yield phrase(strong("Locks"), ": ", _noted(item, item.locks))
    if item.tasks:
        yield phrase(strong("Background work"), ": ", _noted(item, item.tasks))


def _noted(item: ClassFacts, facts: Sequence[Noted]) -> Inline:
    return joined([phrase(code(fact.name), f" {fact.value} ", location(item.path, fact.line)) for fact in facts])


def _public(item: ClassFacts) -> int:
    return sum(not member.name.startswith("_") for member in item.members)


def _members(item: ClassFacts) -> Block:
    rows: Rows = [
        (code(m.name), m.kind, code(m.signature), location(item.path, m.line), number(m.calls)) for m in item.members
    ]
    return table(("member", "kind", "signature", "where", "#calls"), rows)


def _state(item: ClassFacts) -> Iterator[Block]:
    facts = [("constant", fact) for fact in item.constants] + [("attribute, set in", fact) for fact in item.attributes]
    if facts:
        rows: Rows = [
            (label, code(f.name), code(f.value) if f.value else "", location(item.path, f.line)) for label, f in facts
        ]
        summary = f"{plural(len(item.constants), 'constant')}, {plural(len(item.attributes), 'attribute')}"
        yield Details(summary, (table(("what", "name", "value", "where"), rows),))
    if item.events:
        rows = [
            (code(e.event), code(e.member), location(item.path, e.line), listed(e.envelope), listed(e.payload))
            for e in item.events
        ]
        yield Details(f"events named by {plural(len(rows), 'method')}", (table(_EVENT_HEADS, rows),))


_EVENT_HEADS = ("event", "method", "where", "envelope keys", "payload keys")


def _usage(item: ClassFacts, title: str) -> Iterator[Block]:
    filled = usage_groups(item.usage)
    if not filled:
        yield Paragraph("No use of it was found.")
        return
    yield table(("use", "#count", "of which"), [(label, _total(rows), tally(rows[:12])) for label, rows in filled])
    yield Paragraph(every_place(title))


def usage_groups(usage: ClassUsage) -> list[tuple[str, tuple[Counted, ...]]]:
    """The ways in which a class is used, each with its counts; those that do not occur are left out."""
    groups = (
        ("imported from", usage.imports),
        ("built with", usage.constructors),
        ("obtained by", usage.getters),
        ("called", usage.calls),
        ("attributes used", usage.attributes),
        ("class attributes used", usage.class_attributes),
        ("used but not there", usage.absent),
        ("subclassed in", usage.subclasses),
        ("type checks", usage.checks),
        ("mock specs", usage.specs),
        ("annotations", usage.annotations),
        ("in strings", usage.strings),
        ("while importing", usage.at_import),
    )
    return [(label, rows) for label, rows in groups if rows]


def _total(rows: Sequence[object]) -> str:
    return number(sum(getattr(row, "count", 0) for row in rows))


def import_sites(report: ExtractionReport) -> Iterator[Block]:
    """Every import statement that touches a planned class, by area, and the forms they come in."""
    forms: dict[str, int] = {}
    for site in report.sites:
        for form in site.forms:
            forms[form] = forms.get(form, 0) + 1
    yield table(("form", "#statements"), [(form, number(n)) for form, n in sorted(forms.items(), key=lambda f: -f[1])])
    yield Paragraph(every_place("Import statements"))
