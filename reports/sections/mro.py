"""The MRO report as it is told: each class with its tree, what wins, who feels a change."""

from __future__ import annotations

from collections.abc import Iterator

from reports.blocks import Block, Bullets, Details, Diagram, Heading, Paragraph, Toc, Tree, TreeNode, code, location
from reports.documents.common import Unread
from reports.documents.mro import ClassList, ClassMro, MroReport
from reports.sections.parts import (
    Rows,
    joined,
    listed,
    node,
    number,
    phrase,
    plural,
    short,
    table,
    tally,
    unread_table,
    where,
)

MAX_EDGES = 60  # in the diagram; what is cut is said


def mro_sections(report: MroReport) -> list[Block]:
    """The whole report."""
    blocks: list[Block] = [Heading(1, "MRO report"), *_opening(report), Toc()]
    names = [item.dotted for item in report.classes]
    for item in report.classes:
        blocks += [Heading(2, short(item.dotted, names)), *_class(item, names)]
    return [*blocks, *_overlaps(report, names), *_unread(report.unread)]


def mro_list(report: ClassList) -> list[Block]:
    """Every class on a line."""
    rows = [
        (
            code(f"{item.module}.{item.qualname}"),
            location(item.path, item.line),
            _order(item.mro),
            _open(item.unresolved, item.conflict),
        )
        for item in report.classes
    ]
    heads = ("class", "where", "method resolution order", "unresolved or inconsistent")
    return [Heading(1, "Every class"), table(heads, rows), *_unread(report.unread)]


def _unread(files: tuple[Unread, ...]) -> Iterator[Block]:
    """What this report cannot speak of."""
    if files:
        yield Heading(2, "Files that could not be read")
        yield from unread_table(files)


def _opening(report: MroReport) -> Iterator[Block]:
    if not report.classes:
        yield Paragraph(
            "None of the planned classes stands in this code base: name a class, or ask for all with --all."
        )
        return
    names = [item.dotted for item in report.classes]
    risky = sum(bool(item.risks) for item in report.classes)
    broken = sum(bool(item.unresolved or item.conflict) for item in report.classes)
    yield Paragraph(
        f"{plural(len(names), 'class', 'classes')}, read and not imported; {number(broken)} with a base that cannot be "
        f"read or a hierarchy that cannot stand, {number(risky)} with a risk in the hierarchy itself."
    )
    rows = [
        (short(item.dotted, names), location(item.path, item.line), number(len(item.mro)), _verdicts(item))
        for item in report.classes
    ]
    yield table(("class", "where", "#depth", "members, if merged as they stand"), rows)
    if any(item.target or len(item.mro) > 2 for item in report.classes):
        yield _diagram(report)


def _verdicts(item: ClassMro) -> str:
    counts = [(v, sum(impact.verdict == v for impact in item.impacts)) for v in ("breaks", "adapts", "safe")]
    return ", ".join(f"{verdict} {count}" for verdict, count in counts if count) or "-"


def _diagram(report: MroReport) -> Diagram:
    """Every class under its ancestors, and beside what it becomes."""
    edges = list(
        dict.fromkeys(
            (above, below)
            for item in report.classes
            for below, above in zip(item.mro, item.mro[1:], strict=False)
            if above != "builtins.object"
        )
    )
    merges = [(item.dotted, item.target) for item in report.classes if item.target]
    shown, becoming = edges[:MAX_EDGES], merges[:MAX_EDGES]
    keys = {name: f"c{count}" for count, name in enumerate(dict.fromkeys(n for e in [*shown, *becoming] for n in e))}
    lines = ["flowchart BT", *(node(key, short(name, keys)) for name, key in keys.items())]
    lines += [f"    {keys[below]} --> {keys[above]}" for above, below in shown]
    lines += [f"    {keys[one]} -. becomes .-> {keys[target]}" for one, target in becoming]
    cut = max(0, len(edges) - MAX_EDGES) + max(0, len(merges) - MAX_EDGES)
    return Diagram("mermaid", "\n".join(lines), f"{plural(cut, 'edge')} left out" if cut else "")


