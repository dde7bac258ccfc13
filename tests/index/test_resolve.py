"""What a name refers to: each way there, and beside it the way that leads nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from codemods.index.resolve import Definition, External, Module, Outcome, Resolver, Unknown
from tests.support import index_of

TREE = {
    "shop/__init__.py": "from shop.cart import Cart\nfrom .stars import *\n__version__ = '1'\n",
    "shop/cart.py": """
        class Cart:
            class Line: pass
            Row = Line
            def total(self): ...
        Basket = Cart
        Alias = Basket
        def get_cart() -> Cart: return Cart()
        limit = 3
        gone = 1
        del gone
    """,
    "shop/stars.py": "from shop.cart import *\nfrom shop.listed import *\nfrom vendor import *\n",
    "shop/listed.py": "__all__ = ['shown']\nshown = 1\nhidden = 2\n",
    "shop/chain.py": """
        from shop import Cart as Trolley
        import shop.cart as c
        import shop
        import os.path
        import nowhere
    """,
    "shop/fallback.py": """
        try:
            from shop.absent import Thing
        except ImportError:
            class Thing: pass
        try:
            from shop.cart import Cart
        except ImportError:
            Cart = None
    """,
    "shop/typed.py": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from shop.cart import Cart
        def make():
            global made
            made = 1
    """,
    "shop/lazy.py": "def __getattr__(name): return compute(name)\n",
    "shop/circle_a.py": "from shop.circle_b import thing\n",
    "shop/circle_b.py": "from shop.circle_a import thing\n",
    "shop/scopes.py": """
        from shop.cart import Cart
        class Outer:
            Cart = 1
            def method(self):
                from shop.cart import Basket as Cart
                class Inner(Cart): pass
    """,
    "plain/inside/a.py": "x = 1\n",
    "firm/__init__.py": "",
    "firm/user.py": "import firm\n",
}


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Resolver:
    return Resolver(index_of(TREE, Path(tmp_path_factory.mktemp("tree"))))


def told(outcome: Outcome) -> str:
    match outcome:
        case Definition():
            return f"{outcome.kind} {outcome.dotted}"
        case Module():
            return f"module {outcome.name}"
        case External():
            return f"external {outcome.dotted}"
        case Unknown():
            return f"unknown {outcome.reason}"
    return "missing"


NAMES = {
    "a class where it stands": ("shop.cart", "Cart", "class shop.cart.Cart"),
    "a function where it stands": ("shop.cart", "get_cart", "function shop.cart.get_cart"),
    "a value where it stands": ("shop.cart", "limit", "value shop.cart.limit"),
    "an alias is what it stands for": ("shop.cart", "Basket", "class shop.cart.Cart"),
    "an alias of an alias": ("shop.cart", "Alias", "class shop.cart.Cart"),
    "a re-export leads to the definition": ("shop", "Cart", "class shop.cart.Cart"),
    "a re-export under another name too": ("shop.chain", "Trolley", "class shop.cart.Cart"),
    "a module under another name": ("shop.chain", "c", "module shop.cart"),
    "a package by its plain import": ("shop.chain", "shop", "module shop"),
    "a module of the standard library": ("shop.chain", "os", "external os"),
    "a module that is not there at all": ("shop.chain", "nowhere", "external nowhere"),
    "a submodule that no statement binds": ("shop", "listed", "module shop.listed"),
    "a name that two stars hand on": ("shop", "get_cart", "function shop.cart.get_cart"),
    "a star offers what __all__ lists": ("shop.stars", "shown", "value shop.listed.shown"),
    "a star does not offer what __all__ leaves out": ("shop.stars", "hidden", "unknown from vendor import *"),
    "a star from outside may bring any name": ("shop.stars", "anything", "unknown from vendor import *"),
    "a star brings no private name, but its module does": ("shop.cart", "_private", "missing"),
    "a deleted name is gone": ("shop.cart", "gone", "missing"),
    "an import that works beats its fallback": ("shop.fallback", "Cart", "class shop.cart.Cart"),
    "a fallback stands in for an import that fails": ("shop.fallback", "Thing", "class shop.fallback.Thing"),
    "a typing-only import counts when nothing else binds": ("shop.typed", "Cart", "class shop.cart.Cart"),
    "a global set by a function": ("shop.typed", "made", "value shop.typed.made"),
    "a module that makes its names at run time": ("shop.lazy", "any", "unknown shop.lazy.__getattr__"),
    "a name every module has": ("shop.cart", "__file__", "unknown __file__"),
    "a dunder that is written out": ("shop", "__version__", "value shop.__version__"),
    "a name that nothing binds": ("shop.cart", "Missing", "missing"),
    "a module that is not in the package": ("shop.absent", "Thing", "missing"),
    "two modules that import each other's name": ("shop.circle_a", "thing", "missing"),
    "a name of another distribution": ("django.db", "models", "external django.db.models"),
    "a folder without __init__ has its modules": ("plain.inside", "a", "module plain.inside.a"),
    "what is absent below such a folder's own folder is missing": ("plain.inside.b", "x", "missing"),
    "what is absent at its top an installed package may have": ("plain.other", "x", "external plain.other.x"),
    "and so may a name right below it": ("plain", "op", "external plain.op"),
}


