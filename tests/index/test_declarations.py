"""What a file declares: imports and classes wherever they stand, with the flags of their places."""

from __future__ import annotations

import builtins
import sys
import textwrap
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codemods.index import facts
from codemods.index.facts import Class, FileFacts
from codemods.index.parse import parse

CLASS, FUNCTION, HANDLER, TYPING = facts.CLASS, facts.FUNCTION, facts.HANDLER, facts.TYPING
TRY_IMPORT, TRY_OTHER, CONDITION, NEVER = facts.TRY_IMPORT, facts.TRY_OTHER, facts.CONDITION, facts.NEVER
OTHER = "win32" if sys.platform != "win32" else "linux"


def read(source: str, path: str = "app/core/a.py", module: str = "app.core.a") -> FileFacts:
    found = parse(path, module, textwrap.dedent(source).encode(), with_words=True).facts
    assert found.problem == ""
    return found


def places(source: str) -> list[int]:
    return [item.place for item in read(source).imports]


def only(source: str, name: str = "A") -> Class:
    [found] = [item for item in read(source).classes if item.qualname == name]
    return found


def test_every_form_of_import_says_what_it_brings_under_which_name() -> None:
    found = read("""
        import os, os.path, json as j, xml.dom as d
        from app.core import one, two as second
        from . import sibling
        from .near import *
        from ..far import thing
        """)
    assert [(item.line, item.module, item.names) for item in found.imports] == [
        (2, "", (("os", "os"), ("os.path", "os"), ("json", "j"), ("xml.dom", "d"))),
        (3, "app.core", (("one", "one"), ("two", "second"))),
        (4, "app.core", (("sibling", "sibling"),)),
        (5, "app.core.near", (("*", "*"),)),
        (6, "app.far", (("thing", "thing"),)),
    ]


def test_in_a_package_a_dot_is_the_package_itself() -> None:
    found = read("from .near import x", "app/core/__init__.py", "app.core")
    assert found.imports[0].module == "app.core.near"


PLACES = {
    "import x": 0,
    "def f():\n    import x": FUNCTION,
    "async def f():\n    import x": FUNCTION,
    "class A:\n    import x": CLASS,
    "class A:\n    def f(self):\n        import x": FUNCTION,
    "try:\n    import x\nexcept ImportError:\n    pass": TRY_IMPORT,
    "try:\n    import x\nexcept (ValueError, ModuleNotFoundError):\n    pass": TRY_IMPORT,
    "try:\n    import x\nexcept ValueError:\n    pass": TRY_OTHER,
    "try:\n    import x\nexcept:\n    pass": TRY_OTHER,
    "try:\n    import x\nfinally:\n    pass": TRY_OTHER,
    "try:\n    import x\nexcept* ImportError:\n    pass": TRY_IMPORT,
    "try:\n    pass\nexcept ImportError:\n    import x": HANDLER,
    "try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import x": 0,
    "try:\n    pass\nfinally:\n    import x": 0,
    "if TYPE_CHECKING:\n    import x": TYPING,
    "if TYPE_CHECKING:\n    pass\nelse:\n    import x": 0,
    "if not TYPE_CHECKING:\n    import x": 0,
    "if TYPE_CHECKING:\n    def f():\n        import x": TYPING | FUNCTION,
    "if TYPE_CHECKING:\n    class A:\n        import x": TYPING | CLASS,
    "def f():\n    if TYPE_CHECKING:\n        import x": TYPING | FUNCTION,
    "def f():\n    if typing.TYPE_CHECKING:\n        import x": TYPING | FUNCTION,
    "def f():\n    if DEBUG:\n        import x": CONDITION | FUNCTION,
    "def f():\n    if DEBUG:\n        pass\n    else:\n        import x": CONDITION | FUNCTION,
    "if DEBUG:\n    import x": CONDITION,
    "if DEBUG:\n    pass\nelse:\n    import x": CONDITION,
    f"if sys.platform == '{OTHER}':\n    import x": NEVER,
    f"if sys.platform == '{OTHER}':\n    def f():\n        import x": NEVER | FUNCTION,
    f"if sys.platform == '{OTHER}':\n    class A:\n        import x": NEVER | CLASS,
    f"if sys.platform != '{OTHER}':\n    import x": 0,
    f"if sys.platform != '{OTHER}':\n    pass\nelse:\n    import x": NEVER,
    "if DEBUG:\n    def f():\n        import x": FUNCTION,
    "for i in y:\n    import x": 0,
    "for i in y:\n    pass\nelse:\n    import x": 0,
    "while y:\n    import x": 0,
    "async def f():\n    async for i in y:\n        import x": FUNCTION,
    "with y:\n    import x": 0,
    "async def f():\n    async with y:\n        import x": FUNCTION,
    "match y:\n    case 1:\n        import x": CONDITION,
    "import (\n    x)": None,
    "from y import (\n    x,\n)": facts.MULTILINE,
    "import x  # why": facts.COMMENT,
    "from y import (  # why\n    x,\n)": facts.MULTILINE | facts.COMMENT,
    "from y import (\n    x,\n)  # why": facts.MULTILINE | facts.COMMENT,
    "# why\nimport x\n# why": 0,
    "import y, \\\n    x": facts.MULTILINE,
}


