"""Documents as drawings: who inherits, what becomes what, who makes which event, how much is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from reports.documents.across import EventFlow
from reports.documents.history import HistoryRun
from reports.documents.mro import ClassMro
from reports.sections.parts import number, plural, short
from reports.site.page import Box, Drawing, Note, Stroke

MAX_IN_COLUMN, MAX_LABEL, MAX_RUNS = 20, 36, 120
STEP, GAP, HIGH, LETTER, PADDING = 40, 110, 28, 7.6, 22
Edge = tuple[str, str, str]  # from, to, kind
Column = tuple[str, str, Sequence[str]]  # its heading, the kind of its boxes, its names


def columns(title: str, told: str, parts: Sequence[Column], edges: Iterable[Edge]) -> Drawing:
    """Names in columns with edges between them; long columns are cut, and that is said."""
    shown = [(head, kind, list(dict.fromkeys(names))[:MAX_IN_COLUMN]) for head, kind, names in parts]
    left = sum(len(set(names)) for _, _, names in parts) - sum(len(names) for _, _, names in shown)
    rows = max((len(names) for _, _, names in shown), default=0)
    boxes: dict[str, Box] = {}
    notes: list[Note] = []
    x = 0
    for head, kind, names in shown:
        width = max((_width(name) for name in [head, *names]), default=0)
        top = 30 + (rows - len(names)) * STEP // 2
        notes.append(Note(x, 16, head))
        boxes |= {name: Box(x, top + row * STEP, width, _clipped(name), kind) for row, name in enumerate(names)}
        x += width + GAP
    strokes = tuple(_between(boxes[a], boxes[b], kind) for a, b, kind in edges if a in boxes and b in boxes)
    cut = f"{plural(left, 'name')} left out; the tables below have all." if left else ""
    return Drawing(max(x - GAP, 1), 30 + rows * STEP, title, told, tuple(boxes.values()), strokes, tuple(notes), cut)


def _between(one: Box, other: Box, kind: str) -> Stroke:
    return Stroke(((one.x + one.width, one.y + HIGH // 2), (other.x, other.y + HIGH // 2)), kind)


def _width(label: str) -> int:
    return round(len(_clipped(label)) * LETTER) + PADDING


def _clipped(label: str) -> str:
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"


def becoming(classes: Sequence[ClassMro]) -> Drawing:
    """Every class of the plan beside what it becomes."""
    names = [item.dotted for item in classes]
    edges = [(short(item.dotted, names), f"→ {item.target}", "made") for item in classes if item.target]
    targets = [target for _, target, _ in edges]
    parts = [("today", "class", [short(name, names) for name in names]), ("becomes", "target", targets)]
    told = "; ".join(f"{one} becomes {other[2:]}" for one, other, _ in edges)
    return columns("What becomes what", told, parts, edges)


def lineage(item: ClassMro) -> Drawing:
    """One class below its ancestors, in the order in which members are looked up."""
    every = list(reversed(item.ancestors))
    shown = every[-MAX_IN_COLUMN:]
    labels = [_ancestor(one.dotted, len(one.members)) for one in shown]
    width = max((_width(label) for label in labels), default=1)
    last = len(shown) - 1
    boxes = tuple(
        Box(0, row * STEP, width, _clipped(label), "class" if row == last else "root")
        for row, label in enumerate(labels)
    )
    strokes = tuple(
        Stroke(((width // 2, low.y), (width // 2, high.y + HIGH)), "inherits") for high, low in pairwise(boxes)
    )
    told = " looks in ".join(one.dotted for one in item.ancestors)
    cut = f"{plural(len(every) - len(shown), 'ancestor')} left out." if len(every) > len(shown) else ""
    return Drawing(width, max(len(boxes), 1) * STEP, f"Ancestors of {item.name}", told, boxes, strokes, cut=cut)


def _ancestor(dotted: str, members: int) -> str:
    name = dotted.rpartition(".")[2]
    return f"{name} · {plural(members, 'member')}" if members else name


def flow(flows: Sequence[EventFlow], names: Sequence[str]) -> Drawing:
    """Events, the classes that make them, and what these hand them to."""
    made = dict.fromkeys((one.event, short(p.owner, names)) for one in flows for p in one.producers)
    handed = dict.fromkeys(
        (short(t.owner, names), f"{t.call.name.rpartition('.')[2]}()") for one in flows for t in one.transports
    )
    parts = [
        ("event", "event", [one.event for one in flows]),
        ("made by", "class", [maker for _, maker in made]),
        ("handed to", "carrier", [carrier for _, carrier in handed]),
    ]
    edges: list[Edge] = [(*edge, "made") for edge in made]
    edges += [(*edge, "handed") for edge in handed]
    told = "; ".join(f"{event} is made by {_listed(made, event)}" for event in dict.fromkeys(e for e, _ in made))
    return columns("Events, who makes them, and what carries them", told, parts, edges)


def _listed(edges: Mapping[tuple[str, str], None], start: str) -> str:
    return ", ".join(end for one, end in edges if one == start)


def burndown(runs: Sequence[HistoryRun]) -> Drawing:
    """The findings of all rules, run after run."""
    shown = runs[-MAX_RUNS:]
    totals = [sum(count for _, count in run.counts) for run in shown]
    wide, high, left, top = 640, 200, 60, 20
    most = max([*totals, 1])
    across = [left + round(wide * n / max(len(shown) - 1, 1)) for n in range(len(shown))]
    points = tuple((x, top + high - round(high * total / most)) for x, total in zip(across, totals, strict=True))
    floor = top + high
    notes = (
        Note(left - 8, top + 5, number(most), "end"),
        Note(left - 8, floor, "0", "end"),
        Note(left, floor + 20, _commit(shown[0])),
        Note(left + wide, floor + 20, _commit(shown[-1]), "end"),
    )
    axes = Stroke(((left, top), (left, floor), (left + wide, floor)), "axis")
    told = f"From {number(totals[0])} findings to {number(totals[-1])} in {plural(len(shown), 'run')}."
    cut = f"The last {MAX_RUNS} of {number(len(runs))} runs." if len(runs) > MAX_RUNS else ""
    strokes = (axes, Stroke(points, "total"))
    return Drawing(left + wide + 20, floor + 30, "Findings left, run after run", told, (), strokes, notes, cut)


def _commit(run: HistoryRun) -> str:
    return (run.commit[:10] or "no commit") + (" and changes" if run.dirty else "")
