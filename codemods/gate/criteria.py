"""The plan's success criteria, each computed, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codemods.gate.runtime import Promise
from codemods.gate.state import State
from codemods.plan import Criterion, Plan
from reports.documents.check import Finding
from reports.documents.extraction import Goal

SHOWN = 3  # places named in the evidence of a criterion; all of them are findings


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the criteria are measured by. `promises` are None when nothing was run."""

    plan: Plan
    state: State
    findings: Sequence[Finding]
    promises: Sequence[Promise] | None

    def of_rule(self, *rules: str) -> list[Finding]:
        """The findings of some rules, known ones included."""
        return [finding for finding in self.findings if finding.rule in rules]


Verdict = tuple[str, str]


def criteria(evidence: Evidence) -> tuple[Goal, ...]:
    """Each criterion as done, open or unknown, and what shows it."""
    return tuple(Goal(item.text, *_verdict(item, evidence)) for item in evidence.plan.criteria)


def _verdict(criterion: Criterion, evidence: Evidence) -> Verdict:
    kind, _, argument = criterion.measure.partition(":")
    return _MEASURES[kind](evidence, argument)


def _single_target(evidence: Evidence, family: str) -> Verdict:
    left = [place for place in evidence.state.standing if place.family == family]
    if left:
        return "open", f"{len(left)} still stand: {_some([str(place) for place in left])}"
    target = next(item.target for item in evidence.plan.families if item.name == family)
    there = [place for word, place in evidence.state.unified if word == target]
    if not there:
        return "open", f"{evidence.plan.destination}.{target} is not in the tree"
    second = [item for item in evidence.of_rule("WSC004") if item.name == there[0].qualname]
    if second:
        return "open", f"{len(second) + 1} of that name: {_some([f'{item.path}:{item.line}' for item in second])}"
    return "done", f"one implementation: {there[0]}"


def _events(evidence: Evidence, _: str) -> Verdict:
    problems = evidence.of_rule("WSC006")
    if problems:
        return "open", _some([item.message for item in problems])
    makers = len({made.dotted for made in evidence.state.producers})
    count = len(evidence.plan.events)
    told = f"all {count} are made, by {makers} class{'es' if makers != 1 else ''}, no recorded producer is lost"
    return _ran(evidence, "events", told)


def _isolation(evidence: Evidence, _: str) -> Verdict:
    hazards = evidence.of_rule("WSC009")
    if hazards:
        places = [f"{item.path}:{item.line}" for item in hazards]
        return "open", f"{len(hazards)} cross-user hazard{'s' if len(hazards) != 1 else ''}: {_some(places)}"
    return _ran(evidence, "isolation", "no cross-user hazard found by reading")


def _preserved(evidence: Evidence, _: str) -> Verdict:
    problems = evidence.of_rule("WSC007")
    if problems:
        return "open", _some([item.message for item in problems])
    stand = (f"{dotted.rpartition('.')[2]} stands in {path}" for dotted, path in evidence.state.preserved)
    return "done", ", ".join(stand)


def _event_loss(evidence: Evidence, _: str) -> Verdict:
    return _ran(evidence, "event-loss", "reading cannot show it")


def _file_count(evidence: Evidence, _: str) -> Verdict:
    left = {place.path for place in evidence.state.standing}
    there, wanted = evidence.state.files, evidence.plan.targets
    told = f"{len(left)} files with planned classes" if left else "no file has a planned class any more"
    told += f"; {len(there)} of the plan's {len(wanted)} are there{': ' if there else ''}{', '.join(there)}"
    return ("done" if there and not left else "open"), told


def _tests(_evidence: Evidence, _: str) -> Verdict:
    return "unknown", "run the code base's own tests"


def _ran(evidence: Evidence, criterion: str, told: str) -> Verdict:
    """What was run settles what reading leaves open."""
    if evidence.promises is None:
        return "unknown", f"{told}; --runtime runs the unified modules' own promises"
    wanted = {criterion} | ({"limits"} if criterion == "isolation" else set())
    ours = [promise for promise in evidence.promises if promise.criterion in wanted]
    broken = [f"{promise.promise}: {promise.problem}" for promise in ours if not promise.holds]
    if broken or not ours:
        return "open", _some(broken) or "the copy in the tree promises nothing of it"
    return "done", f"{told}; {len(ours)} promises hold when run"


def _some(told: Sequence[str]) -> str:
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return ", ".join(told[:SHOWN]) + more


_MEASURES: dict[str, Callable[[Evidence, str], Verdict]] = {
    "single-target": _single_target,
    "events": _events,
    "isolation": _isolation,
    "preserved": _preserved,
    "event-loss": _event_loss,
    "file-count": _file_count,
    "tests": _tests,
}
