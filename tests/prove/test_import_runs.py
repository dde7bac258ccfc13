"""What importing each module first would do, told by reading, held against what Python does."""

from __future__ import annotations

import importlib
import itertools
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codemods.index.code import CodeIndex
from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.prove.import_runs import MAX_DEPTH, ImportRuns, first_import_failures

RUNTIME = "from unified_target.unified_shims import moved\n"
MISSING = tuple[str, str] | None  # the module and the name that it has not got
numbers = itertools.count()


@pytest.fixture(autouse=True)
def importable(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path for packages of their own names."""
    folder = tmp_path_factory.mktemp("trees")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("WSCONSOLIDATE_SHIMS", "off")
    yield folder
    importlib.invalidate_caches()


def index_of(files: dict[str, str]) -> CodeIndex:
    return CodeIndex(parse(path, module_name(path), files[path].encode(), False).facts for path in sorted(files))


def told(files: dict[str, str], name: str) -> dict[str, MISSING]:
    """What reading says of each module."""
    found = first_import_failures(index_of(files))
    modules = (module_name(path) for path in files if "unified_shims" not in path)
    return {m: (found[m].module, found[m].name) if m in found else None for m in modules if m.startswith(name)}


def done(files: dict[str, str], folder: Path, name: str) -> dict[str, MISSING]:
    """What Python makes of each module when it is the first to be imported."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    importlib.invalidate_caches()
    return {m: imported(m, name) for m in (module_name(path) for path in files if "unified_shims" not in path)}


def imported(module: str, name: str) -> MISSING:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(module)
    except (ImportError, AttributeError) as error:
        return missing_in(error)
    finally:
        for loaded in [known for known in sys.modules if known.partition(".")[0] == name]:
            del sys.modules[loaded]
    return None


def missing_in(error: BaseException) -> tuple[str, str]:
    """The module and the name that an error is about."""
    if isinstance(error, AttributeError):  # a base, or what a star lists
        return str(getattr(error.obj, "__name__", "")), str(error.name)
    if isinstance(error.__cause__, AttributeError) and "cannot be imported" in str(error):
        return missing_in(error.__cause__)
    assert isinstance(error, ImportError)
    moved = re.search(r"is now (\S+)\.(\w+), which does not exist", str(error))
    missing = re.search(r"cannot import name '(\w+)'", str(error))
    found = moved.groups() if moved else (str(error.name), missing[1] if missing else "")
    return found[0], found[1]


def tree(files: dict[str, str]) -> tuple[dict[str, str], str]:
    """The files below a package of a fresh name, for which `$` stands in them."""
    name = f"ran{next(numbers)}"
    whole = {"$/__init__.py": "", **files}
    return {path.replace("$", name): textwrap.dedent(text).replace("$", name) for path, text in whole.items()}, name


@dataclass(frozen=True, slots=True)
class Case:
    """A tree below the package `$`, and for each module that fails the module and the name that are missing."""

    files: dict[str, str]
    fails: dict[str, tuple[str, str]]


CASES = {
    "a cycle in which the name is bound before": Case(
        {"$/a.py": "class A: ...\nfrom $.b import B", "$/b.py": "from $.a import A\nclass B: ..."},
        {"$.b": ("$.b", "B")},
    ),
    "a cycle in which the name is bound after": Case(
        {"$/a.py": "from $.b import B\nclass A: ...", "$/b.py": "from $.a import A\nclass B: ..."},
        {"$.a": ("$.a", "A"), "$.b": ("$.b", "B")},
    ),
    "a cycle of three": Case(
        {"$/a.py": "from $.b import B\nA = 1", "$/b.py": "from $.c import C\nB = 1", "$/c.py": "import $.a\nC = 1"},
        {"$.b": ("$.b", "B"), "$.c": ("$.c", "C")},
    ),
    "a cycle of modules": Case(
        {"$/a.py": "import $.b as b\nA = 1", "$/b.py": "import $.a as a\nfrom $ import a as again"}, {}
    ),
    "an import inside a function": Case(
        {"$/a.py": "from $.b import B\nA = 1", "$/b.py": "B = 1\ndef f():\n    from $.a import A"}, {}
    ),
    "an import for type checkers": Case(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from $.a import A\nB = 1",
        },
        {},
    ),
    "an import in a class body": Case(
        {"$/a.py": "from $.b import B\nA = 1", "$/b.py": "class B:\n    from $.a import A"},
        {"$.a": ("$.a", "A"), "$.b": ("$.b", "B")},
    ),
    "an import that is guarded": Case(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "try:\n    from $.a import A\nexcept ImportError:\n    A = 0\nB = 1",
        },
        {},
    ),
    "an import whose try catches something else": Case(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "B = 1\ntry:\n    from $.a import A\nexcept ValueError:\n    A = 0",
        },
        {"$.a": ("$.a", "A")},
    ),
    "an import that is only followed by a finally": Case(
        {"$/a.py": "from $.b import B\nA = 1", "$/b.py": "B = 1\ntry:\n    from $.a import A\nfinally:\n    C = 0"},
        {"$.a": ("$.a", "A")},
    ),
    "a handler that does not run": Case(
        {
            "$/a.py": "try:\n    from $.c import C\nexcept ImportError:\n    from $.b import B as C\nA = 1",
            "$/b.py": "from $.a import A\nB = 1",
            "$/c.py": "C = 1",
        },
        {},
    ),
    "a handler that runs": Case(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "B = 1\ntry:\n    from $.a import A\nexcept ImportError:\n    from $.c import C",
            "$/c.py": "from $.a import A\nC = 1",
        },
        {"$.a": ("$.a", "A"), "$.c": ("$.c", "C")},
    ),
    "what stands behind a guarded import that fails": Case(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "B = 1\ntry:\n    from $.a import A\n    from $.c import C\nexcept ImportError:\n    pass",
            "$/c.py": "import $.d\nC = D = 1",
            "$/d.py": "from $.c import D\n",
        },
        {"$.c": ("$.c", "D")},
    ),
    "a module that failed is tried again": Case(
        {
            "$/a.py": "B0 = 1\nfrom $.b import B\nA = 1",
            "$/b.py": "try:\n    from $.c import C\nexcept ImportError:\n    pass\nB = 1",
            "$/c.py": "from $.a import B0, A\nC = 1",
            "$/d.py": "from $.a import A\nfrom $.c import C\n",
        },
        {},
    ),
    "a submodule that a running package is asked for": Case(
        {
            "$/p/__init__.py": "from $.p import q\nfrom $.p.q import Q",
            "$/p/q.py": "from $.p import r\nQ = 1",
            "$/p/r.py": "",
        },
        {},
    ),
    "a name of a running package": Case(
        {"$/p/__init__.py": "from $.p.q import Q\nP = 1", "$/p/q.py": "from $.p import P\nQ = 1"},
        {"$.p": ("$.p", "P"), "$.p.q": ("$.p", "P")},
    ),
    "a name of a running package that has it": Case(
        {"$/p/__init__.py": "P = 1\nfrom $.p.q import Q", "$/p/q.py": "from $.p import P\nQ = 1"}, {}
    ),
    "a submodule whose name the package binds later": Case(
        {
            "$/p/__init__.py": "from $.p.q import Q\nr = 1",
            "$/p/q.py": "from $.p import r\nQ = 1",
            "$/p/r.py": "from $.p.q import Q",
        },
        {"$.p": ("$.p.q", "Q"), "$.p.q": ("$.p.q", "Q"), "$.p.r": ("$.p.q", "Q")},
    ),
    "a name of the module itself": Case({"$/a.py": "from $.a import A\nA = 1"}, {"$.a": ("$.a", "A")}),
    "a name of the module itself that it has": Case({"$/a.py": "A = 1\nfrom $.a import A as again"}, {}),
    "a star from a module that has all": Case(
        {"$/a.py": "A = 1\nfrom $.b import *", "$/b.py": "from $.a import *\nB = A"}, {}
    ),
    "a star from a module that is running, and who needs the rest": Case(
        {
            "$/a.py": "A = 1\nfrom $.b import *\nfrom $.c import C\nLATER = 1",
            "$/b.py": "from $.a import *",
            "$/c.py": "from $.b import LATER\nC = 1",
        },
        {"$.a": ("$.b", "LATER"), "$.b": ("$.b", "LATER"), "$.c": ("$.c", "C")},
    ),
    "a star that lists what is not there yet": Case(
        {"$/a.py": '__all__ = ["A"]\nfrom $.b import B\nA = 1', "$/b.py": "B = 1\nfrom $.a import *"},
        {"$.a": ("$.a", "A")},
    ),
    "a star of a package that lists its modules": Case(
        {
            "$/p/__init__.py": '__all__ = ["q"]',
            "$/p/q.py": "from $.a import A",
            "$/a.py": "from $.p import *\nA = 1",
        },
        {"$.p.q": ("$.p", "q"), "$.a": ("$.a", "A")},
    ),
    "a star without a list takes no module": Case(
        {"$/p/__init__.py": "", "$/p/q.py": "from $.a import A", "$/a.py": "from $.p import *\nA = 1"}, {}
    ),
    "stars in a circle": Case({"$/a.py": "from $.b import *\nA = 1", "$/b.py": "from $.a import *\nB = 1"}, {}),
    "a name that a star in a circle cannot give": Case(
        {
            "$/a.py": "from $.b import *\nA = 1",
            "$/b.py": "from $.a import *\nfrom $.c import C",
            "$/c.py": "from $.b import A\nC = 1",
        },
        {"$.a": ("$.b", "A"), "$.c": ("$.c", "C")},
    ),
    "a hidden name is not given by a star": Case(
        {
            "$/a.py": "_A = 1\nfrom $.b import B",
            "$/b.py": "from $.a import *\nfrom $.c import C\nB = 1\n_A = 2",
            "$/c.py": "from $.b import _A\nC = 1",
        },
        {"$.a": ("$.b", "_A"), "$.b": ("$.b", "B"), "$.c": ("$.b", "B")},
    ),
    "a lazy name of a module": Case(
        {
            "$/a.py": "def __getattr__(name):\n    if name == 'L':\n        from $.b import B\n        return B\n"
            "    raise AttributeError(name)",
            "$/b.py": "from $.a import L\nB = 1",
            "$/c.py": "from $.a import L",
        },
        {"$.b": ("$.b", "B"), "$.c": ("$.b", "B")},
    ),
    "a name that a module has and could also make": Case(
        {
            "$/a.py": "L = 1\ndef __getattr__(name):\n    if name == 'L':\n        from $.b import B\n"
            "        return B\n    raise AttributeError(name)",
            "$/b.py": "from $.a import L\nB = 1",
        },
        {},
    ),
    "any name of a module that makes its names": Case(
        {
            "$/a.py": "def __getattr__(name):\n    return 1\nfrom $.b import B",
            "$/b.py": "from $.a import anything\nB = 1",
        },
        {"$.b": ("$.b", "B")},
    ),
    "a name that a shim fetches": Case(
        {
            "$/old.py": 'from $.unified_shims import moved\nmoved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "from $.user import USER\nclass New: ...",
            "$/user.py": "from $.old import Old\nUSER = 1",
        },
        {"$.new": ("$.new", "New"), "$.user": ("$.user", "USER")},
    ),
    "a shim that is imported and not used": Case(
        {
            "$/old.py": 'from $.unified_shims import moved\nmoved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "from $.user import USER\nclass New: ...",
            "$/user.py": "import $.old\nfrom $ import old\nUSER = 1",
        },
        {},
    ),
    "a star from a shim": Case(
        {
            "$/old.py": 'from $.unified_shims import moved\nmoved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "from $.user import USER\nclass New: ...",
            "$/user.py": "from $.old import *\nUSER = 1",
        },
        {"$.new": ("$.new", "New"), "$.user": ("$.user", "USER")},
    ),
    "a shim at the end of a module that is asked for the name before": Case(
        {
            "$/old.py": "from $.user import USER\nfrom $.unified_shims import moved as _moved\n"
            '_moved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "class New: ...",
            "$/user.py": "from $.old import Old\nUSER = 1",
        },
        {"$.old": ("$.old", "Old"), "$.user": ("$.user", "USER")},
    ),
    "a shim whose module needed the name early": Case(
        {
            "$/old.py": "from $.new import New as Old\nX = Old\nfrom $.unified_shims import moved as _moved\n"
            '_moved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "from $.old import Old\nclass New: ...",
            "$/c.py": "from $.old import Old",
        },
        {"$.old": ("$.old", "Old"), "$.new": ("$.new", "New"), "$.c": ("$.old", "Old")},
    ),
    "a name whose guarded import failed is not there for that": Case(
        {"$/a.py": "try:\n    from $.a import A\nexcept ImportError:\n    pass\nfrom $.a import A\nA = 1"},
        {"$.a": ("$.a", "A")},
    ),
    "a star for type checkers gives nothing": Case(
        {
            "$/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from $.b import *\nfrom $.a import B",
            "$/b.py": "B = 1",
        },
        {"$.a": ("$.a", "B")},
    ),
    "what a star does not find is no ImportError": Case(
        {
            "$/a.py": '__all__ = ["A"]\nfrom $.b import B\nA = 1',
            "$/b.py": "try:\n    from $.a import *\nexcept ImportError:\n    pass\nB = 1",
        },
        {"$.a": ("$.a", "A")},
    ),
    "a guarded star that failed gives nothing": Case(
        {
            "$/a.py": "try:\n    from $.b import *\nexcept ImportError:\n    pass\nfrom $.c import C",
            "$/b.py": "B = 1\nfrom $.a import C",
            "$/c.py": "from $.a import B\nC = 1",
        },
        {"$.a": ("$.a", "B"), "$.c": ("$.c", "C")},
    ),
    "a second try takes all that is there by then": Case(
        {
            "$/a.py": "try:\n    from $.b import B\nexcept ImportError:\n    pass\nA = 1\nfrom $.c import C",
            "$/b.py": "from $.a import *\nfrom $.a import A\nB = 1",
            "$/c.py": "from $.b import A\nC = 1",
        },
        {"$.b": ("$.b", "A"), "$.c": ("$.c", "C")},
    ),
    "a star from a module that makes its names": Case(
        {"$/a.py": "def __getattr__(name):\n    raise AttributeError(name)\nA = 1", "$/b.py": "from $.a import *"}, {}
    ),
    "a base that a running module has not got yet": Case(
        {"$/a.py": "from $.b import B\nclass A: ...", "$/b.py": "import $.a\nclass B($.a.A): ..."},
        {"$.a": ("$", "a"), "$.b": ("$.b", "B")},
    ),
    "a base of a module by another name": Case(
        {"$/a.py": "from $.b import B\nclass A: ...", "$/b.py": "from $ import a as m\nclass B(m.A): ..."},
        {"$.a": ("$.a", "A"), "$.b": ("$.b", "B")},
    ),
    "a base of a running module that its package has not got yet": Case(
        {"$/a.py": "class A: ...\nfrom $.b import B", "$/b.py": "import $.a\nclass B($.a.A): ..."},
        {"$.a": ("$", "a"), "$.b": ("$.b", "B")},
    ),
    "a base in a package that is there": Case(
        {"$/p/__init__.py": "", "$/p/q.py": "class Q: ...", "$/a.py": "import $.p.q\nclass A($.p.q.Q): ..."}, {}
    ),
    "a base that is no attribute of a module": Case(
        {"$/a.py": "import enum\nclass K:\n    class L: ...\nclass A(K.L): ...\nclass B(dict[str, int]): ..."},
        {},
    ),
    "a base that is there": Case(
        {"$/a.py": "class A: ...\nfrom $.b import B", "$/b.py": "import $.a as m\nclass B(m.A): ..."},
        {"$.b": ("$.b", "B")},
    ),
    "a base that a shim fetches": Case(
        {
            "$/old.py": 'from $.unified_shims import moved\nmoved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "from $.user import User\nclass New: ...",
            "$/user.py": "import $.old as old\nclass User(old.Old): ...",
        },
        {"$.new": ("$.new", "New"), "$.user": ("$.user", "User")},
    ),
    "a shim that fetches from a module whose base is not there yet": Case(
        {
            "$/old.py": 'from $.unified_shims import moved\nmoved(__name__, {"Old": "$.new:New"}, since="1")',
            "$/new.py": "import $.user as user\nclass New(user.User): ...",
            "$/user.py": "try:\n    from $.old import Old\nexcept ImportError:\n    pass\nclass User: ...",
        },
        {},
    ),
    "a namespace package": Case(
        {"$/n/a.py": "from $.n import b", "$/n/b.py": "from $.n.a import b as again"}, {"$.n.a": ("$.n.a", "b")}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_reading_tells_what_python_does(case: Case, importable: Path) -> None:
    files, name = tree({**case.files, "$/unified_shims.py": RUNTIME})
    fails = {m.replace("$", name): (at.replace("$", name), what) for m, (at, what) in case.fails.items()}
    real = done(files, importable, name)
    assert {module: found for module, found in real.items() if found} == fails
    assert told(files, name) == real


@pytest.mark.parametrize(
    "taken",
    ["from $.a import A", "import $.a\nclass B($.a.A): ..."],
    ids=["a name is imported", "a base is an attribute"],
)
def test_a_failure_says_who_asked_and_who_was_running(taken: str) -> None:
    files, name = tree({"$/a.py": "from $.b import B\nA = 1", "$/b.py": f"\n{taken}\nB = 1"})
    failure = ImportRuns(index_of(files)).failure(f"{name}.a")
    assert failure is not None
    assert failure.importer == f"{name}.b"
    assert failure.trail == ((f"{name}.a", 1), (f"{name}.b", 2 + taken.count("\n")))


def test_what_may_be_caught_is_told_unless_something_surely_fails() -> None:
    files, name = tree(
        {
            "$/a.py": "from $.b import B\nA = 1",
            "$/b.py": "B = 1\ntry:\n    from $.a import A\nexcept Exception:\n    A = 0",
            "$/c.py": "from $.a import A\nfrom $.d import D",
            "$/d.py": "from $.c import C\nD = 1",
        }
    )
    found = told(files, name)
    assert found[f"{name}.a"] == (f"{name}.a", "A")
    assert found[f"{name}.c"] == (f"{name}.c", "C")


def test_only_production_code_is_asked() -> None:
    files = {"app/__init__.py": "", "app/a.py": "from app.a import A", "tests/a.py": "from tests.a import A\nA = 1"}
    assert set(first_import_failures(index_of(files))) == {"app.a"}


def test_what_is_outside_is_taken_as_there() -> None:
    files = {
        "app/__init__.py": "",
        "app/a.py": "import os.path, json\nfrom app.b import *\nimport app.gone\nfrom app.gone import *",
        "app/b.py": "from redis import *\nfrom app.c import C",
        "app/c.py": "from app.b import whatever\nC = 1",
    }
    found = first_import_failures(index_of(files))
    assert set(found) == {"app.c"}  # the others may have what they ask for from outside


def test_chains_deeper_than_python_goes_end_nobodys_process() -> None:
    size = MAX_DEPTH * 3
    files = {f"app/m{n}.py": f"from app.m{n + 1} import X{n + 1}\nX{n} = 1\n" for n in range(size)}
    files |= {"app/__init__.py": "", f"app/m{size}.py": f"X{size} = 1\n"}
    assert ImportRuns(index_of(files)).failure("app.m0") is None


# ── any tree ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PATHS = {
    "$": "$/__init__.py",
    "$.a": "$/a.py",
    "$.b": "$/b.py",
    "$.p": "$/p/__init__.py",
    "$.p.q": "$/p/q.py",
    "$.p.r": "$/p/r.py",
}


