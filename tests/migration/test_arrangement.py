"""What leaves which old module, what a replaced module hands on, and what keeps a module from being replaced."""

from __future__ import annotations

from pathlib import Path

from codemods.migration.arrangement import Departure
from tests.migration.world import CONVENTIONS, FILES, PLAN, World, again, shipped, world
from tests.support import written

__all__ = ["shipped"]

TILL, CARTS = "shop.old.till", "shop.old.carts"


def departure(made: World, module: str) -> Departure:
    return next(item for item in made.arrangement.departures if item.module == module)


def moves(found: Departure) -> dict[str, str]:
    return {item.name: item.new for item in found.leaving}


def test_a_module_that_every_class_and_function_leaves_is_replaced_state_and_all(tmp_path: Path) -> None:
    found = departure(world(tmp_path), TILL)
    assert found.replaced
    assert moves(found) == {
        "OldTill": "shop.core.till.Till",
        "get_till": "shop.core.till.get_till",
        "open_till": "shop.core.till.open_it",
        "LIMIT": "shop.core.till.LIMIT",
        "_till": "shop.core.till._till",
    }
    assert found.handed_on == ()
    assert found.dropped == ("logger",)
    assert found.names == frozenset(moves(found))
    assert {item.name: item.kind for item in found.leaving}["LIMIT"] == "value"


def test_a_module_with_code_of_its_own_stays_and_only_what_has_a_counterpart_leaves(tmp_path: Path) -> None:
    made = world(tmp_path)
    found = departure(made, CARTS)
    assert not found.replaced
    assert moves(found) == {
        "FastCart": "shop.core.till.Cart",
        "SlowCart": "shop.core.till.Cart",
        "get_cart": "shop.core.till.get_cart",
    }
    assert found.dropped == ()
    assert made.arrangement.replaced == frozenset({TILL})
    assert made.arrangement.names["shop.old.till.open_till"] == "shop.core.till.open_it"


def test_what_is_preserved_leaves_nothing(tmp_path: Path) -> None:
    assert {item.module for item in world(tmp_path).arrangement.departures} == {TILL, CARTS}


def test_names_that_a_replaced_module_only_had_from_elsewhere_are_handed_on_to_who_takes_them(tmp_path: Path) -> None:
    files = {"shop/user.py": "from shop.old.till import Item, Decimal, OldTill\n"}
    found = departure(world(tmp_path, files), TILL)
    assert found.replaced
    assert found.handed_on == (("Decimal", "decimal.Decimal"), ("Item", "shop.types.Item"))


def test_so_are_those_that_it_lists(tmp_path: Path) -> None:
    text = FILES["shop/old/till.py"].replace("logger =", '__all__ = ["OldTill", "Price", "gone"]\n        logger =')
    found = departure(world(tmp_path, {"shop/old/till.py": text}), TILL)
    assert found.replaced
    assert found.handed_on == (("Price", "shop.types.Price"),)  # what it lists and has not, it had not before either
    assert found.dropped == ("logger",)


def test_a_star_import_asks_for_nothing_by_name(tmp_path: Path) -> None:
    assert departure(world(tmp_path, {"shop/user.py": "from shop.old.till import *\n"}), TILL).handed_on == ()


def test_state_that_somebody_takes_and_that_has_no_other_place_keeps_the_module(tmp_path: Path) -> None:
    found = departure(world(tmp_path, {"shop/user.py": "from shop.old.till import logger\n"}), TILL)
    assert not found.replaced
    assert set(moves(found)) == {"OldTill", "get_till", "open_till"}
    assert found.dropped == ()


def test_so_does_a_whole_module_that_somebody_takes_from_it(tmp_path: Path) -> None:
    assert not departure(world(tmp_path, {"shop/user.py": "from shop.old.till import json\n"}), TILL).replaced
    files = {
        "shop/old/till.py": FILES["shop/old/till.py"].replace("import json", "from shop import types"),
        "shop/user.py": "from shop.old.till import types\n",
    }
    assert not departure(world(tmp_path, files), TILL).replaced


def test_a_nested_class_goes_with_the_one_around_it(tmp_path: Path) -> None:
    plan = PLAN + (
        '\n[[classes]]\nmodule = "shop.old.till"\nqualname = "OldTill.Drawer"\nline = 1\nfamily = "cart"\n'
        'status = "MERGE"\ntarget = "till.Cart"\n'
    )
    calls = CONVENTIONS + (
        '\n[[conventions]]\ndotted = "shop.old.till.OldTill.Drawer"\nmodule = "till"\nconstructor = "till"\n'
        'makes = "Cart(till, 2)"\n'
    )
    text = "class OldTill:\n    class Drawer: ...\n"
    made = world(tmp_path, {"shop/old/till.py": text}, plan, calls)
    found = departure(made, TILL)
    assert [(item.name, item.new) for item in found.nested] == [("OldTill.Drawer", "shop.core.till.Cart")]
    assert moves(found) == {"OldTill": "shop.core.till.Till"}
    assert made.different["shop.old.till.OldTill.Drawer"].constructor


def test_only_some_classes_can_be_asked_for(tmp_path: Path) -> None:
    made = world(tmp_path, only=("shop.old.carts.FastCart",))
    assert [item.module for item in made.arrangement.departures] == [CARTS]
    assert made.arrangement.replaced == frozenset()


def test_classes_that_are_not_there_leave_nothing(tmp_path: Path) -> None:
    assert world(tmp_path, {"shop/old/till.py": "x = 1\n", "shop/old/carts.py": ""}).arrangement.departures == ()


def test_a_file_in_whose_place_python_takes_a_folder_leaves_nothing(tmp_path: Path) -> None:
    files = {"shop/old/till/__init__.py": "from shop.types import Item\n"}
    assert {item.module for item in world(tmp_path, files).arrangement.departures} == {CARTS}


SHIM = """\
from shop.unified_shims import moved

moved(
    __name__,
    {
        "OldTill": "shop.core.till:Till",
        "get_till": "shop.core.till:get_till",
        "Price": "shop.types:Price",
    },
    since="1.0",
)
"""
CARTS_SHIM = """\
def stays(): ...


from shop.unified_shims import moved as _moved

_moved(__name__, {"FastCart": "shop.core.till:Cart", "SlowCart": "shop.core.till:Cart"}, since="1.0")
"""


def test_a_second_run_finds_what_an_earlier_one_left(tmp_path: Path) -> None:
    """References to names whose calls are what they were may go on; the others stay on the shim for their calls."""
    made = world(tmp_path)
    made.create()
    written({"shop/old/till.py": SHIM, "shop/old/carts.py": CARTS_SHIM}, made.root)
    second = again(made)
    found = departure(second, TILL)
    assert found.gone
    assert not found.replaced
    assert moves(found) == {
        "OldTill": "shop.core.till.Till",
        "get_till": "shop.core.till.get_till",
        "Price": "shop.types.Price",
    }
    assert [item.module for item in second.arrangement.departures] == [TILL]
