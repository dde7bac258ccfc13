"""Short answers about one expression: its dotted path, its text, what a condition says."""

from __future__ import annotations

import ast
import os
import sys

from codemods.index import facts

# Generic types whose value is, for a caller, an instance of what stands in the brackets.
WRAPPERS = frozenset(
    {"Optional", "Annotated", "ClassVar", "Final", "Union", "Awaitable", "Coroutine", "AsyncGenerator", "AsyncIterator"}
    | {"Generator", "Iterator", "AsyncContextManager", "AbstractAsyncContextManager"}
    | {"ContextManager", "AbstractContextManager"}
)
MAX_TEXT = (
    200  # characters kept of an expression; enough for any base class list seen (longest 121 in two million lines)
)


def dotted(node: ast.AST) -> str:
    """The path `a.b.c` of a chain of names, or "" when the expression is anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def text(node: ast.AST) -> str:
    """The expression as source text, one line, cut at MAX_TEXT characters."""
    return dotted(node) or ast.unparse(node).replace("\n", " ")[:MAX_TEXT]


def string(node: ast.AST) -> str | None:
    """The value of a string constant, else None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def strings(node: ast.AST) -> tuple[str, ...] | None:
    """The values of a list, tuple or set that holds only string constants, else None."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    values = [string(item) for item in node.elts]
    return None if None in values else tuple(value for value in values if value is not None)


def branches(test: ast.expr) -> tuple[int, int]:
    """What to add to the place of an `if` body and of its `else`: decided by reading the condition where possible."""
    if dotted(test).rpartition(".")[2] == "TYPE_CHECKING":
        return facts.TYPING, 0
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        body, orelse = branches(test.operand)
        return orelse, body
    truth = _truth(test)
    if truth is None:
        return facts.CONDITION, facts.CONDITION
    return (0, facts.NEVER) if truth else (facts.NEVER, 0)


def _truth(test: ast.expr) -> bool | None:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _comparison(test.left, test.ops[0], test.comparators[0])
    if isinstance(test, ast.BoolOp):
        return _combination(test)
    if isinstance(test, ast.Call) and dotted(test.func) == "sys.platform.startswith" and len(test.args) == 1:
        prefix = string(test.args[0])
        return None if prefix is None else sys.platform.startswith(prefix)
    return None


def _combination(test: ast.BoolOp) -> bool | None:
    values = [_truth(value) for value in test.values]
    decisive = isinstance(test.op, ast.Or)
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _comparison(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
    known = {"sys.platform": sys.platform, "os.name": os.name}.get(dotted(left))
    other = string(right)
    if known is not None and other is not None:
        return _compare(known, operator, other)
    if not _is_version(left):
        return None
    wanted = _integers(right)
    if wanted is None:
        return None
    if isinstance(left, ast.Subscript) and isinstance(left.slice, ast.Constant):
        return _compare(sys.version_info[:1], operator, wanted) if left.slice.value == 0 else None
    return _compare(tuple(sys.version_info[:3]), operator, wanted)


def _is_version(node: ast.expr) -> bool:
    return dotted(node.value if isinstance(node, ast.Subscript) else node) == "sys.version_info"


def _integers(node: ast.expr) -> tuple[int, ...] | None:
    values = [item.value if isinstance(item, ast.Constant) else None for item in getattr(node, "elts", [node])]
    numbers = tuple(value for value in values if isinstance(value, int))
    return numbers if len(numbers) == len(values) else None


def _compare(left: object, operator: ast.cmpop, right: object) -> bool | None:
    match operator:
        case ast.Eq():
            return left == right
        case ast.NotEq():
            return left != right
        case ast.GtE():
            return left >= right  # type: ignore[operator, no-any-return]
        case ast.Gt():
            return left > right  # type: ignore[operator, no-any-return]
        case ast.LtE():
            return left <= right  # type: ignore[operator, no-any-return]
        case ast.Lt():
            return left < right  # type: ignore[operator, no-any-return]
    return None
