"""What a name refers to inside one file: every rule of inference, and beside each what it must not conclude."""

from __future__ import annotations

import pytest

from tests.index.trees import START, calls, of_manager, uses

SENT = "app.core.Manager().send"
KNOWN = {
    "a constructor call": "m = Manager()\nm.send()",
    "a chain without a name": "Manager().send()",
    "an annotated parameter": "def f(m: Manager): m.send()",
    "an annotated keyword-only parameter": "def f(*, m: Manager): m.send()",
    "an annotated positional-only parameter": "def f(m: Manager, /): m.send()",
    "a quoted annotation": "def f(m: 'Manager'): m.send()",
    "an optional annotation": "def f(m: Optional[Manager]): m.send()",
    "an optional quoted annotation": "def f(m: Optional['Manager']): m.send()",
    "a union with None": "def f(m: Manager | None): m.send()",
    "a union behind None": "def f(m: None | Manager): m.send()",
    "a quoted union": "def f(m: 'Manager | None'): m.send()",
    "a typing union": "def f(m: Union[Manager, None]): m.send()",
    "a qualified wrapper": "def f(m: typing.Optional[Manager]): m.send()",
    "an Annotated parameter": "def f(m: Annotated[Manager, 'the one']): m.send()",
    "an annotated variable": "m: Manager = make()\nm.send()",
    "an annotation without a value": "m: Manager\nm.send()",
    "an annotation with None": "m: Optional[Manager] = None\nm.send()",
    "a walrus": "if (m := Manager()):\n    m.send()",
    "with ... as": "with Manager() as m:\n    m.send()",
    "async with ... as": "async def f():\n    async with Manager() as m:\n        m.send()",
    "cast": "m = cast(Manager, x)\nm.send()",
    "cast by a quoted name": "m = typing.cast('Manager', x)\nm.send()",
    "await": "async def f():\n    m = await Manager()\n    m.send()",
    "the first known of an or": "m = given or Manager()\nm.send()",
    "the known branch of a choice": "m = Manager() if x else None\nm.send()",
    "the other branch of a choice": "m = None if x else Manager()\nm.send()",
    "an alias": "n = Manager\nn().send()",
    "several targets": "a = b = Manager()\nb.send()",
    "a name of the enclosing function": "def f():\n    m = Manager()\n    def g():\n        m.send()",
    "an attribute of self": (
        "class A:\n    def f(self):\n        self.m = Manager()\n    def g(self):\n        self.m.send()"
    ),
    "an annotated attribute of self": (
        "class A:\n    def f(self, m):\n        self.m: Manager = m\n        self.m.send()"
    ),
    "an attribute that was None first": (
        "class A:\n    def f(self):\n        self.m = None\n"
        "    def g(self):\n        self.m = Manager()\n        self.m.send()"
    ),
    "an attribute from a parameter": (
        "class A:\n    def f(self, m: Manager):\n        self.m = m\n        self.m.send()"
    ),
    "an attribute under another name of self": (
        "class A:\n    def f(this):\n        this.m = Manager()\n        this.m.send()"
    ),
    "an attribute set by a positional-only self": (
        "class A:\n    def f(self, /, m: Manager):\n        self.m = m\n        self.m.send()"
    ),
    "an attribute of cls": (
        "class A:\n    @classmethod\n    def f(cls):\n        cls.m = Manager()\n        cls.m.send()"
    ),
    "self in a function inside a method": (
        "class A:\n    def f(self):\n        self.m = Manager()\n        def g():\n            self.m.send()"
    ),
    "a parameter of a static method": "class A:\n    @staticmethod\n    def f(m: Manager):\n        m.send()",
    "a comprehension over something else": "m = Manager()\n[m.send() for x in y]",
    "a dict comprehension": "m = Manager()\n{x: m.send() for x in y}",
    "a lambda body": "m = Manager()\nlambda x: m.send()",
    "a lambda default": "m = Manager()\nlambda x=m.send(): x",
    "an import in the function": "def f():\n    from app.core import Manager as M\n    M().send()",
    "an import that a handler replaces": (
        "try:\n    from app.core import Manager as M\nexcept ImportError:\n    M = None\nM().send()"
    ),
    "the branch that runs here": (
        "if sys.version_info >= (3,):\n    M = Manager\nelse:\n    from other import M\nM().send()"
    ),
    "a module attribute": "import app.core\napp.core.Manager().send()",
    "a module alias": "import app.core as c\nc.Manager().send()",
    "a decorator's argument": "@register(Manager().send())\nclass A: pass",
    "a default value": "def f(x=Manager().send()): pass",
    "a keyword default": "def f(*, y, x=Manager().send()): pass",
    "a star argument": "f(*Manager().send())",
    "the body of a finally": "try:\n    pass\nfinally:\n    Manager().send()",
    "the else of a try": "try:\n    pass\nexcept E:\n    pass\nelse:\n    Manager().send()",
    "a for loop's body, iterable or else": "for x in y:\n    pass\nelse:\n    Manager().send()",
    "a match subject and its cases": "match x:\n    case 1:\n        Manager().send()",
    "an f-string": "f'{Manager().send()}'",
    "a handler without a type": "try:\n    pass\nexcept:\n    Manager().send()",
    "a case that takes anything": "match x:\n    case _:\n        Manager().send()",
    "with and no name": "with x:\n    Manager().send()",
    "a deleted item": "m = Manager()\ndel d[m.send()]",
    "an augmented value": "x += Manager().send()",
    "a call in an annotation": "def f(m: Annotated[int, Depends(Manager().send())]): pass",
    "a subscripted base": "class A(Base[Manager().send()]): pass",
    "a class keyword": "class A(metaclass=Manager().send()): pass",
}


