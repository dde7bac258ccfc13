"""A code base with a plan and conventions of its own: a shop whose tills and carts are merged."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import codemods.shipped
from codemods.analysis.usage import ClassUse, UsageFinder, find_usage
from codemods.conventions import Conventions
from codemods.edits import splice
from codemods.index.code import CodeIndex
from codemods.index.modules import module_name
from codemods.index.parse import parse, read_tree
from codemods.index.reader import Reading
from codemods.index.uses import uses_of
from codemods.inventory import Inventory, take_inventory
from codemods.migration import creation
from codemods.migration.arrangement import Arrangement, Arranger
from codemods.migration.calls import Differences
from codemods.migration.conversion import Converter
from codemods.migration.creation import Creation
from codemods.migration.holding import Held, differing, held_imports, with_bridges
from codemods.migration.layout import Layout, layout_of
from codemods.migration.unified import Unified
from codemods.plan import Plan, load_plan
from codemods.prove.views import Rereader, View, changed_view
from codemods.shipped import shipped_files
from tests.support import written

PLAN = """
title = "One till"
destination = "shop.core"
shipped = true
since = "1.0"
removal = "2.0"

[[preserved]]
dotted = "shop.bridge.Bridge"

[[families]]
name = "till"
title = "Tills"
target = "till.Till"

[[families]]
name = "cart"
title = "Carts"
target = "till.Cart"

[[families]]
name = "bridge"
title = "Bridges"
target = "bridge.Bridge"

[[classes]]
module = "shop.old.till"
qualname = "OldTill"
line = 1
family = "till"
status = "MERGE"
target = "till.Till"
getters = ["shop.old.till.get_till"]

[[classes]]
module = "shop.old.carts"
qualname = "FastCart"
line = 1
family = "cart"
status = "MERGE"
target = "till.Cart"

[[classes]]
module = "shop.old.carts"
qualname = "SlowCart"
line = 1
family = "cart"
status = "MERGE"
target = "till.Cart"
getters = ["shop.old.carts.get_cart"]

[[classes]]
module = "shop.bridge"
qualname = "Bridge"
line = 1
family = "bridge"
status = "PRESERVE"
target = "bridge.Bridge"

[[renamed]]
old = "shop.old.till.open_till"
new = "till.open_it"
"""
CONVENTIONS = """
[[conventions]]
dotted = "shop.old.till.OldTill"
module = "till"
constructor = "limit=3"
makes = "Till(limit)"

[[conventions]]
dotted = "shop.old.carts.FastCart"
module = "till"
constructor = "user, till=None"
makes = "Cart.of(user, till)"

[[conventions]]
dotted = "shop.old.carts.SlowCart"
module = "till"
constructor = "till"
makes = "Cart(till, 1)"
methods = [
    { name = "add", takes = "count, item", event = "added", gives = "item=item, count=count" },
    { name = "total", takes = "", event = "total" },
]
"""
SHIPPED = {
    "till.py": '''\
        """The one till."""

        LIMIT = 3
        _till = None


        class Delivery:
            sent, error = True, None


        class Till:
            def __init__(self, limit=3):
                self.limit = limit

            def sell(self, item):
                return item


        class Cart:
            def __init__(self, till, size):
                self.till = till

            @classmethod
            def of(cls, user, till=None):
                return cls(till, 1)

            async def add(self, item, count=1):
                return True

            async def total(self):
                return 1

            async def plain(self): ...

            async def deliver(self, event, agent=None, **details):
                self.told = (event, details)
                return Delivery()


        def get_till():
            return Till()


        def get_cart():
            return Cart(None, 1)


        def open_it(): ...


        def _hidden(): ...
        ''',
    "bridge.py": '"""For the rest."""\n\n\nclass Bridge: ...\n\n\ndef cross(): ...\n\n\ndef _secret(): ...\n',
    "delivery/__init__.py": '"""The engine."""\n',
}
FILES = {
    "shop/__init__.py": "",
    "shop/core/__init__.py": "",
    "shop/old/__init__.py": "",
    "shop/types.py": "class Item: ...\n\n\nclass Price: ...\n",
    "shop/old/till.py": '''\
        """The old till."""

        import json
        import logging
        from decimal import Decimal

        from shop.types import Item, Price

        logger = logging.getLogger(__name__)
        LIMIT = 3
        _till = None


        class OldTill:
            def __init__(self, limit=LIMIT):
                self.limit = limit

            def sell(self, item: Item):
                return item


        def get_till():
            return OldTill()


        def open_till(): ...
        ''',
    "shop/old/carts.py": """\
        class FastCart:
            def __init__(self, user, till=None):
                self.user = user

            async def add(self, item, count=1):
                return True


        class SlowCart:
            def __init__(self, till):
                self.till = till

            async def add(self, count, item):
                return True

            async def total(self):
                return 1

            async def plain(self): ...


        def get_cart():
            return SlowCart(None)


        def stays(): ...
        """,
    "shop/bridge.py": """\
        from shop.old.carts import FastCart


        class Bridge:
            def cross(self):
                return FastCart("me")


        def cross():
            return Bridge()
        """,
}


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What is shipped in these tests; the runtime of shims is the real one."""
    files = {name: textwrap.dedent(text).encode() for name, text in SHIPPED.items()}
    files["unified_shims.py"] = shipped_files()["unified_shims.py"]
    monkeypatch.setattr(codemods.shipped, "shipped_files", lambda: files)
    return files


