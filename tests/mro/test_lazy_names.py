"""The names a module makes in its `__getattr__`, in every form that is written out."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from codemods.index.lazy import lazy_bindings
from codemods.index.resolve import Definition, Resolver, Unknown
from tests.mro.case_files import cases
from tests.support import index_of

GETTER = "def __getattr__(name):\n    return getattr(importlib.import_module(TABLE[name], __name__), name)\n"
FORMS = cases("lazy_names")


@pytest.mark.parametrize("form", FORMS)
def test_lazy_names_are_read_from(form: str) -> None:
    case = FORMS[form]
    found = lazy_bindings(ast.parse(case.files["p/__init__.py"]), "p", package=True)
    assert [f"{binding.name} = {binding.target}" for binding in found] == case.answers
    assert {binding.kind for binding in found} <= {"lazy"}


LAZY = """
    def __getattr__(name):
        global A
        if name == "A":
            from .x import A
            return A
"""


def test_the_resolver_follows_a_lazy_name_before_a_global_and_after_a_statement(tmp_path: Path) -> None:
    files = {
        "p/__init__.py": textwrap.dedent(LAZY),
        "p/x.py": "class A: pass",
        "q/__init__.py": textwrap.dedent(LAZY) + "class A: pass\n",
        "q/x.py": "class A: pass",
        "r.py": "def __getattr__(name):\n    return make(name)\n",
    }
    resolver = Resolver(index_of(files, tmp_path))
    assert resolver.name("p", "A") == Definition("p.x", "A", "class", 1)
    assert resolver.name("q", "A") == Definition("q", "A", "class", 7)
    assert resolver.name("p", "B") == Unknown("p.__getattr__")
    assert resolver.name("r", "A") == Unknown("r.__getattr__")


def test_a_method_called_getattr_makes_no_module_lazy(tmp_path: Path) -> None:
    index = index_of({"m.py": "class X:\n    def __getattr__(self, name):\n        from y import Z\n"}, tmp_path)
    assert [name for name, _ in index.modules["m"].scopes].count("") == 1
