"""Packages with shims, written to a folder with the runtime as it is shipped, and imported under names of their own."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from codemods.index.modules import module_name
from codemods.index.parse import parse
from codemods.rewrites.opened import Opened
from codemods.shipped import shipped_files

_numbers = itertools.count()


class Package:
    """A package in a folder of its own that can be imported; `$` in a text stands for its name."""

    def __init__(self, folder: Path) -> None:
        self.name = f"departed{next(_numbers)}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.write("__init__", "")
        (self.folder / "unified_shims.py").write_bytes(shipped_files()["unified_shims.py"])

    def write(self, module: str, text: str | bytes) -> None:
        content = text if isinstance(text, bytes) else textwrap.dedent(text).replace("$", self.name).encode()
        (self.folder / f"{module}.py").write_bytes(content)

    def load(self, module: str) -> Any:
        """A module of the package, imported."""
        importlib.invalidate_caches()
        return importlib.import_module(f"{self.name}.{module}" if module else self.name)

    def run(self, module: str, text: str) -> Any:
        """A module with this text, imported."""
        self.write(module, text)
        return self.load(module)

    def forget(self) -> None:
        """Take its modules out of `sys.modules`."""
        for name in [name for name in sys.modules if name.partition(".")[0] == self.name]:
            del sys.modules[name]


def packages(folder: Path, path: Callable[[str], None]) -> Iterator[Package]:
    """One package below a folder, importable as long as it is wanted."""
    path(str(folder))
    made = Package(folder)
    yield made
    made.forget()


def opened(path: str, source: bytes) -> Opened:
    """A file opened as the rewriters open it."""
    return Opened(parse(path, module_name(path), source, False).facts, source)


def told(action: Callable[[], object]) -> list[tuple[str, int]]:
    """The file and line of each warning about an old path."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    moved = [item for item in caught if item.category.__name__ == "MovedNameWarning"]
    return [(Path(item.filename).name, item.lineno) for item in moved]


def quietly(action: Callable[[], Any]) -> Any:
    """What an action gives, its warnings unheard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return action()


def own_names(module: types.ModuleType) -> set[str]:
    """What is in a module itself."""
    return set(vars(module))
