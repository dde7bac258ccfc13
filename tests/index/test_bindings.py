"""Which statements give which name a meaning, in order and with the place they stand in."""

from __future__ import annotations

import sys
import textwrap

import pytest

from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import Binding
from codemods.index.parse import parse


def scopes(source: str) -> dict[str, tuple[Binding, ...]]:
    return dict(parse("app/a.py", "app.a", textwrap.dedent(source).encode(), with_words=False).facts.scopes)


def bound(source: str, scope: str = "") -> list[tuple[str, str, str]]:
    return [(item.name, item.kind, item.target) for item in scopes(source).get(scope, ())]


MEANINGS = {
    "class A: pass": [("A", "class", "A")],
    "def f(): pass": [("f", "function", "")],
    "def f() -> Thing[int]: pass": [("f", "function", "Thing[int]")],
    "async def f() -> 'X': pass": [("f", "function", "'X'")],
    "import os": [("os", "module", "os")],
    "import os.path": [("os", "module", "os")],
    "import os.path as p": [("p", "module", "os.path")],
    "from .b import c": [("c", "import", "app.b:c")],
    "from .b import c as d, e": [("d", "import", "app.b:c"), ("e", "import", "app.b:e")],
    "from b import *": [("*", "star", "b")],
    "x = a.b.C": [("x", "alias", "a.b.C")],
    "x = List[int]": [("x", "alias", "List[int]")],
    "x = namedtuple('x', 'a')": [("x", "call", "namedtuple('x', 'a')")],
    "x = typing.NewType('x', int)": [("x", "call", "typing.NewType('x', int)")],
    "x = make()": [("x", "value", "make(...)")],
    "x = make()()": [("x", "value", "")],
    "x = None": [("x", "value", "None")],
    "x = 3": [("x", "value", "")],
    "x = y = A": [("x", "alias", "A"), ("y", "alias", "A")],
    "x, (y, *z) = A": [("x", "value", ""), ("y", "value", ""), ("z", "value", "")],
    "[x] = A": [("x", "value", "")],
    "x.y = A": [],
    "x[0] = A": [],
    "x: A": [("x", "value", "")],
    "x: type = A": [("x", "alias", "A")],
    "x.y: type = A": [],
    "del x, y.z": [("x", "delete", "")],
    "for x, y in z:\n    a = 1\nelse:\n    b = 1": [(name, "value", "") for name in "xyab"],
    "while z:\n    a = 1\nelse:\n    b = 1": [(name, "value", "") for name in "ab"],
    "with z as x, y, w as (u, v):\n    a = 1": [(name, "value", "") for name in "xuva"],
    "x += 1": [],
    "print(x)": [],
    "def f():\n    global g, h": [("g", "value", ""), ("h", "value", ""), ("f", "function", "")],
    (
        "match z:\n    case {'k': x, **rest}:\n        class A: pass\n"
        "    case [y, *more] as whole: pass\n    case K(w) | _: pass"
    ): [
        ("rest", "value", ""),
        ("x", "value", ""),
        ("A", "class", "A"),
        ("whole", "value", ""),
        ("y", "value", ""),
        ("more", "value", ""),
        ("w", "value", ""),
    ],
}


@pytest.mark.parametrize("source", MEANINGS)
def test_a_statement_gives_its_names_a_meaning(source: str) -> None:
    assert bound(source) == MEANINGS[source]


PLACES = {
    "x = 1": 0,
    "if y:\n    x = 1": facts.CONDITION,
    "if y:\n    pass\nelse:\n    x = 1": facts.CONDITION,
    "if TYPE_CHECKING:\n    x = 1": facts.TYPING,
    "if False:\n    x = 1": facts.NEVER,
    "if False:\n    pass\nelse:\n    x = 1": 0,
    "try:\n    x = 1\nexcept E:\n    pass": facts.TRY_IMPORT,
    "try:\n    pass\nexcept E:\n    x = 1": facts.HANDLER,
    "try:\n    pass\nexcept* E:\n    x = 1": facts.HANDLER,
    "try:\n    pass\nexcept E:\n    pass\nelse:\n    x = 1": facts.TRY_IMPORT,
    "try:\n    pass\nfinally:\n    x = 1": 0,
    "match y:\n    case 1:\n        x = 1": facts.CONDITION,
}


