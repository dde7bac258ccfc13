"""The report's document: goals, classes and numbers put together from small code bases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codemods.analysis.extraction import extraction_report
from codemods.plan import Criterion, Event, Limit, Phase, Plan, Preserved, Risk, TargetFile
from codemods.source.discover import Discovery
from reports.documents.extraction import ExtractionReport
from reports.documents.families import FoundFamilies
from tests.analysis.trees import findings_of, plan_of, planned

FILES = {
    "app/__init__.py": "",
    "app/core.py": """
        from app.base import Emitter
        class Manager:
            MAX = 3
            OTHER = 4
            def send(self, a): ...
            def notify_a_started(self):
                Emitter().send(1)
        """,
    "app/base.py": "class Emitter:\n    def send(self, b): ...\n",
    "app/x.py": """
        from app.core import Manager
        from app.gone import thing
        try:
            from app.gone import other
        except ImportError: ...
        Manager()
        def f(m: Manager):
            m.send(1)
            m.gone()
            m.name = 1
            m.name
            m.__class__
            Manager.MAX
            isinstance(m, Manager)
            patch("app.core.Manager.send")
            Mock(spec=Manager)
        class Sub(Manager): ...
        """,
    "app/broken.py": "class (",
    "tests/x.py": "class Manager: ...\nx = 'Manager'\n",
}
PLAN = plan_of(
    planned("app.core.Manager"),
    planned("app.base.Emitter"),
    planned("app.lost.Lost"),
    events=(Event("a_started", "begun"), Event("b_ended", "over")),
    limits=(Limit("Most", 3.0, "pieces", "the plan", ("MAX",)), Limit("Rate", 0.5, "", "", ())),
    targets=(TargetFile("unified.py", "all"),),
    risks=(Risk("high", "R", "why"),),
    phases=(Phase("P", ("one",)),),
    preserved=(Preserved("app.base.Emitter", ("it works",)),),
)


def report(tmp_path: Path, plan: Plan | None = PLAN, files: dict[str, str] | None = None) -> ExtractionReport:
    findings, resolver = findings_of(files or FILES, tmp_path, plan or PLAN)
    discovery = Discovery(tmp_path, (), (("big.py", "larger"),), "")
    return extraction_report(discovery, resolver, FoundFamilies((), ()), findings if plan else None)


def test_without_a_plan_only_links_and_what_was_not_read_are_told(tmp_path: Path) -> None:
    found = report(tmp_path, None)
    assert (found.brief, found.classes, found.goals, found.sites) == (None, (), (), ())
    assert [item.name for item in found.dangling] == ["thing", "other"]
    assert [item.path for item in found.unread] == ["app/broken.py"]
    assert found.left_out == (("big.py", "larger"),)
    assert (found.summary.planned, found.summary.traps, found.summary.import_statements) == (0, 0, 0)


def test_the_numbers_are_those_of_the_tree(tmp_path: Path) -> None:
    numbers = report(tmp_path).summary
    assert (numbers.files, numbers.classes, numbers.planned, numbers.found, numbers.modules) == (6, 4, 3, 2, 2)
    assert numbers.lines == sum(len(path.read_bytes().splitlines()) for path in tmp_path.rglob("*.py"))
    assert (numbers.import_statements, numbers.import_files, numbers.module_files) == (2, 2, 2)
    assert (numbers.calls, numbers.absent_calls, numbers.silent_conflicts, numbers.traps) == (2, 2, 1, 1)
    assert (numbers.dangling, numbers.dangling_unguarded) == (2, 1)


def test_the_plan_is_repeated_so_that_the_report_stands_alone(tmp_path: Path) -> None:
    brief = report(tmp_path).brief
    assert brief is not None
    assert (brief.title, brief.destination, brief.targets) == ("Plan", "app", (("unified.py", "all"),))
    assert (brief.risks, brief.phases) == ((("high", "R", "why"),), (("P", ("one",)),))
    assert (brief.preserved, brief.preserved_reasons) == (("app.base.Emitter",), ("it works",))


def test_limits_are_told_with_where_the_code_declares_them(tmp_path: Path) -> None:
    first, second = report(tmp_path).limits
    assert (first.name, first.value, first.declared) == ("Most", "3", ("app/core.py:4 MAX = 3",))
    assert (second.value, second.declared) == ("0.5", ())


def test_a_class_that_another_uses_is_merged_first(tmp_path: Path) -> None:
    assert [step.classes for step in report(tmp_path).order] == [("app.base.Emitter",), ("app.core.Manager",)]
    alone = {**FILES, "app/core.py": FILES["app/core.py"].replace("Emitter().send(1)", "pass")}
    assert [step.needs for step in report(tmp_path, files=alone).order] == [(), ()]


def test_a_class_is_told_with_its_usage(tmp_path: Path) -> None:
    manager, _, lost = report(tmp_path).classes
    assert (manager.dotted, manager.state, manager.path, lost.state, lost.members) == (
        "app.core.Manager",
        "found",
        "app/core.py",
        "missing",
        (),
    )
    usage = manager.usage
    assert [(row.name, row.count) for row in usage.imports] == [("production", 1)]
    assert [row.name for row in usage.import_forms] == ["one name"]
    assert [(row.name, row.count) for row in usage.constructors] == [("()", 1)]
    assert [(row.name, row.count) for row in usage.calls] == [("send", 1)]
    assert [(row.name, row.count) for row in usage.attributes] == [("__class__", 1), ("name", 1)]
    assert [row.name for row in usage.class_attributes] == ["MAX"]
    assert [(row.name, row.count) for row in usage.absent] == [("gone", 1), ("name", 1)]
    assert [row.name for row in usage.subclasses] == ["production"]
    assert [row.name for row in usage.checks] == ["isinstance"]
    assert [row.name for row in usage.specs] == ["Mock"]
    assert [row.name for row in usage.annotations] == ["parameter"]
    assert [row.name for row in usage.strings] == ["equal to the name", "patch app.core.Manager.send"]
    assert [row.name for row in usage.at_import] == ["constructor"]
    assert {item.name: (item.kind, item.signature, item.calls) for item in manager.members} == {
        "send": ("method", "(a)", 1),
        "notify_a_started": ("method", "()", 0),
    }


def test_a_class_whose_members_are_not_all_known_has_no_absent_ones(tmp_path: Path) -> None:
    files = {**FILES, "app/core.py": FILES["app/core.py"].replace("class Manager:", "class Manager(Unknown):")}
    usage = report(tmp_path, files=files).classes[0].usage
    assert usage.absent == ()
    assert "gone" in [row.name for row in usage.calls]


def test_events_count_the_calls_of_their_makers(tmp_path: Path) -> None:
    files = {**FILES, "app/y.py": "from app.core import Manager\nManager().notify_a_started()\n"}
    first, second = report(tmp_path, files=files).events
    assert [(producer.owner, producer.calls) for producer in first.producers] == [("app.core.Manager", 1)]
    assert second.producers == ()


def test_a_planned_class_that_cannot_be_read_closely_is_told_without_members(tmp_path: Path) -> None:
    files = {"app/core.py": "for _ in x:\n    class Manager:\n        def send(self): ...\n"}
    [found] = report(tmp_path, plan_of(planned("app.core.Manager")), files).classes
    assert (found.state, found.members, found.bases) == ("found", (), ())


# Goals.

TARGET = {"app/unified.py": "class Unified:\n    def f(self): ...\n"}
SHIM = {"app/core.py": "from app.unified import Unified as Manager\n", **TARGET}
STANDING = {"app/core.py": "class Manager:\n    def f(self): ...\n", **TARGET}
ONE = planned("app.core.Manager", 1)
SENDS = {"app/core.py": "class Manager:\n    def notify_a_started(self): ...\n"}

GOALS = {
    "one target, all shims": (SHIM, "single-target:manager", {}, "done", "only unified.Unified is left"),
    "one target, one left": (STANDING, "single-target:manager", {}, "open", "1 still stand: Manager (app/core.py:1)"),
    "one target, all gone and no target": (
        {"app/x.py": ""},
        "single-target:manager",
        {},
        "open",
        "the target is not in the tree yet",
    ),
    "one target of another family": (STANDING, "single-target:other", {}, "open", "the target is not in the tree yet"),
    "all events made": (
        SENDS,
        "events",
        {"events": (Event("a_started", ""),)},
        "unknown",
        "all 1 are made, by 1 classes; that they arrive only a run can show",
    ),
    "an event that nobody makes": (
        SENDS,
        "events",
        {"events": (Event("a_started", ""), Event("b", ""))},
        "open",
        "no planned class makes b",
    ),
    "preserved and there": (
        STANDING,
        "preserved",
        {"preserved": (Preserved("app.core.Manager"),)},
        "done",
        "Manager stands at app/core.py:1-2",
    ),
    "preserved and handed on": (
        SHIM,
        "preserved",
        {"preserved": (Preserved("app.core.Manager"),)},
        "open",
        "Manager: shim, app.core only hands on app.unified.Unified",
    ),
    "preserved and not planned": (
        STANDING,
        "preserved",
        {"preserved": (Preserved("app.Other"),)},
        "open",
        "not in the plan's classes",
    ),
    "isolation": (
        STANDING,
        "isolation",
        {},
        "unknown",
        "that one user's events stay with that user only a run can show",
    ),
    "few files": (
        STANDING,
        "file-count",
        {"targets": (TargetFile("a.py", ""),)},
        "done",
        "the planned classes stand in 1 files; the plan wants 1",
    ),
    "too many files": (STANDING, "file-count", {}, "open", "the planned classes stand in 1 files; the plan wants 0"),
    "tests": (STANDING, "tests", {}, "unknown", "reading source code cannot answer this; run the tests"),
}


@pytest.mark.parametrize(("files", "measure", "more", "state", "evidence"), GOALS.values(), ids=GOALS)
def test_a_goal_is_measured(
    tmp_path: Path, files: dict[str, str], measure: str, more: dict[str, object], state: str, evidence: str
) -> None:
    plan = replace(plan_of(ONE, **more), criteria=(Criterion("It is so", measure),))
    [goal] = report(tmp_path, plan, files).goals
    assert (goal.text, goal.state, goal.evidence) == ("It is so", state, evidence)