@pytest.mark.parametrize(("module", "name", "expected"), NAMES.values(), ids=NAMES)
def test_a_name_leads_to(resolver: Resolver, module: str, name: str, expected: str) -> None:
    assert told(resolver.name(module, name)) == expected
    assert told(resolver.name(module, name)) == expected, "the second answer is remembered, and the same"


PATHS = {
    "a class": ("shop.cart.Cart", "class shop.cart.Cart", ()),
    "a nested class": ("shop.cart.Cart.Line", "class shop.cart.Cart.Line", ()),
    "a nested class by its alias": ("shop.cart.Cart.Row", "class shop.cart.Cart.Line", ()),
    "a method is left over": ("shop.cart.Cart.total", "class shop.cart.Cart", ("total",)),
    "an unknown attribute of a class is left over": ("shop.cart.Cart.x.y", "class shop.cart.Cart", ("x", "y")),
    "a package": ("shop", "module shop", ()),
    "through a re-export": ("shop.Cart.Line", "class shop.cart.Cart.Line", ()),
    "another distribution's": ("os.path.join", "external os.path.join", ()),
    "a module that an unknown star may bring": ("shop.absent", "unknown from vendor import *", ()),
    "a missing module": ("firm.absent.Thing", "missing", ("Thing",)),
}


@pytest.mark.parametrize(("dotted", "expected", "rest"), PATHS.values(), ids=PATHS)
def test_a_path_leads_to(resolver: Resolver, dotted: str, expected: str, rest: tuple[str, ...]) -> None:
    outcome, left = resolver.path(dotted)
    assert (told(outcome), left) == (expected, rest)


EXPRESSIONS = {
    "a name of the module": ("shop.scopes", "Cart", "", "class shop.cart.Cart"),
    "in a method, the import there": ("shop.scopes", "Cart", "Outer.method.<locals>", "class shop.cart.Cart"),
    "in a class body, its own alias": ("shop.cart", "Row", "Cart", "class shop.cart.Cart.Line"),
    "in a class body, else the module's": ("shop.cart", "Basket", "Cart", "class shop.cart.Cart"),
    "an attribute of a module": ("shop.chain", "c.Cart", "", "class shop.cart.Cart"),
    "a module two steps down": ("shop.chain", "shop.cart.Cart", "", "class shop.cart.Cart"),
    "a module that only its own import loads": ("shop.chain", "shop.listed.shown", "", "value shop.listed.shown"),
    "an attribute of something outside": ("shop.chain", "os.path", "", "external os.path"),
    "an attribute of a value": ("shop.cart", "limit.real", "", "unknown attribute real"),
    "an attribute that a class does not have": ("shop.cart", "Cart.nothing", "", "unknown shop.cart.Cart.nothing"),
    "a module that is not there": ("firm.user", "firm.absent", "", "missing"),
}


@pytest.mark.parametrize(("module", "dotted", "scope", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_means(resolver: Resolver, module: str, dotted: str, scope: str, expected: str) -> None:
    assert told(resolver.expression(module, dotted, scope)) == expected
