"""What `migrate` would do with every place of a code base, as it plans and proves it; remembered between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codemods.analysis.usage import ClassUse
from codemods.commands.codebase import CodeBase
from codemods.conventions import Conventions
from codemods.edits import Edit
from codemods.migration.arrangement import Departure
from codemods.migration.cleanup import Cleaner
from codemods.migration.planning import Facts, Stuck
from codemods.migration.survey import Survey, paths_to_study
from codemods.plan import Plan
from codemods.prove.proof import prove
from codemods.prove.views import Rereader, View
from codemods.rewrites.outcomes import Rewritten

PHASES = frozenset({"create", "rewrite", "shims"})


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was planned and proven: by file, and for the classes of the plan.

    `kept` are the uses that keep shims of an earlier run alive, `staying` the classes that do not leave, with why.
    """

    rewritten: Mapping[str, Rewritten]
    refused: Mapping[str, str]
    uses: Mapping[str, tuple[ClassUse, ...]]
    kept: tuple[Edit, ...]
    departures: tuple[Departure, ...]
    stuck: tuple[Stuck, ...]
    staying: Mapping[str, str]


def survey_of(code: CodeBase, plan: Plan) -> tuple[Survey, View]:
    """What planning stands on."""
    studied = sorted({*paths_to_study(plan, View(code.index, {})), *code.builder.studied()})
    rereader = Rereader(code.builder.reading)
    return Survey(plan, Conventions(plan.conventions), rereader, code.read), View(
        code.index, code.builder.uses(studied)
    )


def verdicts(code: CodeBase, plan: Plan) -> Verdicts:
    """The verdicts over a code base. Raises ConfigError when the plan's destination is not there."""
    return code.remembered(lambda: _verdicts(code, plan), "verdicts")


def _verdicts(code: CodeBase, plan: Plan) -> Verdicts:
    survey, view = survey_of(code, plan)
    planner = survey.planner(view)
    planning = planner.plan(PHASES)
    again = planner.again
    proof = prove(view, planning.planned, survey.rereader, lambda now, sources: again(planning.moves, now, sources))
    cleaner = Cleaner(plan, survey.conventions, planner.facts.layout, view, survey.read)
    return Verdicts(
        {found.path: found for found in planning.rewritten},
        {item.path: item.reason for item in proof.refused},
        _by_path(planner.facts),
        cleaner.clean({}, False).kept,
        planning.arrangement.departures,
        planning.stuck,
        planner.facts.staying,
    )


def _by_path(facts: Facts) -> Mapping[str, tuple[ClassUse, ...]]:
    found: dict[str, list[ClassUse]] = {}
    for use in facts.uses:
        found.setdefault(use.path, []).append(use)
    return {path: tuple(uses) for path, uses in found.items()}
