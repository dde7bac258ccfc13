"""Who uses the planned classes: import statements by form, uses by kind, helpers, strings."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.plan import Plan
from tests.analysis.trees import finder_of, plan_of, planned, studied, told, usage_of

CORE = """
class Manager:
    limit = 3
    def send(self): ...
    @classmethod
    def make(cls): ...
    class Inner: ...
class Second: ...
def get_manager() -> Manager: ...
def get_untold(): ...
LIMIT = 3
"""
BASE = {
    "app/__init__.py": "",
    "app/core.py": CORE,
    "app/facade.py": "from app.core import Manager\n",
    "app/plain.py": "class Plain: ...\n",
}
PLAN = plan_of(planned("app.core.Manager", getters=("app.core.get_untold",)), planned("app.core.Second"))
D = "app.core.Manager"

FORMS = {
    "from app.core import Manager": ("one name",),
    "from app.core import Manager as M": ("one name", "aliased"),
    "from app.core import Manager, Second": ("several names, all planned",),
    "from app.core import Manager, LIMIT": ("mixed with other names",),
    "from app.core import (\n    Manager,\n)": ("one name", "over several lines"),
    "from app.core import Manager  # why": ("one name", "with a comment"),
    "from app.core import *": ("star import",),
    "from app.facade import Manager": ("one name", "through a re-export"),
    "from app.facade import *": ("star import", "through a re-export"),
    "import app.core": ("module as an object", "aliased"),
    "import app.core as c": ("module as an object", "aliased"),
    "from app import core": ("module as an object",),
    "def f():\n    from app.core import Manager": ("one name", "inside a function"),
    "try:\n    from app.core import Manager\nexcept ImportError: ...": ("one name", "in try/except ImportError"),
    "try:\n    from app.core import Manager\nexcept OSError: ...": ("one name", "in another try"),
    "try: ...\nexcept OSError:\n    from app.core import Manager": ("one name", "in an except block"),
    "if TYPE_CHECKING:\n    from app.core import Manager": ("one name", "under TYPE_CHECKING"),
    "if DEBUG:\n    from app.core import Manager": ("one name", "under a condition"),
}


@pytest.mark.parametrize("source", FORMS)
def test_an_import_statement_is_told_by_its_form(tmp_path: Path, source: str) -> None:
    usage = usage_of({**BASE, "tests/test_x.py": source}, tmp_path, PLAN)
    [site] = [site for site in usage.sites if site.path == "tests/test_x.py"]
    forms = FORMS[source]
    if source == "import app.core":
        forms = ("module as an object", *forms[1:])
    assert site.forms == forms
    assert site.area == "tests"


@pytest.mark.parametrize(
    "source",
    [
        "from app.core import LIMIT",
        "from app.plain import *",
        "from app.core import get_manager",
        "import os, app.plain",
        "from os import path",
        "from app.core import Gone",
        "from app.gone import *",
        "import app",
        "x = 1",
    ],
)
def test_a_statement_that_touches_no_planned_class_is_no_site(tmp_path: Path, source: str) -> None:
    usage = usage_of({**BASE, "app/x.py": source}, tmp_path, PLAN)
    assert [site for site in usage.sites if site.path == "app/x.py"] == []


def test_a_site_tells_its_lines_classes_and_modules(tmp_path: Path) -> None:
    source = "\nfrom app.core import (\n    Second, Manager,\n)\nfrom app import core, plain\n"
    usage = usage_of({**BASE, "app/x.py": source}, tmp_path, PLAN)
    first, second = (site for site in usage.sites if site.path == "app/x.py")
    assert (first.line, first.end, first.classes, first.modules) == (2, 4, (D, "app.core.Second"), ())
    assert (second.line, second.end, second.classes, second.modules) == (5, 5, (), ("app.core",))


STARS = {
    "all names": ("from app.core import Manager\n", True),
    "an underscore": ("from app.core import Manager as _M\n", False),
    "__all__ with it": ("from app.core import Manager\n__all__ = ['Manager']\n", True),
    "__all__ without it": ("from app.core import Manager\n__all__ = ['Other']\n", False),
    "another star": ("from app.facade import *\n", True),
    "another star behind __all__": ("from app.facade import *\n__all__ = []\n", False),
    "a circle of stars": ("from app.ring import *\n", True),
}


@pytest.mark.parametrize(("source", "exposed"), STARS.values(), ids=STARS)
def test_a_star_brings_what_its_module_offers(tmp_path: Path, source: str, exposed: bool) -> None:
    files = {**BASE, "app/middle.py": source, "app/ring.py": "from app.middle import *\nfrom app.core import Manager\n"}
    usage = usage_of({**files, "app/x.py": "from app.middle import *"}, tmp_path, PLAN)
    assert any(site.path == "app/x.py" for site in usage.sites) is exposed


def test_modules_that_star_each_other_offer_the_same_whoever_is_asked_first(tmp_path: Path) -> None:
    files = {**BASE, "app/a.py": "from app.b import *\nfrom app.core import Manager", "app/b.py": "from app.a import *"}
    for first, second in (("a", "b"), ("b", "a")):
        finder = finder_of(
            {**files, "app/x.py": f"from app.{first} import *\nfrom app.{second} import *"}, tmp_path, PLAN
        )
        assert [site.classes for site in finder.sites() if site.path == "app/x.py"] == [(D,), (D,)]


USES: dict[str, list[tuple[str, str, str]]] = {
    "Manager(1, k=2)": [("constructor", "", "1, k=")],
    "Manager().send(1)": [("call", "send", "1"), ("constructor", "", "")],
    "Manager().name": [("constructor", "", ""), ("read", "name", "")],
    "Manager().name = 1": [("constructor", "", ""), ("write", "name", "")],
    "Manager().items.get(1)": [("constructor", "", ""), ("read", "items", "1")],
    "Manager().find(1).close()": [("call", "find", "1"), ("constructor", "", "")],
    "Manager().items.get(1).close()": [("constructor", "", ""), ("read", "items", "1")],
    "Manager()()": [("constructor", "", ""), ("instance called", "", "")],
    "Manager.make(1)": [("class call", "make", "1")],
    "Manager.make().send()": [("class call", "make", "")],
    "m = Manager.make()\nm.send()": [("class call", "make", "")],
    "Manager.limit": [("class read", "limit", "")],
    "Manager.limit = 4": [("class write", "limit", "")],
    "Manager.Inner()": [("class call", "Inner", "")],
    "Manager.Inner().x": [("class call", "Inner", "")],
    "Manager.Inner.x": [("class read", "Inner", "")],
    "Manager.__name__": [("class read", "__name__", "")],
    "x = Manager": [("value", "", "")],
    "class A(Manager): ...": [("base", "", "")],
    "isinstance(x, Manager)": [("isinstance", "", ""), ("value", "", "")],
    "Mock(spec=Manager)": [("spec", "", "Mock")],
    "x: Manager": [("annotation", "", "variable")],
    "app.core.get_manager().send()": [],
    "get_manager()": [("getter", "", "get_manager()")],
    "get_manager().send()": [("call", "send", ""), ("getter", "", "get_manager()")],
    "get_manager()()": [("getter", "", "get_manager()"), ("instance called", "", "")],
    "m = get_manager()\nm.name = 1": [("getter", "", "get_manager()"), ("write", "name", "")],
    "get_untold().send()": [("call", "send", ""), ("getter", "", "get_untold()")],
    "get_manager.cache": [],
    "get_manager": [],
    "LIMIT": [],
    "import app\nx = app.core": [],
    "Second": [],
}


@pytest.mark.parametrize("source", USES)
def test_a_use_is_told_by_kind_member_and_detail(tmp_path: Path, source: str) -> None:
    head = "from app.core import Manager, Second, get_manager, get_untold, LIMIT\n"
    usage = usage_of({**BASE, "app/x.py": head + source}, tmp_path, PLAN)
    found = [use for use in usage.uses if use.path == "app/x.py" and use.owner == D]
    assert [told(use) for use in found] == USES[source]


def test_a_nested_class_owns_its_uses_where_it_is_planned(tmp_path: Path) -> None:
    plan = plan_of(planned("app.core.Manager"), planned("app.core.Manager.Inner"))
    usage = usage_of({**BASE, "app/x.py": "from app.core import Manager\nManager.Inner().x"}, tmp_path, plan)
    found = [(use.owner, use.kind, use.member) for use in usage.uses if use.path == "app/x.py"]
    assert found == [(f"{D}.Inner", "constructor", ""), (f"{D}.Inner", "read", "x")]


def test_uses_through_a_re_export_are_those_of_the_definition(tmp_path: Path) -> None:
    usage = usage_of({**BASE, "app/x.py": "from app.facade import Manager\nManager()"}, tmp_path, PLAN)
    assert [(use.owner, use.kind) for use in usage.uses if use.path == "app/x.py"] == [(D, "constructor")]


def test_a_use_knows_its_area_and_whether_it_runs_at_import(tmp_path: Path) -> None:
    source = (
        "from app.core import Manager\nManager()\nclass A:\n    m = Manager()\n    def f(self):\n        Manager()\n"
    )
    usage = usage_of({**BASE, "scripts/x.py": source}, tmp_path, PLAN)
    found = [(use.line, use.at_import) for use in usage.uses if use.area == "scripts"]
    assert found == [(2, True), (4, True), (6, False)]


STRINGS: dict[str, list[tuple[str, str, str]]] = {
    "patch('app.core.Manager')": [(D, "", "patch app.core.Manager")],
    "patch('app.core.Manager.send')": [(D, "send", "patch app.core.Manager.send")],
    "patch('app.facade.Manager.send')": [(D, "send", "patch app.facade.Manager.send")],
    "x = 'app.core.get_manager'": [("app.core.get_manager", "", "app.core.get_manager")],
    "import_module('app.core')": [("app.core", "", "import_module app.core")],
    "x = 'app.core.Gone'": [("app.core.Gone", "", "app.core.Gone")],
    "x = 'app.plain.Plain'": [],
    "x = 'app.plain'": [],
    "x = 'Manager'": [("Manager", "", "equal to the name")],
    "x = 'Plain'": [],
}


@pytest.mark.parametrize("source", STRINGS)
def test_a_string_is_told_with_what_it_names(tmp_path: Path, source: str) -> None:
    usage = usage_of({**BASE, "tests/test_x.py": source}, tmp_path, PLAN)
    assert [(use.owner, use.member, use.detail) for use in usage.path_strings] == STRINGS[source]
    assert [use for use in usage.uses if use.path == "tests/test_x.py"] == []


def helpers(tmp_path: Path, source: str, plan: Plan = PLAN) -> list[tuple[str, str, str, int, int]]:
    files = {path: text for path, text in BASE.items() if path != "app/facade.py"}
    usage = usage_of({**files, "app/x.py": source, "app/y.py": source}, tmp_path, plan)
    return [(item.module, item.name, item.kind, item.statements, item.files) for item in usage.helpers]


HELPERS: dict[str, list[tuple[str, str, str, int, int]]] = {
    "from app.core import get_manager": [("app.core", "get_manager", "function", 2, 2)],
    "from app.core import LIMIT\nfrom app.core import LIMIT": [("app.core", "LIMIT", "value", 4, 2)],
    "from app.core import Gone": [("app.core", "Gone", "missing", 2, 2)],
    "from app.core import Manager": [],
    "from app.core import *": [],
    "from app.plain import Plain": [],
    "import app.core": [],
    "from os import path": [],
    "from app.plain import *": [],
}


@pytest.mark.parametrize("source", HELPERS)
def test_other_names_of_a_planned_module_are_helpers(tmp_path: Path, source: str) -> None:
    assert helpers(tmp_path, source) == HELPERS[source]


def test_a_helper_through_a_re_export_is_counted_at_home(tmp_path: Path) -> None:
    files = {**BASE, "app/again.py": "from app.core import get_manager as g", "app/x.py": "from app.again import g"}
    usage = usage_of(files, tmp_path, PLAN)
    assert [(item.module, item.name, item.statements) for item in usage.helpers] == [("app.core", "get_manager", 2)]


def test_files_that_import_from_a_planned_module_are_counted(tmp_path: Path) -> None:
    usage = usage_of({**BASE, "app/x.py": "from app.core import *", "app/y.py": "import app.core"}, tmp_path, PLAN)
    assert usage.files_importing_modules == 2


def test_what_a_shim_hands_on_is_at_home_where_it_stands(tmp_path: Path) -> None:
    files = {
        "app/old.py": "from app.new import Unified as Manager\n",
        "app/new.py": "class Unified:\n    def f(self): ...\ndef helper(): ...\n",
        "app/x.py": "from app.new import helper\nimport app.new\nx = 'app.new'\n",
    }
    usage = usage_of(files, tmp_path, plan_of(planned("app.old.Manager")))
    assert [(item.module, item.name) for item in usage.helpers] == [("app.new", "helper")]
    assert [(site.path, site.modules) for site in usage.sites] == [("app/old.py", ()), ("app/x.py", ("app.new",))]
    assert [use.owner for use in usage.path_strings] == ["app.new"]


def test_files_to_study_import_a_class_a_getter_or_are_its_home(tmp_path: Path) -> None:
    files = {
        **BASE,
        "app/class_.py": "from app.facade import Manager",
        "app/getter.py": "from app.core import get_untold",
        "app/other.py": "from app.core import LIMIT",
        "app/none.py": "import os\nfrom os import path",
    }
    assert studied(files, tmp_path, PLAN) == ["app/class_.py", "app/core.py", "app/facade.py", "app/getter.py"]
