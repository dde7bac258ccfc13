"""Each case is run by Python and read by us; both must give the same order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mro.case_files import cases
from tests.mro.oracle import hierarchy_of, runtime

CASES = cases("as_python_does")


def _dotted(path: str) -> str:
    module, _, name = path.partition(":")
    return f"{module}.{name}"


@pytest.mark.parametrize("sentence", CASES)
def test_the_order_is_the_one_python_gives(sentence: str, tmp_path: Path) -> None:
    paths = CASES[sentence].answers
    hierarchy = hierarchy_of(CASES[sentence].files, tmp_path)
    expected = runtime([tmp_path], paths)
    for path in paths:
        dotted = expected[path][0] if "()" in path else _dotted(path)
        found = hierarchy.linearize(dotted)
        assert (found.mro, found.unresolved, found.conflict) == (expected[path], (), "")
        assert found.complete


THIRD_PARTY = {
    "vendor/__init__.py": "from .models import Model\n",
    "vendor/models.py": "import abc\nclass Base(abc.ABC): pass\nclass Model(Base): pass",
    "space/inner.py": "class S: pass",
    "single.py": "class One(Exception): pass",
    "six.py": "def with_metaclass(meta, *bases):\n"
    "    class metaclass(type):\n"
    "        def __new__(cls, name, this_bases, d):\n"
    "            return meta(name, bases, d)\n"
    "    return type.__new__(metaclass, 'temporary_class', (), {})",
}


def test_third_party_source_is_read_from_the_python_path(tmp_path: Path) -> None:
    site, tree = tmp_path / "site", tmp_path / "tree"
    hierarchy_of(THIRD_PARTY, site)
    source = (
        "import vendor, single, space.inner, six\nfrom vendor import models\nclass B: pass\nclass M(type): pass\n"
        "class X(vendor.Model, single.One): pass\nclass Y(models.Base): pass\nclass Z(space.inner.S): pass\n"
        "class W(six.with_metaclass(M, B)): pass\nclass V(six.with_metaclass(M)): pass\n"
    )
    paths = [f"m:{name}" for name in "XYZWV"]
    hierarchy = hierarchy_of({"m.py": source}, tree, tmp_path / "elsewhere", site)
    expected = runtime([tree, site], paths)
    assert {path: hierarchy.linearize(_dotted(path)).mro for path in paths} == expected
