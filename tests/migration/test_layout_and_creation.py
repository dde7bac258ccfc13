"""Where things go, and what phase create puts there: nothing of anybody's is overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codemods.edits import splice
from codemods.errors import ConfigError, WsConsolidateError
from codemods.migration.layout import Layout
from codemods.shipped import shipped_files
from tests.migration.world import PLAN, again, shipped, world

__all__ = ["shipped"]

# ── layout ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_runtime_lies_in_the_innermost_package_of_all_that_use_it(tmp_path: Path) -> None:
    layout = world(tmp_path).layout
    assert layout == Layout("shop.core", "shop/core", "shop", "shop")
    assert layout.runtime == "shop.unified_shims"
    assert layout.calls == "shop.core.legacy_calls"
    assert layout.path_of("till.py") == "shop/core/till.py"
    assert layout.path_of("delivery/__init__.py") == "shop/core/delivery/__init__.py"
    assert layout.path_of("unified_shims.py") == "shop/unified_shims.py"
    assert layout.dotted("till.Till") == "shop.core.till.Till"


def test_in_the_destination_itself_where_all_old_modules_are_in_it(tmp_path: Path) -> None:
    moved = PLAN.replace("shop.old", "shop.core.old").replace("shop.bridge", "shop.core.bridge_of_old")
    files = {f"shop/core/old/{name}": "class X: ...\n" for name in ("__init__.py", "till.py", "carts.py")}
    layout = world(tmp_path, {**files, "shop/core/bridge_of_old.py": "class Bridge: ...\n"}, moved).layout
    assert layout.shared == "shop.core"
    assert layout.runtime == "shop.core.unified_shims"


def test_a_destination_that_shares_no_package_with_an_old_module_has_the_runtime(tmp_path: Path) -> None:
    plan = PLAN.replace('module = "shop.old.till"', 'module = "elsewhere.till"')
    layout = world(tmp_path, {"elsewhere/__init__.py": "", "elsewhere/till.py": "class OldTill: ...\n"}, plan).layout
    assert layout.shared == "shop.core"


def test_a_folder_without_an_init_is_passed_by(tmp_path: Path) -> None:
    """The old modules and the destination share `a.shop`, which is a namespace; `a` is a package."""
    made = world(
        tmp_path,
        {
            "a/__init__.py": "",
            "a/shop/core/__init__.py": "",
            "a/shop/old/till.py": "class OldTill: ...\n",
            "a/shop/old/carts.py": "",
            "a/shop/bridge.py": "",
        },
        PLAN.replace('"shop.', '"a.shop.'),
    )
    assert made.layout.shared == "a"
    assert made.layout.path_of("unified_shims.py") == "a/unified_shims.py"


NO_PACKAGES = {
    "a module": {"shop/core.py": "x = 1\n"},
    "a folder without an init": {"shop/core/x.py": "x = 1\n"},
    "nothing": {},
}


@pytest.mark.parametrize("files", NO_PACKAGES.values(), ids=NO_PACKAGES)
def test_a_destination_that_is_no_package_is_refused_with_what_to_do(tmp_path: Path, files: dict[str, str]) -> None:
    with pytest.raises(
        ConfigError, match=r'destination: "shop.core" is no package of this code base; create it, or name'
    ):
        _ = world(tmp_path, files, without=("shop/core/__init__.py",)).layout


# ── creation ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_that_is_shipped_is_put_in_place(tmp_path: Path, shipped: dict[str, bytes]) -> None:
    made = world(tmp_path)
    found = {change.path: change.after for change in made.creation.changes}
    assert found["shop/core/till.py"] == shipped["till.py"]
    assert found["shop/unified_shims.py"] == shipped["unified_shims.py"]
    assert set(found) == {
        "shop/core/till.py",
        "shop/core/bridge.py",
        "shop/core/delivery/__init__.py",
        "shop/unified_shims.py",
    }
    assert all(change.before is None for change in made.creation.changes)
    assert made.creation.kept == ()


def test_what_is_preserved_is_handed_on_in_the_place_of_what_is_shipped(tmp_path: Path) -> None:
    made = world(tmp_path)
    made.create()
    assert (made.root / "shop/core/bridge.py").read_text() == (
        '"""Bridge, preserved exactly as it is in shop.bridge."""\n\n'
        "from shop.bridge import Bridge as Bridge\nfrom shop.bridge import cross as cross\n\n"
        '__all__ = [\n    "Bridge",\n    "cross",\n]\n'
    )
    code = "from shop.core import bridge, Till; import shop.bridge as b; assert bridge.Bridge is b.Bridge; Till()"
    subprocess.run([sys.executable, "-B", "-c", code], cwd=made.root, check=True)


def test_what_is_shipped_stands_where_the_preserved_class_is_not_there(
    tmp_path: Path, shipped: dict[str, bytes]
) -> None:
    made = world(tmp_path, without=("shop/bridge.py",))
    found = {change.path: change.after for change in made.creation.changes}
    assert found["shop/core/bridge.py"] == shipped["bridge.py"]


def test_a_second_run_finds_nothing_to_do(tmp_path: Path) -> None:
    made = world(tmp_path, {"shop/core/__init__.py": '__all__ = ["x"]\nx = 1\n'})
    made.create()
    second = again(made)
    assert second.creation.changes == ()
    assert second.creation.exports == ()
    assert second.creation.kept == ()


def test_files_of_theirs_are_kept_and_named(tmp_path: Path) -> None:
    made = world(tmp_path, {"shop/core/till.py": "class Till: ...\n", "shop/unified_shims.py": "x = 1\n"})
    assert made.creation.kept == ("shop/core/till.py", "shop/unified_shims.py")
    made.create()
    assert (made.root / "shop/core/till.py").read_text() == "class Till: ...\n"
    assert (made.root / "shop/unified_shims.py").read_text() == "x = 1\n"


LINES = "from shop.core.till import Cart as Cart\nfrom shop.core.till import Till as Till\n"
EXPORTS = {
    "an empty file": ("", LINES),
    "blank lines": ("\n\n", f"\n\n{LINES}"),
    "code": ("x = 1\n", f"x = 1\n\n{LINES}"),
    "no newline at the end": ("x = 1", f"x = 1\n\n{LINES}"),
    "CRLF": ("x = 1\r\n", f"x = 1\r\n\r\n{LINES}".replace("\n", "\r\n").replace("\r\r", "\r")),
    "a list in a line": ('__all__ = ["x"]\nx = 1\n', f'__all__ = ["x", "Cart", "Till"]\nx = 1\n\n{LINES}'),
    "a list with single quotes": ("__all__ = ['x']\nx = 1\n", f"__all__ = ['x', 'Cart', 'Till']\nx = 1\n\n{LINES}"),
    "a list of prefixed strings": ('__all__ = [u"x"]\nx = 1\n', f'__all__ = [u"x", "Cart", "Till"]\nx = 1\n\n{LINES}'),
    "a list over lines": (
        '__all__ = [\n    "x",  # why\n]\nx = 1\n',
        f'__all__ = [\n    "x",\n    "Cart",\n    "Till",  # why\n]\nx = 1\n\n{LINES}',
    ),
    "a list over lines without a comma at its end": (
        '__all__ = [\n    "x"\n]\nx = 1\n',
        f'__all__ = [\n    "x",\n    "Cart",\n    "Till"\n]\nx = 1\n\n{LINES}',
    ),
    "a tuple": ('__all__ = ("x",)\nx = 1\n', f'__all__ = ("x", "Cart", "Till",)\nx = 1\n\n{LINES}'),
    "an empty list": ("__all__ = []\n", f'__all__ = ["Cart", "Till"]\n\n{LINES}'),
    "an empty tuple": ("__all__ = ()\n", f'__all__ = ("Cart", "Till",)\n\n{LINES}'),
    "an annotated list": (
        '__all__: list[str] = ["x"]\nx = 1\n',
        f'__all__: list[str] = ["x", "Cart", "Till"]\nx = 1\n\n{LINES}',
    ),
    "a list that has one of them": (
        '__all__ = ["Till"]\n',
        f'__all__ = ["Till", "Cart"]\n\n{LINES}',
    ),
    "a list that is computed": (
        "import shop\n__all__ = dir(shop)\n",
        f"import shop\n__all__ = dir(shop)\n\n{LINES}",
    ),
    "a name of theirs": (
        '__all__ = ["Till"]\nTill = 1\n',
        '__all__ = ["Till", "Cart"]\nTill = 1\n\nfrom shop.core.till import Cart as Cart\n',
    ),
    "all names of theirs": ("Till = Cart = 1\n", "Till = Cart = 1\n"),
}


@pytest.mark.parametrize(("text", "becomes"), EXPORTS.values(), ids=EXPORTS)
def test_the_package_exports_the_unified_names(tmp_path: Path, text: str, becomes: str) -> None:
    made = world(tmp_path)
    (made.root / "shop/core/__init__.py").write_bytes(text.encode())
    made.create()
    assert (made.root / "shop/core/__init__.py").read_bytes().decode() == becomes
    assert again(made).creation.exports == ()
    second = again(made)
    assert splice(second.read("shop/core/__init__.py") or b"", second.creation.exports).decode() == becomes


def test_what_is_shipped_is_the_package_but_for_its_init() -> None:
    files = shipped_files()
    assert list(files) == sorted(files)
    assert "unified_shims.py" in files
    assert "__init__.py" not in files
    assert all(path.endswith(".py") for path in files)


def test_an_installation_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    shipped_files.cache_clear()
    try:
        with pytest.raises(WsConsolidateError, match="unified_target is missing: install wsconsolidate again"):
            shipped_files()
    finally:
        shipped_files.cache_clear()