def own(module: str) -> list[str]:
    """The names that a module of a drawn tree always binds in the end."""
    return [f"{module.rpartition('.')[2].strip('$') or 'top'}_{n}" for n in (1, 2)]


modules = st.sampled_from(sorted(PATHS))


@st.composite
def imports(draw: st.DrawFn) -> str:
    """One import of a name, a module, or everything; of names that are there in the end."""
    module = draw(modules)
    name = draw(st.sampled_from(own(module)))
    match draw(st.sampled_from(("name", "name", "name", "names", "as", "module", "from", "star", "relative"))):
        case "names":
            return f"from {module} import {', '.join(own(module))}"
        case "as":
            return f"from {module} import {name} as other"
        case "module":
            return f"import {module}"
        case "from" if "." in module:
            return "from {} import {}".format(*module.rsplit(".", 1))
        case "star":
            return f"from {module} import *"
    return f"from {module} import {name}"


@st.composite
def statements(draw: st.DrawFn) -> str:
    """An import where imports may stand."""
    wanted = draw(imports())
    star = "*" in wanted
    match draw(
        st.sampled_from(("plain",) * 6 + ("guarded", "fallback", "class", "function", "typing", "if", "base", "base"))
    ):
        case "guarded":
            return f"try:\n    {wanted}\nexcept ImportError:\n    pass"
        case "fallback":
            return f"try:\n    {wanted}\nexcept ImportError:\n    {draw(imports())}"
        case "class" if not star:
            return f"class Inner:\n    {wanted}"
        case "function" if not star:
            return f"def later():\n    {wanted}"
        case "base":
            module = draw(modules)
            root = draw(st.sampled_from(("root", module)))
            head = f"import {module}" + (" as root" if root == "root" else "")
            return f"{head}\nclass Derived({root}.{draw(st.sampled_from(own(module)))}): ..."
        case "typing":
            return f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {wanted}"
        case "if":
            return f"if True:\n    {wanted}"
    return wanted


