"""What holds between classes: broken links, members side by side, conflicts, order, events."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.analysis.events import event_flow
from codemods.analysis.links import dangling_imports
from codemods.analysis.matrix import member_matrix, signature_conflicts
from codemods.analysis.merge_order import merge_order
from codemods.index.code import CodeIndex
from codemods.index.resolve import Resolver
from reports.documents.across import EventFlow
from tests.analysis.trees import close_ups
from tests.support import index_of

# Broken links.

BROKEN = {
    "from app.core import gone": ("app.core", "gone"),
    "from app.gone import x": ("app.gone", "x"),
    "from app import gone": ("app", "gone"),
    "from app.gone import *": ("app.gone", "*"),
    "from .gone import x": ("app.gone", "x"),
    "from app.core import there, gone": ("app.core", "gone"),
}
WHOLE = [
    "from app.core import there",
    "from app.core import *",
    "from app import core",
    "from os import gone",
    "import app.core",
    "import os",
    "from app.lazy import anything",
    "from app.core import there as t",
]
LINKED = {"app/__init__.py": "", "app/core.py": "there = 1", "app/lazy.py": "def __getattr__(name): ..."}


@pytest.mark.parametrize("source", BROKEN)
def test_an_import_that_nothing_binds_is_dangling(tmp_path: Path, source: str) -> None:
    index = index_of({**LINKED, "app/x.py": f"\n{source}"}, tmp_path)
    [found] = dangling_imports(Resolver(index))
    assert (found.path, found.line, found.area, found.guarded) == ("app/x.py", 2, "production", False)
    assert (found.module, found.name) == BROKEN[source]


@pytest.mark.parametrize("source", WHOLE)
def test_an_import_that_works_or_lies_outside_is_not(tmp_path: Path, source: str) -> None:
    assert dangling_imports(Resolver(index_of({**LINKED, "app/x.py": source}, tmp_path))) == []


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("try:\n    {}\nexcept ImportError: ...", True),
        ("try: ...\nexcept ImportError:\n    {}", True),
        ("if TYPE_CHECKING:\n    {}", True),
        ("if False:\n    {}", True),
        ("if False:\n    def f():\n        {}", True),
        ("try:\n    {}\nexcept OSError: ...", False),
        ("def f():\n    {}", False),
        ("if DEBUG:\n    {}", False),
    ],
)
def test_a_dangling_import_is_guarded_where_its_failure_is_caught_or_never_comes(
    tmp_path: Path, source: str, guarded: bool
) -> None:
    index = index_of({**LINKED, "app/x.py": source.format("from app.core import gone")}, tmp_path)
    assert [found.guarded for found in dangling_imports(Resolver(index))] == [guarded]


# Members side by side.


def classes(*sources: str) -> dict[str, str]:
    return {f"{name}.py": f"class C:\n{source}" for name, source in zip("abcd", sources, strict=False)}


def side_by_side(*sources: str) -> list[tuple[str, tuple[str, ...]]]:
    files = classes(*sources)
    return [(row.member, row.owners) for row in member_matrix(close_ups(files, *(f"{path}:C" for path in files)))]


def test_shared_members_come_first_and_private_ones_not_at_all() -> None:
    first = "    def b(self): ...\n    def _x(self): ...\n    def a(self): ...\n    def a(self): ..."
    assert side_by_side(first, "    def b(self): ...\n    def c(self): ...") == [
        ("b", ("a.C", "b.C")),
        ("a", ("a.C",)),
        ("c", ("b.C",)),
    ]


def conflicts(*signatures: str, name: str = "f") -> list[bool]:
    """Whether each conflict between methods of these signatures is silent."""
    files = classes(*(f"    def {name}{signature}: ..." for signature in signatures))
    return [item.silent for item in signature_conflicts(close_ups(files, *(f"{path}:C" for path in files)))]


SILENT = {
    "swapped": ("(self, a, b)", "(self, b, a)"),
    "another name": ("(self, a)", "(self, b)"),
    "another optional one": ("(self, a, b=1)", "(self, a, c=1)"),
    "one optional, one required": ("(self, a, b)", "(self, a, c=1)"),
    "both all optional": ("(self, a=1)", "(self, b=1)"),
    "the rest of one fills the other": ("(self, a, *rest)", "(self, a, b)"),
    "the second of three": ("(self, a, b, c)", "(self, a, c, b=1)"),
}
LOUD = {
    "more are required": ("(self, a)", "(self, b, c)"),
    "none against one": ("(self)", "(self, a)"),
    "one more at the end": ("(self, a)", "(self, a, b=1)"),
    "keywords only": ("(self, *, a)", "(self, *, b)"),
    "keywords behind the same": ("(self, a, *, b)", "(self, a, *, c)"),
}
SAME = {
    "the same": ("(self, a, b)", "(self, a, b)"),
    "another name of self": ("(self, a)", "(this, a)"),
    "annotations alone": ("(self, a: int)", "(self, a: str)"),
    "another default": ("(self, a=1)", "(self, a=2)"),
}


@pytest.mark.parametrize("pair", SILENT.values(), ids=SILENT)
def test_a_call_that_fits_both_and_means_another_is_a_silent_conflict(pair: tuple[str, str]) -> None:
    assert conflicts(*pair) == conflicts(*reversed(pair)) == [True]


@pytest.mark.parametrize("pair", LOUD.values(), ids=LOUD)
def test_a_call_that_fits_one_alone_fails_aloud(pair: tuple[str, str]) -> None:
    assert conflicts(*pair) == conflicts(*reversed(pair)) == [False]


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_what_a_caller_does_not_feel_is_no_conflict(pair: tuple[str, str]) -> None:
    assert conflicts(*pair) == []


def test_private_methods_do_not_conflict_and_constructors_do() -> None:
    assert conflicts("(self, a)", "(self, b)", name="_f") == []
    assert conflicts("(self, a)", "(self, b)", name="__init__") == [True]


def test_a_kind_that_differs_is_a_conflict_and_abstract_is_no_kind() -> None:
    plain, awaited = (
        "    def f(self, a): ...",
        "    async def f(self, a): ...",
    )
    abstract = "    @abstractmethod\n    def f(self, a): ..."
    files = classes(plain, awaited, abstract)
    [found] = signature_conflicts(close_ups(files, *(f"{path}:C" for path in files)))
    assert [(item.kind, item.owners) for item in found.variants] == [("method", ("a.C", "c.C")), ("async", ("b.C",))]
    assert [(item.parameters, item.required) for item in found.variants] == [(("a",), 1)] * 2
    assert found.silent, "a call that nobody awaits is accepted and never runs"


def test_silent_conflicts_come_first_and_constructors_last() -> None:
    first = "    def __init__(self, a): ...\n    def loud(self, a): ...\n    def silent(self, a): ..."
    second = "    def __init__(self, b): ...\n    def loud(self): ...\n    def silent(self, b): ..."
    files = classes(first, second)
    found = signature_conflicts(close_ups(files, "a.py:C", "b.py:C"))
    assert [item.member for item in found] == ["silent", "loud", "__init__"]


# The order of merging.


def test_what_a_class_leans_on_comes_before_it() -> None:
    steps = merge_order({"c": ["b"], "b": ["a"], "a": []})
    assert [(step.number, step.classes, step.needs, step.circular) for step in steps] == [
        (1, ("a",), (), False),
        (2, ("b",), ("a",), False),
        (3, ("c",), ("b",), False),
    ]


def test_classes_that_need_each_other_form_one_step() -> None:
    steps = merge_order({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": [], "e": ["a"]})
    assert [(step.classes, step.needs, step.circular) for step in steps] == [
        (("d",), (), False),
        (("a", "b", "c"), ("d",), True),
        (("e",), ("a",), False),
    ]


def test_needs_outside_the_plan_and_of_itself_do_not_count() -> None:
    [step] = merge_order({"a": ["a", "stranger"]})
    assert (step.needs, step.circular) == ((), False)
    assert merge_order({}) == []


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"))))
def test_any_needs_are_ordered(needs: dict[str, set[str]]) -> None:
    steps = merge_order(needs)
    assert sorted(name for step in steps for name in step.classes) == sorted(needs)
    done: set[str] = set()
    for step in steps:
        assert set(step.needs) <= done
        done |= set(step.classes)
        for name in step.classes:
            assert needs[name] & needs.keys() <= done
        assert step.circular is (len(step.classes) > 1)


# Events.

SENDER = """class C:
    def notify_started(self, n):
        self.bus.send({"type": "a_started", "payload": {"name": n, "at": 1}})
        self.bus.send(1)
        self.log.send(1)
    def count(self):
        return self.seen["a_started"]
