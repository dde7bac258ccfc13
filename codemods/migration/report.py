"""The migration report of one planned and proven migration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from codemods.edits import Applicability, Edit, FileChange
from codemods.migration.cleanup import Cleanup
from codemods.migration.planning import Facts, Planning, Stuck
from codemods.migration.uses_renamed import Renamed
from codemods.plan import Plan, PlannedClass
from codemods.prove.proof import Difference, Proof, Refused
from reports.documents.migration import ClassProgress, Comparison, MigrationReport, OwnerLeft, Refusal, Site, StepResult

Item = TypeVar("Item")
Paths = tuple[str, ...]


def migration_report(
    facts: Facts, planning: Planning, proof: Proof, phases: Iterable[str], written: bool
) -> MigrationReport:
    """The report; `written` tells whether the changes are made or only shown."""
    accepted = {item.path for item in proof.accepted}
    created, changed, deleted = _paths(proof.changes)
    edits = [edit for item in planning.rewritten for edit in item.edits]
    done, review, left = _fates(edits, proof)
    return MigrationReport(
        title=facts.plan.title,
        destination=facts.plan.destination,
        phases=tuple(phases),
        written=written,
        created=created,
        replaced=tuple(sorted(_replaced(planning, accepted))),
        changed=changed,
        deleted=deleted,
        classes=tuple(_classes(facts, planning, done)),
        done=tuple(map(_site, done)),
        review=tuple(map(_site, review)),
        left=tuple(map(_site, left)),
        refused=_refusals(proof.refused),
        stuck=(*_refusals(planning.stuck), *_staying(facts)),
        in_the_way=facts.creation.kept,
        comparisons=_comparisons((*proof.differences, facts.calls.difference(planning.moves.held))),
        handed_on=sum(len(item.handed_on) for item in planning.rewritten),
    )


def cleanup_report(plan: Plan, cleanup: Cleanup, proof: Proof, written: bool) -> MigrationReport:
    """The report of the phase cleanup."""
    _, changed, deleted = _paths(proof.changes)
    texts = sorted({edit.path for edit in cleanup.mentions} & {item.path for item in cleanup.planned})
    return MigrationReport(
        title=plan.title,
        destination=plan.destination,
        phases=("cleanup",),
        written=written,
        created=(),
        replaced=(),
        changed=(*changed, *texts),
        deleted=deleted,
        classes=(),
        done=(),
        review=(),
        left=tuple(map(_site, cleanup.kept)),
        refused=_refusals(proof.refused),
        stuck=(),
        in_the_way=(),
        comparisons=_comparisons(proof.differences),
        mentions=tuple(map(_site, cleanup.mentions)),
    )


def _paths(changes: Iterable[FileChange]) -> tuple[Paths, Paths, Paths]:
    """The files that are created, changed and deleted."""
    kinds: dict[str, list[str]] = {"created": [], "changed": [], "deleted": []}
    for change in sorted(changes, key=lambda change: change.path):
        kind = "created" if change.before is None else "deleted" if change.after is None else "changed"
        kinds[kind].append(change.path)
    return tuple(kinds["created"]), tuple(kinds["changed"]), tuple(kinds["deleted"])


def _fates(edits: Iterable[Edit], proof: Proof) -> tuple[list[Edit], list[Edit], list[Edit]]:
    """The edits that are made, those that wait for a review, and those that are only told."""
    made = {(edit.path, edit.start, edit.end) for item in proof.accepted for edit in item.edits}
    done, review, left = [], [], []
    for edit in edits:
        if edit.applicability is Applicability.MANUAL:
            left.append(edit)
        elif (edit.path, edit.start, edit.end) in made:
            done.append(edit)
        elif edit.applicability is Applicability.REVIEW:
            review.append(edit)
    return done, review, left


def _refusals(found: Iterable[Stuck | Refused]) -> tuple[Refusal, ...]:
    return tuple(Refusal(item.path, item.reason) for item in found)


def _staying(facts: Facts) -> Iterator[Refusal]:
    for planned in facts.plan.classes:
        closeup = facts.unified.of(planned.dotted) if planned.dotted in facts.staying else None
        if closeup is not None:
            yield Refusal(closeup.path, f"{planned.qualname} stays: {facts.staying[planned.dotted]}")


def _comparisons(differences: Iterable[Difference]) -> tuple[Comparison, ...]:
    return tuple(Comparison(item.name, item.before, item.after, item.gone, item.come) for item in differences)


def with_renamed(report: MigrationReport, renamed: Renamed, proof: Proof) -> MigrationReport:
    """The report with the uses that were renamed after everything else."""
    accepted = {item.path for item in proof.accepted}
    done = (edit for item in renamed.planned if item.path in accepted for edit in item.edits)
    return replace(
        report,
        changed=_all((report.changed, tuple(sorted(accepted - set(report.created))))),
        done=(*report.done, *map(_site, done)),
        left=(*report.left, *map(_site, renamed.kept)),
        refused=(*report.refused, *_refusals(proof.refused)),
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


def with_owners(report: MigrationReport, group: Callable[[str], str]) -> MigrationReport:
    """The report with whose files are left; `group` names the owners of a path."""
    places = {(site.path, site.line) for site in (*report.left, *report.review)}
    found = Counter(group(path) for path, _ in places)
    files = Counter(group(path) for path in {path for path, _ in places})
    ranked = sorted(found, key=lambda owner: (-found[owner], owner))
    return replace(report, owners=tuple(OwnerLeft(owner, found[owner], files[owner]) for owner in ranked))


def _all(parts: Iterable[tuple[Item, ...]]) -> tuple[Item, ...]:
    return tuple(dict.fromkeys(item for part in parts for item in part))


def _furthest(versions: Sequence[ClassProgress]) -> ClassProgress:
    """A class as the step that concerned it left it."""
    told = next((item for item in versions if item.state not in {"done", "waiting"}), versions[-1])
    return replace(told, rewritten=max(item.rewritten for item in versions), left=max(item.left for item in versions))


def _over_all(versions: Sequence[Comparison]) -> Comparison:
    first, last = versions[0], versions[-1]
    gone = _all(item.gone for item in versions)
    return replace(last, before=first.before, gone=gone, come=_all(item.come for item in versions))


def _site(edit: Edit) -> Site:
    return Site(edit.path, edit.line, edit.rule, edit.reason, edit.advice)


def _replaced(planning: Planning, accepted: Collection[str]) -> Iterator[str]:
    departures = planning.arrangement.departures
    return (departure.path for departure in departures if departure.replaced and departure.path in accepted)


def _classes(facts: Facts, planning: Planning, done: Iterable[Edit]) -> Iterator[ClassProgress]:
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
    if planned.dotted in facts.staying:
        return "kept", facts.staying[planned.dotted]
    if planned.module in stuck:
        return "kept", stuck[planned.module]
    if planned.dotted not in leaving:
        standing = facts.unified.of(planned.dotted)
        if standing is not None and standing.dotted == planned.dotted:
            return "waiting", "not asked for, or rolled back"
        return "done", "not in the code base, or moved by an earlier run"
    told = facts.different.get(planned.dotted)
    if told is not None and told.any:
        return "adapted", "the old path keeps the old calls"
    return "moved", ""


def _named(edit: Edit, facts: Facts) -> Iterator[str]:
    """The planned classes that the reason of an edit names by their old dotted path."""
    words = edit.reason.replace(";", " ").replace(":", " ").split()
    yield from (planned.dotted for planned in facts.plan.classes if planned.dotted in words)