def again(files: dict[str, str]) -> set[tuple[str, str]]:
    """The names that modules hand on, by plain imports or by stars."""
    found = set()
    for module, path in PATHS.items():
        for line in files[path].splitlines():
            source, _, names = line.removeprefix("from ").partition(" import ")
            if line.startswith("from $") and names == "*":
                found |= {(module, name) for name in own(source) if "__all__" not in files[PATHS[source]]}
            elif line.startswith("from $") and " as " not in names and source in PATHS:
                found |= {(module, name) for name in names.split(", ")}
    return found


@st.composite
def trees(draw: st.DrawFn) -> dict[str, str]:
    """Three to six modules, each with its names and some imports in any order; some list or make what they offer."""
    files = {}
    for module, path in PATHS.items():
        parts = [f"{name} = type('{name}', (), {{}})" for name in own(module)]
        for statement in draw(st.lists(statements(), max_size=3)):
            parts.insert(draw(st.integers(0, len(parts))), statement)
        if draw(st.integers(0, 4)) == 0:
            listed = draw(st.lists(st.sampled_from([*own(module)]), unique=True))
            parts.insert(draw(st.integers(0, len(parts))), f"__all__ = {listed!r}")
        files[path] = "\n".join(parts)
    for path in draw(st.lists(st.sampled_from(sorted(PATHS.values())), max_size=3)):
        handed_on = sorted(again(files))
        if handed_on:
            parts = files[path].split("\n")
            module, name = draw(st.sampled_from(handed_on))
            wanted = f"from {module} import {name}"
            places = [n for n, part in enumerate([*parts, ""]) if not part.startswith((" ", "except"))]
            parts.insert(draw(st.sampled_from(places)), wanted)
            files[path] = "\n".join(parts)
    if draw(st.booleans()):
        old = draw(st.sampled_from(["$/a.py", "$/p/q.py", "$/p/__init__.py"]))
        module = next(m for m, path in PATHS.items() if path == old)
        new = draw(modules.filter(lambda m: m != module))
        name = own(module)[0]
        shim = f'moved(__name__, {{"{name}": "{new}:{draw(st.sampled_from(own(new)))}"}}, since="1")'
        body = files[old].replace(f"{name} = type('{name}', (), {{}})", "pass")
        files[old] = f"{body}\nfrom $.unified_shims import moved\n{shim}"
    return files


@given(trees())
@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_for_any_tree_reading_tells_what_python_does(importable: Path, drawn: dict[str, str]) -> None:
    files, name = tree({**drawn, "$/unified_shims.py": RUNTIME})
    mine, real = told(files, name), done(files, importable, name)
    assert mine == real