def _class(item: ClassMro, names: list[str]) -> Iterator[Block]:
    becomes = phrase(", becomes ", code(item.target)) if item.target else ""
    yield Paragraph(phrase(location(item.path, item.line), becomes))
    yield from hierarchy(item)
    yield from impacts(item)
    yield from consumers(item)


def hierarchy(item: ClassMro) -> Iterator[Block]:
    """What a class inherits, what is wrong with that, and which members come from where."""
    yield _tree(item)
    notes = [
        *([f"Inconsistent: {item.conflict}"] if item.conflict else ()),
        *(f"Unresolved: {u}" for u in item.unresolved),
    ]
    notes += [f"Risk: {risk}" for risk in item.risks]
    notes += [f"Advice: {advice}" for advice in item.advice]
    if notes:
        yield Bullets(tuple(notes))
    yield from _resolutions(item)


def _tree(item: ClassMro) -> Tree:
    """The linearization from the class up, each with the members that something below overrides."""
    branch: TreeNode | None = None
    for ancestor in reversed(item.ancestors):
        where_ = phrase(" ", location(ancestor.path, ancestor.line)) if ancestor.path else " outside the code base"
        over = phrase(", overridden below: ", listed(ancestor.overridden)) if ancestor.overridden else ""
        size = f" {plural(len(ancestor.members), 'member')}" if ancestor.members else ""
        branch = TreeNode(phrase(code(ancestor.dotted), where_, size, over), (branch,) if branch else ())
    return Tree(branch or TreeNode(code(item.dotted)))


def _resolutions(item: ClassMro) -> Iterator[Block]:
    rows: Rows = [
        (code(row.method), code(row.provider), listed(row.hides))
        for row in item.resolutions
        if row.provider != item.dotted or row.hides
    ]
    if rows:
        yield Details(
            f"{plural(len(rows), 'member')} inherited or overriding", (table(("member", "comes from", "hides"), rows),)
        )


def impacts(item: ClassMro) -> Iterator[Block]:
    """What merging the class as it stands would do to the users of each member."""
    order = {"breaks": 0, "adapts": 1, "safe": 2}
    found = sorted(item.impacts, key=lambda impact: (order[impact.verdict], -impact.calls, impact.member))
    rows: Rows = [(i.verdict, code(i.member), number(i.calls), i.reason, joined(where(i.places))) for i in found]
    if rows:
        heads = ("if merged", "member", "#known uses", "why", "where")
        yield Details(f"if it were merged as it stands: {_verdicts(item)}", (table(heads, rows),))


def consumers(item: ClassMro) -> Iterator[Block]:
    """The files that use a class, with the members that each uses."""
    if item.subclasses:
        yield Paragraph(phrase("Subclassed at ", joined([location(place) for place in item.subclasses])))
    rows: Rows = [(location(c.path), c.area, tally(c.members)) for c in item.consumers]
    if rows:
        yield Details(f"{plural(len(rows), 'file')} that use it", (table(("file", "area", "members used"), rows),))


def _overlaps(report: MroReport, names: list[str]) -> Iterator[Block]:
    rows: Rows = [
        (short(o.one, names), short(o.other, names), number(o.likeness), listed(o.shared), number(len(o.same_call)))
        for o in sorted(report.overlaps, key=lambda overlap: -overlap.likeness)
    ]
    if rows:
        yield Heading(2, "Method overlap between the classes")
        heads = ("class", "and", "#shared of 1000", "public members both have", "#with the same parameters")
        yield table(heads, rows)


def _order(mro: tuple[str, ...]) -> str:
    return " → ".join(mro)


def _open(unresolved: tuple[str, ...], conflict: str) -> str:
    return "; ".join([*unresolved, *([conflict] if conflict else [])]) or "-"
