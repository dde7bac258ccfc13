"""A class leaves a module whose other code stays: what that code says then, that it runs, and what cannot leave."""

from __future__ import annotations

import ast
import asyncio
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codemods.edits import Edit, splice
from codemods.rewrites.departures import StaysError, departure_edits, knows_typing, outside
from codemods.rewrites.shim_text import MovedName, ShimSpec, block
from tests.rewrites.shimmed import Package, opened, own_names, packages, quietly, told

NEW = """
class Unified:
    made = 0

    def __init__(self, size=1):
        self.size = size


class Lost(Exception):
    pass


def unified_get():
    return Unified()
"""
PLACES = {"Manager": "Unified", "get": "unified_get", "Lost": "Lost"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    monkeypatch.delenv("WSCONSOLIDATE_SHIMS", raising=False)
    monkeypatch.delenv("WSCONSOLIDATE_SHIM_LOG", raising=False)
    for made in packages(tmp_path, monkeypatch.syspath_prepend):
        made.write("new", NEW)
        yield made


def spec_of(package: str, names: tuple[str, ...], exports: tuple[str, ...] | None = None) -> ShimSpec:
    moved = tuple(MovedName(name, f"{package}.new:{PLACES[name]}") for name in names)
    return ShimSpec(f"{package}.mod", moved, f"{package}.unified_shims", "2025.9", "2026.3", exports)


def shim_of(package: str, names: tuple[str, ...], source: bytes) -> str:
    return block(spec_of(package, names), knows_typing(opened(f"{package}/mod.py", source)))


def left(source: bytes, names: tuple[str, ...] = ("Manager",), package: str = "pkg", shim: str | None = None) -> bytes:
    """The module once the names have left it."""
    file = opened(f"{package}/mod.py", source)
    statements = {
        name: f"from {package}.new import {PLACES[name]}" + (f" as {name}" if name != PLACES[name] else "")
        for name in names
    }
    edits, _ = departure_edits(file, statements, shim_of(package, names, source) if shim is None else shim)
    return splice(source, edits)


CLASS = "class Manager:\n    def __init__(self, size=1):\n        self.size = size\n\n\n"


@dataclass(frozen=True, slots=True)
class Case:
    """`rest` stands behind the class; `becomes` is what it is then; `holds` is asked of the module `m` and `new`."""

    rest: str
    becomes: str
    holds: str


GOES = {
    "a function that uses the name imports it when it is called": Case(
        "def make():\n    return Manager(3)\n",
        "def make():\n    from pkg.new import Unified as Manager\n    return Manager(3)\n",
        "type(m.make()) is new.Unified and m.make().size == 3",
    ),
    "behind a docstring": Case(
        'def make():\n    """Make."""\n\n    return Manager\n',
        'def make():\n    """Make."""\n\n    from pkg.new import Unified as Manager\n    return Manager\n',
        "m.make() is new.Unified and m.make.__doc__ == 'Make.'",
    ),
    "in a method, once for all its uses": Case(
        "class Other:\n    def make(self):\n        if Manager:\n            return Manager\n",
        "class Other:\n    def make(self):\n        from pkg.new import Unified as Manager\n"
        "        if Manager:\n            return Manager\n",
        "m.Other().make() is new.Unified",
    ),
    "in an async function": Case(
        "async def make():\n    return Manager\n",
        "async def make():\n    from pkg.new import Unified as Manager\n    return Manager\n",
        "run(m.make()) is new.Unified",
    ),
    "in the outermost of nested functions": Case(
        "def make():\n    def inner():\n        return Manager\n    return inner\n",
        "def make():\n    from pkg.new import Unified as Manager\n    def inner():\n        return Manager\n"
        "    return inner\n",
        "m.make()() is new.Unified",
    ),
    "in a lambda and a comprehension of a function": Case(
        "def make():\n    return [Manager for _ in range(2)], lambda: Manager\n",
        "def make():\n    from pkg.new import Unified as Manager\n"
        "    return [Manager for _ in range(2)], lambda: Manager\n",
        "m.make()[0] == [new.Unified] * 2 and m.make()[1]() is new.Unified",
    ),
    "before a decorated first statement": Case(
        "def make():\n    @staticmethod\n    def inner():\n        return Manager\n    return inner\n",
        "def make():\n    from pkg.new import Unified as Manager\n    @staticmethod\n    def inner():\n"
        "        return Manager\n    return inner\n",
        "m.make()() is new.Unified",
    ),
    "before a decorated first statement that is indented by tabs": Case(
        "def make():\n\t@staticmethod\n\tdef inner():\n\t\treturn Manager\n\treturn inner\n",
        "def make():\n\tfrom pkg.new import Unified as Manager\n\t@staticmethod\n\tdef inner():\n"
        "\t\treturn Manager\n\treturn inner\n",
        "m.make()() is new.Unified",
    ),
    "in an except clause and in a match": Case(
        "def sort(value):\n    match value:\n        case Manager():\n            return 1\n    return 2\n",
        "def sort(value):\n    from pkg.new import Unified as Manager\n    match value:\n        case Manager():\n"
        "            return 1\n    return 2\n",
        "m.sort(new.Unified()) == 1 and m.sort(3) == 2",
    ),
    "with names that a nested function binds for itself only": Case(
        "def make():\n    def inner():\n        Manager = 1\n        return Manager\n    return Manager, inner()\n",
        "def make():\n    from pkg.new import Unified as Manager\n    def inner():\n        Manager = 1\n"
        "        return Manager\n    return Manager, inner()\n",
        "m.make() == (new.Unified, 1)",
    ),
    "with names that a class body binds for itself only": Case(
        "def make():\n    class Inner:\n        Manager = 1\n    return Manager, Inner.Manager\n",
        "def make():\n    from pkg.new import Unified as Manager\n    class Inner:\n        Manager = 1\n"
        "    return Manager, Inner.Manager\n",
        "m.make() == (new.Unified, 1)",
    ),
    "with names that a comprehension binds for itself only": Case(
        "def make():\n    return [Manager for Manager in (1, 2)], Manager\n",
        "def make():\n    from pkg.new import Unified as Manager\n"
        "    return [Manager for Manager in (1, 2)], Manager\n",
        "m.make() == ([1, 2], new.Unified)",
    ),
    "with a method of that name": Case(
        "class Other:\n    def Manager(self):\n        return Manager\n",
        "class Other:\n    def Manager(self):\n        from pkg.new import Unified as Manager\n"
        "        return Manager\n",
        "m.Other().Manager() is new.Unified",
    ),
    "a default needs it at import, so an import stands in the class's place": Case(
        "def make(kind=Manager):\n    return kind\n",
        "def make(kind=Manager):\n    return kind\n",
        "m.make() is new.Unified",
    ),
    "so does a keyword's default": Case(
        "def make(*, kind=Manager, other=None):\n    return kind\n",
        "def make(*, kind=Manager, other=None):\n    return kind\n",
        "m.make() is new.Unified",
    ),
    "so does a base": Case(
        "class Special(Manager):\n    pass\n",
        "class Special(Manager):\n    pass\n",
        "issubclass(m.Special, new.Unified)",
    ),
    "so does a decorator": Case(
        "@Manager.__call__\nclass size:\n    pass\n",
        "@Manager.__call__\nclass size:\n    pass\n",
        "type(m.size) is new.Unified",
    ),
    "so does what runs at import": Case(
        "TABLE = {'manager': Manager, **{n: Manager for n in 'ab'}}\n",
        "TABLE = {'manager': Manager, **{n: Manager for n in 'ab'}}\n",
        "set(m.TABLE.values()) == {new.Unified}",
    ),
    "so does a class body": Case(
        "class Other:\n    kind = Manager\n    Manager = Manager\n",
        "class Other:\n    kind = Manager\n    Manager = Manager\n",
        "m.Other.kind is m.Other.Manager is new.Unified",
    ),
    "early and later uses have an import each": Case(
        "KIND = Manager\n\n\ndef make():\n    return Manager\n",
        "KIND = Manager\n\n\ndef make():\n    from pkg.new import Unified as Manager\n    return Manager\n",
        "m.KIND is m.make() is new.Unified",
    ),
    "annotations that Python evaluates become text": Case(
        "def use(a: Manager, *b: Manager, c: list[Manager] | None = None, **d: Manager) -> Manager:\n    return a\n",
        'def use(a: "Manager", *b: "Manager", c: "list[Manager] | None" = None, **d: "Manager") -> "Manager":\n'
        "    return a\n",
        "m.use(1) == 1 and m.use.__annotations__['c'] == 'list[Manager] | None'",
    ),
    "so do those of attributes and of the module": Case(
        "held: Manager | None = None\n\n\nclass Other:\n    kind: type[Manager]\n    plain: int\n",
        'held: "Manager | None" = None\n\n\nclass Other:\n    kind: "type[Manager]"\n    plain: int\n',
        "m.__annotations__ == {'held': 'Manager | None'} and m.Other.__annotations__['plain'] is int",
    ),
    "and those of a class in a function": Case(
        "def make():\n    class Inner:\n        kind: Manager\n    return Inner\n",
        'def make():\n    class Inner:\n        kind: "Manager"\n    return Inner\n',
        "m.make().__annotations__ == {'kind': 'Manager'}",
    ),
    "an annotation with quotes gets the other ones": Case(
        'import typing\n\n\ndef use(a: typing.Union[Manager, "int"]):\n    return a\n',
        "import typing\n\n\ndef use(a: 'typing.Union[Manager, \"int\"]'):\n    return a\n",
        "m.use(2) == 2",
    ),
    "an annotation in brackets over lines is quoted inside them": Case(
        "def use(\n    a: (\n        Manager | None\n    ) = None,\n):\n    return a\n",
        'def use(\n    a: (\n        "Manager | None"\n    ) = None,\n):\n    return a\n',
        "m.use() is None",
    ),
    "what a decorator may look at is there when it looks": Case(
        "def route(function):\n    import typing\n    function.hints = typing.get_type_hints(function)\n"
        "    return function\n\n\n@route\ndef use(a: Manager):\n    return a\n",
        "def route(function):\n    import typing\n    function.hints = typing.get_type_hints(function)\n"
        "    return function\n\n\n@route\ndef use(a: Manager):\n    return a\n",
        "m.use.hints == {'a': new.Unified}",
    ),
    "what a base may look at is there when it looks": Case(
        "class Model:\n    def __init_subclass__(cls):\n        import typing\n"
        "        cls.hints = typing.get_type_hints(cls)\n\n\nclass Held(Model):\n    kind: Manager\n",
        "class Model:\n    def __init_subclass__(cls):\n        import typing\n"
        "        cls.hints = typing.get_type_hints(cls)\n\n\nclass Held(Model):\n    kind: Manager\n",
        "m.Held.hints == {'kind': new.Unified}",
    ),
    "what a metaclass may look at is there when it looks": Case(
        "import typing\n\n\nclass Meta(type):\n    def __init__(cls, *made):\n"
        "        cls.hints = typing.get_type_hints(cls)\n\n\nclass Held(metaclass=Meta):\n    kind: Manager\n",
        "import typing\n\n\nclass Meta(type):\n    def __init__(cls, *made):\n"
        "        cls.hints = typing.get_type_hints(cls)\n\n\nclass Held(metaclass=Meta):\n    kind: Manager\n",
        "m.Held.hints == {'kind': new.Unified}",
    ),
    "a decorator known to look at nothing leaves annotations to be text": Case(
        "class Other:\n    @staticmethod\n    def use(a: Manager):\n        return a\n",
        'class Other:\n    @staticmethod\n    def use(a: "Manager"):\n        return a\n',
        "m.Other.use.__annotations__ == {'a': 'Manager'}",
    ),
    "neither do a decorator that is called and a generic base": Case(
        "import functools\nimport typing\n\nT = typing.TypeVar('T')\n\n\nclass Other(typing.Generic[T]):\n"
        "    kind: Manager\n\n    @functools.lru_cache()\n    def use(self, a: Manager):\n        return a\n",
        "import functools\nimport typing\n\nT = typing.TypeVar('T')\n\n\nclass Other(typing.Generic[T]):\n"
        '    kind: "Manager"\n\n    @functools.lru_cache()\n    def use(self, a: "Manager"):\n        return a\n',
        "m.Other.__annotations__ == {'kind': 'Manager'} and m.Other().use(1) == 1",
    ),
    "comments behind the class stay": Case(
        "# about what follows\nLIMIT = 3  # three\n",
        "# about what follows\nLIMIT = 3  # three\n",
        "m.LIMIT == 3",
    ),
}
IN_PLACE = ("default", "base", "decorator n", "runs at import", "a class body", "early and", "may look")


@pytest.mark.parametrize("case", GOES.values(), ids=GOES)
def test_the_code_that_stays_reaches_what_left(package: Package, case: Case, request: pytest.FixtureRequest) -> None:
    source = f"before = 0\n\n\n{CLASS}{case.rest}".replace("pkg", package.name).encode()
    result = left(source, package=package.name)
    becomes = case.becomes.replace("pkg", package.name)
    early = f"from {package.name}.new import Unified as Manager\n\n\n" in result.decode().partition(becomes)[0]
    assert result.decode().startswith(f"before = 0\n\n\n{early * f'from {package.name}.new import Unified as Manager'}")
    assert f"{becomes}\n\n{shim_of(package.name, ('Manager',), source)}" in result.decode()
    with pytest.raises(StaysError, match="not defined at the top"):  # a second run finds nothing that could leave
        left(result, package=package.name)
    package.write("mod", result)
    module, new = package.load("mod"), package.load("new")
    assert eval(case.holds, {"m": module, "new": new, "run": asyncio.run})
    assert "Manager" not in own_names(module)
    assert told(lambda: package.run("user", "\nfrom $.mod import Manager\n")) == [("user.py", 2)]
    assert package.load("user").Manager is new.Unified
    assert early == any(part in request.node.callspec.id for part in ("so does", "default", "early and", "may look at"))


SAME = {
    "the name is a parameter": "def use(Manager):\n    return Manager\n",
    "the name is a keyword-only parameter": "def use(*, Manager=1):\n    return Manager\n",
    "the name is one of many": "def use(*Manager):\n    return Manager\n",
    "the name is a mapping of keywords": "def use(**Manager):\n    return Manager\n",
    "the function assigns it": "def use():\n    Manager = 2\n    return Manager\n",
    "the function imports it": "def use():\n    from enum import Enum as Manager\n    return Manager\n",
    "the function imports a module of that name": "def use():\n    import enum as Manager\n    return Manager\n",
    "the function defines it": "def use():\n    class Manager: ...\n    return Manager\n",
    "a walrus binds it": "def use():\n    return [(Manager := 1)], Manager\n",
    "a walrus in a comprehension binds it": "def use():\n    return [(Manager := n) for n in (1, 2)], Manager\n",
    "a loop binds it": "def use():\n    for Manager in (1, 2):\n        pass\n    return Manager\n",
    "an except clause binds it": "def use():\n    try:\n        int('x')\n    except ValueError as Manager:\n"
    "        return str(Manager)\n",
    "a with statement binds it": "def use(where):\n    with open(where) as Manager:\n        return Manager\n",
    "a pattern binds it": "def use(v):\n    match v:\n        case [1, Manager]:\n            return Manager\n",
    "a starred pattern binds it": "def use(v):\n    match v:\n        case [*Manager]: return Manager\n",
    "a mapping's pattern binds it": "def use(v):\n    match v:\n        case {**Manager}: return Manager\n",
    "an inner function assigns the outer one's": "def use():\n    Manager = 1\n    def inner():\n"
    "        nonlocal Manager\n        Manager = 2\n    inner()\n    return Manager\n",
    "a lambda's parameter": "use = lambda Manager: Manager\n",
    "a comprehension's own": "used = [Manager for Manager in (1, 2)], {Manager: 1 for Manager in 'ab'}\n",
    "a generator's own": "used = list(Manager for Manager in (1, 2))\n",
    "an attribute of that name": "class Box:\n    Manager = 1\n\n\ndef use():\n    return Box.Manager\n",
    "a keyword of that name": "used = dict(Manager=1)\n",
    "the annotation of a local variable": "def use():\n    found: Manager = 1\n    return found\n",
    "a word in a string and a comment": "used = 'Manager'  # Manager\n",
    "an annotation that is text already": 'def use(a: "Manager") -> "Manager | None":\n    return a\n',
    "a function that has only a docstring": 'def use():\n    """Manager."""\n',
    "a one-line function without the name": "def use(): return 1\n",
    "another name among the globals": "def use():\n    return globals()['before'], {'Manager': 1}['Manager']\n",
}


@pytest.mark.parametrize("rest", SAME.values(), ids=SAME)
def test_code_that_means_something_else_keeps_every_byte(package: Package, rest: str) -> None:
    source = f"before = 0\n\n\n{CLASS}{rest}".encode()
    shim = shim_of(package.name, ("Manager",), source)
    assert left(source, package=package.name) == f"before = 0\n\n\n{rest}\n\n{shim}".encode()
    package.write("mod", left(source, package=package.name))
    module = package.load("mod")
    if "def use():" in rest:
        expected: dict[str, Any] = {}
        exec(source, expected)
        mine, theirs = module.use(), expected["use"]()
        assert mine == theirs or mine.__name__ == theirs.__name__


def test_with_postponed_annotations_none_is_touched(package: Package) -> None:
    rest = 'def use(a: Manager, b: list["Manager"] = []) -> Manager:\n    return a\n\n\nheld: Manager\n'
    source = f"from __future__ import annotations\n\n\n{CLASS}{rest}".encode()
    package.write("mod", left(source, package=package.name))
    assert rest.encode() in left(source)
    module = package.load("mod")
    assert module.use(1) == 1
    hints = typing.get_type_hints(module.use, localns={"Manager": package.load("new").Unified})
    assert hints["a"] is package.load("new").Unified


STAYS = {
    "defined twice": (f"{CLASS}{CLASS}", "Manager is defined twice, in lines 1 and 6"),
    "defined in an if": (f"if True:\n    {CLASS.replace(chr(10), chr(10) + '    ')}", "not defined at the top"),
    "defined in a try": ("try:\n    class Manager: ...\nexcept ImportError:\n    pass\n", "not defined at the top"),
    "not there at all": ("x = 1\n", "Manager is not defined at the top of the module"),
    "defined once more in a try": (
        f"try:\n    class Manager: ...\nexcept ImportError:\n    pass\n{CLASS}",
        "line 2 binds Manager again",
    ),
    "imported as well": (f"import enum as Manager\n{CLASS}", "line 1 binds Manager again"),
    "imported by name in a try": (
        f"{CLASS}try:\n    from enum import Enum as Manager\nexcept ImportError:\n    pass\n",
        "line 7 binds Manager again",
    ),
    "assigned": (f"{CLASS}Manager = print\n", "line 6 binds Manager again"),
    "assigned with an annotation": (f"{CLASS}Manager: type = int\n", "line 6 binds Manager again"),
    "added to": (f"{CLASS}Manager += 1\n", "line 6 binds Manager again"),
    "deleted": (f"{CLASS}del Manager\n", "line 6 binds Manager again"),
    "the target of a loop": (f"{CLASS}for Manager in ():\n    pass\n", "line 6 binds Manager again"),
    "bound by a walrus": (f"{CLASS}print(Manager := 1)\n", "line 6 binds Manager again"),
    "bound by a walrus in a comprehension": (f"{CLASS}[Manager := n for n in ()]\n", "line 6 binds Manager again"),
    "bound by an except clause": (
        f"{CLASS}try:\n    pass\nexcept ValueError as Manager:\n    pass\n",
        "line 8 binds Manager again",
    ),
    "bound by a with statement": (f"{CLASS}with open('x') as Manager:\n    pass\n", "line 6 binds Manager again"),
    "bound by a pattern": (f"{CLASS}match 1:\n    case Manager:\n        pass\n", "line 7 binds Manager again"),
    "assigned as a global": (
        f"{CLASS}def reset():\n    global Manager\n    Manager = None\n",
        "line 7 assigns Manager as a global",
    ),
    "named as a global and only read": (
        f"{CLASS}def read():\n    global other, Manager\n    return Manager\n",
        "line 7 assigns Manager as a global",
    ),
    "assigned as a global from a nested function": (
        f"{CLASS}def outer(Manager):\n    def inner():\n        global Manager\n        Manager = 1\n",
        "line 8 assigns Manager as a global",
    ),
    "looked up among the globals": (
        f"{CLASS}def make():\n    return globals()['Manager']\n",
        "line 7 looks Manager up among the globals",
    ),
    "used in a one-line function": (f"{CLASS}def make(): return Manager()\n", "line 6 stands beside other code"),
    "used behind a head over lines": (f"{CLASS}def make(a,\n    b): return Manager()\n", "line 7 stands beside"),
    "used behind a docstring in its line": (f"{CLASS}def make():\n    'It.'; return Manager()\n", "line 7 stands"),
    "used behind a backslash": (f"{CLASS}def make(): \\\n    return Manager()\n", "line 7 stands beside other code"),
    "used in a lambda of the module": (f"{CLASS}make = lambda: Manager()\n", "line 6 uses Manager in a lambda"),
    "used in a lambda in a default": (f"{CLASS}def f(make=lambda: Manager()): ...\n", "uses Manager in a lambda"),
    "used in a lambda of a class body": (f"{CLASS}class K:\n    make = lambda self: Manager()\n", "in a lambda"),
    "used in a generator of the module": (f"{CLASS}all_ = (Manager for _ in 'ab')\n", "in a generator"),
    "in an annotation over lines": (f"{CLASS}def f(a: dict[\n    str, Manager]): ...\n", "line 6 cannot be quoted"),
    "in an annotation with both quotes": (
        f"""{CLASS}def f(a: X["a", 'b', Manager]): ...\n""",
        "the annotation in line 6 cannot be quoted",
    ),
    "in an annotation with a backslash": (f"{CLASS}def f(a: X['\\n', Manager]): ...\n", "cannot be quoted"),
    "in an annotation of unpacked arguments": (f"{CLASS}def f(*a: *tuple[Manager]): ...\n", "cannot be quoted"),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_what_cannot_leave_is_refused_with_the_line_and_the_reason(text: str, reason: str) -> None:
    ast.parse(text)
    with pytest.raises(StaysError) as refused:
        left(text.encode())
    assert reason in str(refused.value)


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

BODY = "x = 1\n\n\nclass Manager:\n    pass\n\n\ndef make():\n    return Manager\n"
REST = "x = 1\n\n\ndef make():\n    from pkg.new import Unified as Manager\n    return Manager\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_line_ends_are_those_of_the_file(newline: str) -> None:
    result = left(BODY.replace("\n", newline).encode(), shim="# shim\n")
    assert result == f"{REST}\n\n# shim\n".replace("\n", newline).encode()


HEADS = {
    "a byte order mark": (b"\xef\xbb\xbf", "utf-8"),
    "a latin-1 cookie": ("# coding: latin-1\nname = 'Jos\xe9'  # \xe9\n".encode("latin-1"), "latin-1"),
    "a form feed": (b"\f\n", "utf-8"),
}


@pytest.mark.parametrize(("head", "encoding"), HEADS.values(), ids=HEADS)
def test_the_head_of_a_file_stays(head: bytes, encoding: str) -> None:
    line = "def use(a='é', b: Manager = None): ...  # é\n"
    result = left(head + (BODY + line).encode(encoding), shim="# shim\n")
    quoted = line.replace(": Manager", ': "Manager"')
    assert result == head + f"{REST}{quoted}\n\n# shim\n".encode(encoding)


def test_a_class_at_the_very_start_behind_a_byte_order_mark_goes() -> None:
    assert left(b"\xef\xbb\xbfclass Manager:\n    pass\n\n\nx = 1\n", shim="# shim\n") == (
        b"\xef\xbb\xbfx = 1\n\n\n# shim\n"
    )


ENDS = {
    "no newline at the end": ("class Manager: ...\n\n\nx = 1", "x = 1\n\n\n# shim\n"),
    "the class is the last thing": ("x = 1\n\n\nclass Manager: ...\n", "x = 1\n\n\n# shim\n"),
    "the class is the last thing, without a newline": ("x = 1\n\n\nclass Manager: ...", "x = 1\n\n\n# shim\n"),
    "the class is the last thing, with blank lines": ("x = 1\n\n\nclass Manager: ...\n\n\n\n", "x = 1\n\n\n# shim\n"),
    "the class is the last thing, without blank lines before it": (
        "x = 1\nclass Manager: ...\n",
        "x = 1\n\n\n# shim\n",
    ),
    "a comment is the last thing": ("class Manager: ...\n# the end\n", "# the end\n\n\n# shim\n"),
    "a comment stands above the class": (
        "x = 1\n\n\n# About it.\nclass Manager: ...\n",
        "x = 1\n\n\n# About it.\n\n\n# shim\n",
    ),
    "an import takes the last place": (
        "class Manager: ...\n\n\nKIND = Manager\n\n\ndef Lost(): ...\n",
        "from pkg.new import Unified as Manager\n\n\nKIND = Manager\n\n\n# shim\n",
    ),
}


@pytest.mark.parametrize(("text", "becomes"), ENDS.values(), ids=ENDS)
def test_the_shim_stands_at_the_end_behind_two_blank_lines(text: str, becomes: str) -> None:
    names = ("Manager", "Lost") if "Lost" in text else ("Manager",)
    assert left(text.encode(), names, shim="# shim\n").decode() == becomes


DECORATED = {
    "one decorator": "@final\nclass Manager: ...\n",
    "several, with comments between": "@first(1)\n# why\n@second\nclass Manager: ...\n",
    "over lines": "@first(\n    1,\n)\nclass Manager: ...\n",
    "in brackets below the at": "@(\n    first\n)\nclass Manager: ...\n",
}


@pytest.mark.parametrize("text", DECORATED.values(), ids=DECORATED)
def test_a_class_goes_with_its_decorators(text: str) -> None:
    assert left(f"x = 1\n\n\n{text}\n\ny = 2\n".encode(), shim="# shim\n") == b"x = 1\n\n\ny = 2\n\n\n# shim\n"


def test_a_function_that_begins_with_a_decorator_below_its_at_gets_its_import_above_it(package: Package) -> None:
    inner = "    @(\n        staticmethod\n    )\n    def inner():\n        return Manager\n    return inner\n"
    result = left(f"x = 1\n\n\n{CLASS}def make():\n{inner}".encode(), package=package.name)
    assert f"def make():\n    from {package.name}.new import Unified as Manager\n{inner}".encode() in result
    package.write("mod", result)
    assert package.load("mod").make()() is package.load("new").Unified


def test_several_names_leave_together_and_what_uses_them_imports_each(package: Package) -> None:
    source = (
        f"{CLASS}class Lost(Exception): ...\n\n\ndef get():\n    return Manager()\n\n\n"
        "def use():\n    try:\n        return get()\n    except Lost:\n        return Manager\n"
    )
    names = ("Manager", "Lost", "get")
    result = left(source.encode(), names, package.name)
    package.write("mod", result)
    module, new = package.load("mod"), package.load("new")
    assert type(module.use()) is new.Unified
    assert quietly(lambda: module.get) is new.unified_get
    assert result.count(b"    from ") == 3 + 1  # in the function, and one for type checkers
    assert not {"Manager", "Lost", "get"} & own_names(module)


def test_all_and_star_imports_give_what_they_gave(package: Package) -> None:
    package.write("mod", left(f'__all__ = ["Manager", "x"]\nx = 1\n\n\n{CLASS}'.encode(), package=package.name))
    user = quietly(lambda: package.run("user", "from $.mod import *\n"))
    assert {name for name in own_names(user) if not name.startswith("__")} == {"Manager", "x"}
    package.write("open", left(f"import enum\n_hidden = 2\nx = 1\n\n\n{CLASS}".encode(), package=package.name))
    other = quietly(lambda: package.run("other", "from $.open import *\n"))
    # 21: no helper of the shim comes along
    assert {name for name in own_names(other) if not name.startswith("__")} == {"Manager", "enum", "x"}
    assert other.Manager is package.load("new").Unified


def test_a_shim_that_has_been_written_is_not_written_again() -> None:
    result = left(BODY.encode())
    with pytest.raises(StaysError, match="not defined at the top"):
        left(result)


def test_edits_that_fall_into_what_is_gone_are_left_out() -> None:
    source = BODY.encode()
    file = opened("pkg/mod.py", source)
    edits, gone = departure_edits(file, {"Manager": "from pkg.new import Unified as Manager"}, "# shim\n")
    at = source.index(b"    pass")
    inner = Edit(file.path, at, at + 8, b"    ...", 5, "x", edits[0].applicability, "inside")
    behind = Edit(file.path, at + 20, at + 20, b"", 8, "x", edits[0].applicability, "behind")
    assert list(outside((inner, behind), gone)) == [behind]


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("from typing import TYPE_CHECKING\n", True),
        ("from typing import Any, TYPE_CHECKING\n", True),
        ("from typing import TYPE_CHECKING as T\n", False),
        ("import typing\n", False),
        ("if 1:\n    from typing import TYPE_CHECKING\n", False),
    ],
    ids=["imported", "beside others", "by another name", "the module", "not at the top"],
)
def test_the_shim_imports_what_it_needs_unless_it_is_there(package: Package, text: str, known: bool) -> None:
    assert knows_typing(opened("pkg/mod.py", text.encode())) == known
    package.write("mod", left(f"{text}\n\n{CLASS}x = 1\n".encode(), package=package.name))
    assert quietly(lambda: package.load("mod").Manager) is package.load("new").Unified


