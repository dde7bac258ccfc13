"""What kinds of use are recorded, with their details; and what is not a use at all."""

from __future__ import annotations

import ast

import pytest

from codemods.index.uses import uses_of
from tests.index.trees import of_manager, uses

M = "app.core.Manager"
KINDS: dict[str, list[tuple[str, str, str]]] = {
    "Manager()": [(M, "call", "")],
    "Manager(1, x, key=2)": [(M, "call", "2, key=")],
    "Manager(*a)": [(M, "call", "*")],
    "Manager(1, *a, k=1, **b)": [(M, "call", "1, *, k=, **")],
    "Manager(**b, **c)": [(M, "call", "**")],
    "x = Manager": [(M, "load", "")],
    "f(Manager)": [(M, "load", "")],
    "f(key=Manager)": [(M, "load", "")],
    "Manager.limit": [(f"{M}.limit", "load", "")],
    "Manager.limit = 3": [(f"{M}.limit", "store", "")],
    "Manager.limit += 3": [(f"{M}.limit", "store", "")],
    "del Manager.limit": [(f"{M}.limit", "store", "")],
    "Manager.a.b": [(f"{M}.a.b", "load", "")],
    "Manager.make(1)": [(f"{M}.make", "call", "1")],
    "Manager().x": [(M, "call", ""), (f"{M}().x", "load", "")],
    "Manager().x = 1": [(M, "call", ""), (f"{M}().x", "store", "")],
    "for Manager.x in y: pass": [(f"{M}.x", "store", "")],
    "m = Manager()\nm": [(M, "call", "")],
    "m = Manager()\nm()": [(M, "call", ""), (f"{M}()", "call", "")],
    "Manager().a().b(1)": [(M, "call", ""), (f"{M}().a", "call", ""), (f"{M}().a().b", "call", "1")],
    "isinstance(x, Manager)": [(M, "load", ""), (M, "isinstance", "")],
    "issubclass(x, (int, Manager))": [(M, "load", ""), (M, "issubclass", "")],
    "isinstance(x, Manager().kind)": [(M, "call", ""), (f"{M}().kind", "load", "")],
    "isinstance(x)": [],
    "Mock(spec=Manager)": [(M, "spec", "Mock")],
    "mock.AsyncMock(spec_set=Manager)": [(M, "spec", "mock.AsyncMock")],
    "patch('x.y', autospec=Manager)": [(M, "spec", "patch")],
    "patch('x.y', autospec=True)": [],
    "Mock(spec=make(Manager))": [(M, "load", "")],
    "Mock(spec=Manager())": [(M, "call", "")],
    "create_autospec(Manager)": [(M, "load", ""), (M, "spec", "create_autospec")],
    "mock.MagicMock(Manager)": [(M, "load", ""), (M, "spec", "mock.MagicMock")],
    "Mock()": [],
    "create_autospec(spec=Manager)": [(M, "spec", "create_autospec")],
    "class A(Manager): pass": [(M, "base", "")],
    "class A(app.core.Manager, int): pass": [],
    "class A(Manager[int]): pass": [(M, "base", "")],
    "class A(Box[Manager]): pass": [(M, "load", "")],
    "class A(metaclass=Manager): pass": [(M, "load", "")],
    "@Manager\nclass A: pass": [(M, "load", "")],
    "@Manager.wrap\ndef f(): pass": [(f"{M}.wrap", "load", "")],
    "def f(m: Manager) -> Manager: ...": [(M, "annotation", "return"), (M, "annotation", "parameter")],
    "def f(*m: Manager): ...": [(M, "annotation", "parameter")],
    "def f(m: 'Manager'): ...": [(M, "annotation", "quoted parameter")],
    "m: 'list[Manager]'": [(M, "annotation", "quoted variable")],
    "m: dict[str, Manager]": [(M, "annotation", "variable")],
    "m: Callable[[Manager], None]": [(M, "annotation", "variable")],
    "m: Manager.Inner": [(f"{M}.Inner", "annotation", "variable")],
    "m: Literal['Manager']": [],
    "m: int": [],
    "m: Annotated[int, Depends(get_manager)]": [("app.core.get_manager", "load", "")],
    "cast('Manager', x)": [("Manager", "name string", ""), (M, "annotation", "quoted cast")],
    "try:\n    pass\nexcept Manager: pass": [(M, "load", "")],
    "match x:\n    case Manager(): pass": [(M, "load", "")],
    "Manager[int]": [(M, "load", "")],
    "x = 'Manager'": [("Manager", "name string", "")],
    "x = 'a Manager'": [],
    "x = b'Manager'": [],
    "x = 'app.core.Manager'": [(M, "path string", "")],
    "x = 'other.core.Manager'": [],
    "x = 'app'": [],
    "x = 'app.core.Manager!'": [],
    "x = 'app.1.b'": [],
    "exec('from app.core import Manager')": [("app.core", "code string", "")],
    "x = '''\n  import app.core\n  from os import path\n  import app.web\n'''": [
        ("app.core", "code string", ""),
        ("app.web", "code string", ""),
    ],
    "x = 'you may import app.core'": [],
}