@pytest.mark.parametrize("source", KNOWN.values(), ids=[f"known through {name}" for name in KNOWN])
def test_a_receiver_is_known(source: str) -> None:
    assert calls(source).count(SENT) == 1


UNKNOWN = {
    "an unannotated parameter of that name": "m = Manager()\ndef f(m): m.send()",
    "a star parameter of that name": "m = Manager()\ndef f(*m): m.send()",
    "a double star parameter of that name": "m = Manager()\ndef f(**m): m.send()",
    "a lambda parameter of that name": "m = Manager()\nlambda m: m.send()",
    "a comprehension over that name": "m = Manager()\n[m.send() for m in y]",
    "a set comprehension over that name": "m = Manager()\n{m.send() for m in y}",
    "a dict comprehension over that name": "m = Manager()\n{m: m.send() for m in y}",
    "a generator over that name": "m = Manager()\nany(m.send() for m in y if m.send())",
    "a rebinding to a computed value": "m = Manager()\nm = make()\nm.send()",
    "a rebinding to None": "m = Manager()\nm = None\nm.send()",
    "a rebinding by unpacking": "m = Manager()\nm, n = make()\nm.send()",
    "a rebinding by a for loop": "m = Manager()\nfor m in y:\n    m.send()",
    "a rebinding by with": "m = Manager()\nwith open() as m:\n    m.send()",
    "a rebinding by an exception": "m = Manager()\ntry:\n    pass\nexcept E as m:\n    m.send()",
    "a rebinding by a pattern": "m = Manager()\nmatch x:\n    case [m]:\n        m.send()",
    "a rebinding by a star pattern": "m = Manager()\nmatch x:\n    case [1, *m]:\n        m.send()",
    "a rebinding by a mapping pattern": "m = Manager()\nmatch x:\n    case {'a': 1, **m}:\n        m.send()",
    "a rebinding by an import": "m = Manager()\nfrom other import m\nm.send()",
    "a rebinding by a function": "def f():\n    m = Manager()\n    def m(): pass\n    m.send()",
    "a rebinding by an augmented assignment": "m = Manager()\nm += 1\nm.send()",
    "a deletion": "m = Manager()\ndel m\nm.send()",
    "a name of another function": "def f():\n    m = Manager()\ndef g():\n    m.send()",
    "a name of a class body": "class A:\n    m = Manager()\n    def f(self):\n        m.send()",
    "a list of them": "def f(ms: list[Manager]): ms.send()",
    "a dict of them": "def f(ms: dict[str, Manager]): ms.send()",
    "a callable that gives one": "def f(m: Callable[[], Manager]): m.send()",
    "a literal that looks like its name": "def f(m: Literal['Manager']): m.send()",
    "prose in an annotation": "def f(m: 'the Manager'): m.send()",
    "an item": "m = [Manager()]\nm[0].send()",
    "an attribute of another class's self": (
        "class A:\n    def f(self):\n        self.m = Manager()\nclass B:\n    def f(self):\n        self.m.send()"
    ),
    "an attribute first given something unknown": (
        "class A:\n    def f(self, m):\n        self.m = m\n"
        "    def g(self):\n        self.m = Manager()\n        self.m.send()"
    ),
    "an attribute of self never assigned": "class A:\n    def f(self): self.m.send()",
    "cast with one argument": "cast(Manager).send()",
    "a call of an unknown function": "make(Manager).send()",
    "the branch that never runs here": (
        "m = Manager()\nif sys.version_info >= (3,):\n    m = make()\nelse:\n    m = Manager()\nm.send()"
    ),
    "a fixture's name outside a test": "@fixture\ndef m(): return Manager()\ndef helper(m): m.send()",
}


