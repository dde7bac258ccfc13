"""Documents -> pages: the sections of the reports, put where a reader of a site looks for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports.blocks import Block, Bullets, Diagram, Heading, Inline, Paragraph, code, link, location, strong
from reports.documents.classes import ClassFacts
from reports.documents.extraction import ExtractionReport
from reports.documents.history import HistoryRun
from reports.documents.mro import ClassMro, MroReport
from reports.documents.site_states import STATES, SiteState
from reports.sections import across_classes
from reports.sections.class_pages import glance, page, titles
from reports.sections.extraction import chapters, opening
from reports.sections.mro import consumers, hierarchy, impacts
from reports.sections.parts import PLACES_PAGE, Rows, joined, number, phrase, plural, short, table
from reports.sections.places import class_places, dangling_places, helper_places
from reports.site.drawings import becoming, burndown, flow, lineage
from reports.site.matrices import conflict_matrix, member_matrix
from reports.site.page import Meter, Page, Part, Site
from reports.wording import slug

SITES_ON_A_PAGE = 800
HOME, MEMBERS, EVENTS, FAMILIES, SITES, PLAN, BROKEN, NAMES = (
    "index.html", "members.html", "events.html", "families.html",
    "sites.html", "plan.html", "broken.html", "names.html",
)  # fmt: skip
MENU = (
    (HOME, "Overview"), (MEMBERS, "Members"), (EVENTS, "Events"), (FAMILIES, "Families"),
    (SITES, "Import sites"), (PLAN, "Plan"), (BROKEN, "Broken"), (NAMES, "All names"),
)  # fmt: skip
_HELPERS, _HELPER_PLACES = "Other names of these modules", "Where these other names are imported"
_DANGLING, _DANGLING_PLACES = "Broken before anything is touched", "Every broken import"
_PLAN = (
    "Key integration points", "Value extraction requirements", _HELPERS, "Same name, other class",
    "Limits and numbers", "Risk analysis", "Order of merging", "Consolidation plan", "Next steps",
)  # fmt: skip
_BROKEN = (_DANGLING, "Files that could not be read")


@dataclass(frozen=True, slots=True)
class Told:
    """The documents that a site is made of."""

    report: ExtractionReport
    lineages: MroReport
    states: tuple[SiteState, ...]
    history: tuple[HistoryRun, ...] = ()


def site(told: Told) -> Site:
    """Every page that has something to say."""
    report = told.report
    found = [Page(HOME, _title(report), _lead(report), tuple(_overview(told)))]
    found += _class_pages(told)
    if report.classes:
        lead = "Which class has which member, and where one name means different calls."
        found.append(Page(MEMBERS, "Members side by side", lead, tuple(_members(report))))
    if report.events:
        lead = "Who makes each event, what is in it, and what carries it."
        found.append(Page(EVENTS, "Event flow", lead, tuple(_events(report))))
    lead = "Classes that play the same role, found by reading and without the plan."
    found.append(Page(FAMILIES, "Families found", lead, (Heading(2, "Concerns"), *across_classes.families(report))))
    found += _site_pages(told)
    if report.classes:
        lead = "What must be kept, what may go wrong, and in which order to go on."
        found.append(Page(PLAN, "The plan", lead, tuple(_plan(report))))
    found.append(Page(BROKEN, "Broken today", "What does not work, whatever is merged.", tuple(_broken(report))))
    found.append(Page(NAMES, "All names", "Classes, members, events and families, from A to Z.", (_names(told),)))
    there = {item.file for item in found}
    return Site(_title(report), tuple(found), tuple(item for item in MENU if item[0] in there), _links(report))


def _title(report: ExtractionReport) -> str:
    return report.brief.title if report.brief else "Duplicate classes"


def _lead(report: ExtractionReport) -> str:
    return f"{plural(report.summary.files, 'file')}, read and not imported."


def class_files(report: ExtractionReport) -> dict[str, str]:
    """The page of each class of the plan, by its dotted path."""
    return {dotted: f"class-{slug(title)}.html" for dotted, title in titles(report.classes).items()}


def _links(report: ExtractionReport) -> dict[str, str]:
    """Where the addresses lead that the sections know: headings of one long report, and its page of places."""
    named, files = titles(report.classes), class_files(report)
    found = {f"#{slug(named[dotted])}": file for dotted, file in files.items()}
    found |= {f"{PLACES_PAGE}#{slug(named[dotted])}": "#every-place" for dotted in files}
    return found | {
        f"{PLACES_PAGE}#import-statements": SITES,
        f"{PLACES_PAGE}#{slug(_HELPERS)}": f"{PLAN}#{slug(_HELPER_PLACES)}",
        f"{PLACES_PAGE}#{slug(_DANGLING)}": f"{BROKEN}#{slug(_DANGLING_PLACES)}",
    }


# ── overview ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _overview(told: Told) -> Iterator[Part]:
    report = told.report
    yield from (part for part in opening(report) if part != Heading(2, "Executive summary"))
    yield from chapters(report, ("Success criteria",))
    if told.states:
        yield Heading(2, "How far the imports have come")
        yield _meter(told.states, "Import statements by state")
        yield Paragraph(link("Every import statement with its state", SITES))
    if told.history:
        yield Heading(2, "Burndown")
        yield burndown(told.history)
        yield _runs(told.history)
    if report.classes:
        yield Heading(2, "Classes of the plan")
        yield becoming(told.lineages.classes)
        yield from glance(report)
    yield from chapters(report, ("Critical events",))


def _meter(states: Iterable[SiteState], title: str) -> Meter:
    count = Counter(item.state for item in states)
    return Meter(title, tuple((state, count[state]) for state in STATES if count[state]))


def _runs(runs: Sequence[HistoryRun]) -> Block:
    first, last = dict(runs[0].counts), dict(runs[-1].counts)
    rows: Rows = [
        (code(rule), *(number(run[rule]) if rule in run else "not run" for run in (first, last)))
        for rule in sorted({*first, *last})
    ]
    return table(("rule", "#findings in the first run", "#in the last"), rows)


# ── classes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _class_pages(told: Told) -> Iterator[Page]:
    named, files = titles(told.report.classes), class_files(told.report)
    lines = {item.dotted: item for item in told.lineages.classes}
    for item in told.report.classes:
        line = next((lines[dotted] for dotted in lines if _same(item, lines[dotted])), None)
        parts = tuple(_class(item, named[item.dotted], line, told))
        yield Page(files[item.dotted], named[item.dotted], item.title or item.purpose, parts, HOME)


def _same(item: ClassFacts, line: ClassMro) -> bool:
    return bool(item.path) and (item.path, item.line) == (line.path, line.line)


def _class(item: ClassFacts, title: str, line: ClassMro | None, told: Told) -> Iterator[Part]:
    yield Paragraph(code(item.dotted))
    yield Heading(2, "What it is")
    yield from page(item, title)
    if line is not None:
        yield Heading(2, "Method resolution order")
        yield lineage(line)
        yield from hierarchy(line)
    yield Heading(2, "What replaces it")
    yield from _successor(item, told)
    if line is not None:
        yield Heading(2, "What breaks")
        yield from list(impacts(line)) or [Paragraph("Nothing that is known uses what merging it would change.")]
        yield Heading(2, "Who uses it")
        yield from consumers(line)
    yield Heading(2, "Every place")
    yield class_places(item)


def _successor(item: ClassFacts, told: Told) -> Iterator[Part]:
    brief = told.report.brief
    destination = f"{brief.destination}.{item.target}" if brief else item.target
    yield Bullets((phrase(strong("Unified class"), ": ", code(destination)), phrase(strong("Plan"), ": ", item.status)))
    definition = {item.dotted, *(line.dotted for line in told.lineages.classes if _same(item, line))}
    own = [state for state in told.states if definition & {*state.site.classes, *state.through}]
    if own:
        yield _meter(own, f"Import statements of {item.name} by state")


# ── across ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _members(report: ExtractionReport) -> Iterator[Part]:
    yield Heading(2, "Member matrix")
    yield from member_matrix(report)
    yield Heading(2, "Signature-conflict matrix")
    yield from conflict_matrix(report)
    yield Heading(2, "Signature conflicts")
    yield from across_classes.conflicts(report)


def _events(report: ExtractionReport) -> Iterator[Part]:
    if any(one.producers for one in report.events):
        yield Heading(2, "Flow")
        yield flow(report.events, [item.dotted for item in report.classes])
    yield Heading(2, "Events")
    yield from (block for block in across_classes.events(report) if not isinstance(block, Diagram))


def _plan(report: ExtractionReport) -> Iterator[Part]:
    yield from chapters(report, _PLAN)
    if report.helpers:
        yield Heading(2, _HELPER_PLACES)
        yield helper_places(report)


def _broken(report: ExtractionReport) -> Iterator[Part]:
    yield from chapters(report, _BROKEN)
    yield Heading(2, _DANGLING_PLACES)
    yield from dangling_places(report)


def _site_pages(told: Told) -> Iterator[Page]:
    total = len(told.states)
    for first in range(0, total, SITES_ON_A_PAGE):
        count = first // SITES_ON_A_PAGE + 1
        several = f", page {count}" if total > SITES_ON_A_PAGE else ""
        shown = told.states[first : first + SITES_ON_A_PAGE]
        lead = "Every import statement that leads to a class of the plan, and how far it has come."
        parts = tuple(_sites(told, shown, first, total))
        yield Page(_sites_file(count), f"Import sites{several}", lead, parts, SITES if first else "")


def _sites_file(count: int) -> str:
    return SITES if count == 1 else f"sites-{count}.html"


def _sites(told: Told, shown: Sequence[SiteState], first: int, total: int) -> Iterator[Part]:
    yield _meter(told.states, "Import statements by state")
    yield Bullets(tuple(phrase(strong(state), f": {meaning}") for state, meaning in STATES.items()))
    if total > SITES_ON_A_PAGE:
        pages = range(1, (total - 1) // SITES_ON_A_PAGE + 2)
        yield Paragraph(phrase("Pages: ", joined([link(number(count), _sites_file(count)) for count in pages])))
    yield Heading(2, f"Statements {number(first + 1)} to {number(first + len(shown))} of {number(total)}")
    named = titles(told.report.classes)
    files = {named[dotted]: file for dotted, file in class_files(told.report).items()}
    labels = named | {line.dotted: named[item.dotted] for item in told.report.classes for line in told.lineages.classes
                      if _same(item, line)}  # fmt: skip
    rows: Rows = [
        (
            location(item.site.path, item.site.line),
            item.state,
            item.site.area,
            joined([_labelled(name, labels, files) for name in (*item.site.classes, *item.site.modules)]),
            "; ".join(item.site.forms),
        )
        for item in shown
    ]
    yield table(("where", "state", "area", "leads to", "form"), rows)


def _labelled(name: str, labels: dict[str, str], files: dict[str, str]) -> Inline:
    label = labels.get(name, "")
    return link(label, files[label]) if label else code(name)


def _names(told: Told) -> Block:
    """What the search looks through."""
    report = told.report
    files, names = class_files(report), [item.dotted for item in report.classes]
    rows: Rows = [
        (link(short(item.dotted, names), files[item.dotted]), "class", item.module) for item in report.classes
    ]
    rows += [
        (code(row.member), "member", joined([link(short(o, names), files.get(o, MEMBERS)) for o in row.owners]))
        for row in report.matrix
    ]
    rows += [(link(one.event, f"{EVENTS}#{slug(f'Event {one.event}')}"), "event", one.meaning) for one in report.events]
    shown = report.concerns[: across_classes.MAX_CONCERNS]
    rows += [
        (link(one.name, f"{FAMILIES}#{slug(f'Concern {one.name}')}"), "family", plural(len(one.families), "role"))
        for one in shown
    ]
    return table(("name", "is", "where"), sorted(rows, key=lambda row: _sorted(row[0])))


def _sorted(name: object) -> tuple[str, str]:
    text = str(getattr(name, "text", name))
    return text.lower(), text
