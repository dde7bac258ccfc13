"""Walking one file with the names of its scopes at hand: what a name refers to at the place where it stands.

References are absolute dotted paths, as this file's imports say; `()` marks the result of a call.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable
from typing import Any, ClassVar

from codemods.index.facts import Use

Reference = str | None

# Nodes and values that lead nowhere: half of all that a walk would look at.
_VALUES = (type(None), str, int, float, complex, bytes, bool, type(...))
_MARKS = (ast.Load, ast.Store, ast.Del, ast.And, ast.Or, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal)
_SIGNS = (*ast.operator.__subclasses__(), *ast.unaryop.__subclasses__(), *ast.cmpop.__subclasses__())
_LEAVES = frozenset[type]({*_VALUES, *_MARKS, *_SIGNS})


class ClassScope(dict[str, Reference]):
    """The names of a class body: functions inside do not see them."""


class Walker:
    """The scopes of one file while it is walked, and the uses found so far."""

    handlers: ClassVar[dict[type[ast.AST], Callable[[Any, Any], Reference]]] = {}

    def __init__(self, module: str, package: bool, roots: Collection[str], words: Collection[str]) -> None:
        self.module, self.package = module, package
        self.roots, self.words = roots, words
        self.found: list[Use] = []
        self.scopes: list[dict[str, Reference]] = [{}]
        self.scope = ""
        self.attributes: list[dict[str, Reference]] = []  # of self, one dict per enclosing class
        self.fixtures: dict[str, Reference] = {}
        self.self_names: list[str] = []
        self._in_class = False  # directly in a class body, so that a function here is a method

    def visit(self, node: ast.AST) -> Reference:
        """Walk a node; returns what its value refers to, if it is an expression that says so."""
        handler = self.handlers.get(node.__class__)
        if handler is not None:
            return handler(self, node)
        for value in node.__dict__.values():
            if value.__class__ is list:
                self.block(value)
            elif value.__class__ not in _LEAVES:
                self.visit(value)
        return None

    def block(self, body: Iterable[ast.AST]) -> None:
        """Walk several nodes."""
        for node in body:
            if node.__class__ not in _LEAVES:
                self.visit(node)

    def lookup(self, name: str) -> Reference:
        """What a plain name refers to here; None where that is not known."""
        for scope in reversed(self.scopes):
            if name in scope and (scope is self.scopes[-1] or not isinstance(scope, ClassScope)):
                return scope[name]
        return None

    def add(self, reference: Reference, kind: str, line: int, detail: str = "") -> None:
        """Keep a use of a reference that leads into the tree."""
        if reference is not None and self.in_tree(reference):
            self.found.append(Use(reference, kind, detail, line, self.scope))

    def in_tree(self, reference: str) -> bool:
        """Whether a dotted path starts at a top-level package of the tree."""
        return reference.partition(".")[0] in self.roots

    def is_self(self, node: ast.AST) -> bool:
        """Whether an expression is the first parameter of the method around it."""
        return bool(self.self_names) and isinstance(node, ast.Name) and node.id == self.self_names[-1]
