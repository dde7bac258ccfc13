"""The shop migrated as a whole: what is written is proven, runs as it ran, and a second run changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codemods.index.reader import Reading
from codemods.migration.planning import Planner, Planning
from codemods.migration.survey import Survey
from codemods.prove.proof import Proof, prove
from codemods.prove.views import Rereader
from tests.migration.world import World, again, shipped, world

__all__ = ["shipped"]
ALL = frozenset({"create", "rewrite", "shims"})
USERS = {
    "shop/__init__.py": "from shop.old.till import OldTill\n",
    "shop/pages.py": """\
        from typing import TYPE_CHECKING

        from shop.old.carts import FastCart, SlowCart, get_cart, stays
        from shop.old.till import LIMIT, Item, OldTill, get_till

        if TYPE_CHECKING:
            from shop.old.till import Price


        def quick(price: "Price | None" = None) -> object:
            return FastCart("me", None)


        async def slow() -> object:
            cart = SlowCart("till")
            return await cart.add(3, "pear"), isinstance(cart, SlowCart)


        async def of_getter() -> object:
            return await get_cart().add(2, "apple")


        def till() -> object:
            return get_till().sell(OldTill(LIMIT).limit), Item.__name__, stays()
        """,
    "shop/special.py": """\
        from shop.old.carts import SlowCart


        class Special(SlowCart):
            def __init__(self):
                super().__init__("special")


        def is_one(value):
            return isinstance(value, SlowCart)
        """,
    "shop/asks.py": """\
        from shop.old.carts import SlowCart


        def is_one(value: SlowCart) -> bool:
            return isinstance(value, SlowCart)
        """,
}
# What the code base does, asked from outside; run before and after.
ASK = """
import asyncio, warnings
warnings.simplefilter("ignore")
from shop import OldTill, asks, pages, special
from shop.bridge import Bridge
from shop.old.carts import SlowCart
print(type(pages.quick()) is type(Bridge().cross()))
print(asyncio.run(pages.slow()), pages.till()[1:])
print(isinstance(special.Special(), SlowCart), special.is_one(SlowCart(1)), asks.is_one(SlowCart(1)), asks.is_one(3))
print(special.Special().till, OldTill().limit, OldTill(4).sell("x"))
asyncio.run(pages.of_getter())
"""


def planner(made: World) -> Planner:
    rereader = Rereader(Reading("", ("",), "", "^$", (), made.view.index.roots))
    return Survey(made.plan, made.conventions, rereader, made.read).planner(made.view)


def migrate(made: World) -> tuple[Planning, Proof]:
    """Plan and prove all phases."""
    using = planner(made)
    planning = using.plan(ALL)
    rereader = Rereader(Reading("", ("",), "", "^$", (), made.view.index.roots))
    proof = prove(made.view, planning.planned, rereader, lambda view, texts: using.again(planning.moves, view, texts))
    return planning, proof


def write(made: World, proof: Proof) -> World:
    for change in proof.changes:
        path = made.root / change.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change.after or b"")
    return again(made)


def said(made: World) -> str:
    done = subprocess.run([sys.executable, "-B", "-c", ASK], cwd=made.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shop(tmp_path: Path) -> World:
    return world(tmp_path, USERS)


def test_all_is_proven_and_the_code_does_what_it_did(shop: World) -> None:
    before = said(shop)
    planning, proof = migrate(shop)
    assert proof.holds
    assert proof.refused == ()
    assert planning.stuck == ()
    after = write(shop, proof)
    assert said(after) == before


def test_calls_of_old_arrive_as_they_were_meant(shop: World) -> None:
    after = write(shop, migrate(shop)[1])
    ask = (
        "import asyncio, warnings\nwarnings.simplefilter('ignore')\nfrom shop.old.carts import SlowCart, get_cart\n"
        "cart = SlowCart('till')\nasyncio.run(cart.add(3, 'pear'))\nprint(cart.told)\n"
        "cart = get_cart()\nasyncio.run(cart.add(2, 'fig'))\nprint(cart.told)\n"
    )
    done = subprocess.run([sys.executable, "-B", "-c", ask], cwd=after.root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "('added', {'item': 'pear', 'count': 3})",
        "('added', {'item': 'fig', 'count': 2})",
    ]


def test_a_second_run_changes_nothing(shop: World) -> None:
    after = write(shop, migrate(shop)[1])
    _, proof = migrate(after)
    assert [change.path for change in proof.changes] == []


def test_imports_go_to_the_unified_classes_but_for_calls_of_old(shop: World) -> None:
    after = write(shop, migrate(shop)[1])
    pages = (after.root / "shop/pages.py").read_text()
    assert "from shop.core.till import Cart as FastCart" in pages
    assert 'return FastCart.of("me", None)' in pages
    assert "from shop.old.carts import SlowCart, get_cart, stays" in pages
    assert "from shop.types import Item" in pages or "Item" in pages
    assert "from shop.core.till import Cart as SlowCart" in (after.root / "shop/asks.py").read_text()
    assert "from shop.old.carts import SlowCart" in (after.root / "shop/special.py").read_text()


def test_what_is_preserved_keeps_every_byte(shop: World) -> None:
    before = shop.read("shop/bridge.py")
    after = write(shop, migrate(shop)[1])
    assert after.read("shop/bridge.py") == before


def test_importing_every_module_warns_only_where_old_calls_are_kept(shop: World) -> None:
    after = write(shop, migrate(shop)[1])
    modules = sorted(module for module in after.view.index.modules if module)
    code = (
        "import importlib, warnings\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        f"    for module in {modules!r}: importlib.import_module(module)\n"
        "print(sorted({w.filename.replace('\\\\', '/').rpartition('/')[2] for w in caught}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=after.root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['bridge.py', 'pages.py', 'special.py']"