"""
OTHER = SENDER.replace('"at"', '"time"').replace('{"type"', '{"run": 1, "type"').replace("self.log.send(1)", "send(1)")
NAMING = "class Reader:\n    x = 'a_started'\n"


def flow(files: dict[str, str], tmp_path: Path, calls: dict[tuple[str, str], int] | None = None) -> EventFlow:
    closeups = close_ups(files, *(f"{path}:C" for path in files if path in "a.py b.py"), events=("a_started",))
    index = index_of(files, tmp_path) if tmp_path.name else CodeIndex(())
    return event_flow("a_started", "begun", closeups, calls or {}, index)


def test_an_event_is_made_where_it_is_sent_and_not_where_it_is_named(tmp_path: Path) -> None:
    found = flow({"a.py": SENDER}, tmp_path, {("a.C", "notify_started"): 3, ("a.C", "count"): 9})
    assert (found.event, found.meaning) == ("a_started", "begun")
    [producer] = found.producers
    assert (producer.owner, producer.path, producer.emission.member, producer.calls) == (
        "a.C",
        "a.py",
        "notify_started",
        3,
    )


def test_a_method_named_after_an_event_makes_it_without_sending(tmp_path: Path) -> None:
    found = flow({"a.py": "class C:\n    def on_a_started(self): ...\n"}, tmp_path)
    assert [producer.calls for producer in found.producers] == [0]
    assert (found.keys, found.envelopes, found.transports, found.disagreement) == ((), (), (), ())


def test_keys_that_not_all_send_are_a_disagreement(tmp_path: Path) -> None:
    found = flow({"a.py": SENDER, "b.py": OTHER}, tmp_path)
    assert [(key.key, key.owners) for key in found.keys] == [
        ("name", ("a.C", "b.C")),
        ("at", ("a.C",)),
        ("time", ("b.C",)),
    ]
    assert [key.key for key in found.disagreement] == ["at", "time"]
    assert flow({"a.py": SENDER, "b.py": SENDER}, tmp_path).disagreement == ()


def test_envelopes_are_grouped_by_their_keys(tmp_path: Path) -> None:
    found = flow({"a.py": SENDER, "b.py": OTHER}, tmp_path)
    assert [(envelope.keys, envelope.owners) for envelope in found.envelopes] == [
        (("type", "payload"), ("a.C",)),
        (("run", "type", "payload"), ("b.C",)),
    ]
    assert len(flow({"a.py": SENDER, "b.py": SENDER}, tmp_path).envelopes) == 1


def test_transports_are_the_calls_on_other_objects_each_once_at_its_first_line(tmp_path: Path) -> None:
    found = flow({"a.py": SENDER, "b.py": OTHER}, tmp_path)
    told = [(item.owner, item.call.name, item.call.line) for item in found.transports]
    assert told == [("a.C", "self.bus.send", 3), ("a.C", "self.log.send", 5), ("b.C", "self.bus.send", 3)]


def test_mentions_are_other_production_classes_that_are_no_doubles(tmp_path: Path) -> None:
    files = {
        "a.py": SENDER,
        "reader.py": NAMING,
        "tests/reader.py": NAMING,
        "mock.py": NAMING.replace("Reader", "MockReader"),
    }
    found = flow({**files, "silent.py": "class Silent: ..."}, tmp_path)
    assert [(item.name, item.path, item.line) for item in found.mentions] == [("reader.Reader", "reader.py", 1)]