@pytest.mark.parametrize("source", PLACES)
def test_a_binding_knows_its_place(source: str) -> None:
    assert [item.place for item in scopes(source)[""]] == [PLACES[source]]


def test_a_scope_is_kept_when_a_class_stands_in_it() -> None:
    found = scopes("""
        def plain(a):
            x = Base
        def make(first, /, second, *rest, third=1, **others):
            base = Base
            class Made(base): pass
        """)
    assert "plain.<locals>" not in found
    assert [(item.name, item.kind, item.target) for item in found["make.<locals>"]] == [
        ("first", "value", "parameter first"),
        ("second", "value", "parameter second"),
        ("third", "value", "parameter third"),
        ("rest", "value", "parameter rest"),
        ("others", "value", "parameter others"),
        ("base", "alias", "Base"),
        ("Made", "class", "make.<locals>.Made"),
    ]


def test_of_a_class_body_only_what_may_be_inherited_from_is_kept() -> None:
    source = """
        class A:
            limit = 3
            def f(self): ...
            alias = Base
            class Inner: pass
        class Empty:
            x = 1
        """
    assert bound(source, "A") == [("alias", "alias", "Base"), ("Inner", "class", "A.Inner")]
    assert "Empty" not in scopes(source)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type X = ...` came with Python 3.12")
def test_a_type_statement_binds_a_value() -> None:
    assert bound("type X = int") == [("X", "value", "type alias")]


BRACKETS = {
    "return cls": True,
    "'why'\n        return cls": True,
    "return super().__class_getitem__(item)": False,
    "cls.x = item\n        return cls": False,
    "return item": False,
    "return": False,
    "pass": False,
}


@pytest.mark.parametrize("body", BRACKETS)
def test_brackets_that_give_their_own_class_are_told_from_others(body: str) -> None:
    source = f"class A:\n    def __class_getitem__(cls, item):\n        {body}\n    alias = Base\n"
    assert (("__class_getitem__", "brackets", "") in bound(source, "A")) is BRACKETS[body]


def facts_of(path: str, module: str, source: str) -> facts.FileFacts:
    return parse(path, module, source.encode(), with_words=False).facts


def test_the_source_wins_over_its_stub_in_whatever_order_they_come() -> None:
    source, stub = facts_of("a.py", "a", "x = 1"), facts_of("a.pyi", "a", "y = 1")
    for files in ([source, stub], [stub, source]):
        assert CodeIndex(files).modules["a"] is source
    assert CodeIndex([stub]).modules["a"] is stub


def test_packages_are_all_names_that_lead_to_a_module() -> None:
    index = CodeIndex([facts_of("a/b/c.py", "a.b.c", ""), facts_of("top.py", "top", "")])
    assert index.packages == {"a", "a.b", "a.b.c", "top"}
    assert index.roots == {"a", "top"}


def test_of_two_classes_of_one_name_the_last_counts() -> None:
    index = CodeIndex([facts_of("a.py", "a", "class A: pass\nclass B: pass\nclass A: pass")])
    assert [item.line for _, item in index.all_classes()] == [1, 2, 3]
    assert index.classes["a.A"][1].line == 3


def test_names_are_grouped_in_source_order() -> None:
    index = CodeIndex([facts_of("a.py", "a", "x = 1\ny = 2\nx = A\nclass K:\n    import os")])
    assert [item.line for item in index.names("a")["x"]] == [1, 3]
    assert list(index.names("a", "K")) == ["os"]
    assert index.names("a", "Nowhere") == {}
    assert index.names("nowhere") == {}
    assert index.names("a") is index.names("a")
