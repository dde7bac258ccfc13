"""The names a module makes in its `__getattr__`, in every form that is written out."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest

from codemods.index.lazy import lazy_bindings
from codemods.index.resolve import Definition, Resolver, Unknown
from tests.support import index_of

GETTER = "def __getattr__(name):\n    return getattr(importlib.import_module(TABLE[name], __name__), name)\n"
FORMS = {
    "an import in the function": ("def __getattr__(n):\n    if n == 'A':\n        from .x import A\n        return A", {"A": "p.x:A"}),
    "an import under another name, kept in a global": (
        "def __getattr__(n):\n    global A\n    if n == 'A':\n        from .x import B as b\n        A = b\n        return b", {"A": "p.x:B"},
    ),
    "an import under another name, returned": (
        "def __getattr__(n):\n    if n == 'A':\n        from q.x import B as b\n        return b\n    elif 'C' == n:\n        from .y import C", {"A": "q.x:B", "C": "p.y:C"},
    ),
    "an import in a try": ("def __getattr__(n):\n    try:\n        from .x import A\n    except ImportError:\n        pass\n    return A", {"A": "p.x:A"}),
    "an import for any name": ("def __getattr__(n):\n    with lock:\n        if n != 'A':\n            from . import x\n    return x", {"x": "p:x"}),
    "a table of relative modules": ("TABLE = {'A': '.x', 'B': '..y', **MORE, key(): '.z'}\n" + GETTER, {"A": "p.x:A", "B": "y:B"}),
    "a table of absolute modules": ("TABLE: dict = {'A': 'q.x', 'B': 'os'}\n" + GETTER, {"A": "q.x:A", "B": "os:B"}),
    "a table of full paths": ("TABLE = {'A': 'q.x.A', 'B': 'q.x:C', 'C': '.x:D'}\n" + GETTER, {"A": "q.x:A", "B": "q.x:C", "C": "p.x:D"}),
    "a table of full paths under other names": (
        "TABLE = {'A': 'q.x.B'}\ndef __getattr__(n):\n    m, a = TABLE[n].rsplit('.', 1)\n    return getattr(importlib.import_module(m), a)", {"A": "q.x:B"},
    ),
    "a table of pairs": (
        "TABLE = {'A': ('.x', 'B'), 'C': ('q', 'D'), 'E': (__spec__.parent, '.y'), 'F': (1, 2)}\n" + GETTER, {"A": "p.x:B", "C": "q:D", "E": "p.y:E"},
    ),
    "a table of modules and their names": ("TABLE = {'.x': ['A', 'B'], 'y': ['C'], 'z': other}\n" + GETTER, {"A": "p.x:A", "B": "p.x:B", "C": "p.y:C"}),
    "a table of bare modules, the dot being added": (
        "TABLE = {'A': 'x', 'B': 'p.y'}\ndef __getattr__(n):\n    return importlib.import_module('.' + TABLE[n], __name__)", {"A": "p.x:A", "B": "p.y:B"},
    ),
    "a table of bare modules in a format string": (
        "TABLE = {'A': 'x', 'B': 'q'}\ndef __getattr__(n):\n    return importlib.import_module(f'.{TABLE[n]}', f'{n}')", {"A": "p.x:A", "B": "p.q:B"},
    ),
    "a table of bare modules behind the package's name": (
        "TABLE = {'A': 'x'}\ndef __getattr__(n):\n    return importlib.import_module(f'{__name__}.{TABLE[n]}')", {"A": "p.x:A"},
    ),
    "a table of absolute modules beside a message": (
        "TABLE = {'A': 'q'}\ndef __getattr__(n):\n    if n in TABLE:\n        return get(TABLE[n])\n    raise AttributeError(f'{__name__}.{n}')", {"A": "q:A"},
    ),
    "lazy_loader": (
        "import lazy_loader as lazy\n__getattr__, __dir__, __all__ = lazy.attach(__name__, ['sub'], submod_attrs={'x': ['A'], **MORE})", {"sub": "p:sub", "A": "p.x:A"},
    ),
    "lazy_loader without a table": ("__getattr__ = lazy.attach(__name__)\nother = make()", {}),
    "a table that the function does not use": ("OTHER = {'A': '.x'}\n" + GETTER, {}),
    "a function that computes": ("def __getattr__(n):\n    return make(n)", {}),
    "the first of two": ("def __getattr__(n):\n    from .x import A\n    from .y import A", {"A": "p.x:A"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_lazy_names_are_read_from(form: str) -> None:
    source, expected = FORMS[form]
    found = lazy_bindings(ast.parse(source), "p", package=True)
    assert {binding.name: binding.target for binding in found} == expected
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
