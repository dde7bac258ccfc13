"""Code that tells apart two old classes which become one is told; code that does not, is not."""

from __future__ import annotations

from textwrap import dedent

import pytest

from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.migration.merging import collisions
from codemods.rewrites.opened import Opened

UNIFIED = {"A": "new.One", "B": "new.One", "C": "new.Other"}


def told(source: str, unified: dict[str, str] | None = None) -> list[tuple[int, str]]:
    content = dedent(source).encode()
    facts = parse("m.py", module_name("m.py"), content, False).facts
    found = collisions(Opened(facts, content), UNIFIED if unified is None else unified)
    return [(edit.line, edit.reason.partition(": ")[2]) for edit in found]


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("if isinstance(x, A):\n    y\nelif isinstance(x, B):\n    z\n", 1, "never reached"),
        (
            "if isinstance(x, A):\n    y\nelif isinstance(x, C):\n    y\nelif isinstance(x, B):\n    z\n",
            1,
            "never reached",
        ),
        ("match x:\n    case A():\n        y\n    case B():\n        z\n", 1, "never reached"),
        ("y = isinstance(x, A) and not isinstance(x, B)\n", 1, "never true"),
        ("handlers = {A: 1, C: 2, B: 3}\n", 1, "replaces the earlier one"),
        ("kinds = {A, B}\n", 1, "one entry is lost"),
        ("class D(A, B): ...\n", 1, "cannot be listed twice"),
        ("@f.register(A)\ndef _(x): ...\n@f.register(B)\ndef _(x): ...\n", 4, "replaces the earlier one"),
        ("@f.register\ndef _(x: A): ...\n@f.register\ndef _(x: B): ...\n", 4, "replaces the earlier one"),
    ],
    ids=[
        "a chain of isinstance",
        "a chain with another class between",
        "cases of a match",
        "one and not the other",
        "a dict keyed by both",
        "a set of both",
        "bases that list both",
        "singledispatch by argument",
        "singledispatch by annotation",
    ],
)
def test_it_is_told_with_its_line(source: str, line: int, what: str) -> None:
    found = told(source)
    assert [(place, what in reason) for place, reason in found if what in reason] == [(line, True)]


@pytest.mark.parametrize(
    "source",
    [
        "if isinstance(x, A):\n    y\nelif isinstance(x, C):\n    z\n",
        "if isinstance(x, (A, B)):\n    y\n",
        "if isinstance(x, A):\n    y\nif isinstance(x, B):\n    z\n",
        "match x:\n    case A():\n        y\n    case C():\n        z\n",
        "y = isinstance(x, A) and not isinstance(x, C)\n",
        "y = isinstance(x, A) or not isinstance(x, B)\n",
        "handlers = {A: 1, C: 2}\n",
        "kinds = {'A', 'B'}\n",
        "class D(A, C): ...\n",
        "@f.register(A)\ndef _(x): ...\n@g.register(B)\ndef _(x): ...\n",
        "try:\n    y\nexcept (A, B):\n    z\n",
    ],
    ids=[
        "a chain over classes that stay apart",
        "a tuple of both in one test",
        "two tests that both run",
        "cases of classes that stay apart",
        "one and not a third",
        "an alternative",
        "a dict of classes that stay apart",
        "strings",
        "bases that stay apart",
        "singledispatch of two functions",
        "an except of both, which means the same",
    ],
)
def test_what_means_the_same_as_before_is_not_told(source: str) -> None:
    assert told(source) == []


def test_a_file_whose_classes_all_stay_apart_is_not_looked_at() -> None:
    assert told("kinds = {A, C}\n", {"A": "new.One", "C": "new.Other"}) == []
