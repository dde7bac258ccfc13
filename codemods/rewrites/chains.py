"""The dotted chains of a file, `a.b.c` and plain `a`, and what else binds a name in it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chain:
    """A name with the attributes taken of it, as long as it goes; `attributes` from the inside out."""

    root: ast.Name
    attributes: tuple[ast.Attribute, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The attributes' names."""
        return tuple(node.attr for node in self.attributes)


def chains(tree: ast.AST) -> Iterator[Chain]:
    """Every chain below a node in no particular order; a part of a longer chain is none of its own."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        chain = _chain(node)
        if chain is not None:
            yield chain
        else:
            waiting += ast.iter_child_nodes(node)


def _chain(node: ast.AST) -> Chain | None:
    attributes: list[ast.Attribute] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node)
        node = node.value
    return Chain(node, tuple(reversed(attributes))) if isinstance(node, ast.Name) else None


def quoted_chains(tree: ast.AST, names: Collection[str]) -> Iterator[tuple[ast.Constant, Chain]]:
    """The chains from one of the names in strings that are expressions themselves, as quoted annotations are."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if any(f"{name}." in node.value for name in names):
            yield from ((node, chain) for chain in _expression_chains(node.value) if chain.root.id in names)


def _expression_chains(text: str) -> Iterator[Chain]:
    try:
        inner = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from chains(inner)


def binders(tree: ast.AST, name: str) -> Iterator[ast.AST]:
    """Every node of the file that gives a name a meaning, in whatever scope: an import's is its alias."""
    for node in ast.walk(tree):
        if _binds(node, name):
            yield node


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store() | ast.Del()) | ast.arg(arg=bound):
            return bound == name
        case ast.alias():
            return (node.asname or node.name.partition(".")[0]) == name
        case ast.MatchMapping(rest=bound):
            return bound == name
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.ExceptHandler():
            return node.name == name
        case ast.MatchAs() | ast.MatchStar():
            return node.name == name
    return False
