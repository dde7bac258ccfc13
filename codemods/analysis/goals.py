"""The plan's success criteria held against the tree: done, open, or unknown to a reader of source code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from codemods.inventory import Inventory
from codemods.plan import Plan
from reports.documents.across import EventFlow
from reports.documents.extraction import Goal


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the measures look at."""

    plan: Plan
    inventory: Inventory
    events: tuple[EventFlow, ...]
    targets_present: frozenset[str]  # dotted targets of the plan that exist in the tree


Verdict = tuple[str, str]


def goals(evidence: Evidence) -> tuple[Goal, ...]:
    """Each criterion of the plan with its state and what shows it."""
    return tuple(Goal(c.text, *_measure(c.measure, evidence)) for c in evidence.plan.criteria)


def _measure(measure: str, evidence: Evidence) -> Verdict:
    kind, _, argument = measure.partition(":")
    return _MEASURES.get(kind, _unmeasured)(evidence, argument)


def _single_target(evidence: Evidence, family: str) -> Verdict:
    """Done when no class of the family stands outside its target, and the target is there."""
    left = [e for e in evidence.inventory.entries if e.planned.family == family and e.state in {"found", "moved"}]
    wanted = {e.planned.target for e in evidence.inventory.entries if e.planned.family == family}
    present = sorted(target for target in wanted if f"{evidence.plan.destination}.{target}" in evidence.targets_present)
    told = ", ".join(f"{e.planned.qualname} ({e.path}:{e.line})" for e in left)
    if left:
        return "open", f"{len(left)} still stand: {told}"
    return ("done", f"only {', '.join(present)} is left") if present else ("open", "the target is not in the tree yet")


def _events(evidence: Evidence, _: str) -> Verdict:
    silent = [flow.event for flow in evidence.events if not flow.producers]
    if silent:
        return "open", f"no planned class makes {', '.join(silent)}"
    makers = {producer.owner for flow in evidence.events for producer in flow.producers}
    count = len(evidence.events)
    return "unknown", f"all {count} are made, by {len(makers)} classes; that they arrive only a run can show"


def _preserved(evidence: Evidence, _: str) -> Verdict:
    kept = {preserved.dotted for preserved in evidence.plan.preserved}
    entries = [entry for entry in evidence.inventory.entries if entry.planned.dotted in kept]
    gone = [entry for entry in entries if entry.state != "found"]
    if gone or not entries:
        return "open", "; ".join(
            f"{e.planned.qualname}: {e.state}, {e.note}" for e in gone
        ) or "not in the plan's classes"
    return "done", ", ".join(f"{e.planned.qualname} stands at {e.path}:{e.line}-{e.end}" for e in entries)


def _isolation(evidence: Evidence, _: str) -> Verdict:
    return "unknown", "that one user's events stay with that user only a run can show"


def _file_count(evidence: Evidence, _: str) -> Verdict:
    paths = {e.path for e in evidence.inventory.entries if e.state in {"found", "moved"}}
    limit = len(evidence.plan.targets)
    state = "done" if len(paths) <= limit and evidence.targets_present else "open"
    return state, f"the planned classes stand in {len(paths)} files; the plan wants {limit}"


def _unmeasured(evidence: Evidence, _: str) -> Verdict:
    return "unknown", "reading source code cannot answer this; run the tests"


_MEASURES: dict[str, Callable[[Evidence, str], Verdict]] = {
    "single-target": _single_target,
    "events": _events,
    "preserved": _preserved,
    "isolation": _isolation,
    "file-count": _file_count,
}
