"""A class of the code base's own takes an old one's place only where no call would fail, or mean something else."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.conventions import ClassConvention, MethodConvention, parse_parameters
from codemods.index.closeup import Member, parameters_of
from codemods.index.code import CodeIndex
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.index.resolve import Resolver
from codemods.migration.convention_guess import guessed, signature
from codemods.migration.coverage import differs, gaps
from codemods.migration.layout import Layout
from codemods.migration.shared_state import shared_names
from codemods.migration.surfaces import Surface, Surfaces
from codemods.migration.unified import Unified


def surfaces(text: str) -> Surfaces:
    source = textwrap.dedent(text).encode()
    index = CodeIndex([parse("m.py", module_name("m.py"), source, False).facts])
    return Surfaces(Unified(Layout("", "", "", ""), Resolver(index), lambda _path: source))


def surface(text: str, name: str) -> Surface:
    found = surfaces(text).of(f"m.{name}")
    assert found is not None
    return found


def lacking(text: str, convention: ClassConvention | None = None, used: tuple[str, ...] = ()) -> list[str]:
    """What callers of `Old` would miss with `New` in its place."""
    return list(gaps(surface(text, "Old"), surface(text, "New"), convention, used))


COVERED = {
    "the same class under another name": "class Old:\n def a(self, x, y=1): ...\nclass New:\n def a(self, x, y=1): ...",
    "more parameters behind, with defaults": "class Old:\n def a(self, x): ...\nclass New:\n def a(self, x, y=1): ...",
    "more members": "class Old:\n def a(self): ...\nclass New:\n def a(self): ...\n def b(self): ...",
    "what is inherited": "class Base:\n def a(self): ...\nclass Old(Base): ...\nclass New(Base): ...",
    "a property for an attribute": (
        "class Old:\n def __init__(self): self.a = 1\nclass New:\n @property\n def a(self): return 1"
    ),
    "a nested class and a decorator that both have": (
        "@once\nclass Old:\n class E(Exception): ...\n T = 3\n@once\nclass New:\n class E(Exception): ...\n T = 3"
    ),
    "other names for what Python itself gives": (
        "class Old:\n def __exit__(self, a, b, c): ...\nclass New:\n def __exit__(self, d, e, f): ..."
    ),
    "a truth that both have": (
        "class Old:\n def __len__(self): ...\nclass New:\n def __len__(self): ...\n def __bool__(self): ..."
    ),
    "private members that nobody uses": "class Old:\n def _a(self): ...\nclass New: ...",
    "a keyword that can be given by position, too": (
        "class Old:\n def a(self, *, x=1): ...\nclass New:\n def a(self, x=1): ..."
    ),
    "a base that says nothing": "from abc import ABC\nclass Old(ABC):\n def a(self): ...\nclass New:\n def a(s): ...",
}
LACKING = {
    "a method": ("class Old:\n def a(self): ...\nclass New: ...", "a is not in its target"),
    "an attribute": ("class Old:\n def __init__(self): self.a = 1\nclass New: ...", "a is not in its target"),
    "a class variable": ("class Old:\n LIMIT = 3\nclass New: ...", "LIMIT is not in its target"),
    "another order": (
        "class Old:\n def a(self, x, y): ...\nclass New:\n def a(self, y, x): ...",
        "a: it takes (x, y), its target (y, x)",
    ),
    "another default": (
        "class Old:\n def a(self, t=30): ...\nclass New:\n def a(self, t=5): ...",
        "a: t is 30 when left out, 5 in its target",
    ),
    "a default that is required": (
        "class Old:\n def a(self, t=30): ...\nclass New:\n def a(self, t): ...",
        "a: t is 30 when left out, required in its target",
    ),
    "async for plain": (
        "class Old:\n def a(self): ...\nclass New:\n async def a(self): ...",
        "a: it is a plain method, and async in its target",
    ),
    "a method for a property": (
        "class Old:\n @property\n def a(self): ...\nclass New:\n def a(self): ...",
        "a: it is property, and a plain method in its target",
    ),
    "an attribute for a method": (
        "class Old:\n def a(self): ...\nclass New:\n def __init__(self): self.a = 1",
        "a is a method, and an attribute of its target",
    ),
    "a method for an attribute": (
        "class Old:\n def __init__(self): self.a = 1\nclass New:\n def a(self): ...",
        "a is an attribute, and a method of its target",
    ),
    "a keyword": ("class Old:\n def a(self, *, x): ...\nclass New:\n def a(self): ...", "a: its target takes no x"),
    "any number by position": (
        "class Old:\n def a(self, *x): ...\nclass New:\n def a(self): ...",
        "a: its target takes no *args",
    ),
    "any keyword": (
        "class Old:\n def a(self, **x): ...\nclass New:\n def a(self): ...",
        "a: its target takes no **kwargs",
    ),
    "what any number by position would fill": (
        "class Old:\n def a(self, *x): ...\nclass New:\n def a(self, y=1, *x): ...",
        "a: it takes (), its target (y)",
    ),
    "what any keyword would fill": (
        "class Old:\n def a(self, **x): ...\nclass New:\n def a(self, *, y=1, **x): ...",
        "a: its target takes y for itself",
    ),
    "something more to give": (
        "class Old:\n def a(self): ...\nclass New:\n def a(self, *, x): ...",
        "a: its target requires x",
    ),
    "a constructor's argument": (
        "class Old:\n def __init__(self, x): ...\nclass New: ...",
        "its constructor: it takes (x), its target ()",
    ),
    "a written constructor": (
        "from dataclasses import dataclass\n@dataclass\nclass Old:\n x: int\n@dataclass\nclass New:\n x: int",
        "its constructor, or its target's, is not written out: a convention must say what it makes",
    ),
    "a base": (
        "class Base: ...\nclass Old(Base): ...\nclass New: ...",
        "it derives from m.Base, which its target does not",
    ),
    "a base of the standard library": (
        "class Old(dict):\n def __init__(self): ...\nclass New: ...",
        "it derives from builtins.dict, which its target does not",
    ),
    "a nested class": ("class Old:\n class Error(Exception): ...\nclass New: ...", "Error is not in its target"),
    "a class variable of another value": ("class Old:\n T = 3\nclass New:\n T = 5", "T is 3, 5 in its target"),
    "a decorator": ("@once\nclass Old: ...\nclass New: ...", "it is decorated by once, its target is not"),
    "an argument that Python gives": (
        "class Old:\n def __exit__(self, a, b, c): ...\nclass New:\n def __exit__(self, a): ...",
        "__exit__: it takes (argument 1, argument 2, argument 3), its target (argument 1)",
    ),
    "another name where it is called": (
        "class Old:\n def __call__(self, a): ...\nclass New:\n def __call__(self, b): ...",
        "__call__: it takes (a), its target (b)",
    ),
    "being true when empty": (
        "class Old:\n def a(self): ...\nclass New:\n def a(self): ...\n def __len__(self): ...",
        "it is always true, its target may be false: it has __len__",
    ),
    "len of it": ("class Old:\n def __len__(self): ...\nclass New: ...", "__len__ is not in its target"),
}


@pytest.mark.parametrize("text", COVERED.values(), ids=COVERED)
def test_nothing_is_lacking(text: str) -> None:
    assert lacking(text) == []


@pytest.mark.parametrize(("text", "gap"), LACKING.values(), ids=LACKING)
def test_what_is_lacking_is_told(text: str, gap: str) -> None:
    assert gap in lacking(text)


def test_private_members_count_where_somebody_uses_them() -> None:
    text = "class Old:\n def _a(self): ...\nclass New: ..."
    assert lacking(text, used=("_a",)) == ["_a is not in its target"]


def test_a_base_that_cannot_be_read_is_no_gap_where_both_have_it() -> None:
    one = "import far\nclass Old(far.Base):\n def __init__(self): ...\nclass New{}:\n def __init__(self): ..."
    assert [gap.partition(":")[0] for gap in lacking(one.format(""))] == ["its base far.Base"]
    assert lacking(one.format("(far.Base)")) == []


def test_a_class_that_is_merged_as_well_is_no_base_to_lack() -> None:
    text = "class Base:\n def a(self): ...\nclass Old(Base): ...\nclass New:\n def a(self): ..."
    old, new = surface(text, "Old"), surface(text, "New")
    assert list(gaps(old, new, None, (), ("m.Base",))) == []


# ── conventions ──────────────────────────────────────────────────────────────────────────────────────────────────────

TWO = """
class Old:
    def __init__(self, env, source): ...
    async def fetch(self, name): ...
    @classmethod
    def made(cls): ...
