"""In which order classes can be merged: what a class leans on comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from reports.documents.across import Step


def merge_order(needs: Mapping[str, Iterable[str]]) -> list[Step]:
    """Order the classes by what each needs; those that need each other in a circle form one step."""
    graph = {name: {need for need in found if need in needs and need != name} for name, found in needs.items()}
    circle_of = {name: circle for circle in _circles(graph) for name in circle}
    outer = {
        circle: {circle_of[need] for name in circle for need in graph[name] if circle_of[need] != circle}
        for circle in dict.fromkeys(circle_of.values())
    }
    steps: list[Step] = []
    sorter = TopologicalSorter(outer)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        for circle in ready:
            inner = set(circle)
            leans = sorted({need for name in circle for need in graph[name]} - inner)
            steps.append(Step(len(steps) + 1, circle, tuple(leans), len(circle) > 1))
        sorter.done(*ready)
    return steps


def _circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """Strongly connected components; a plan has tens of classes, so reachability is plain and fast enough."""
    reach = {name: _reachable(graph, name) for name in graph}
    return [tuple(sorted(other for other in graph if other in reach[name] and name in reach[other])) for name in graph]


def _reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen = {start}
    pending = [start]
    while pending:
        new = graph[pending.pop()] - seen
        seen |= new
        pending += new
    return seen
