"""Where reading does not tell, the class is still listed, what is known of its order too, and the reason is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.analysis.mro import BaseRef
from codemods.index.external import Environment, Unfound
from codemods.index.facts import Class
from tests.mro.oracle import hierarchy_of, over, read
from tests.support import index_of

BASES = "class A: pass\nclass B: pass\nclass C(A): pass\n"
RANDOM = BASES + "import random\nif random.random() < 1:\n    Z = A\nelse:\n    Z = B\n"
SHORT = ("m.X",)
THIRD = "third-party module vendor: give the folder it is installed in with --python-path"

# sentence: (source of m.py, class, the order as far as known, reasons)
CASES: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "a parameter": (
        "def make(Base):\n    class X(Base): pass\n    return X",
        "make.<locals>.X",
        ("m.make.<locals>.X",),
        ("Base: parameter of make",),
    ),
    "a third-party base without a python path": ("import vendor\nclass X(vendor.Y): pass", "X", SHORT, (f"vendor.Y: {THIRD}",)),
    "a try for a third-party base, since it may be installed": (
        "try:\n    from vendor import Y\nexcept ImportError:\n    Y = object\nclass X(Y): pass", "X", SHORT, (f"Y: {THIRD}",),
    ),
    "a star of a third-party module": (
        "from vendor import *\nclass X(Y): pass", "X", SHORT, ("Y: may come from vendor import *",),
    ),
    "what is known comes along": (
        BASES + "import vendor\nclass X(vendor.Y, C): pass", "X", ("m.X", "m.C", "m.A", "builtins.object"), (f"vendor.Y: {THIRD}",),
    ),
    "a descendant names the ancestor": (
        "import vendor\nclass P(vendor.Y): pass\nclass Q(P): pass\nclass X(Q): pass", "X", ("m.X", "m.Q", "m.P"), (f"vendor.Y: {THIRD} (base of m.P)",),
    ),
    "an undecidable if": (
        RANDOM + "class X(Z): pass", "X", SHORT, ("Z: either m.A (line 1) or m.B (line 2), which only run time decides",),
    ),
    "an undecidable if between a class and a call": (
        RANDOM + "if random.random():\n    Z = make()\nclass X(Z): pass", "X", SHORT,
        ("Z: either m.A (line 1) or m.B (line 2) or result of make(...) at line 10, which only run time decides",),
    ),
    "a conditional expression": (
        BASES + "import random\nclass X(A if random.random() else B): pass", "X", SHORT, ("A if random.random() else B: a choice that only run time makes: random.random()",),
    ),
    "a handler after a class": (
        BASES + "try:\n    import sys\nexcept ImportError:\n    C = B\nclass X(C): pass", "X", SHORT,
        ("C: either m.B (line 2) or m.C (line 3), which only run time decides",),
    ),
    "a class in a try whose import fails": (
        "try:\n    import sys.nowhere\n    from sys.nowhere import z\n    class Y: pass\nexcept ImportError:\n    class Y(Exception): pass\nclass X(Y): pass", "X", SHORT,
        ("Y: defined twice, in a try and its handler; import of sys.nowhere fails",),
    ),
    "a computed value": ("Y = make() or other\nclass X(Y): pass", "X", SHORT, ("Y: Y is computed at line 1",)),
    "the result of a call": ("Y = make(1)\nclass X(Y): pass", "X", SHORT, ("Y: result of make(...) at line 1",)),
    "a call": (BASES + "def make(): return A\nclass X(make()): pass", "X", SHORT, ("make(): result of make(...)",)),
    "a call of a call": (BASES + "def make(): return A\nclass X(make()()): pass", "X", SHORT, ("make()(): result of make(...)",)),
    "a call with no name": (BASES + "class X((lambda: A)()): pass", "X", SHORT, ("(lambda: A)(): an expression that only run time can evaluate",)),
    "one argument of type": (BASES + "class X(type(A)): pass", "X", SHORT, ("type(A): result of type(...)",)),
    "type without a written name": (BASES + "class X(type(A.n, (A,), {})): pass", "X", SHORT, ("type(A.n, (A,), {}): result of type(...)",)),
    "a function": ("def f(): pass\nclass X(f): pass", "X", SHORT, ("f: m.f is no class",)),
    "a module": ("import os\nclass X(os): pass", "X", SHORT, ("os: os is no class",)),
    "None": ("Y = None\nclass X(Y): pass", "X", SHORT, ("Y: None",)),
    "a NewType": (
        "from typing import NewType\nN = NewType('N', int)\nclass X(N): pass", "X", SHORT, ("N: a NewType, which cannot be inherited from",),
    ),
    "a name bound only below": ("class X(Y): pass\nclass Y: pass", "X", SHORT, ("Y: bound only below, at line 2",)),
    "a name bound nowhere": ("class X(Y): pass", "X", SHORT, ("Y: nothing binds Y",)),
    "a name bound in TYPE_CHECKING only stands for itself": (
        BASES + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    class T(C): pass\nclass X(T): pass", "X",
        ("m.X", "m.T", "m.C", "m.A", "builtins.object"), (),
    ),
    "an import that fails": ("from sys import nowhere\nclass X(nowhere): pass", "X", SHORT, ("nowhere: module sys has no nowhere",)),
    "an import of a module that is not there": ("import sys.nowhere as n\nclass X(n.Y): pass", "X", SHORT, ("n.Y: module sys.nowhere is not part of this Python",)),
    "an optional import that fails, with nothing instead": (
        "try:\n    from sys import nowhere\nexcept ImportError:\n    pass\nclass X(nowhere): pass", "X", SHORT, ("nowhere: module sys has no nowhere",),
    ),
    "an import in the tree that fails": ("from m import nowhere\nclass X(nowhere): pass", "X", SHORT, ("nowhere: m.nowhere leads back to itself",)),
    "an attribute that is not there": (BASES + "class X(A.Y): pass", "X", SHORT, ("A.Y: m.A has no Y",)),
    "an attribute of a live class that is not there": ("class X(dict.Y): pass", "X", SHORT, ("dict.Y: builtins.dict has no Y",)),
    "an attribute of a live class that is none": ("class X(dict.keys): pass", "X", SHORT, ("dict.keys: builtins.dict.keys is a value",)),
    "an attribute of an alias": ("import typing\nclass X(typing.List.Y): pass", "X", SHORT, ("typing.List.Y: attribute Y of a value",)),
    "an attribute that an unknown base may have": (
        "import vendor\nclass P(vendor.Y): pass\nclass X(P.Q): pass", "X", SHORT, ("P.Q: Q may come from an unresolved base of m.P",),
    ),
    "an attribute that is a method": ("class P:\n    def f(self): pass\nclass X(P.f): pass", "X", SHORT, ("P.f: P.f is a value",)),
    "an attribute that is a value": ("class P:\n    f = make()\nclass X(P.f): pass", "X", SHORT, ("P.f: P.f is a value",)),
    "a value of a live module": ("import sys\nclass X(sys.platform): pass", "X", SHORT, ("sys.platform: platform is a value",)),
    "an element of a table": ("def f(): pass\nclass X(f['a']): pass", "X", SHORT, ("f['a']: an element that only run time knows",)),
    "brackets that make a class": (
        "class P:\n    def __class_getitem__(cls, key):\n        return make(cls)\nclass X(P[int]): pass", "X", SHORT,
        ("P[int]: m.P.__class_getitem__ makes it at run time",),
    ),
    "brackets that return something": (
        "class P:\n    def __class_getitem__(cls, key):\n        key()\n        return\nclass X(P[int]): pass", "X", SHORT,
        ("P[int]: m.P.__class_getitem__ makes it at run time",),
    ),
    "unpacked bases": ("bases = []\nclass X(*bases): pass", "X", SHORT, ("*bases: an expression that cannot be read by itself",)),
    "a call too long to be kept": (
        "class X(make('a', '" + "b" * 300 + "')): pass", "X", SHORT,
        (f"make('a', '{'b' * 189}: an expression that cannot be read by itself",),
    ),
    "a lazy module that computes its names": (
        "import lazy\nfrom lazy import Y\nclass X(Y): pass", "X", SHORT, ("Y: lazy.__getattr__ makes it at run time",),
    ),
    "a star of a lazy module without __all__": ("from lazy import *\nclass X(Y): pass", "X", SHORT, ("Y: nothing binds Y",)),
    "a file that cannot be parsed": ("from broken import Y\nclass X(Y): pass", "X", SHORT, ("Y: broken.py cannot be read (line 1: invalid syntax)",)),
    "a name given by a function": ("def f():\n    global Y\n    Y = int\nclass X(Y): pass", "X", SHORT, ("Y: Y is computed at line 2",)),
    "a name that an enclosing function may have": (
        "def outer(Y):\n    def inner():\n        class X(Y, ValueError): pass\n    return inner", "outer.<locals>.inner.<locals>.X",
        ("m.outer.<locals>.inner.<locals>.X", "builtins.ValueError", "builtins.Exception", "builtins.BaseException", "builtins.object"),
        ("Y: may be a local name of outer",),
    ),
    "a class defined twice under conditions": (
        "import random\nif random.random():\n    class X(str): pass\nelse:\n    class X(int): pass", "X", SHORT,
        ("m.X: either m.X (line 3) or m.X (line 5), which only run time decides",),
    ),
    "a base that hangs on itself": (
        "import vendor\nclass X(vendor.Y):\n    pass\nclass P(X): pass\nclass Q(P.Z): pass", "Q", ("m.Q",), ("P.Z: Z may come from an unresolved base of m.P",),
    ),
    "six without a python path is known all the same": (
        BASES + "import six\nclass X(six.with_metaclass(type, C, B)): pass", "X", ("m.X", "m.C", "m.A", "m.B", "builtins.object"), (),
    ),
    "a TypedDict of typing_extensions is known all the same": (
        "from typing_extensions import TypedDict, NamedTuple\nclass P(TypedDict): pass\nclass X(P): pass\nclass N(NamedTuple): pass", "X", ("m.X", "builtins.dict", "builtins.object"), (),
    ),
}  # fmt: skip
BESIDE = {"lazy.py": "def __getattr__(name):\n    return make(name)\n", "broken.py": "class (:\n"}


@pytest.mark.parametrize("sentence", CASES)
def test_reading_stops_with_a_reason_at(sentence: str, tmp_path: Path) -> None:
    source, name, mro, unresolved = CASES[sentence]
    found = read({"m.py": source, **BESIDE}, tmp_path, f"m.{name}")
    assert (found.mro, found.unresolved, found.conflict) == (mro, unresolved, "")
    assert found.complete == (not unresolved)


CONFLICTS = {
    "an order that cannot be": (
        BASES + "class X(A, C): pass", "no consistent order of m.A and m.C among the bases of m.X",
    ),
    "a base given twice": (BASES + "class X(A, A): pass", "duplicate base m.A"),
    "a conflict of an ancestor": (
        BASES + "class P(A, C): pass\nclass X(P): pass", "no consistent order of m.A and m.C among the bases of m.P",
    ),
    "a circle of modules": (
        "from n import N\nclass X(N): pass", "circular base: m.X -> n.N -> m.X",
    ),
    "a TypedDict in a conflict": (
        "from typing import TypedDict\nclass D(TypedDict): pass\nclass X(D, D): pass", "duplicate base m.D",
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", CONFLICTS)
def test_a_conflict_is_told_in_a_sentence(sentence: str, tmp_path: Path) -> None:
    source, conflict = CONFLICTS[sentence]
    found = read({"m.py": source, "n.py": "from m import X\nclass N(X): pass"}, tmp_path, "m.X")
    assert found.mro[0] == "m.X"
    assert found.conflict == conflict
    assert not found.complete


def test_the_bases_of_a_class_are_told_one_by_one(tmp_path: Path) -> None:
    source = (
        BASES + "import typing, six, vendor\n"
        "class X(C, typing.List[int], typing.NamedTuple, vendor.Y, six.with_metaclass(type, A, B)): pass\nclass Y: pass\n"
    )
    hierarchy = hierarchy_of({"m.py": source}, tmp_path)
    assert hierarchy.bases("m.X") == (
        BaseRef("C", "m.C"),
        BaseRef("typing.List[int]", "builtins.list"),
        BaseRef("typing.NamedTuple", "typing.NamedTuple"),
        BaseRef("vendor.Y", "", THIRD),
        BaseRef("six.with_metaclass(type, A, B)", "m.A (line 1), m.B (line 2)"),
    )
    assert hierarchy.bases("m.Y") == ()
    assert hierarchy.bases("builtins.dict") == ()
    assert hierarchy.bases("m.Nothing") == ()


def test_a_class_is_found_by_any_path_that_leads_to_it(tmp_path: Path) -> None:
    files = {"p/__init__.py": "from .b import C as D\nfrom typing import List\nimport json", "p/b.py": BASES}
    hierarchy = hierarchy_of(files, tmp_path)
    assert hierarchy.linearize("p.D").mro == ("p.b.C", "p.b.A", "builtins.object")
    assert hierarchy.linearize("json.decoder.JSONDecodeError").mro[:2] == (
        "json.decoder.JSONDecodeError",
        "builtins.ValueError",
    )
    assert hierarchy.linearize("p.Nothing").unresolved == ("p.Nothing: nothing binds p.Nothing",)
    assert hierarchy.linearize("p.List").unresolved == ("p.List: builtins.list[...] is no class",)
    assert hierarchy.linearize("p.json").unresolved == ("p.json: json is no class",)
    assert hierarchy.linearize("typing.NamedTuple").unresolved == ("typing.NamedTuple: NamedTuple is no class",)
    assert hierarchy.linearize("alone").unresolved[0].startswith("alone: third-party module alone")


def test_type_parameters_bring_generic_as_the_last_base(tmp_path: Path) -> None:
    index = index_of({"m.py": BASES + "class X(C): pass\nclass Y: pass\n"}, tmp_path)
    facts = index.modules["m"]
    classes = tuple(_generic(item) if item.qualname in {"X", "Y"} else item for item in facts.classes)
    index = type(index)([facts._replace(classes=classes)])
    assert over(index).linearize("m.X").mro == ("m.X", "m.C", "m.A", "typing.Generic", "builtins.object")
    assert over(index).linearize("m.Y").mro == ("m.Y", "typing.Generic", "builtins.object")


def _generic(item: Class) -> Class:
    return item._replace(type_parameters=("T",))


def test_a_file_hidden_by_a_package_of_its_name_says_so(tmp_path: Path) -> None:
    hierarchy = hierarchy_of({"a.py": "class X: pass", "a/__init__.py": "class Y: pass"}, tmp_path)
    assert hierarchy.linearize("a.X").unresolved == ("a.X: a.py is hidden by a/__init__.py, a module of the same name",)
    assert hierarchy.linearize("a.Y").complete


def test_of_several_statements_the_one_that_runs_counts(tmp_path: Path) -> None:
    source = (
        "from typing import TYPE_CHECKING\n"
        "class O:\n    if TYPE_CHECKING:\n        class I(int): pass\n    else:\n        class I(str): pass\n"
        "try:\n    class E(int): pass\nexcept ImportError:\n    class E(str): pass\n"
        "class R(int): pass\nclass R(R): pass\nclass G(str): pass\ndel G\nclass H: pass\nclass H(int): pass\nH = 1\n"
    )
    hierarchy = hierarchy_of({"m.py": source}, tmp_path)
    assert hierarchy.linearize("m.O.I").mro[1] == "builtins.str"
    assert hierarchy.linearize("m.E").mro[1] == "builtins.int"
    assert hierarchy.linearize("m.R").mro[:3] == ("m.R", "m.R", "builtins.int")
    assert hierarchy.linearize("m.G").mro[1] == "builtins.str"


def test_a_chain_longer_than_the_stack_is_read(tmp_path: Path) -> None:
    source = "class C0: pass\n" + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 1500))
    assert len(read({"m.py": source}, tmp_path, "m.C1499").mro) == 1501


def test_a_chain_of_re_exports_that_never_ends_is_cut(tmp_path: Path) -> None:
    files = {f"m{n}.py": f"from m{n + 1} import X\n" for n in range(60)}
    found = read(
        {**files, "m60.py": "class X: pass", "m.py": "from m0 import X as Z\nclass X(Z): pass"}, tmp_path, "m.X"
    )
    assert found.unresolved == ("Z: m41.X leads back to itself",)


def test_a_class_whose_bases_hang_on_its_own_ancestors_is_not_guessed(tmp_path: Path) -> None:
    source = "import n\nclass X(n.N.Inner): pass\n"
    found = read({"m.py": source, "n.py": "import m\nclass N(m.X): pass\n"}, tmp_path, "m.X")
    assert found.mro[0] == "m.X"
    assert not found.complete


def test_what_is_no_source_is_named_as_such(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("fast.cpython-311-x86_64-linux-gnu.so", "stub.pyi", "packed/__init__.pyi", "half/thing.so"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(b"")
    (site / "half" / "__init__.py").write_text("")
    source = "import fast, stub, packed, half.thing, nowhere\nfrom half import thing\nclass X(fast.A, stub.B, packed.C, half.thing.D, thing.E, nowhere.F): pass"
    found = read({"m.py": source}, tmp_path / "tree", "m.X", site)
    assert [reason.partition(": ")[2] for reason in found.unresolved] == [
        "compiled module fast: it has no source to read",
        "compiled module stub: it has no source to read",
        "compiled module packed: it has no source to read",
        "compiled module half.thing: it has no source to read",
        "compiled module half.thing: it has no source to read",
        "module nowhere is in no folder of --python-path",
    ]


def test_a_try_for_what_the_python_path_has_not_takes_the_fallback(tmp_path: Path) -> None:
    source = "try:\n    from nowhere import Y\nexcept ImportError:\n    class Y(ValueError): pass\nclass X(Y): pass"
    assert read({"m.py": source}, tmp_path / "tree", "m.X", tmp_path).mro[:3] == ("m.X", "m.Y", "builtins.ValueError")


def test_a_folder_of_scripts_lends_its_name_to_an_unknown_package(tmp_path: Path) -> None:
    files = {
        "vendor/tool.py": BASES,
        "m.py": "import vendor.tool, vendor.other\nclass X(vendor.tool.C): pass\nclass Y(vendor.other.Z): pass",
    }
    hierarchy = hierarchy_of(files, tmp_path)
    assert hierarchy.linearize("m.X").complete
    assert hierarchy.linearize("m.Y").unresolved == ("vendor.other.Z: nothing binds vendor.other",)


def test_a_module_of_the_users_that_bears_a_standard_name_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_winapi.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Environment().find("_winapi") == Unfound("module _winapi is not part of this Python", True)
    assert Environment().find("_msi") == Unfound("module _msi is not part of this Python", True)
