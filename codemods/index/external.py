"""What lies outside the tree: the standard library, and third-party folders named by the user. Read, never imported.

Only modules that have no source are looked at alive, in our own interpreter: built-in and extension modules of the
standard library, and the few Python ones whose classes come to be in ways that reading cannot follow.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, FrozenImporter
from pathlib import Path
from types import ModuleType

from codemods.index.code import CodeIndex, Names
from codemods.index.facts import Class, FileFacts
from codemods.index.parse import parse

# Python modules looked at alive: `typing` makes most of its names by calls, `types` by `type(...)`, and
# `_collections_abc` renames itself.
_LIVE = frozenset({"typing", "types", "_collections_abc"})
_EXTENSION_FOLDERS = frozenset({"lib-dynload", "DLLs"})
_COMPILED = (".so", ".pyd", ".pyi")


@dataclass(frozen=True, slots=True)
class Unfound:
    """A module that cannot be read; `absent` says that an import of it certainly fails."""

    reason: str
    absent: bool


Found = FileFacts | ModuleType | Unfound


class Environment:
    """The modules outside the tree: the standard library, and the packages in the folders of `python_path`."""

    def __init__(self, python_path: tuple[Path, ...] = ()) -> None:
        self._folders = python_path
        self._known: dict[str, Found] = {}

    def find(self, module: str) -> Found:
        """The facts of a module's source, the live module where it has none, or why there is neither."""
        if module not in self._known:
            top = module.partition(".")[0]
            standard = top in sys.stdlib_module_names
            self._known[module] = _standard(module) if standard else self._third_party(module, top)
        return self._known[module]

    def _third_party(self, module: str, top: str) -> Found:
        if not self._folders:
            return Unfound(f"third-party module {top}: give the folder it is installed in with --python-path", False)
        places = [folder.joinpath(*module.split(".")) for folder in self._folders]
        for place in places:
            found = _source(place, module) or _compiled(place, module)
            if found is not None:
                return found
        if any(place.is_dir() for place in places):
            return empty_package(module)
        return Unfound(f"module {module} is in no folder of --python-path", True)


class World:
    """The tree and its environment as one set of modules; the tree comes first, as it does on the user's path."""

    def __init__(self, index: CodeIndex, environment: Environment) -> None:
        self._index, self._environment = index, environment
        self._outside, self._read = CodeIndex(()), dict[str, FileFacts]()
        self._outside.modules = self._read
        self._statements: dict[str, dict[str, tuple[Class, ...]]] = {}

    def find(self, module: str) -> Found:
        """The facts of a module's source, the live module where it has none, or why there is neither."""
        inside = self._index.modules.get(module)
        if inside is not None:
            return inside
        if module.partition(".")[0] in self._index.modules:
            return self._folder(module)
        # A folder without __init__.py shadows nothing: a real module of that name comes before it.
        found = self._environment.find(module)
        if isinstance(found, Unfound) and module.partition(".")[0] in self._index.roots:
            return self._folder(module)
        if isinstance(found, FileFacts):
            self._read[module] = found
        return found

    def _folder(self, module: str) -> Found:
        if module in self._index.packages:
            return empty_package(module)
        return Unfound(f"module {module} is not in the tree", True)

    def names(self, module: str, scope: str = "") -> Names:
        """The bindings of one scope by name, each in source order."""
        return (self._index if module in self._index.modules else self._outside).names(module, scope)

    def statements(self, facts: FileFacts) -> dict[str, tuple[Class, ...]]:
        """The class statements of one file by qualname; a name may have several."""
        known = self._statements.get(facts.module)
        if known is None:
            known = self._statements[facts.module] = _by_qualname(facts.classes)
        return known


def empty_package(module: str) -> FileFacts:
    """The facts of a folder without `__init__.py`: a package that binds nothing itself."""
    return FileFacts("", module, True, 0, (), (), (), None, "", "")


def _by_qualname(classes: Iterable[Class]) -> dict[str, tuple[Class, ...]]:
    grouped: dict[str, tuple[Class, ...]] = {}
    for item in classes:
        grouped[item.qualname] = (*grouped.get(item.qualname, ()), item)
    return grouped


@cache
def _standard(module: str) -> Found:
    """A module of the standard library; kept for the life of the process, since it cannot change under us."""
    if module in _LIVE or module in sys.builtin_module_names:
        return importlib.import_module(module)
    place = Path(sysconfig.get_path("stdlib")).joinpath(*module.split("."))
    return _source(place, module) or _extension(module) or Unfound(f"module {module} is not part of this Python", True)


def _extension(module: str) -> Found | None:
    """A compiled module of the standard library, alive; never one that merely bears such a name."""
    if module not in sys.stdlib_module_names:
        return None
    spec = importlib.util.find_spec(module)
    if spec is None:
        return None
    return importlib.import_module(module) if _is_ours(spec.loader, spec.origin or "") else None


def _is_ours(loader: object, origin: str) -> bool:
    if loader in {BuiltinImporter, FrozenImporter}:
        return True
    place = Path(origin)
    ours = place.parent.name in _EXTENSION_FOLDERS and place.is_relative_to(sys.base_exec_prefix)
    return ours and isinstance(loader, ExtensionFileLoader)


def _source(place: Path, module: str) -> FileFacts | None:
    for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
        if path.is_file():
            return parse(path.name, module, path.read_bytes(), with_words=False).facts
    return None


def _compiled(place: Path, module: str) -> Unfound | None:
    """A module that is there but holds no Python source."""
    beside = place.parent.glob(f"{place.name}.*") if place.parent.is_dir() else ()
    inside = place.glob("__init__.*") if place.is_dir() else ()
    if any(path.suffix in _COMPILED for path in (*beside, *inside)):
        return Unfound(f"compiled module {module}: it has no source to read", False)
    return None