@pytest.mark.parametrize("source", [source for source, place in PLACES.items() if place is not None])
def test_an_import_knows_the_place_it_stands_in(source: str) -> None:
    assert places(source) == [PLACES[source]]


def test_an_import_knows_its_scope() -> None:
    found = read("""
        import a
        class K:
            import b
            def m(self):
                import c
                def inner():
                    import d
        """)
    assert [item.scope for item in found.imports] == ["", "K", "K.m.<locals>", "K.m.<locals>.inner.<locals>"]


def test_classes_are_found_in_every_block() -> None:
    found = read("""
        class Top: pass
        class Outer:
            class Inner:
                class Innermost: pass
            def method(self):
                class Local: pass
        async def make():
            class Made:
                def again(self):
                    class Deep: pass
        if DEBUG:
            class Conditional: pass
        else:
            class Otherwise: pass
        try:
            class Tried: pass
        except ImportError:
            class Fallback: pass
        else:
            class Else: pass
        finally:
            class Finally: pass
        for _ in ():
            class Looped: pass
        else:
            class LoopedElse: pass
        while DEBUG:
            class While: pass
        with DEBUG:
            class With: pass
        match DEBUG:
            case 1:
                class Case: pass
            case _:
                class Default: pass
        """)
    assert [(item.qualname, item.place) for item in found.classes] == [
        ("Top", 0),
        ("Outer", 0),
        ("Outer.Inner", CLASS),
        ("Outer.Inner.Innermost", CLASS),
        ("Outer.method.<locals>.Local", FUNCTION),
        ("make.<locals>.Made", FUNCTION),
        ("make.<locals>.Made.again.<locals>.Deep", FUNCTION),
        ("Conditional", CONDITION),
        ("Otherwise", CONDITION),
        ("Tried", TRY_IMPORT),
        ("Fallback", HANDLER),
        ("Else", 0),
        ("Finally", 0),
        ("Looped", 0),
        ("LoopedElse", 0),
        ("While", 0),
        ("With", 0),
        ("Case", CONDITION),
        ("Default", CONDITION),
    ]


def test_a_class_tells_bases_keywords_decorators_methods_attributes_and_lines() -> None:
    item = only("""
        @decorated
        @dataclass(frozen=True)
        class A(Base, pkg.Other[int], metaclass=Meta, **options):
            limit = 3
            limit = 4
            name: str
            alias = Base
            made = NamedTuple("made", [])
            import os
            def one(self): ...
            async def two(self):
                pass
        """)
    assert (item.line, item.end) == (4, 13)
    assert item.bases == ("Base", "pkg.Other[int]")
    assert item.keywords == (("metaclass", "Meta"), ("**", "options"))
    assert item.decorators == ("decorated", "dataclass(frozen=True)")
    assert item.attributes == ("limit", "name", "alias", "made")
    assert [(method.name, method.line, method.end, method.traits) for method in item.methods] == [
        ("one", 11, 11, ""),
        ("two", 12, 13, "async"),
    ]


def test_conditional_methods_count_and_those_of_handlers_do_not() -> None:
    item = only("""
        class A:
            if DEBUG:
                def a(self): ...
            else:
                def b(self): ...
            try:
                def c(self): ...
            except ImportError:
                def d(self): ...
        """)
    assert [method.name for method in item.methods] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("decorator", "traits"),
    [
        ("staticmethod", "static"),
        ("classmethod", "class"),
        ("property", "property"),
        ("functools.cached_property", "property"),
        ("x.setter", "setter"),
        ("x.deleter", "setter"),
        ("typing.overload", "overload"),
        ("abc.abstractmethod", "abstract"),
        ("contextmanager", "contextmanager"),
        ("contextlib.asynccontextmanager", "contextmanager"),
        ("retry(3)", ""),
        ("property()", "property"),
        ("wraps.get()[0]", ""),
    ],
)
def test_a_decorator_that_callers_feel_is_a_trait(decorator: str, traits: str) -> None:
    [method] = only(f"class A:\n    @{decorator}\n    def f(self): ...").methods
    assert method.traits == traits


def test_traits_are_sorted_and_joined() -> None:
    [method] = only("class A:\n    @classmethod\n    @abstractmethod\n    async def f(cls): ...").methods
    assert method.traits == "abstract async class"


