"""The migration report of one planned and proven migration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from codemods.edits import Applicability, Edit
from codemods.migration.cleanup import Cleanup
from codemods.migration.planning import Facts, Planning
from codemods.plan import Plan, PlannedClass
from codemods.prove.proof import Proof
from reports.documents.migration import ClassProgress, Comparison, MigrationReport, Refusal, Site, StepResult

Item = TypeVar("Item")


def migration_report(
    facts: Facts, planning: Planning, proof: Proof, phases: Iterable[str], written: bool
) -> MigrationReport:
    """The report; `written` tells whether the changes are made or only shown."""
    accepted = {item.path for item in proof.accepted}
    changes = proof.changes
    edits = [edit for item in planning.rewritten for edit in item.edits]
    made = {(edit.path, edit.start, edit.end) for item in proof.accepted for edit in item.edits}
    done = [edit for edit in edits if (edit.path, edit.start, edit.end) in made and _applied(edit)]
    review = [edit for edit in edits if edit.applicability is Applicability.REVIEW and edit not in done]
    return MigrationReport(
        title=facts.plan.title,
        destination=facts.plan.destination,
        phases=tuple(phases),
        written=written,
        created=tuple(sorted(change.path for change in changes if change.before is None)),
        replaced=tuple(sorted(item.path for item in _replaced(planning, accepted))),
        changed=tuple(sorted(change.path for change in changes if change.before and change.after is not None)),
        deleted=tuple(sorted(change.path for change in changes if change.after is None)),
        classes=tuple(_classes(facts, planning, done, accepted)),
        done=tuple(map(_site, done)),
        review=tuple(map(_site, review)),
        left=tuple(_site(edit) for edit in edits if edit.applicability is Applicability.MANUAL),
        refused=tuple(Refusal(item.path, item.reason) for item in proof.refused),
        stuck=tuple(Refusal(item.path, item.reason) for item in planning.stuck),
        in_the_way=facts.creation.kept,
        comparisons=tuple(
            Comparison(d.name, d.before, d.after, d.gone, d.come)
            for d in (*proof.differences, facts.calls.difference(planning.moves.held))
        ),
        handed_on=sum(len(item.handed_on) for item in planning.rewritten),
    )


def cleanup_report(plan: Plan, cleanup: Cleanup, proof: Proof, written: bool) -> MigrationReport:
    """The report of the phase cleanup."""
    changes = proof.changes
    texts = sorted({edit.path for edit in cleanup.mentions} & {item.path for item in cleanup.planned})
    return MigrationReport(
        title=plan.title,
        destination=plan.destination,
        phases=("cleanup",),
        written=written,
        created=(),
        replaced=(),
        changed=(*sorted(change.path for change in changes if change.after is not None), *texts),
        deleted=tuple(sorted(change.path for change in changes if change.after is None)),
        classes=(),
        done=(),
        review=(),
        left=tuple(map(_site, cleanup.kept)),
        refused=tuple(Refusal(item.path, item.reason) for item in proof.refused),
        stuck=(),
        in_the_way=(),
        comparisons=tuple(Comparison(d.name, d.before, d.after, d.gone, d.come) for d in proof.differences),
        mentions=tuple(map(_site, cleanup.mentions)),
    )


def joined(reports: Sequence[MigrationReport], steps: Sequence[StepResult]) -> MigrationReport:
    """The reports of all steps as one; what a later step finds done or left is what counts."""
    last = reports[-1]
    if len(reports) == 1:
        return replace(last, steps=tuple(steps))
    kept = [report for report, step in zip(reports, steps, strict=True) if step.state == "done"]
    return replace(
        last,
        written=bool(kept),
        created=_all(report.created for report in kept),
        replaced=_all(report.replaced for report in kept),
        changed=_all(report.changed for report in kept),
        deleted=_all(report.deleted for report in kept),
        classes=tuple(
            _furthest(versions) for versions in zip(*(report.classes for report in kept or reports), strict=True)
        ),
        done=_all(report.done for report in kept),
        review=_all(report.review for report in reports),
        left=_all(report.left for report in reports),
        refused=_all(report.refused for report in reports),
        stuck=_all(report.stuck for report in reports),
        comparisons=tuple(
            _over_all(versions) for versions in zip(*(report.comparisons for report in reports), strict=True)
        ),
        handed_on=last.handed_on,
        steps=tuple(steps),
    )


def _all(parts: Iterable[tuple[Item, ...]]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _furthest(versions: Sequence[ClassProgress]) -> ClassProgress:
    """A class as the step that concerned it left it."""
    told = next((item for item in versions if item.state not in {"done"}), versions[-1])
    return replace(told, rewritten=max(item.rewritten for item in versions), left=max(item.left for item in versions))


def _over_all(versions: Sequence[Comparison]) -> Comparison:
    first, last = versions[0], versions[-1]
    gone = _all(item.gone for item in versions)
    return replace(last, before=first.before, gone=gone, come=_all(item.come for item in versions))


def _applied(edit: Edit) -> bool:
    return edit.applicability is not Applicability.MANUAL


def _site(edit: Edit) -> Site:
    return Site(edit.path, edit.line, edit.rule, edit.reason, edit.advice)


def _replaced(planning: Planning, accepted: Collection[str]) -> Iterator[Refusal]:
    for departure in planning.arrangement.departures:
        if departure.replaced and departure.path in accepted:
            yield Refusal(departure.path, departure.module)


def _classes(
    facts: Facts, planning: Planning, done: Iterable[Edit], accepted: Collection[str]
) -> Iterator[ClassProgress]:
    rewritten = Counter(old for edit in done for old in _named(edit, facts))
    left = Counter(old for item in planning.rewritten for edit in item.left for old in _named(edit, facts))
    stuck = {item.module: item.reason for item in planning.stuck}
    leaving = {f"{d.module}.{one.name}" for d in planning.arrangement.departures for one in (*d.leaving, *d.nested)}
    preserved = {item.dotted for item in facts.plan.preserved}
    for planned in facts.plan.classes:
        state, note = _state(planned, facts, stuck, leaving, preserved)
        yield ClassProgress(
            planned.dotted,
            facts.layout.dotted(planned.target),
            state,
            rewritten[planned.dotted],
            left[planned.dotted],
            note,
        )


def _state(
    planned: PlannedClass, facts: Facts, stuck: dict[str, str], leaving: Collection[str], preserved: Collection[str]
) -> tuple[str, str]:
    if planned.dotted in preserved:
        return "preserved", "stays exactly as it is"
    if planned.module in stuck:
        return "kept", stuck[planned.module]
    if planned.dotted not in leaving:
        return "done", "not in the code base, or moved by an earlier run"
    told = facts.different.get(planned.dotted)
    if told is not None and told.any:
        return "adapted", "the old path keeps the old calls"
    return "moved", ""


def _named(edit: Edit, facts: Facts) -> Iterator[str]:
    """The planned classes that the reason of an edit names by their old dotted path."""
    words = edit.reason.replace(";", " ").replace(":", " ").split()
    yield from (planned.dotted for planned in facts.plan.classes if planned.dotted in words)