@pytest.mark.parametrize("source", KINDS)
def test_a_use_is_recorded_by_its_kind(source: str) -> None:
    assert of_manager(source) == KINDS[source]


@pytest.mark.parametrize(
    "callee",
    [
        "patch",
        "mock.patch",
        "mocker.patch",
        "patch.object",
        "mock.patch.multiple",
        "patch.dict",
        "monkeypatch.setattr",
        "self.monkeypatch.delattr",
        "import_module",
        "importlib.import_module",
    ],
)
def test_a_path_string_tells_the_call_that_takes_it(callee: str) -> None:
    assert uses(f"{callee}('app.core.Manager.send', x)") == [("app.core.Manager.send", "path string", callee)]
    assert uses(f"{callee}('Manager', x)") == [("Manager", "name string", callee)]
    assert uses(f"{callee}(x, 'app.core.Manager')") == [("app.core.Manager", "path string", "")]


@pytest.mark.parametrize(
    "callee", ["dispatch", "self.dispatch", "setattr", "patch.stopall", "unpatch", "x.import_modules"]
)
def test_a_call_that_only_ends_alike_takes_no_path(callee: str) -> None:
    assert uses(f"{callee}('app.core.Manager', x)") == [("app.core.Manager", "path string", "")]


def test_a_constant_first_argument_counts_in_the_shape_of_every_call() -> None:
    assert uses("from app.core import dispatch\ndispatch('a', 2)") == [("app.core.dispatch", "call", "2")]
    assert uses("from app.core import patch\npatch('a', 2)") == [("app.core.patch", "call", "2")]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.path.join(os.sep)",
        "from redis import Manager\nManager().send()",
        "from redis import Manager\nclass A(Manager): pass\nx: Manager\nisinstance(y, Manager)",
        "unknown.send()\nunknown().send()",
        "class A:\n    def f(self):\n        self.x = 1\n        self.x\n        self.send()",
        "x = 3\nx.y\nx()",
        "def f(self): self.x",
    ],
)
def test_what_does_not_lead_into_the_tree_is_not_recorded(source: str) -> None:
    assert [found for found in uses(source) if not found[0].startswith("app.web.page.A")] == []


def test_a_branch_that_never_runs_here_is_not_walked() -> None:
    assert of_manager("if False:\n    Manager()\nelse:\n    get_manager()") == [("app.core.get_manager", "call", "")]
    assert of_manager("if True:\n    Manager()\nelse:\n    get_manager()") == [(M, "call", "")]
    assert len(of_manager("if x:\n    Manager()\nelse:\n    get_manager()")) == 2


def test_a_use_knows_its_line_and_scope() -> None:
    source = (
        "from app.core import Manager\nManager()\nclass A:\n"
        "    Manager()\n    def f(self):\n        Manager(\n        )\n"
    )
    found = uses_of(ast.parse(source), "app.a", False, {"app"}, ())
    assert [(use.line, use.scope) for use in found] == [(2, ""), (4, "A"), (6, "A.f.<locals>")]


def test_a_quoted_annotation_keeps_the_line_of_the_file() -> None:
    source = "from app.core import Manager\n\n\nm: '''(\nManager)'''\nn: 'dict[str, Manager]'\n"
    found = uses_of(ast.parse(source), "app.a", False, {"app"}, ())
    assert [use.line for use in found] == [4, 6]
    assert uses_of(ast.parse("x: 'a\\0b'"), "app.a", False, {"app"}, ()) == ()
