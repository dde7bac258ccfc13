"""Classes that have no source, looked at in our own interpreter: built-in ones, and those of `typing`."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Generic

from codemods.analysis.meanings import Absent, Alias, ClassNode, Function, Meaning, Space, Special, Unsure

Member = Callable[[str, str], Meaning]
SPECIAL = frozenset({"NamedTuple", "TypedDict"})


class Live:
    """Turns objects of standard library modules into meanings, and remembers the classes behind them."""

    def __init__(self) -> None:
        self._classes: dict[ClassNode, type] = {}
        for value in (object, type, tuple, dict, Generic):  # bases that no source needs to name
            self._node(value)

    def member(self, module: ModuleType, name: str, elsewhere: Member) -> Meaning:
        """What a name of a live module means; `elsewhere` answers for classes that `typing` takes from others."""
        if name not in vars(module):
            return Absent(f"module {module.__name__} has no {name}")
        value = vars(module)[name]
        typing = module.__name__ == "typing"
        if typing and name in SPECIAL:
            return Special(name)
        match value:
            case type():
                return self._class(value, typing, elsewhere)
            case ModuleType():
                return Space(value.__name__)
        origin = getattr(value, "__origin__", None)
        if typing and isinstance(origin, type):
            node = self._class(origin, typing, elsewhere)
            return Alias(node, named=True) if isinstance(node, ClassNode) else node
        return Function(f"{module.__name__}.{name}") if callable(value) else Unsure(f"{name} is a value")

    def order(self, node: ClassNode) -> tuple[ClassNode, ...]:
        """The linearization of a live class, as it is."""
        return tuple(self._node(item) for item in self._classes[node].__mro__)

    def class_member(self, node: ClassNode, name: str) -> Meaning | None:
        """A class or value that a live class has in its own body."""
        own = vars(self._classes[node])
        if name not in own:
            return None
        return self._node(own[name]) if isinstance(own[name], type) else Unsure(f"{node.dotted}.{name} is a value")

    def _class(self, value: type, typing: bool, elsewhere: Member) -> Meaning:
        """A class that `typing` offers but another module defines is read where it is defined."""
        if typing and value.__module__ not in {"typing", "builtins"}:
            home = elsewhere(value.__module__, value.__qualname__)
            if isinstance(home, ClassNode):
                return home
        return self._node(value)

    def _node(self, value: type) -> ClassNode:
        node = ClassNode(value.__module__, value.__qualname__, 0)
        self._classes[node] = value
        return node
