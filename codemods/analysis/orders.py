"""The order of a class from the orders of its bases, walked upwards without recursion and remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from codemods.analysis.c3 import Inconsistent, merge
from codemods.analysis.live import Live
from codemods.analysis.meanings import DICT, GENERIC, OBJECT, ClassNode


class Order(NamedTuple):
    """A class and its ancestors in order; reasons for what is missing in it, or why there is none."""

    nodes: tuple[ClassNode, ...]
    unresolved: tuple[str, ...] = ()
    conflict: str = ""
    typed_dict: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.unresolved and not self.conflict


class Parents(NamedTuple):
    """The direct bases of a class as they count, and the reasons for those that are not known."""

    nodes: tuple[ClassNode, ...]
    unresolved: tuple[str, ...] = ()
    typed_dict: bool = False


class Orders:
    """Linearizes classes; `read` gives the bases of a class statement."""

    def __init__(self, live: Live, read: Callable[[ClassNode], Parents]) -> None:
        self._live, self._read = live, read
        self._parents: dict[ClassNode, Parents] = {}
        self._orders: dict[ClassNode, Order] = {}
        self._asked: set[ClassNode] = set()

    def of(self, node: ClassNode) -> Order:
        """The order of a class; walks up without recursion, since a chain may be longer than Python's stack is deep."""
        path = [node]
        while path:
            current = path[-1]
            if current not in self._orders:
                parents = self._parents_of(current)
                missing = next((item for item in parents.nodes if item not in self._orders), None)
                if missing is not None and missing not in path:
                    path.append(missing)
                    continue
                circle = path[path.index(missing) :] if missing is not None else []
                self._orders[current] = _circular(current, circle) if circle else self._merged(current, parents)
            path.pop()
        return self._orders[node]

    def _merged(self, node: ClassNode, parents: Parents) -> Order:
        if node.line == 0:
            return Order(self._live.order(node))
        above = [self._orders[item] for item in parents.nodes]
        unresolved = (*parents.unresolved, *(reason for order in above for reason in _inherited(order)))
        conflict = next((order.conflict for order in above if order.conflict), "") or _duplicate(parents.nodes)
        typed_dict = parents.typed_dict or any(order.typed_dict for order in above)
        if typed_dict and not conflict:
            return Order((node, *_typed_dict(above)), tuple(dict.fromkeys(unresolved)), "", typed_dict=True)
        if not conflict and len(above) == 1:
            return Order((node, *above[0].nodes), tuple(dict.fromkeys(unresolved)))
        if not conflict:
            try:
                merged = merge([[node], *(order.nodes for order in above), parents.nodes])
                return Order(merged, tuple(dict.fromkeys(unresolved)))
            except Inconsistent as error:
                conflict = _sentence(node, error)
        return Order(_known(node, above), tuple(dict.fromkeys(unresolved)), conflict)

    def _parents_of(self, node: ClassNode) -> Parents:
        if node in self._parents:
            return self._parents[node]
        if node in self._asked:  # its own bases hang on its own ancestors
            return Parents((), (f"{node.dotted}: its bases depend on itself",))
        self._asked.add(node)
        parents = self._parents[node] = self._read(node)
        self._asked.discard(node)
        return parents


def _inherited(order: Order) -> tuple[str, ...]:
    """The reasons of a base, naming it."""
    name = order.nodes[0].dotted
    return tuple(reason if " (base of " in reason else f"{reason} (base of {name})" for reason in order.unresolved)


def _typed_dict(above: list[Order]) -> tuple[ClassNode, ...]:
    """A TypedDict forgets its ancestors: it is a dict, and generic when one of them was."""
    generic = any(GENERIC in order.nodes for order in above)
    return (GENERIC, DICT, OBJECT) if generic else (DICT, OBJECT)


def _known(node: ClassNode, above: list[Order]) -> tuple[ClassNode, ...]:
    return tuple(dict.fromkeys((node, *(item for order in above for item in order.nodes))))


def _duplicate(nodes: tuple[ClassNode, ...]) -> str:
    twice = next((node for position, node in enumerate(nodes) if node in nodes[:position]), None)
    return f"duplicate base {twice.dotted}" if twice is not None else ""


def _circular(node: ClassNode, circle: list[ClassNode]) -> Order:
    names = " -> ".join(item.dotted for item in (*circle, circle[0]))
    return Order((node,), (), f"circular base: {names}")


def _sentence(node: ClassNode, error: Inconsistent) -> str:
    heads = " and ".join(item.dotted for item in error.heads if isinstance(item, ClassNode))
    return f"no consistent order of {heads} among the bases of {node.dotted}"
