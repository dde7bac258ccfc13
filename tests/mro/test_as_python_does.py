"""Each case is run by Python and read by us; both must give the same order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mro.oracle import hierarchy_of, runtime

Files = dict[str, str]
BASES = "class A: pass\nclass B: pass\nclass C(A): pass\n"

# sentence: (files, "module:path" at run time; `()` calls the function before it)
CASES: dict[str, tuple[Files, list[str]]] = {
    "a class without bases is an object": ({"m.py": "class X: pass"}, ["m:X"]),
    "a diamond is merged": ({"m.py": BASES + "class D(A): pass\nclass X(C, D): pass"}, ["m:X"]),
    "a base comes from another module": ({"b.py": BASES, "m.py": "from b import C\nclass X(C): pass"}, ["m:X"]),
    "a base is renamed by its import": ({"b.py": BASES, "m.py": "from b import C as Z\nclass X(Z): pass"}, ["m:X"]),
    "a base is re-exported by its package": (
        {"p/__init__.py": "from .b import C\nfrom p import sub", "p/b.py": BASES, "p/sub.py": "class S: pass",
         "m.py": "from p import C, sub\nimport p\nclass X(C): pass\nclass Y(p.sub.S, p.C): pass"},
        ["m:X", "m:Y"],
    ),
    "a base is a submodule's class by its full path": (
        {"p/__init__.py": "", "p/b.py": BASES, "m.py": "import p.b\nimport p.b as q\nclass X(p.b.C, q.B): pass"},
        ["m:X"],
    ),
    "a base has an alias": ({"m.py": BASES + "Z = C\nZ2: type = Z\nclass X(Z2): pass"}, ["m:X"]),
    "a star import brings the base": ({"b.py": BASES, "m.py": "from b import *\nclass X(C): pass"}, ["m:X"]),
    "a star import obeys __all__": (
        {"b.py": "__all__ = ['_H']\nclass _H: pass\nclass Exception: pass",
         "m.py": "from b import *\nclass X(_H, Exception): pass"},
        ["m:X"],
    ),
    "a star import leaves private names behind": (
        {"b.py": "class _H: pass\nclass H: pass", "c.py": "class _H: pass", "m.py": "from c import _H\nfrom b import *\nclass X(_H): pass"},
        ["m:X"],
    ),
    "a star import replaces the class above it": (
        {"b.py": BASES, "m.py": "class C: pass\nclass X(C): pass\nfrom b import *\nclass Y(C): pass"},
        ["m:X", "m:Y"],
    ),
    "a star import of a live module brings its classes": ({"m.py": "from _io import *\nclass X(BytesIO): pass"}, ["m:X"]),
    "star imports in a circle end": (
        {"a.py": "class A: pass\nfrom b import *", "b.py": "from a import *\nclass B: pass", "m.py": "from a import A, B\nclass X(A, B): pass"},
        ["m:X"],
    ),
    "a nested class is a base": ({"m.py": "class O:\n    class I: pass\nclass X(O.I): pass"}, ["m:X"]),
    "a nested class inherits from the one above it": (
        {"m.py": "class O:\n    class I: pass\n    J = I\n    class K(J): pass\n    class L(I): pass"}, ["m:O.K", "m:O.L"],
    ),
    "a nested base is inherited by its outer class": (
        {"m.py": "class P:\n    class I: pass\nclass O(P): pass\nclass X(O.I): pass\nclass Q(P):\n    class I(P.I): pass"},
        ["m:X", "m:Q.I"],
    ),
    "a nested class does not see the names of the outer class's methods": (
        {"m.py": BASES + "class O:\n    class C: pass\n    def f(self):\n        class X(C): pass\n        return X"}, ["m:O.C"],
    ),
    "a function-local class sees the function and the finished module": (
        {"m.py": "def make():\n    from b import B\n    class L(B, Later): pass\n    return L\nclass Later: pass", "b.py": BASES}, ["m:make.()"],
    ),
    "a function-local class inherits from another": (
        {"m.py": "def make():\n    class K: pass\n    class L(K):\n        class M(K): pass\n    return L.M"}, ["m:make.()"],
    ),
    "a class in a function in a function sees them all": (
        {"m.py": BASES + "def outer():\n    class K(C): pass\n    def inner():\n        class L(K): pass\n        return L\n    return inner"},
        ["m:outer.().()"],
    ),
    "an enclosing function without a class of its own may import the base": (
        {"b.py": BASES, "m.py": "def outer():\n    from b import C\n    import b\n    def inner():\n        class L(C, b.B, Later): pass\n        return L\n    Later = 1\n    return inner\n"
         .replace("    Later = 1\n", "").replace(", Later", ", BaseException")},
        ["m:outer.().()"],
    ),
    "a class that bears its base's name inherits from the one above": (
        {"b.py": BASES, "m.py": "import b\nfrom b import C\nclass C(C): pass\nclass A(b.A): pass\nclass X(C): pass"}, ["m:C", "m:A", "m:X"],
    ),
    "an alias means what the name meant on its line": (
        {"m.py": "class F: pass\n_Py = F\nimport _io\nF = _io.BytesIO\nclass X(_Py): pass\nclass Y(F): pass"}, ["m:X", "m:Y"],
    ),
    "a base is redefined below": ({"m.py": "class A: pass\nclass X(A): pass\nclass A(X): pass\nclass Y(A): pass"}, ["m:X", "m:Y"]),
    "a builtin is a base until the module has one of that name": (
        {"m.py": "class X(ValueError): pass\nclass ValueError(Exception): pass\nclass Y(ValueError): pass"}, ["m:X", "m:Y"],
    ),
    "a name that was deleted is the builtin again": (
        {"m.py": "class KeyError(Exception): pass\ndel KeyError\nclass X(KeyError): pass"}, ["m:X"],
    ),
    "the import that works comes before its fallback": (
        {"b.py": BASES, "m.py": "try:\n    from b import C\nexcept ImportError:\n    C = object\nclass X(C): pass"}, ["m:X"],
    ),
    "the fallback counts where the import fails": (
        {"b.py": BASES, "m.py": "try:\n    from b.nowhere import C\nexcept ImportError:\n    from b import C\nclass X(C): pass"}, ["m:X"],
    ),
    "fallbacks follow one another": (
        {"b.py": BASES, "m.py": "try:\n    from sys.nowhere import C\nexcept ImportError:\n    try:\n        from b import C\n    except ImportError:\n        C = object\nclass X(C): pass"},
        ["m:X"],
    ),
    "a fallback that does nothing leaves what was there": (
        {"m.py": BASES + "try:\n    from sys.nowhere import C, TimeoutError\nexcept ImportError:\n    pass\nclass X(C, TimeoutError): pass"}, ["m:X"],
    ),
    "a try's else gives the fast class": (
        {"m.py": "class F: pass\ntry:\n    import _io\nexcept ImportError:\n    pass\nelse:\n    F = _io.BytesIO\nclass X(F): pass"}, ["m:X"],
    ),
    "platform and version decide": (
        {"m.py": BASES + "import sys, os\nif sys.version_info >= (3, 0):\n    Z = A\nelse:\n    Z = B\n"
         "if sys.platform == 'nowhere':\n    Y = A\nelif os.name == 'nothing':\n    Y = C\nelse:\n    Y = B\nclass X(Z, Y): pass"},
        ["m:X"],
    ),
    "what stands under TYPE_CHECKING does not run": (
        {"m.py": BASES + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    Z = C\nelse:\n    Z = A\nclass X(Z): pass"
         "\nclass Y(C if TYPE_CHECKING else B): pass\nclass W(A if not TYPE_CHECKING else B): pass"},
        ["m:X", "m:Y", "m:W"],
    ),
    "an undecidable if with one answer is no question": (
        {"b.py": BASES, "m.py": "import b, random\nif random.random() < 2:\n    from b import C\nelse:\n    C = b.C\nclass X(C): pass"}, ["m:X"],
    ),
    "two classes of one name and one order are one answer": (
        {"m.py": "import random\nif random.random() < 2:\n    class C(str): pass\nelse:\n    class C(str): a = 1\nclass X(C): pass"}, ["m:X"],
    ),
    "an undecidable import that would fail has not run": (
        {"m.py": "import sys\nif sys.platform[:4] == 'java':\n    from sys.nowhere import Exception\nclass X(Exception): pass"}, ["m:X"],
    ),
    "a placeholder of None is no candidate": (
        {"m.py": BASES + "import random\nZ = None\nif random.random() < 2:\n    Z = C\nclass X(Z): pass"}, ["m:X"],
    ),
    "a lazy module makes its names in __getattr__": (
        {"p/__init__.py": "def __getattr__(name):\n    if name == 'C':\n        from .b import C as c\n        return c\n    raise AttributeError(name)", "p/b.py": BASES,
         "m.py": "import p\nfrom p import C\nclass X(C): pass\nclass Y(p.C): pass"},
        ["m:X", "m:Y"],
    ),
    "lazy names of the standard library are found": (
        {"m.py": "import unittest\nfrom concurrent.futures import ThreadPoolExecutor\n"
         "class X(unittest.IsolatedAsyncioTestCase): pass\nclass Y(ThreadPoolExecutor): pass"},
        ["m:X", "m:Y"],
    ),
    "Generic is an ancestor": (
        {"m.py": "from typing import *\nT = TypeVar('T')\nclass G(Generic[T]): pass\nclass X(G[int]): pass\nclass Y(G): pass\nclass Z(G['X'], Generic[T]): pass"},
        ["m:G", "m:X", "m:Y", "m:Z"],
    ),
    "Generic gives way to a later alias": (
        {"m.py": "from typing import *\nT = TypeVar('T')\nclass G(Generic[T]): pass\nclass X(Generic[T], G[T]): pass\nclass Y(Generic[T], list[T]): pass"
         "\nclass Z(Generic[T], List[T]): pass\nclass W(List[T], G[T]): pass\nclass V(List[int], G): pass\nclass U(list, List[int]): pass"},
        ["m:X", "m:Y", "m:Z", "m:W", "m:V", "m:U"],
    ),
    "Protocol takes Generic's place": (
        {"m.py": "from typing import *\nT = TypeVar('T')\nclass P(Protocol): pass\nclass Q(Protocol[T]): pass\nclass R(Generic[T], Protocol): pass\nclass X(P): pass"
         "\nclass Y(Q[int], Protocol): pass"},
        ["m:P", "m:Q", "m:R", "m:X", "m:Y"],
    ),
    "aliases of typing are list and Generic, list[int] is list": (
        {"m.py": "import typing, collections.abc\nfrom typing import Mapping, ContextManager, OrderedDict\nclass X(typing.List[int]): pass\nclass Y(list[int]): pass"
         "\nclass Z(Mapping): pass\nclass W(collections.abc.Mapping[str, int]): pass\nclass V(ContextManager[int], OrderedDict[int, int]): pass\nL = typing.List[int]\nclass U(L): pass"},
        ["m:X", "m:Y", "m:Z", "m:W", "m:V", "m:U"],
    ),
    "brackets of a class that returns itself are that class": (
        {"m.py": "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass B:\n    def __class_getitem__(cls, key):\n        '''Itself.'''\n        return cls\n"
         "class G(B, Generic[T]): pass\nclass X(Generic[T], B[int]): pass\nclass Y(G[int]): pass"},
        ["m:X", "m:Y"],
    ),
    "a NamedTuple is only a tuple": (
        {"m.py": "from typing import *\nimport typing as t\nT = TypeVar('T')\nclass N(NamedTuple):\n    a: int\nclass X(N): pass\nclass Y(t.NamedTuple, Generic[T]):\n    a: T"},
        ["m:N", "m:X", "m:Y"],
    ),
    "a TypedDict is only a dict, whatever it inherits from": (
        {"m.py": "from typing import *\nT = TypeVar('T')\nclass D(TypedDict):\n    a: int\nclass E(D, total=False):\n    b: int\nclass F(TypedDict, Generic[T]):\n    c: T"
         "\nclass G(F[int]): pass\nH = TypedDict('H', {'a': int})\nclass I(H): pass"},
        ["m:D", "m:E", "m:F", "m:G", "m:I"],
    ),
    "an Enum mixes in a type": (
        {"m.py": "import enum\nfrom enum import Enum, IntFlag\nclass S(str, Enum):\n    a = 'a'\nclass I(enum.IntEnum):\n    a = 1\nclass F(IntFlag):\n    a = 1\nclass M: pass\nclass X(M, str, Enum): pass"},
        ["m:S", "m:I", "m:F", "m:X"],
    ),
    "a namedtuple call is a class of this module": (
        {"m.py": "from collections import namedtuple\nimport collections, typing\nP = namedtuple('Point', 'x y')\nQ = typing.NamedTuple('Q', [('a', int)])\nclass X(P): pass\nclass Y(namedtuple('Z', 'a')): pass"
         "\nclass W(Q): pass\nclass V(collections.namedtuple('V', 'a')): pass\nL = namedtuple('Long', '" + "aaa " * 70 + "', rename=True)\nclass U(L): pass"},
        ["m:X", "m:Y", "m:W", "m:V", "m:U"],
    ),
    "a type call is a class of this module": (
        {"m.py": BASES + "T = type('T', (C, B), {})\nclass X(T): pass\nclass Y(type('U', (), {}), B): pass"}, ["m:X", "m:Y"],
    ),
    "a metaclass changes nothing": (
        {"m.py": BASES + "from abc import ABCMeta, ABC\nclass M(type): pass\nclass X(C, metaclass=M): pass\nclass Y(ABC): pass\nclass Z(metaclass=ABCMeta): pass"},
        ["m:M", "m:X", "m:Y", "m:Z"],
    ),
    "the standard library is read, its C modules are looked at": (
        {"m.py": "import threading, json, logging, types, datetime, collections, weakref, socket, asyncio, decimal, pickle\n"
         "class A(threading.Thread): pass\nclass B(json.JSONEncoder): pass\nclass C(logging.Handler): pass\nclass D(types.ModuleType): pass\nclass E(datetime.tzinfo): pass\n"
         "class F(collections.OrderedDict): pass\nclass G(weakref.WeakKeyDictionary): pass\nclass H(socket.socket): pass\nclass I(asyncio.Future): pass\nclass J(decimal.Decimal): pass\n"
         "class K(pickle.Pickler): pass\nclass L(collections.defaultdict): pass\nclass O(threading.local): pass\nclass M(asyncio.TimeoutError): pass\nclass N(collections.UserDict): pass"},
        [f"m:{name}" for name in "ABCDEFGHIJKLMNO"],
    ),
    "an Any base is a class": ({"m.py": "from typing import Any\nclass X(Any): pass"}, ["m:X"]),
    "a module in a folder without __init__ is found": (
        {"n/b.py": BASES, "m.py": "from n.b import C\nimport n.b\nclass X(C): pass\nclass Y(n.b.A): pass"}, ["m:X", "m:Y"],
    ),
    "a folder of scripts does not hide the standard library": (
        {"logging/tool.py": BASES, "m.py": "import logging\nclass X(logging.Handler): pass"}, ["m:X"],
    ),
    "a simple enum of the standard library gets its base from a decorator": (
        {"m.py": "import http\nfrom enum import _simple_enum, IntEnum\n@_simple_enum(IntEnum)\nclass S:\n    a = 1\n@staticmethod\nclass T: pass\nX = S"}, ["m:S"],
    ),
}  # fmt: skip


def _dotted(path: str) -> str:
    module, _, name = path.partition(":")
    return f"{module}.{name}"


@pytest.mark.parametrize("sentence", CASES)
def test_the_order_is_the_one_python_gives(sentence: str, tmp_path: Path) -> None:
    files, paths = CASES[sentence]
    hierarchy = hierarchy_of(files, tmp_path)
    expected = runtime([tmp_path], paths)
    for path in paths:
        dotted = expected[path][0] if "()" in path else _dotted(path)
        found = hierarchy.linearize(dotted)
        assert (found.mro, found.unresolved, found.conflict) == (expected[path], (), "")
        assert found.complete


THIRD_PARTY: Files = {
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