class New:
    def __init__(self, source, env): ...
    async def get(self, key): ...
    @classmethod
    def made(cls): ...
    @classmethod
    def of(cls, env, source): ...
"""


def told(
    makes: str = "New(source, env)", constructor: str = "env, source", *methods: MethodConvention
) -> ClassConvention:
    return ClassConvention("m.Old", "m", makes, constructor, methods=methods)


FETCH = MethodConvention("fetch", "name", becomes="await unified.get(name)")


@pytest.mark.parametrize("makes", ["New(source, env)", "New.of(env, source)", "New(env=env, source=source)"])
def test_a_convention_that_fits_both_classes_closes_the_gaps(makes: str) -> None:
    assert lacking(TWO, told(makes, "env, source", FETCH)) == []


WRONG = {
    "a constructor that the old class does not have": (
        told("New(a, b)", "a, b", FETCH),
        "its constructor takes (env, source), its convention (a, b)",
    ),
    "a call that the target does not take": (
        told("New(source)", "env, source", FETCH),
        "its convention's call of __init__ lacks env",
    ),
    "a way to make it that the target does not have": (
        told("New.made_of(env, source)", "env, source", FETCH),
        "its convention makes it by made_of, which its target does not have",
    ),
    "parameters that the old method does not have": (
        told("New(source, env)", "env, source", MethodConvention("fetch", "key", becomes="await unified.get(key)")),
        "fetch takes (name), its convention (key)",
    ),
    "awaiting nothing": (
        told("New(source, env)", "env, source", MethodConvention("fetch", "name", becomes="unified.get(name)")),
        "fetch is awaited, its convention says otherwise",
    ),
    "a member that the target does not have": (
        told("New(source, env)", "env, source", MethodConvention("fetch", "name", becomes="await unified.take(name)")),
        "the convention of fetch uses take, which its target does not have",
    ),
    "an event, which only an emitter sends": (
        told("New(source, env)", "env, source", MethodConvention("fetch", "name", event="fetched")),
        "the convention of fetch uses deliver, which its target does not have",
    ),
    "a method of the class": (
        told("New(source, env)", "env, source", FETCH, MethodConvention("made", "", becomes="unified.made()")),
        "made is called on the class or without parentheses, which no convention can keep",
    ),
}


@pytest.mark.parametrize(("convention", "gap"), WRONG.values(), ids=WRONG)
def test_a_convention_that_does_not_fit_is_told(convention: ClassConvention, gap: str) -> None:
    assert lacking(TWO, convention) == [gap]


def test_a_convention_of_no_method_is_told_where_the_name_is_an_attribute() -> None:
    text = "class Old:\n def __init__(self): self.a = 1\nclass New: ..."
    method = MethodConvention("a", "", becomes="unified.b()")
    assert "a is no method of it, though a convention says how it was called" in lacking(
        text, told("New()", "", method)
    )


def test_a_method_that_the_target_itself_uses_is_not_taken_from_it() -> None:
    fetch = MethodConvention("get", "name", becomes="unified.get(name)")
    text = "class Old:\n def get(self, name): ...\nclass New:\n def get(self, key): ...\n def all(self): {}"
    assert lacking(text.format("return 1"), told("New()", "", fetch)) == []
    (gap,) = lacking(text.format("return self.get(1)"), told("New()", "", fetch))
    assert gap == "get is used by its target's own methods, which would meet the old way of calling it"


def test_a_target_whose_instances_take_no_attributes_cannot_be_adapted() -> None:
    text = TWO.replace("class New:", "class New:\n    __slots__ = ()")
    (gap,) = lacking(text, told("New(source, env)", "env, source", FETCH))
    assert gap == "its target has __slots__ alone, so that no method can be adapted on an instance"


# ── what Python itself says ──────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def signatures(draw: st.DrawFn) -> str:
    """Parameters of few names, so that two signatures often share some."""
    names = draw(st.lists(st.sampled_from("abc"), unique=True, max_size=3))
    cut = draw(st.integers(0, len(names)))
    defaults = draw(st.integers(0, cut))
    parts = [
        name if at < cut - defaults else f"{name}={draw(st.sampled_from('12'))}" for at, name in enumerate(names[:cut])
    ]
    rest = [name if draw(st.booleans()) else f"{name}=1" for name in names[cut:]]
    if draw(st.booleans()):
        parts.append("*more")
    elif rest:
        parts.append("*")
    parts += rest
    return ", ".join([*parts, *(["**others"] if draw(st.booleans()) else [])])


def member(parameters: str) -> Member:
    function = ast.parse(f"def f(self{', ' if parameters else ''}{parameters}): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    return Member("f", 1, 1, (), parameters_of(function), "", "")


def calls() -> Iterator[tuple[tuple[int, ...], dict[str, int]]]:
    for given_ in range(5):
        for names in ((), ("a",), ("b",), ("c",), ("a", "b"), ("b", "c"), ("a", "c"), ("z",)):
            yield tuple(range(10, 10 + given_)), {name: 20 + at for at, name in enumerate(names)}


def bound(parameters: str, call: tuple[tuple[int, ...], dict[str, int]]) -> dict[str, object] | None:
    """What each parameter gets, defaults too; None where Python refuses the call."""
    scope: dict[str, object] = {}
    exec(f"def f({parameters}): return dict(locals())", scope)
    try:
        return scope["f"](*call[0], **call[1])  # type: ignore[operator,no-any-return]
    except TypeError:
        return None


@given(signatures(), signatures())
def test_where_nothing_differs_python_takes_every_call_and_gives_every_parameter_the_same(old: str, new: str) -> None:
    if any(differs(member(old), member(new))):
        return
    for call in calls():
        before, after = bound(old, call), bound(new, call)
        if before is not None:
            assert after is not None, call
            assert {name: after[name] for name in before} == before, call


@given(signatures())
def test_a_signature_takes_what_it_takes_itself(parameters: str) -> None:
    assert list(differs(member(parameters), member(parameters))) == []


@given(signatures())
def test_a_drafted_signature_is_the_one_that_was_read(parameters: str) -> None:
    drafted = signature(member(parameters).arguments)
    assert ast.dump(parse_parameters(drafted)) == ast.dump(parse_parameters(parameters))
    assert inspect.signature(eval(f"lambda {drafted}: 0")) == inspect.signature(eval(f"lambda {parameters}: 0"))


def test_a_guess_gives_by_name_what_has_the_same_name_and_the_rest_in_order() -> None:
    text = """
    class Old:
        def __init__(self, url, ttl=60): ...
        def put(self, key, value, *more, ttl=None, **others): ...
        async def drop(self, key): ...
        def same(self, key): ...
        @property
        def size(self): ...
    class New:
        def __init__(self, address, ttl=60): ...
        def put(self, value, key, expire=None): ...
        def drop(self, name): ...
        def same(self, key): ...
        @property
        def size(self): ...
    """
    found = guessed(surface(text, "Old"), surface(text, "New"), "New")
    assert (found.constructor, found.makes) == ("url, ttl=60", "New(address=url, ttl=ttl)")
    assert [(m.name, m.takes, m.becomes, m.awaited) for m in found.methods] == [
        (
            "put",
            "key, value, *more, ttl=None, **others",
            "",
            False,
        ),
        ("drop", "key", "unified.drop(name=key)", True),
    ]


# ── state of the module ──────────────────────────────────────────────────────────────────────────────────────────────

SHARING = {
    "a dict that a function empties": "S = {}\nclass C:\n def a(self): S[1] = 1\ndef clear(): S.clear()",
    "a global that a function sets": "S = None\nclass C:\n def a(self): return S\ndef put(x):\n global S\n S = x",
    "a made container": "from collections import deque\nS: object = deque()\nclass C:\n x = S\nclass D:\n y = S",
}
APART = {
    "a constant": "S = 3\nclass C:\n def a(self): return S\ndef other(): return S",
    "a dict that only the class uses": "S = {}\nclass C:\n def a(self): S[1] = 1\ndef clear(): ...",
    "a dict that only others use": "S = {}\nclass C: ...\ndef clear(): S.clear()",
    "a dict that another leaving class uses": "S = {}\nclass C:\n x = S\nclass Gone:\n x = S",
    "a function of the module": "def S(): ...\nclass C:\n x = S\ndef other(): S()",
    "no such class": "S = {}\nclass D:\n x = S\ndef clear(): S.clear()",
}


@pytest.mark.parametrize("text", SHARING.values(), ids=SHARING)
def test_state_that_other_code_of_the_module_uses_is_shared(text: str) -> None:
    ((name, line),) = shared_names(ast.parse(text), "C", {"C", "Gone"})
    assert name == "S"
    assert "S" in text.splitlines()[line - 1]


@pytest.mark.parametrize("text", APART.values(), ids=APART)
def test_state_of_the_class_alone_and_what_never_changes_is_not(text: str) -> None:
    assert list(shared_names(ast.parse(text), "C", {"C", "Gone"})) == []


def test_a_class_that_cannot_be_read_has_no_surface(tmp_path: Path) -> None:
    assert surfaces("class A: ...").of("m.B") is None
