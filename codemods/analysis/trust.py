"""Which statements to believe about a name, and what those that bind a mere value say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from codemods.analysis.meanings import NONE, ClassNode, Meaning, Unsure, told
from codemods.index import facts
from codemods.index.facts import Binding, Class

Ancestry = Callable[[ClassNode], tuple[tuple[ClassNode, ...], bool]]


def line_of(binding: Binding) -> int:
    """The key that puts statements in source order."""
    return binding.line


def sets(item: Class, name: str) -> bool:
    """Whether a class body gives the name to a value or a method."""
    return name in item.attributes or any(method.name == name for method in item.methods)


def by_trust(bound: tuple[Binding, ...], line: int) -> Iterator[list[Binding]]:
    """Last statement first: those that run, then lazy names, then names given by functions, then typing-only ones."""
    alive = [binding for binding in reversed(bound) if not binding.place & facts.NEVER]
    running = [b for b in alive if not b.place & (facts.TYPING | facts.FUNCTION) and b.kind != "lazy"]
    yield [binding for binding in running if not line or binding.line < line]
    yield [binding for binding in alive if binding.kind == "lazy"]
    yield [binding for binding in alive if binding.place & facts.FUNCTION]
    yield [binding for binding in alive if binding.place & facts.TYPING]


def agreed(maybe: list[Meaning], ancestry: Ancestry) -> Meaning | None:
    """The one meaning that all candidates have. None cannot be inherited from, so it is no candidate."""
    distinct = list(dict.fromkeys(maybe))
    some = [meaning for meaning in distinct if meaning != NONE] or distinct
    if len(some) < 2:
        return some[0] if some else None
    orders = {_order(meaning, ancestry) for meaning in some}
    if len(orders) == 1 and None not in orders:
        return some[0]
    return Unsure(f"either {' or '.join(sorted(told(meaning) for meaning in some))}, which only run time decides")


def _order(meaning: Meaning, ancestry: Ancestry) -> tuple[str, ...] | None:
    nodes, complete = ancestry(meaning) if isinstance(meaning, ClassNode) else ((), False)
    return tuple(node.dotted for node in nodes) if complete else None


def value(scope: str, name: str, binding: Binding) -> Meaning:
    """What a statement that binds no class says, for the reason: nothing, a parameter, the result of a call."""
    if binding.target == "None":
        return NONE
    if binding.target.startswith("parameter "):
        return Unsure(f"parameter of {function_of(scope)}")
    made = f"result of {binding.target}" if binding.target.endswith("(...)") else f"{name} is computed"
    return Unsure(f"{made} at line {binding.line}")


def function_of(scope: str) -> str:
    """The name of the function whose scope it is."""
    return scope.removesuffix(".<locals>").rpartition(".")[2]
