"""State of a module that one of its classes shares with the code around it, by reading: nobody else would fill it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator


def shared_names(tree: ast.Module, qualname: str, leaving: Collection[str]) -> Iterator[tuple[str, int]]:
    """The module's variables that a class uses and that change, each with a line of other code that uses it as well.

    `leaving` are the classes that go, this one among them: what they share among themselves is nobody else's.
    """
    used = names_read(tree, qualname)
    others = [node for node in tree.body if getattr(node, "name", "") not in leaving and not _binds(node)]
    for name in sorted(_changing(tree) & used):
        line = next((line for node in others for line in _lines(node, name)), 0)
        if line:
            yield name, line


def names_read(tree: ast.Module, qualname: str) -> set[str]:
    """The names that the code of a class says, or of the class around it; none where it is not there."""
    node = _defined(tree, qualname.partition(".")[0])
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} if node is not None else set()


def _defined(tree: ast.Module, name: str) -> ast.ClassDef | None:
    return next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)


def _lines(node: ast.AST, name: str) -> Iterator[int]:
    return (part.lineno for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == name)


def _binds(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom)


def _changing(tree: ast.Module) -> set[str]:
    """The variables that hold something mutable, or that a function assigns anew."""
    found = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    for node in (item for item in tree.body if isinstance(item, ast.Assign | ast.AnnAssign)):
        if isinstance(node.value, _DISPLAYS) or _is_container(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_CONTAINERS = frozenset(
    {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter", "WeakValueDictionary", "WeakSet"}
)


def _is_container(value: ast.expr | None) -> bool:
    """Whether a call makes a container."""
    name = value.func if isinstance(value, ast.Call) else None
    return (name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")) in _CONTAINERS
