"""The oracle: imports the sample, which the tool never does, and prints what Python makes of it as JSON.

Started in a process of its own, inside the laid-out sample.
"""

from __future__ import annotations

import ast
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def classes(owner: object, module: str) -> Iterator[type]:
    """Every class that this module defines, the nested ones too."""
    found = [value for value in vars(owner).values() if isinstance(value, type)]
    for value in found:
        if value.__module__ == module and vars(owner).get(value.__name__) is value:
            yield value
            yield from classes(value, module)


def dotted(found: type) -> str:
    return f"{found.__module__}.{found.__qualname__}"


def imported(node: ast.stmt, package: str) -> list[object]:
    """What an import statement gives, executed here and now."""
    if isinstance(node, ast.Import):
        return [importlib.import_module(alias.name) for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    source = importlib.import_module("." * node.level + (node.module or ""), package)
    if node.names[0].name == "*":
        names = getattr(source, "__all__", None) or [name for name in vars(source) if not name.startswith("_")]
        return [getattr(source, name) for name in names]
    return [member(source, alias.name) for alias in node.names]


def member(source: ModuleType, name: str) -> object:
    if not hasattr(source, name):
        importlib.import_module(f"{source.__name__}.{name}")
    return getattr(source, name)


def sites(path: Path, planned: dict[type, str], homes: set[str]) -> Iterator[tuple[str, int, list[str], list[str]]]:
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            values = imported(node, package)
            found = sorted({planned[value] for value in values if isinstance(value, type) and value in planned})
            modules = sorted({v.__name__ for v in values if isinstance(v, ModuleType) and v.__name__ in homes})
            if found or modules:
                yield path.as_posix(), node.lineno, found, modules


def main() -> None:
    sys.path.insert(0, ".")
    wanted: list[list[str]] = json.loads(sys.argv[1])
    planned: dict[type, str] = {}
    for home, qualname in wanted:
        value: object = importlib.import_module(home)
        for part in qualname.split("."):
            value = getattr(value, part)
        assert isinstance(value, type)
        planned[value] = f"{home}.{qualname}"
    mros: dict[str, list[str]] = {}
    found: list[tuple[str, int, list[str], list[str]]] = []
    for path in sorted(Path().rglob("*.py")):
        module = importlib.import_module(module_name(path))
        mros |= {dotted(one): [dotted(base) for base in one.__mro__] for one in classes(module, module.__name__)}
        found += sites(path, planned, {home for home, _ in wanted})
    json.dump({"mros": mros, "sites": sorted(found)}, sys.stdout)


if __name__ == "__main__":
    main()