# ── any code ─────────────────────────────────────────────────────────────────────────────────────────────────────────

names = st.sampled_from(("Manager", "other"))
expressions = st.recursive(
    st.one_of(names, st.sampled_from(("1", "(n := 2)", "Manager.made", "[Manager for Manager in (1,)]"))),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]}, {p[1]})"),
        inner.map(lambda e: f"[{e} for m in (1, 2)]"),
        inner.map(lambda e: f"(lambda: {e})()"),
        inner.map(lambda e: f"(lambda Manager: {e})(4)"),
    ),
    max_leaves=4,
)


@st.composite
def functions(draw: st.DrawFn, depth: int = 0) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.sampled_from(("use", "use", "bind", "nested", "class", "loop", "document"))):
            case "use":
                lines.append(f"got.append({draw(expressions)})")
            case "bind":
                lines.append(f"{draw(names)} = {draw(st.integers(5, 9))}")
            case "loop":
                lines.append(f"for {draw(names)} in (7,): got.append({draw(expressions)})")
            case "class":
                lines += ["class K:", f"    {draw(names)} = 3", f"    x = {draw(st.sampled_from(('other', '1')))}"]
            case "document" if not lines:
                lines.append("'''Said.'''")
            case "nested" if depth < 2:
                inner = draw(functions(depth + 1))
                lines += [f"def f{depth}():", *(f"    {line}" for line in inner), f"f{depth}()"]
    return lines or ["pass"]


@given(functions())
@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_function_does_what_it_did(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Run before and after; the class itself aside, all that it collects is the same, errors too."""
    body = "".join(f"    {line}\n" for line in lines)
    source = f"got = []\nother = 0\n\n\nclass Manager:\n    made = 0\n\n\ndef use():\n{body}"
    result = left(source.encode(), shim="").decode()
    unified = type("Unified", (), {"made": 0})
    results = []
    for text in (source, result.replace("from pkg.new import Unified as Manager", "Manager = UNIFIED")):
        scope: dict[str, Any] = {"UNIFIED": unified}
        exec(text, scope)
        error = ""
        try:
            scope["use"]()
        except (
            NameError,
            TypeError,
            AttributeError,
            ValueError,
        ) as raised:  # whatever was wrong before is wrong after, in the same way
            error = type(raised).__name__
        known = {scope.get("Manager"): unified}
        results.append((_replaced(scope["got"], known), error))
    assert results[0] == results[1]


def _replaced(value: Any, known: dict[Any, Any]) -> Any:
    if isinstance(value, list | tuple):
        return [_replaced(item, known) for item in value]
    return known.get(value, value) if isinstance(value, type) else value
