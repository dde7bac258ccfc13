"""What holds between the classes: families, events, matrices, conflicts, order, traps, links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reports.blocks import Block, Bullets, Details, Diagram, Heading, Paragraph, code, location
from reports.documents.across import Conflict, EventFlow, Step
from reports.documents.extraction import ExtractionReport
from reports.documents.families import Concern, Family
from reports.sections.parts import (
    Rows,
    every_place,
    joined,
    listed,
    node,
    number,
    or_nothing,
    phrase,
    plural,
    short,
    table,
    unread_table,
)

# A code base has hundreds of small families: all of them are in the JSON, these many in the report.
MAX_BROKEN = 20  # names shown; the real tree has 800
MAX_KEPT_OUT = 20
MAX_CONCERNS, MAX_TOLD, MAX_PAIRS = 12, 3, 12
MAX_NODES = 40  # of a diagram; beyond that nobody can read it (Mermaid itself stops at 500 edges)


def events(report: ExtractionReport) -> Iterator[Block]:
    """Who makes each event, what carries it, who else names it, and where payloads disagree."""
    names = [item.dotted for item in report.classes]
    if any(flow.producers for flow in report.events):
        yield _flow_diagram(report.events, names)
    for flow in report.events:
        yield Heading(3, f"Event {flow.event}")
        yield Paragraph(flow.meaning)
        yield from _event(flow, names)


def _event(flow: EventFlow, names: Sequence[str]) -> Iterator[Block]:
    rows: Rows = [
        (
            short(p.owner, names),
            code(p.emission.member),
            location(p.path, p.emission.line),
            number(p.calls),
            listed(p.emission.payload),
        )
        for p in flow.producers
    ]
    heads = ("produced by", "method", "where", "#known calls", "payload keys")
    yield from or_nothing([table(heads, rows)] if rows else [], "No planned class makes this event.")
    if flow.disagreement:
        rows = [(code(key.key), joined([short(o, names) for o in key.owners])) for key in flow.disagreement]
        yield Details("payload keys that not every producer sends", (table(("key", "sent by"), rows),))
    if flow.envelopes:
        rows = [(listed(e.keys), joined([short(o, names) for o in e.owners])) for e in flow.envelopes]
        yield Details("top-level keys of the message", (table(("keys", "sent by"), rows),))
    if flow.transports:
        rows = [(short(t.owner, names), code(t.call.name), location(t.path, t.call.line)) for t in flow.transports]
        yield Details("carried by", (table(("producer", "hands it to", "where"), rows),))
    if flow.mentions:
        rows = [(code(m.name), location(m.path, m.line)) for m in flow.mentions]
        yield Details(
            f"named by {plural(len(rows), 'other class', 'other classes')}", (table(("class", "where"), rows),)
        )


def _flow_diagram(flows: Sequence[EventFlow], names: Sequence[str]) -> Diagram:
    """Producers to events and to what carries them."""
    edges = dict.fromkeys((short(p.owner, names), flow.event) for flow in flows for p in flow.producers)
    carried = dict.fromkeys(
        (short(t.owner, names), t.call.name.rpartition(".")[2]) for flow in flows for t in flow.transports
    )
    nodes = {
        name: f"n{number_}" for number_, name in enumerate(dict.fromkeys(n for e in [*edges, *carried] for n in e))
    }
    kept = dict(list(nodes.items())[:MAX_NODES])
    lines = ["flowchart LR"]
    lines += [node(key, name) for name, key in kept.items()]
    lines += [f"    {kept[a]} --> {kept[b]}" for a, b in edges if a in kept and b in kept]
    lines += [f"    {kept[a]} -.-> {kept[b]}" for a, b in carried if a in kept and b in kept]
    left = len(nodes) - len(kept)
    return Diagram("mermaid", "\n".join(lines), f"{plural(left, 'node')} left out" if left else "")


def families(report: ExtractionReport) -> Iterator[Block]:
    """Duplicates found without the plan, the most entangled concern first."""
    if not report.concerns:
        yield Paragraph("No classes that play the same role were found.")
        yield from _kept_out(report)
        return
    rows: Rows = [
        (c.name, number(c.score), number(len(c.families)), number(sum(len(f.members) for f in c.families)))
        for c in report.concerns[:MAX_CONCERNS]
    ]
    yield table(("concern", "#score", "#families", "#classes"), rows)
    for position, concern in enumerate(report.concerns[:MAX_CONCERNS]):
        yield from _concern(concern, position < MAX_TOLD)
    rest = len(report.concerns) - MAX_CONCERNS
    if rest > 0:
        yield Paragraph(f"{plural(rest, 'smaller concern')} more: in the JSON form of this report.")
    yield from _kept_out(report)


def _kept_out(report: ExtractionReport) -> Iterator[Block]:
    """What looks like a duplicate and is none, by reason: the reader would ask why it is missing above."""
    for why in dict.fromkeys(item.why for item in report.kept_out):
        items = [item for item in report.kept_out if item.why == why]
        rows = [(code(i.name), joined([location(m.path, m.line) for m in i.members])) for i in items[:MAX_KEPT_OUT]]
        more = f", the first {MAX_KEPT_OUT}; all are in the JSON" if len(items) > MAX_KEPT_OUT else ""
        yield Details(f"not counted: {why}: {number(len(items))}{more}", (table(("name", "where"), rows),))


def _concern(concern: Concern, told: bool) -> Iterator[Block]:
    """One concern; the first few are told with the evidence, the others by their members."""
    yield Heading(3, f"Concern {concern.name}")
    for family in concern.families:
        yield from _family(family, told)
    if concern.apart and told:
        rows = [(m.name, location(m.path, m.line), m.remark) for m in concern.apart]
        yield Details("listed apart", (table(("class", "where", "why it does not count"), rows),))


def _family(family: Family, told: bool) -> Iterator[Block]:
    members: Rows = [(m.name, location(m.path, m.line), m.remark or "-") for m in family.members]
    size = plural(len(members), "class", "classes")
    yield table(("class", "where", "remark"), members, f"{family.role}: {size}, cohesion {family.cohesion} of 1000")
    names = [f"{m.module}.{m.name}" for m in family.members]
    pairs = sorted(family.pairs, key=lambda pair: (-pair.score, pair.one, pair.other))[:MAX_PAIRS]
    rows = [(short(p.one, names), short(p.other, names), number(p.score), "; ".join(p.evidence)) for p in pairs]
    if rows and told:
        heads = ("class", "and", "#likeness", "evidence")
        more = f", the {MAX_PAIRS} strongest of {len(family.pairs)} pairs" if len(family.pairs) > MAX_PAIRS else ""
        yield Details(f"why these belong together{more}", (table(heads, rows),))


def matrix(report: ExtractionReport) -> Iterator[Block]:
    """Which class has which member: shared ones, then how many are a class's own."""
    names = [item.dotted for item in report.classes]
    shared = [row for row in report.matrix if len(row.owners) > 1]
    rows: Rows = [
        (code(row.member), number(len(row.owners)), joined([short(o, names) for o in row.owners])) for row in shared
    ]
    yield from or_nothing([table(("member", "#classes", "defined by"), rows)] if rows else [], "No member is shared.")
    yield Paragraph(f"{plural(len(report.matrix) - len(shared), 'public member')} more, each in one class only.")


