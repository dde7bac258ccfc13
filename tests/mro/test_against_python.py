"""The orders of random class graphs and of the standard library, held against Python's own."""

from __future__ import annotations

import enum
import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codemods.index.code import CodeIndex
from codemods.index.modules import module_name
from codemods.index.parse import parse
from tests.mro.oracle import over

Graph = list[list[int]]
graphs = st.lists(st.lists(st.integers(0, 30), max_size=4), min_size=1, max_size=12).map(
    lambda rows: [[base % position for base in row] if position else [] for position, row in enumerate(rows)]
)


@given(graphs)
@settings(max_examples=300, deadline=None)
def test_any_graph_of_classes_is_ordered_or_refused_as_by_type(graph: Graph) -> None:
    source = "".join(f"class C{n}({', '.join(f'C{base}' for base in bases)}): pass\n" for n, bases in enumerate(graph))
    hierarchy = over(CodeIndex([parse("m.py", "m", source.encode(), with_words=False).facts]))
    made: dict[int, type | None] = {}
    for number, bases in enumerate(graph):
        made[number] = expected = _made(f"C{number}", [made[base] for base in bases])
        found = hierarchy.linearize(f"m.C{number}")
        assert bool(found.conflict) == (expected is None)
        if expected is not None:
            assert [name.rpartition(".")[2] for name in found.mro] == [item.__name__ for item in expected.__mro__]


def _made(name: str, bases: list[type | None]) -> type | None:
    known = [base for base in bases if base is not None]
    if len(known) < len(bases):
        return None
    try:
        return type(name, tuple(known), {})
    except TypeError:
        return None


@pytest.mark.parametrize(
    "package", ["asyncio", "collections", "concurrent", "email", "unittest", "enum", "http", "xml"]
)
def test_every_class_of_a_standard_package_has_its_own_order(package: str) -> None:
    root = importlib.import_module(package)
    place = Path(inspect.getfile(root))
    hierarchy = over(_tree(place.parent if place.name == "__init__.py" else place))
    classes = {cls for module in _modules(root) for cls in _classes(module, package)}
    wrong = {
        dotted: found
        for cls in classes
        if (found := hierarchy.linearize(dotted := f"{cls.__module__}.{cls.__qualname__}")).mro
        != tuple(f"{item.__module__}.{item.__qualname__}" for item in cls.__mro__)
        or not found.complete
    }
    assert classes
    assert wrong == {}


def _tree(place: Path) -> CodeIndex:
    paths = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    root, prefix = (place, place.name) if place.is_dir() else (place.parent, "")
    names = [path.relative_to(root).as_posix() for path in paths]
    return CodeIndex(
        parse(name, module_name(name, ("",), prefix), path.read_bytes(), with_words=False).facts
        for name, path in zip(names, paths, strict=True)
        if "/test" not in name
    )


def _modules(root: ModuleType) -> list[ModuleType]:
    names = [
        item.name
        for item in pkgutil.walk_packages(getattr(root, "__path__", []), f"{root.__name__}.")
        if not {"__main__", "test", "windows_events", "windows_utils"} & set(item.name.split("."))
    ]
    return [root, *(importlib.import_module(name) for name in names)]


def _classes(module: ModuleType, package: str) -> list[type]:
    found = [cls for cls in vars(module).values() if inspect.isclass(cls) and cls.__module__ == module.__name__]
    written = [cls for cls in found if vars(module).get(cls.__name__) is cls and "." not in cls.__qualname__]
    odd = getattr(enum, "pickle_by_enum_name", None) if package == "enum" else None  # came with Python 3.11.3
    return [cls for cls in written if _has_statement(cls) and cls is not odd]


def _has_statement(cls: type) -> bool:
    try:
        return inspect.getsource(cls).lstrip().startswith(("class", "@"))
    except (OSError, TypeError):
        return False  # made by a call
