"""Who keeps an old class because its calls differ, who gets the unified one, and whose calls are converted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from codemods.conventions import ClassConvention, MethodConvention
from codemods.migration.calls import Differences, differences, made_class
from codemods.migration.conversion import same_arguments
from codemods.migration.holding import held_imports, held_reason
from codemods.migration.preserved import inside, preserved_in
from tests.migration.world import PLAN, shipped, world

__all__ = ["shipped"]

FAST, SLOW, TILL = "shop.old.carts.FastCart", "shop.old.carts.SlowCart", "shop.old.till.OldTill"
USER = "shop/user.py"


# ── how calls differ ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_differs_is_told_for_each_leaving_name(tmp_path: Path) -> None:
    made = world(tmp_path)
    assert made.different[TILL] == Differences(False, frozenset())
    assert not made.different[TILL].any
    assert made.different[FAST] == Differences(True, frozenset())
    assert made.different[SLOW] == Differences(True, frozenset({"add"}))
    assert made.different[SLOW].any
    assert not made.different["shop.old.carts.get_cart"].any


def convention(makes: str, constructor: str = "", *methods: MethodConvention) -> ClassConvention:
    return ClassConvention("shop.old.X", "till", makes, constructor, "E()", "E()", methods=methods)


PLAIN = {
    "the same arguments in the same order": ("Till(limit)", "limit=3", False),
    "none at all": ("Till()", "", False),
    "another order": ("Cart(size, till)", "till, size", True),
    "a keyword": ("Till(limit=limit)", "limit", True),
    "an expression": ("Till(limit + 1)", "limit", True),
    "one left out": ("Till()", "limit", True),
    "a classmethod": ("Cart.of(user)", "user", True),
    "no call": ("THE_TILL", "", True),
}


@pytest.mark.parametrize(("makes", "constructor", "differs"), PLAIN.values(), ids=PLAIN)
def test_a_constructor_differs_unless_it_passes_all_on_in_order(
    tmp_path: Path, makes: str, constructor: str, differs: bool
) -> None:
    classes = world(tmp_path).classes
    assert differences(convention(makes, constructor), {}, classes).constructor is differs


METHODS = {
    "the same parameters": (MethodConvention("add", "item, count=1", "added"), False),
    "fewer, in order": (MethodConvention("add", "item", "added"), False),
    "another order": (MethodConvention("add", "count, item", "added"), True),
    "other names": (MethodConvention("add", "thing", "added"), True),
    "more": (MethodConvention("add", "item, count, more", "added"), True),
    "another answer": (MethodConvention("add", "item", "added", returns="raises"), True),
    "no such method": (MethodConvention("remove", "item", "removed"), True),
    "what it gives is called otherwise": (MethodConvention("total", "", adapts="odd"), True),
    "what it gives is called as ever": (MethodConvention("total", "", adapts="same"), False),
}


@pytest.mark.parametrize(("method", "differs"), METHODS.values(), ids=METHODS)
def test_a_method_differs_when_its_calls_mean_something_else(
    tmp_path: Path, method: MethodConvention, differs: bool
) -> None:
    known = {
        "odd": convention("Cart(a, 1)", "a", MethodConvention("add", "count, item", "added")),
        "same": convention("Cart(a, 1)", "a", MethodConvention("add", "item", "added")),
    }
    found = differences(convention("Cart(a, 1)", "a", method), known, world(tmp_path).classes)
    assert found.methods == (frozenset({method.name}) if differs else frozenset())


def test_which_class_is_made(tmp_path: Path) -> None:
    assert made_class(convention("Till(a)", "a")) == "Till"
    assert made_class(convention("Cart.of(a)", "a")) == "Cart"
    assert made_class(convention("Cart.of(a).more()", "a")) == "Cart"
    assert made_class(convention("[1]")) == ""
    classes = world(tmp_path).classes
    assert set(classes.members(convention(""), "Till")) >= {"__init__", "sell"}
    assert classes.members(convention(""), "Nothing") == {}
    assert classes.members(convention(""), "Til") == {}
    assert classes.members(convention(""), "") == {}


SAME = {
    "Cart.of(user, till)": "of",
    "Cart.of(till, user)": "",
    "Cart.of(user)": "",
    "Cart.of(user, till=till)": "",
    "Cart.of(user, till).more()": "",
    "Cart(user, till)": "",
    "shop.Cart.of(user, till)": "",
    "CART": "",
}


@pytest.mark.parametrize(("makes", "maker"), SAME.items(), ids=SAME)
def test_the_method_that_takes_the_old_arguments_as_they_are(makes: str, maker: str) -> None:
    assert same_arguments(convention(makes, "user, till=None")) == maker


# ── who keeps the old class ──────────────────────────────────────────────────────────────────────────────────────────

FROM = "from shop.old.carts import SlowCart, FastCart, get_cart\nfrom shop.old.till import OldTill, get_till\n"
KEEPS = {
    "constructs it": (f"{FROM}x = SlowCart(1)\n", {SLOW: "line 3 constructs it with its old arguments"}),
    "calls what it makes in the old order": (
        f"{FROM}async def f():\n    await SlowCart(1).add(2, 'x')\n",
        {SLOW: "line 4 uses add", "shop.old.carts.get_cart": "line 4 uses add"},
    ),
    "calls an annotated one in the old order": (
        f"{FROM}async def f(cart: SlowCart):\n    await cart.add(2, 'x')\n",
        {
            SLOW: "line 4 uses add, which takes other arguments or answers otherwise",
            "shop.old.carts.get_cart": "line 4",
        },
    ),
    "calls what a getter gives in the old order": (
        f"{FROM}async def f():\n    await get_cart().add(2, 'x')\n",
        {SLOW: "line 4 uses add", "shop.old.carts.get_cart": "line 4 uses add"},
    ),
    "reads such a method": (
        f"{FROM}def f(cart: SlowCart):\n    return cart.add\n",
        {SLOW: "line 4 uses add", "shop.old.carts.get_cart": "line 4 uses add"},
    ),
    "derives from it": (f"{FROM}class Mine(SlowCart): ...\n", {SLOW: "line 3 derives from it"}),
    "passes it on": (f"{FROM}def f(make):\n    return make(SlowCart)\n", {SLOW: "line 4 passes the class itself on"}),
    "calls a method of the class": (f"{FROM}x = SlowCart.make()\n", {SLOW: "line 3 calls make of the class"}),
    "constructs one by keyword": (f"{FROM}x = FastCart(user='me')\n", {FAST: "line 3 constructs it"}),
    "constructs one with unpacked arguments": (f"{FROM}x = FastCart(*[1])\n", {FAST: "line 3 constructs it"}),
    "constructs one through its module": (
        "import shop.old.carts\nx = shop.old.carts.FastCart(1)\n",
        {FAST: "line 2 constructs it"},
    ),
}
LETS_GO = {
    "only imports it": FROM,
    "asks whether something is one": f"{FROM}def f(x):\n    return isinstance(x, (SlowCart, FastCart))\n",
    "asks for a subclass": f"{FROM}def f(x):\n    return issubclass(x, SlowCart)\n",
    "has it as the spec of a double": f"from unittest.mock import Mock\n{FROM}m = Mock(spec=SlowCart)\n",
    "annotates with it": f"{FROM}def f(x: SlowCart) -> FastCart | None: ...\n",
    "calls methods that mean the same": f"{FROM}async def f(c: SlowCart):\n    await c.total()\n    await c.plain()\n",
    "constructs what is constructed as ever": f"{FROM}x = OldTill(4)\nget_till().sell('x')\n",
    "constructs what can be converted": f"{FROM}x = FastCart('me')\n",
    "derives from what differs in nothing": f"{FROM}class Mine(OldTill): ...\n",
    "calls a class method of what differs only in how it is made": f"{FROM}x = FastCart.make()\n",
}


@pytest.mark.parametrize(("text", "kept"), KEEPS.values(), ids=KEEPS)
def test_a_file_keeps_the_class_that_it(tmp_path: Path, text: str, kept: dict[str, str]) -> None:
    held = {old: reason for (path, old), reason in world(tmp_path, {USER: text}).held.items() if path == USER}
    assert set(held) == set(kept)
    for old, reason in kept.items():
        assert held[old].startswith(reason)


@pytest.mark.parametrize("text", LETS_GO.values(), ids=LETS_GO)
def test_a_file_gets_the_unified_class_when_it(tmp_path: Path, text: str) -> None:
    assert not [key for key in world(tmp_path, {USER: text}).held if key[0] == USER]


def test_one_call_of_old_keeps_all_imports_of_that_class_in_the_file(tmp_path: Path) -> None:
    held = world(tmp_path, {USER: f"{FROM}x = isinstance(1, SlowCart)\ny = SlowCart(1)\nz = SlowCart(2)\n"}).held
    assert held[USER, SLOW].startswith("line 4 ")  # the first use that needs it


def test_who_hands_the_class_on_to_a_file_that_needs_it_hands_on_the_old_one(tmp_path: Path) -> None:
    files = {
        "shop/old/__init__.py": "from shop.old.carts import SlowCart, FastCart\n",
        "shop/first.py": "from shop.old import *\n",
        "shop/second.py": "from shop.first import SlowCart as Again\n",
        USER: "from shop.second import Again\nx = Again(1)\n",
        "shop/other.py": "from shop.old import SlowCart\nx = isinstance(1, SlowCart)\n",
    }
    held = world(tmp_path, files).held
    assert {path for path, old in held if old == SLOW and path != "shop/old/carts.py"} == {
        USER,
        "shop/second.py",
        "shop/first.py",
        "shop/old/__init__.py",
    }
    assert held["shop/second.py", SLOW].startswith("shop/user.py takes it from here and needs the old class: line 2")
    assert held_reason(held, "shop/old/__init__.py", SLOW) == held[USER, SLOW]
    assert "shop/other.py" not in {path for path, _ in held}


def test_hands_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    files = {
        "shop/a.py": "from shop.old.carts import SlowCart\nfrom shop.b import *\n",
        "shop/b.py": "from shop.a import SlowCart\n",
        USER: "from shop.b import SlowCart\nx = SlowCart(1)\n",
    }
    assert {path for path, _ in world(tmp_path, files).held if path != "shop/bridge.py"} >= {
        USER,
        "shop/a.py",
        "shop/b.py",
    }


def test_names_that_do_not_leave_are_not_held(tmp_path: Path) -> None:
    made = world(tmp_path, {USER: f"{FROM}x = SlowCart(1)\n"}, only=(TILL,))
    assert made.held == {}
    assert held_imports(made.arrangement, made.plan, {SLOW: Differences(True, frozenset())}, made.uses) == {}


# ── calls that are converted ─────────────────────────────────────────────────────────────────────────────────────────

CONVERTED = {
    "one call": ("x = FastCart('me')\n", "x = FastCart.of('me')\n"),
    "several, nested and over lines": (
        "x = [FastCart(1), f(FastCart(\n    2,\n    3,\n))]\n",
        "x = [FastCart.of(1), f(FastCart.of(\n    2,\n    3,\n))]\n",
    ),
    "in brackets": ("x = (FastCart)(1)\n", "x = (FastCart.of)(1)\n"),
    "in a function": ("def f():\n    return FastCart(1)\n", "def f():\n    return FastCart.of(1)\n"),
}


@pytest.mark.parametrize(("text", "becomes"), CONVERTED.values(), ids=CONVERTED)
def test_constructor_calls_become_calls_of_the_method_that_takes_the_same(
    tmp_path: Path, text: str, becomes: str
) -> None:
    head = "from shop.old.carts import FastCart\n"
    made = world(tmp_path, {USER: head + text})
    assert made.rewritten(USER) == head + becomes
    assert (USER, FAST) not in made.held
    assert world(tmp_path, {USER: head + becomes}).converted == {}


def test_under_another_name_too(tmp_path: Path) -> None:
    made = world(tmp_path, {USER: "from shop.old.carts import FastCart as Quick\nx = Quick(1)  # é\n"})
    assert made.rewritten(USER) == "from shop.old.carts import FastCart as Quick\nx = Quick.of(1)  # é\n"


UNTOUCHED = {
    "a keyword": "x = FastCart(user=1)\n",
    "a keyword beside a plain call": "x = FastCart(1)\ny = FastCart(user=1)\n",
    "unpacked arguments": "x = FastCart(*a)\n",
    "unpacked keywords": "x = FastCart(**a)\n",
    "a call of something else of that name": "x = FastCart(1)\n\n\ndef f(FastCart):\n    return FastCart(2)\n",
    "no call": "x = isinstance(1, FastCart)\n",
    "a call of a class whose methods differ": "from shop.old.carts import SlowCart\nx = SlowCart(1)\n",
    "a call of a class that is constructed as ever": "from shop.old.till import OldTill\nx = OldTill(1)\n",
}


@pytest.mark.parametrize("text", UNTOUCHED.values(), ids=UNTOUCHED)
def test_calls_that_cannot_be_converted_are_left_as_they_are(tmp_path: Path, text: str) -> None:
    head = "from shop.old.carts import FastCart\n"
    made = world(tmp_path, {USER: head + text})
    assert made.rewritten(USER) == head + text


def test_calls_inside_what_is_preserved_are_not_touched(tmp_path: Path) -> None:
    made = world(tmp_path)
    assert [use.line for use in made.uses if use.path == "shop/bridge.py" and use.owner == FAST] == [6]
    assert ("shop/bridge.py", FAST) not in made.converted
    assert ("shop/bridge.py", FAST) in made.held


def test_a_file_that_has_gone_meanwhile_is_not_converted(tmp_path: Path) -> None:
    made = world(tmp_path, {USER: "from shop.old.carts import FastCart\nx = FastCart(1)\n"})
    assert made.uses
    assert made.arrangement
    (made.root / USER).unlink()
    assert (USER, FAST) not in made.converted


def test_which_lines_are_preserved(tmp_path: Path) -> None:
    made = world(tmp_path)
    kept = preserved_in("shop/bridge.py", made.plan, made.view.index)
    assert [item.qualname for item in kept] == ["Bridge"]
    assert preserved_in(USER, made.plan, made.view.index) == ()
    assert [line for line in range(1, 12) if inside(line, kept)] == [4, 5, 6]
    unknown = replace(made.plan, preserved=(replace(made.plan.preserved[0], dotted="shop.bridge.Gone"),))
    assert preserved_in("shop/bridge.py", unknown, made.view.index) == ()
    assert "preserved" in PLAN
