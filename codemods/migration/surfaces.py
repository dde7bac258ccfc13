"""All that can be asked of a class: its own members and what it has from its ancestors in the code base."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from codemods.analysis.mro import Hierarchy
from codemods.index.closeup import CloseUp, Member, class_node
from codemods.index.external import Environment
from codemods.migration.unified import Unified

Told = TypeVar("Told")
_EVERYONES = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_ITSELF = frozenset({"self", "cls"})
_MAKERS = frozenset({"dataclass", "define", "frozen", "mutable", "attrs", "s", "attributes"})


@dataclass(frozen=True, slots=True)
class Surface:
    """What callers of a class may meet.

    `defined` are all its names, attributes among them; `ancestors` the dotted classes it derives from, without those
    that say nothing; `unread` the bases that cannot be read. `made` tells that a decorator or a base outside the code
    base writes its constructor; `fixed` that instances take no attributes (`__slots__`). `asks_itself` are the members
    that its own methods use; `constants` class attributes as they are written.
    """

    members: Mapping[str, Member]
    defined: frozenset[str]
    ancestors: tuple[str, ...]
    unread: tuple[str, ...]
    made: bool
    fixed: bool
    asks_itself: frozenset[str]
    decorators: frozenset[str]
    constants: Mapping[str, str]


class Surfaces:
    """Reads the surfaces of the classes of one code base."""

    def __init__(self, unified: Unified) -> None:
        self._unified = unified
        self._hierarchy = Hierarchy(unified.resolver.index, unified.resolver, Environment())

    def of(self, dotted: str) -> Surface | None:
        """The surface of a class by its definition; None when it cannot be read."""
        own = self._unified.of(dotted)
        if own is None:
            return None
        order = self._hierarchy.linearize(own.dotted)
        readings = {name: self._unified.of(name) for name in order.mro}
        read = [found for found in readings.values() if found is not None]
        outside = [name for name, found in readings.items() if found is None and name not in _EVERYONES]
        members = _last_wins(read, lambda found: found.effective)
        written = "__init__" in members
        return Surface(
            members=members,
            defined=frozenset(name for found in read for name in (*found.defined, *self._nested(found))),
            ancestors=tuple(name for name in order.mro[1:] if name not in _EVERYONES),
            unread=(*order.unresolved, *filter(None, [order.conflict])),
            made=not written and bool(outside or order.unresolved or any(map(_is_made, read))),
            fixed=not outside and all("__slots__" in found.defined for found in read),
            asks_itself=frozenset(name for found in read for name in self._own_uses(found)),
            decorators=frozenset(own.decorators),
            constants=_last_wins(read, lambda found: {item.name: item.value for item in found.constants}),
        )

    def _nested(self, closeup: CloseUp) -> Iterator[str]:
        """The classes inside it."""
        yield from (part.name for part in self._body(closeup) if isinstance(part, ast.ClassDef))

    def _own_uses(self, closeup: CloseUp) -> Iterator[str]:
        for part in (part for statement in self._body(closeup) for part in ast.walk(statement)):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in _ITSELF:
                yield part.attr

    def _body(self, closeup: CloseUp) -> list[ast.stmt]:
        file, item = self._unified.resolver.index.classes[closeup.dotted]
        tree = self._unified.tree(file.path)
        node = class_node(tree, item.qualname) if tree is not None else None
        return node.body if node is not None else []


def _last_wins(read: Sequence[CloseUp], told: Callable[[CloseUp], Mapping[str, Told]]) -> dict[str, Told]:
    """What each class says of its names, from the ancestors down: the class itself has the last word."""
    return {name: value for found in reversed(read) for name, value in told(found).items()}


def _is_made(closeup: CloseUp) -> bool:
    names = (decorator.partition("(")[0].rpartition(".")[2] for decorator in closeup.decorators)
    return not _MAKERS.isdisjoint(names)
