"""Modules with random imports: rewritten, then both versions are run where old names alias new ones.

Every binding must be the very same object, the result must parse, and a second run must change nothing.
"""

from __future__ import annotations

import ast
import itertools
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codemods.edits import splice
from codemods.rewrites.moves import Moves
from tests.rewrites.cases.reading import index_of, rewrite

# What is run: the old module aliases the new ones. What is read: the old module defines what moves.
RUN = {
    "scratch/__init__.py": "",
    "scratch/core/__init__.py": "from scratch.core.old import Alpha\n",
    "scratch/core/old.py": (
        "from scratch.core.new import NewAlpha as Alpha, beta\nfrom scratch.far.away import Delta as Gamma\n"
        "class Stays: ...\ndef kept(): ...\nNUMBER = object()\n"
    ),
    "scratch/core/new.py": "class NewAlpha: ...\ndef beta(): ...\n",
    "scratch/far/__init__.py": "",
    "scratch/far/away.py": "class Delta: ...\n",
}
READ = RUN | {
    "scratch/core/old.py": (
        "class Alpha: ...\ndef beta(): ...\nclass Gamma: ...\nclass Stays: ...\ndef kept(): ...\nNUMBER = object()\n"
    )
}
SCRATCH = Moves(
    {
        "scratch.core.old.Alpha": "scratch.core.new.NewAlpha",
        "scratch.core.old.beta": "scratch.core.new.beta",
        "scratch.core.old.Gamma": "scratch.far.away.Delta",
    }
)
MOVED, UNMOVED = ("Alpha", "beta", "Gamma"), ("Stays", "kept", "NUMBER")
numbers = itertools.count()

names = st.sampled_from(MOVED + UNMOVED)
locals_ = st.sampled_from(("", "A", "B", "Alpha", "NewAlpha", "beta"))
aliases = st.lists(st.tuples(names, locals_), min_size=1, max_size=5)
comments = st.sampled_from(("", "  # noqa", "  # why", "  # type: ignore[x]"))
sources = st.sampled_from(("scratch.core.old", "..core.old"))
layouts = st.sampled_from(("line", "brackets", "wrapped", "hanging", "backslash", "commented"))


@st.composite
def from_imports(draw: st.DrawFn) -> str:
    parts = [f"{name} as {local}" if local else name for name, local in draw(aliases)]
    head, behind = f"from {draw(sources)} import ", draw(comments)
    match draw(layouts):
        case "brackets":
            return f"{head}({', '.join(parts)}){behind}"
        case "wrapped":
            return f"{head}(\n    " + ",\n    ".join(parts) + f",\n){behind}"
        case "hanging":
            return f"{head}({(',' + chr(10) + '        ').join(parts)}){behind}"
        case "backslash":
            return f"{head}{(', ' + chr(92) + chr(10) + '    ').join(parts)}{behind}"
        case "commented":
            return f"{head}(  # head\n" + "".join(f"    # of {p}\n    {p},  # {p}\n" for p in parts) + f"){behind}"
    return f"{head}{', '.join(parts)}{behind}"


module_forms = st.sampled_from(
    (
        "import scratch.core.old as m; X = m.Alpha; Y = m.beta",
        "import scratch.core.old\nX = scratch.core.old.Alpha",
        "from scratch.core import old\nX = (old.Alpha, old.beta)",
        "from scratch.core import old as o, Alpha\nX = o.Alpha, o.kept",
        "from scratch.core.old import *",
        "from scratch.core import Alpha as Z",
        "import scratch.core.old as q\nq.Alpha.flag = 1\nq.NUMBER",
        "from ..core import old\nX = old.Gamma",
    )
)
WRAPPINGS = (
    "{}",
    "try:\n{}\nexcept ImportError:\n    Alpha = None",
    "if True:\n{}",
    "class Holder:\n{}",
    "import os; {}; y = 1",
    "if True: {}; z = 2",
    "def function():\n{}\n    return locals()\nglobals().update(function())",
    "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n{}",
)


@st.composite
def statements(draw: st.DrawFn) -> str:
    statement = draw(st.one_of(from_imports(), from_imports(), module_forms))
    wrapping = draw(st.sampled_from(WRAPPINGS))
    inline = "{};" in wrapping
    if inline and ("\n" in statement or "#" in statement or "*" in statement):
        wrapping = "{}"
    if "*" in statement and ("def " in wrapping or "class " in wrapping):
        wrapping = "{}"
    indented = "\n{}" in wrapping
    return wrapping.replace("{}", textwrap.indent(statement, "    ") if indented else statement)


modules = st.lists(statements(), min_size=1, max_size=4).map(lambda parts: "\n\n".join(parts) + "\n")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("scratch")
    for path, text in RUN.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "scratch" / "web").mkdir()
    (folder / "scratch" / "web" / "__init__.py").write_text("")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "scratch"]:
        del sys.modules[name]


def bindings(source: str) -> dict[str, Any]:
    """The names that a module binds when it is run as `scratch.web.user`, classes opened."""
    space: dict[str, Any] = {"__name__": f"scratch.web.user{next(numbers)}", "__package__": "scratch.web"}
    exec(compile(source, "user.py", "exec"), space)
    found = {name: value for name, value in space.items() if not name.startswith("__")}
    holder = found.pop("Holder", None)
    inner = {f"Holder.{name}": value for name, value in vars(holder).items() if name[:2] != "__"} if holder else {}
    return {name: value for name, value in {**found, **inner}.items() if name != "function"}


def same(before: Any, after: Any) -> bool:
    """The same object; of module objects, the new one may stand for the old."""
    if isinstance(before, tuple):
        return len(before) == len(after) and all(map(same, before, after))
    both = {getattr(before, "__name__", ""), getattr(after, "__name__", "")}
    return before is after or both in (
        {"scratch.core.old", "scratch.core.new"},
        {"scratch.core.old", "scratch.far.away"},
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=modules)
def test_every_binding_is_the_same_object_after(package: Path, source: str) -> None:
    others = {path: text.encode() for path, text in READ.items()}
    found = rewrite("scratch/web/user.py", source.encode(), others, SCRATCH)
    after = splice(source.encode(), found.safe).decode()
    ast.parse(after)
    old, new = bindings(source), bindings(after)
    assert old.keys() == new.keys()
    assert all(same(old[name], new[name]) for name in old), after
    again = rewrite("scratch/web/user.py", after.encode(), others, SCRATCH)
    assert again.safe == ()
    comments_before = sorted(
        set(part.strip() for part in source.split("\n") if "#" in part for part in [part[part.index("#") :]])
    )
    assert all(comment in after for comment in comments_before)


def test_the_scratch_package_reads_as_it_is_meant() -> None:
    index = index_of({path: text.encode() for path, text in READ.items()})
    assert {"scratch.core.old", "scratch.core.new", "scratch.far.away"} <= index.modules.keys()