def test_type_parameters_are_kept_where_the_interpreter_reads_them() -> None:
    source = "class A[T, *Ts]:\n    pass\ntype Pair = tuple[int, int]\n"
    if sys.version_info >= (3, 12):
        found = read(source)
        assert found.classes[0].type_parameters == ("T", "Ts")
        assert [binding.name for binding in dict(found.scopes)[""]] == ["A", "Pair"]
    else:
        refused = parse("a.py", "a", source.encode(), with_words=True).facts
        assert refused.problem.startswith("line 1: ")
    assert only("class A: pass").type_parameters == ()


EXPORTS: dict[str, tuple[str, ...] | None] = {
    "x = 1": None,
    "__all__ = []": (),
    "__all__ = ['a', 'b']": ("a", "b"),
    "__all__ = ('a',)": ("a",),
    "__all__: list[str] = ['a']": ("a",),
    "__all__: list[str]": None,
    "__all__ = ['a']\n__all__ += ['b']": ("a", "b"),
    "__all__ = ['a']\n__all__.extend(['b', 'c'])": ("a", "b", "c"),
    "__all__ = ['a']\n__all__.append('b')": ("a", "b"),
    "__all__ = ['a']\n__all__ = ['b']": ("b",),
    "__all__ += ['b']": ("b",),
    "__all__ = names = ['a']": ("a",),
    "__all__ = ['a']\n__all__.sort()": ("a",),
    "__all__ = ['a']\nother.extend(['b'])": ("a",),
    "__all__ = ['a']\nprint('b')": ("a",),
    "__all__ = ['a']\n__all__ += other.__all__": None,
    "__all__ = ['a']\n__all__.append(name)": None,
    "__all__ = ['a']\n__all__.remove('a')": None,
    "__all__ = ['a'] + other": None,
    "__all__ = [name]": None,
}


@pytest.mark.parametrize("source", EXPORTS)
def test_exports_are_known_only_when_written_out(source: str) -> None:
    assert read(source).exports == EXPORTS[source]


def test_words_come_from_the_class_alone() -> None:
    found = read("""
        "outside_word"
        class A:
            def f(self):
                self.alpha = "event_name"
                self.alpha; self._beta2; "plain"; 'another_event'; "Not_lower"; other.gamma
        """)
    assert found.classes[0].words == ('"another_event', '"event_name', "_beta2", "alpha")


def test_words_are_limited() -> None:
    body = "\n".join(f"    self.name{number:03}" for number in range(200))
    assert len(only(f"class A:\n{body}").words) == 80


def test_without_words_nothing_is_kept_of_them() -> None:
    found = parse("a.py", "a", b"class A:\n    x = 'some_word'", with_words=False).facts
    assert found.classes[0].words == ()


# Generated modules: what reading finds is what running them leaves behind.


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _class(name: str, body: list[str]) -> list[str]:
    return [f"class {name}:", *_indented(body or ["pass"])]


def _function(name: str, body: list[str]) -> list[str]:
    return [f"def {name}():", *_indented(body), f"{name}()"]


def _block(kind: int, body: list[str]) -> list[str]:
    inner = _indented(body or ["pass"])
    return [
        ["if True:", *inner],
        ["if sys.version_info >= (3,):", *inner, "else:", "    raise SystemExit"],
        ["try:", *inner, "except ImportError:", "    raise"],
        ["try:", "    raise ImportError", "except ImportError:", *inner],
        ["for _ in (1,):", *inner],
        ["match 1:", "    case 1:", *_indented(inner)],
        ["while True:", *inner, "    break"],
        ["with contextlib.nullcontext():", *inner],
    ][kind]


names = st.sampled_from("ABCD")
leaf = st.builds(_class, names, st.just(["x = 1"]))


def _compound(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    bodies = st.lists(inner, min_size=1, max_size=3).map(lambda found: [line for part in found for line in part])
    return st.one_of(
        st.builds(_class, names, bodies),
        st.builds(_function, st.sampled_from("fgh"), bodies),
        st.builds(_block, st.integers(0, 7), bodies),
    )


modules = st.lists(st.recursive(leaf, _compound, max_leaves=8), min_size=1, max_size=4).map(
    lambda found: "\n".join(["import contextlib, sys", *(line for part in found for line in part)])
)


def _made(source: str) -> set[str]:
    """The qualified names of all classes that come to be when the source runs."""
    made: set[str] = set()

    def build(body: types.FunctionType, name: str) -> type:
        item: type = builtins.__build_class__(body, name)
        made.add(item.__qualname__)
        return item

    space = {"__name__": "generated", "__builtins__": {**vars(builtins), "__build_class__": build}}
    exec(compile(source, "generated", "exec"), space)  # the generated text below, nothing else
    return made


@given(modules)
def test_exactly_the_classes_that_running_a_module_makes_are_found(source: str) -> None:
    assert {item.qualname for item in read(source).classes} == _made(source)
