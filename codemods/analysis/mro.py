"""The method resolution order of any class, computed by reading: nothing of the user's is ever imported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codemods.analysis.entries import Base, effective
from codemods.analysis.hierarchy_bases import BaseExpressions
from codemods.analysis.live import Live
from codemods.analysis.meanings import (
    GENERIC,
    OBJECT,
    TUPLE,
    Absent,
    Alias,
    ClassNode,
    Function,
    Meaning,
    Several,
    Space,
    Special,
    Unsure,
    told,
)
from codemods.analysis.orders import Orders, Parents
from codemods.analysis.scopes import Site
from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.external import Environment, World
from codemods.index.facts import Class, FileFacts
from codemods.index.resolve import Definition, Resolver

TYPED_DICT = Special("TypedDict")


@dataclass(frozen=True, slots=True)
class Linearization:
    """The order of a class and its ancestors, dotted; with `unresolved` or `conflict`, only as far as it is known."""

    mro: tuple[str, ...]
    unresolved: tuple[str, ...] = ()
    conflict: str = ""

    @property
    def complete(self) -> bool:
        """Whether this is the whole order, as Python would compute it."""
        return not self.unresolved and not self.conflict


@dataclass(frozen=True, slots=True)
class BaseRef:
    """One base as written; `resolved` is the class it leads to, or "" with the `reason`."""

    expression: str
    resolved: str
    reason: str = ""


class Hierarchy:
    """The classes of a tree and their ancestors, wherever those are defined. Every answer is remembered."""

    def __init__(self, index: CodeIndex, resolver: Resolver, environment: Environment) -> None:
        self._index, self._resolver = index, resolver
        self._world = World(index, environment)
        self._live = Live()
        self._expressions = BaseExpressions(self._world, self._live, self._ancestry)
        self._orders = Orders(self._live, self._read_parents)

    def linearize(self, dotted: str) -> Linearization:
        """The linearization of the class at a dotted path `module.qualname`, or of what is re-exported there."""
        node = self._located(dotted)
        if not isinstance(node, ClassNode):
            return Linearization((dotted,), (f"{dotted}: {node.reason}",))
        order = self._orders.of(node)
        return Linearization(tuple(item.dotted for item in order.nodes), order.unresolved, order.conflict)

    def bases(self, dotted: str) -> tuple[BaseRef, ...]:
        """The bases of a class of the tree as its statement writes them, and what each leads to."""
        node = self._located(dotted)
        statement = self._statement(node) if isinstance(node, ClassNode) else None
        if statement is None:
            return ()
        found, item = statement
        return tuple(_base_ref(base, self._base(base, found, item)) for base in item.bases)

    def _located(self, dotted: str) -> ClassNode | Unsure | Absent:
        if dotted in self._index.classes:
            found, item = self._index.classes[dotted]
            return self._counting(found, item.qualname)
        outcome, rest = self._resolver.path(dotted)
        if isinstance(outcome, Definition) and outcome.kind == "class" and not rest and outcome.dotted != dotted:
            return self._located(outcome.dotted)
        return self._outside(dotted)

    def _outside(self, dotted: str) -> ClassNode | Unsure | Absent:
        """A class by the path that an import of it would take: the longest module, then its attributes."""
        parts = dotted.split(".")
        scopes = self._expressions.scopes
        spaces = (n for n in range(len(parts) - 1, 0, -1) if isinstance(scopes.space(".".join(parts[:n])), Space))
        size = next(spaces, 1)
        meaning: Meaning = scopes.space(".".join(parts[:size]))
        for part in parts[size:]:
            meaning = scopes.attribute(meaning, part)
        return meaning if isinstance(meaning, ClassNode | Unsure | Absent) else Absent(f"{told(meaning)} is no class")

    def _counting(self, found: FileFacts, qualname: str) -> ClassNode | Unsure | Absent:
        """Of several statements for one name, the one that the name means once all have run."""
        module = self._world.find(found.module)
        if module != found and isinstance(module, FileFacts):
            return Unsure(f"{found.path} is hidden by {module.path}, a module of the same name")
        written = self._world.statements(found)[qualname]
        if len(written) > 1 and "." not in qualname:
            meaning = self._expressions.scopes.member(found.module, qualname)
            if isinstance(meaning, Unsure) and any(item.place & facts.CONDITION for item in written):
                return meaning
            if isinstance(meaning, ClassNode) and meaning.line in [item.line for item in written]:
                return meaning
        return ClassNode(found.module, qualname, max(written, key=_standing).line)

    def _ancestry(self, node: ClassNode) -> tuple[tuple[ClassNode, ...], bool]:
        order = self._orders.of(node)
        return order.nodes, order.complete

    def _read_parents(self, node: ClassNode) -> Parents:
        if node.line == 0:
            return Parents(())
        if node in self._expressions.made:
            return self._joined([("", meaning) for meaning in self._expressions.made[node]])
        statement = self._statement(node)
        assert statement is not None
        found, item = statement
        written = [(base, self._base(base, found, item)) for base in item.bases]
        if not written:
            site = _site(found, item)
            written = [("", base) for base in self._expressions.given_by_decorators(item.decorators, site)]
        if item.type_parameters:
            written.append(("", Alias(GENERIC, named=False)))
        return self._joined([*written, *self._reordered(found, item)])

    def _reordered(self, found: FileFacts, item: Class) -> Iterator[tuple[str, Meaning]]:
        """A metaclass of the tree with an `mro()` of its own makes another order than C3."""
        for name, expression in item.keywords:
            metaclass = self._base(expression, found, item) if name == "metaclass" else None
            for node in self._ancestry(metaclass)[0] if isinstance(metaclass, ClassNode) else ():
                statement = self._statement(node)
                if statement is not None and any(method.name == "mro" for method in statement[1].methods):
                    yield f"metaclass={expression}", Unsure(f"{node.dotted}.mro() makes the order")

    def _statement(self, node: ClassNode) -> tuple[FileFacts, Class] | None:
        found = self._world.find(node.module) if node.line > 0 else None
        written = self._world.statements(found).get(node.qualname, ()) if isinstance(found, FileFacts) else ()
        item = next((item for item in written if item.line == node.line), None)
        return (found, item) if isinstance(found, FileFacts) and item is not None else None

    def _base(self, expression: str, found: FileFacts, item: Class) -> Meaning:
        return self._expressions.meaning(expression, _site(found, item))

    def _joined(self, written: list[tuple[str, Meaning]]) -> Parents:
        """The classes that count among the bases, the reasons for those that are not known, and TypedDict apart."""
        flat = [
            (text, part) for text, base in written for part in (base.bases if isinstance(base, Several) else (base,))
        ]
        bases: list[Base] = []
        for _, meaning in flat:
            if isinstance(meaning, ClassNode | Alias):
                bases.append(meaning)
            elif meaning == Special("NamedTuple"):
                bases.append(TUPLE)
        unresolved = tuple(f"{text}: {_reason(meaning)}" for text, meaning in flat if _reason(meaning))
        nodes = effective(bases, self._generic)
        typed_dict = any(meaning == TYPED_DICT for _, meaning in flat)
        return Parents(nodes or (() if unresolved or typed_dict else (OBJECT,)), unresolved, typed_dict)

    def _generic(self, node: ClassNode) -> bool:
        return GENERIC in self._orders.of(node).nodes


def _site(found: FileFacts, item: Class) -> Site:
    return Site(found, item.qualname.rpartition(".")[0], item.line)


def _reason(meaning: Meaning) -> str:
    match meaning:
        case Unsure() | Absent():
            return meaning.reason
        case Function() | Space():
            return f"{told(meaning)} is no class"
    return ""


def _base_ref(expression: str, meaning: Meaning) -> BaseRef:
    reason = _reason(meaning)
    return BaseRef(expression, "" if reason else _dotted(meaning), reason)


def _dotted(meaning: Meaning) -> str:
    match meaning:
        case ClassNode():
            return meaning.dotted
        case Alias():
            return meaning.node.dotted
        case Special():
            return f"typing.{meaning.name}"
    return told(meaning)


def _standing(item: Class) -> tuple[bool, bool, bool, int]:
    """What makes a statement the one that counts: it runs, outside TYPE_CHECKING, outside handlers, last."""
    return not item.place & facts.NEVER, not item.place & facts.TYPING, not item.place & facts.HANDLER, item.line
