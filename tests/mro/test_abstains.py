"""Where reading does not tell, the class is still listed, what is known of its order too, and the reason is said."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from codemods.analysis.mro import BaseRef
from codemods.index.external import Environment, Unfound
from codemods.index.facts import Class
from tests.mro.case_files import cases
from tests.mro.oracle import hierarchy_of, over, read
from tests.support import index_of

BASES = "class A: pass\nclass B: pass\nclass C(A): pass\n"
THIRD = "third-party module vendor: give the folder it is installed in with --python-path"

CASES = cases("abstains")
BESIDE = {"lazy.py": "def __getattr__(name):\n    return make(name)\n", "broken.py": "class (:\n"}


@pytest.mark.parametrize("sentence", CASES)
def test_reading_stops_with_a_reason_at(sentence: str, tmp_path: Path) -> None:
    case = CASES[sentence]
    dotted, _, order = case.answers[0].partition(": ")
    found = read(case.files | BESIDE, tmp_path, dotted)
    assert (" ".join(found.mro), list(found.unresolved), found.conflict) == (order, case.reasons, "")
    assert found.complete == (not case.reasons)


CONFLICTS = cases("conflicts")


@pytest.mark.parametrize("sentence", CONFLICTS)
def test_a_conflict_is_told_in_a_sentence(sentence: str, tmp_path: Path) -> None:
    case = CONFLICTS[sentence]
    found = read({**case.files, "n.py": "from m import X\nclass N(X): pass"}, tmp_path, "m.X")
    assert found.mro[0] == "m.X"
    assert found.conflict == case.answers[0]
    assert not found.complete


def test_the_bases_of_a_class_are_told_one_by_one(tmp_path: Path) -> None:
    source = (
        BASES + "import typing, six, vendor\n"
        "class X(C, typing.List[int], typing.NamedTuple, vendor.Y, six.with_metaclass(type, A, B)): pass\n"
        "class Y: pass\n"
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
    assert hierarchy.linearize("typing.Pattern").unresolved == ("typing.Pattern: re.Pattern[...] is no class",)
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
    assert hierarchy.linearize("m.H").mro[1] == "builtins.int"


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
    source = (
        "import fast, stub, packed, half.thing, nowhere\nfrom half import thing\n"
        "class X(fast.A, stub.B, packed.C, half.thing.D, thing.E, nowhere.F): pass\n"
    )
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
    assert isinstance(Environment().find("_frozen_importlib"), ModuleType)
    assert Environment().find("_msi") == Unfound("module _msi is not part of this Python", True)
