"""The MRO report on small trees: risks beside their absence, and what a merge would mean for whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.analysis.mro import Hierarchy
from codemods.analysis.mro_report import MAX_DEPTH, MAX_PARENTS, MAX_SHADOWS, Lineage, known_members, plain_class
from codemods.index.closeup import CloseUp, close_up
from codemods.index.external import Environment
from codemods.index.parse import read_tree
from codemods.index.resolve import Resolver
from tests.support import index_of


def lineage_of(source: str, tmp_path: Path) -> Lineage:
    index = index_of({"m.py": source}, tmp_path)
    return Lineage(index, Hierarchy(index, Resolver(index), Environment()))


def chain(length: int) -> str:
    first = "class C0: pass\n"
    return (
        first + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, length)) + f"class X(C{length - 1}): pass\n"
    )


def parents(count: int) -> str:
    bases = "".join(f"class P{n}: pass\n" for n in range(count))
    return bases + f"class X({', '.join(f'P{n}' for n in range(count))}): pass\n"


def shadows(count: int) -> str:
    body = "".join(f"    def m{n}(self): pass\n" for n in range(count))
    return f"class P:\n{body}class X(P):\n{body}"


DIAMOND = "class A:\n    def go(self): pass\nclass B(A): pass\nclass C(A): pass\nclass X(B, C): pass\n"
RISKS = {
    "a hierarchy as deep as is bearable": (chain(MAX_DEPTH - 1), []),
    "one class deeper": (chain(MAX_DEPTH), [f"{MAX_DEPTH + 1} classes deep; more than {MAX_DEPTH} is hard to follow"]),
    "as many parents as are bearable": (parents(MAX_PARENTS), []),
    "so many that it is deep, too": (
        parents(MAX_DEPTH),
        [
            f"{MAX_DEPTH + 1} classes deep; more than {MAX_DEPTH} is hard to follow",
            f"{MAX_DEPTH} direct bases; more than {MAX_PARENTS}",
        ],
    ),
    "as many shadowed members as are bearable": (shadows(MAX_SHADOWS), []),
    "one shadowed member more": (
        shadows(MAX_SHADOWS + 1),
        [f"{MAX_SHADOWS + 1} inherited members are shadowed; more than {MAX_SHADOWS}"],
    ),
    "a diamond": (DIAMOND, ["diamond over m.A: a merge may change which method wins"]),
    "two bases that share nothing but object": ("class B: pass\nclass C: pass\nclass X(B, C): pass\n", []),
}


@pytest.mark.parametrize(("source", "risks"), RISKS.values(), ids=RISKS)
def test_a_risk_is_told_and_only_then(source: str, risks: list[str], tmp_path: Path) -> None:
    assert list(plain_class("m.X", lineage_of(source, tmp_path)).risks) == risks


def test_each_method_comes_from_the_first_class_that_has_it(tmp_path: Path) -> None:
    source = "class A:\n    def go(self): pass\n    def stop(self): pass\nclass X(A):\n    def go(self): pass\n"
    told = plain_class("m.X", lineage_of(source, tmp_path))
    assert [(row.method, row.provider, row.hides) for row in told.resolutions] == [
        ("go", "m.X", ("m.A",)),
        ("stop", "m.A", ()),
    ]
    assert [(item.dotted, item.overridden) for item in told.ancestors] == [
        ("m.X", ()),
        ("m.A", ("go",)),
        ("builtins.object", ()),
    ]


def close(source: str, name: str) -> CloseUp:
    found = close_up(read_tree(source.encode()), "m.py", "m", name, ())
    assert found is not None
    return found


KNOWN = {
    "a class of its own": ("class X:\n    def go(self): self.n = 1\n", {"go", "n"}),
    "inherited from the tree": ("class A:\n    limit = 1\nclass X(A):\n    def go(self): pass\n", {"go", "limit"}),
    "an ancestor that cannot be read": ("from vendor import A\nclass X(A):\n    def go(self): pass\n", None),
    "an ancestor outside whose members are not read": ("class X(dict):\n    def go(self): pass\n", None),
    "a hierarchy that cannot stand": ("class A: pass\nclass X(A, A):\n    def go(self): pass\n", None),
}


@pytest.mark.parametrize(("source", "members"), KNOWN.values(), ids=KNOWN)
def test_the_members_a_class_is_known_to_have(source: str, members: set[str] | None, tmp_path: Path) -> None:
    found = known_members({"m.X": close(source, "X")}, lineage_of(source, tmp_path))["m.X"]
    assert found == members