@pytest.mark.parametrize("source", UNKNOWN.values(), ids=[f"unknown after {name}" for name in UNKNOWN])
def test_a_receiver_stays_unknown(source: str) -> None:
    assert SENT not in calls(source)


FIXTURES = {
    "an annotation": "@pytest.fixture\ndef m() -> Manager: ...",
    "a quoted annotation": "@pytest.fixture\ndef m() -> 'Manager': ...",
    "a generator annotation": "@pytest.fixture(scope='module')\ndef m() -> Iterator[Manager]: ...",
    "an async generator annotation": "@pytest_asyncio.fixture\nasync def m() -> AsyncGenerator[Manager, None]: ...",
    "its return": "@fixture\ndef m():\n    return Manager()",
    "its last yield": "@fixture\ndef m():\n    made = Manager()\n    yield made\n    made.close",
    "an import of its own": "@fixture\ndef m():\n    from app.core import Manager as M\n    return M()",
    "a with block": "@fixture\ndef m():\n    with Manager() as made:\n        yield made",
    "an annotation that says nothing, then its return": "@fixture\ndef m() -> Any:\n    return Manager()",
    "a class around it": "class TestIt:\n    @fixture\n    def m(self): return Manager()",
}


@pytest.mark.parametrize("fixture", FIXTURES.values(), ids=[f"a fixture by {name}" for name in FIXTURES])
@pytest.mark.parametrize(
    "test",
    [
        "def test_it(m): m.send()",
        "@fixture\ndef other(m): m.send()",
        "class TestB:\n    def test_it(self, m): m.send()",
    ],
)
def test_a_parameter_named_like_a_fixture_is_what_the_fixture_gives(fixture: str, test: str) -> None:
    assert SENT in calls(f"{fixture}\n{test}")


@pytest.mark.parametrize(
    "fixture",
    [
        "def m(): return Manager()",
        "@other\ndef m(): return Manager()",
        "@fixture\ndef m(): return make()",
        "@fixture\ndef m(): pass",
        "@fixture\ndef m():\n    return",
    ],
)
def test_what_is_no_fixture_or_gives_nothing_known_gives_nothing(fixture: str) -> None:
    assert SENT not in calls(f"{fixture}\ndef test_it(m): m.send()")


def test_imports_in_a_try_are_known_to_fixtures() -> None:
    source = (
        "try:\n    from app.core import Manager\nexcept ImportError:\n    pass\n@fixture\ndef m(): return Manager()\n"
    )
    assert (SENT, "call", "") in uses(f"{source}def test_it(m): m.send()")


def test_the_result_of_a_function_is_kept_as_such() -> None:
    assert calls("m = get_manager()\nm.send()") == ["app.core.get_manager", "app.core.get_manager().send"]


def test_a_class_of_the_file_is_known_before_it_stands_there() -> None:
    assert uses("def f(): Local()\nclass Local: pass", "app.a") == [("app.a.Local", "call", "")]


def test_a_class_inside_a_function_or_class_has_its_qualified_name() -> None:
    found = uses("def f():\n    class L: pass\n    L()\nclass K:\n    class In: pass\n    In()", "app.a")
    assert [ref for ref, kind, _ in found if kind == "call"] == ["app.a.f.<locals>.L", "app.a.K.In"]


def test_a_class_that_takes_the_name_of_an_import_counts_from_there() -> None:
    assert calls("Manager()\nclass Manager(Manager): pass\nManager()") == ["app.core.Manager", "app.web.page.Manager"]


def test_a_function_that_takes_the_name_of_an_import_counts_from_there() -> None:
    assert calls("get_manager()\ndef get_manager(): ...\nget_manager()") == [
        "app.core.get_manager",
        "app.web.page.get_manager",
    ]


def test_relative_imports_are_followed_and_those_that_climb_too_far_are_not() -> None:
    assert uses("from ..core import Manager\nManager()")[-1] == ("app.core.Manager", "call", "")
    assert uses("from .... import app\napp.Manager()") == []


def test_an_import_lasts_as_long_as_its_function() -> None:
    assert uses("def f():\n    from app.core import Manager\ndef g():\n    Manager()") == []
    assert START.startswith("from app.core")
    assert of_manager("def g():\n    Manager()") == [("app.core.Manager", "call", "")]