@dataclass
class World:
    """One code base in a folder, and the stages of planning for it, each when it is asked for."""

    root: Path
    plan: Plan
    conventions: Conventions
    only: tuple[str, ...] = ()

    def read(self, path: str) -> bytes | None:
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    @cached_property
    def view(self) -> View:
        paths = sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*.py"))
        facts = [parse(path, module_name(path), self.read(path) or b"", False).facts for path in paths]
        index = CodeIndex(facts)
        uses = {
            file.path: uses_of(
                read_tree(self.read(file.path) or b""), file.module, file.is_package, index.roots, frozenset()
            )
            for file in facts
        }
        return View(index, uses)

    @cached_property
    def layout(self) -> Layout:
        return layout_of(self.plan, self.view.index)

    @cached_property
    def creation(self) -> Creation:
        return creation.create(self.plan, self.layout, self.view.resolver, self.read)

    @cached_property
    def unified(self) -> View:
        roots = self.view.index.roots
        rereader = Rereader(Reading("", ("",), "", "^$", (), roots))
        return changed_view(self.view, self.creation.changes, rereader.read(self.creation.changes))

    @cached_property
    def classes(self) -> Unified:
        new = {change.path: change.after for change in self.creation.changes}
        return Unified(self.layout, self.unified.resolver, lambda path: new[path] if path in new else self.read(path))

    @cached_property
    def inventory(self) -> Inventory:
        return take_inventory(self.plan, self.view.index, self.view.resolver)

    @cached_property
    def arrangement(self) -> Arrangement:
        arranger = Arranger(self.plan, self.conventions, self.inventory, self.classes, self.view.uses)
        return arranger.arrange(self.only)

    @cached_property
    def different(self) -> dict[str, Differences]:
        return differing(self.arrangement, self.conventions, self.classes)

    @cached_property
    def uses(self) -> tuple[ClassUse, ...]:
        finder = UsageFinder(self.inventory, self.view.index, self.view.resolver, self.plan.getters)
        return find_usage(finder, finder.sites(), dict(self.view.uses)).uses

    @cached_property
    def converted(self) -> dict[tuple[str, str], Any]:
        converter = Converter(self.plan, self.conventions, self.different, self.unified.resolver, self.read)
        return converter.convert(self.uses)

    def rewritten(self, path: str) -> str:
        """A file with its constructor calls converted."""
        edits = [edit for key, found in self.converted.items() if key[0] == path for edit in found]
        return splice(self.read(path) or b"", edits).decode()

    @cached_property
    def held(self) -> Held:
        held = held_imports(self.arrangement, self.plan, self.different, self.uses, self.converted)
        return with_bridges(held, self.view.resolver)

    def create(self) -> None:
        """Write what phase create makes."""
        for change in self.creation.changes:
            path = self.root / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(change.after or b"")
        package = self.view.index.modules[self.layout.package].path
        source = self.read(package) or b""
        (self.root / package).write_bytes(splice(source, self.creation.exports))


def world(
    folder: Path,
    files: dict[str, str] | None = None,
    plan: str = PLAN,
    conventions: str = CONVENTIONS,
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> World:
    """The shop with some files more, or in the place of its own, or without some."""
    root = folder / "tree"
    written({path: text for path, text in {**FILES, **(files or {})}.items() if path not in without}, root)
    (folder / "plan.toml").write_text(f"{plan}\n{conventions}", "utf-8")
    loaded = load_plan(folder / "plan.toml")
    return World(root, loaded, Conventions(loaded.conventions), only)


def again(made: World) -> World:
    """The same code base read once more."""
    return World(made.root, made.plan, made.conventions, made.only)
