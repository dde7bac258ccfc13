"""What a function gives back, as far as its annotation says it in so many words."""

from __future__ import annotations

import ast
from functools import cache

from codemods.index.expressions import WRAPPERS, dotted
from codemods.index.resolve import Definition, Resolver


def instance_of(function: Definition, resolver: Resolver) -> str:
    """The in-tree class whose instance the function returns by its annotation, "" when it does not say."""
    if function.kind != "function" or not function.target:
        return ""
    named = named_class(function.target)
    outcome = resolver.expression(function.module, named) if named else None
    return outcome.dotted if isinstance(outcome, Definition) and outcome.kind == "class" else ""


@cache
def named_class(annotation: str) -> str:
    """The dotted name in an annotation once quotes, Optional, None and generators are taken off."""
    try:
        node = ast.parse(annotation, mode="eval").body
    except (SyntaxError, ValueError):
        return ""  # cut at the length limit, or prose
    return _inner(node)


def _inner(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(value)):
            return named_class(value)
        case ast.BinOp():
            return _inner(node.left) or _inner(node.right)
        case ast.Tuple():
            return next((found for item in node.elts if (found := _inner(item))), "")
        case ast.Subscript():
            return _inner(node.slice) if dotted(node.value).rpartition(".")[2] in WRAPPERS else dotted(node.value)
    return dotted(node)