def conflicts(report: ExtractionReport) -> Iterator[Block]:
    """Methods whose name promises one call and whose classes want different ones."""
    if not report.conflicts:
        yield Paragraph("None.")
        return
    names = [item.dotted for item in report.classes]
    yield Paragraph(
        "One method name, different calls. Silent means that a positional call written for one class is accepted by "
        "another and fills other parameters, or that one has to be awaited and another not: nothing fails, it is wrong."
    )
    for conflict in report.conflicts:
        yield from _conflict(conflict, names)


def _conflict(conflict: Conflict, names: Sequence[str]) -> Iterator[Block]:
    rows: Rows = [
        (code(f"({', '.join(v.parameters)})"), number(v.required), v.kind, code(v.returns) if v.returns else "-",
         joined([short(o, names) for o in v.owners]))
        for v in conflict.variants
    ]  # fmt: skip
    heads = ("parameters", "#required", "kind", "returns", "classes")
    caption = f"{conflict.member}: {plural(len(rows), 'way')} to call it{', silent' if conflict.silent else ''}"
    yield table(heads, rows, caption)


def order(report: ExtractionReport) -> Iterator[Block]:
    """The order in which the classes can be merged."""
    names = [item.dotted for item in report.classes]
    kept = set(report.brief.preserved) if report.brief else set()
    rows: Rows = [
        (
            number(step.number),
            joined([short(name, names) for name in step.classes]),
            joined([short(name, names) for name in step.needs]) or "nothing planned",
            _step_remark(step, kept),
        )
        for step in report.order
    ]
    heads = ("#step", "merge", "after", "remark")
    yield from or_nothing([table(heads, rows)] if rows else [], "No planned class stands in the tree.")


def _step_remark(step: Step, kept: set[str]) -> str:
    if step.circular:
        return "lean on each other: merge in one step"
    return "preserved as it is: only what it imports is re-pointed" if set(step.classes) <= kept else ""


def helpers(report: ExtractionReport) -> Iterator[Block]:
    """Names beside the planned classes that others import: their modules cannot just be deleted."""
    rows: Rows = [(code(h.module), code(h.name), h.kind, number(h.statements), number(h.files)) for h in report.helpers]
    yield from or_nothing([table(("module", "name", "kind", "#statements", "#files"), rows)] if rows else [], "None.")
    if rows:
        yield Paragraph(every_place("Other names of these modules"))


def traps(report: ExtractionReport) -> Iterator[Block]:
    """Same name, other class: what a rewriting by name would hit."""
    rows: Rows = [(t.name, location(t.path, t.line), code(t.qualname), t.why) for t in report.traps]
    yield from or_nothing([table(("name", "where", "class", "what it is"), rows)] if rows else [], "None.")


def dangling(report: ExtractionReport) -> Iterator[Block]:
    """Imports that are broken before anything is touched."""
    if not report.dangling:
        yield Paragraph("None.")
        return
    yield Paragraph(
        "Names imported from modules of this tree that nothing there binds. They are broken today; no later step may "
        "be charged with them, and none may be added. Those that an installed package could provide after all, since "
        "their top-level folder has no __init__.py, are counted apart."
    )
    counts = Counter((item.module, item.name) for item in report.dangling if not item.elsewhere)
    rows: Rows = [(code(module), code(name), number(count)) for (module, name), count in counts.most_common(MAX_BROKEN)]
    caption = f"the {MAX_BROKEN} most wanted of {plural(len(counts), 'name')}" if len(counts) > MAX_BROKEN else ""
    yield table(("module", "name", "#imports"), rows, caption)
    yield Paragraph(every_place("Broken before anything is touched"))


def unread(report: ExtractionReport) -> Iterator[Block]:
    """Files that could not be read as they stand, and what was left out."""
    yield from or_nothing(list(unread_table(report.unread)), "Every file was read.")
    if report.left_out:
        items = tuple(phrase(location(path), f": {reason}") for path, reason in report.left_out)
        yield Details(f"{plural(len(items), 'file')} left out", (Bullets(items),))
