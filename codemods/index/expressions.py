"""Short answers about one expression: its dotted path, its text, what a condition says."""

from __future__ import annotations

import ast
import operator as op
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from codemods.index import facts

# Generic types whose value is, for a caller, an instance of what stands in the brackets.
WRAPPERS = frozenset(
    {"Optional", "Annotated", "ClassVar", "Final", "Union", "Awaitable", "Coroutine", "AsyncGenerator", "AsyncIterator"}
    | {"Generator", "Iterator", "AsyncContextManager", "AbstractAsyncContextManager"}
    | {"ContextManager", "AbstractContextManager"}
)
# Characters kept of an expression: enough for any base class list seen (the longest in two million lines has 121).
MAX_TEXT = 200


def dotted(node: ast.AST) -> str:
    """The path `a.b.c` of a chain of names, or "" when the expression is anything else."""
    path = ""
    while isinstance(node, ast.Attribute):
        path = f".{node.attr}{path}"
        node = node.value
    return f"{node.id}{path}" if isinstance(node, ast.Name) else ""


def text(node: ast.AST) -> str:
    """The expression as source text, one line, cut at MAX_TEXT characters."""
    return dotted(node) or _generic(node) or ast.unparse(node).replace("\n", " ")[:MAX_TEXT]


def _generic(node: ast.AST) -> str:
    """The text of a plain `a.b[c, d]`, which most annotations are: `ast.unparse` takes twenty times as long."""
    if not isinstance(node, ast.Subscript):
        return ""
    inner = node.slice.elts if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) > 1 else [node.slice]
    parts = [dotted(item) or _generic(item) for item in inner]
    owner = dotted(node.value)
    return f"{owner}[{', '.join(parts)}]" if owner and all(parts) else ""


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
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        truth = _truth(test.operand)
        return None if truth is None else not truth
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
    compare = _COMPARE.get(operator.__class__)
    known, other = _value(left), _value(right)
    if compare is None or known is None or other is None:
        return None
    try:
        return bool(compare(known, other))
    except TypeError:  # as at run time: a tuple is not comparable with a number
        return None


_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: op.eq,
    ast.NotEq: op.ne,
    ast.GtE: op.ge,
    ast.Gt: op.gt,
    ast.LtE: op.le,
    ast.Lt: op.lt,
    ast.In: lambda item, group: item in group,
    ast.NotIn: lambda item, group: item not in group,
}


def _value(node: ast.expr) -> object:
    """What an expression is before anything runs: a literal, the platform, the version or a part of it; else None."""
    match node:
        case ast.Subscript(value=owner, slice=part) if dotted(owner) == "sys.version_info":
            return _part(sys.version_info, part)
        case ast.Subscript(value=owner, slice=ast.Slice() as part) if dotted(owner) == "sys.platform":
            return _part(sys.platform, part)
        case ast.Name() | ast.Attribute():
            return _KNOWN.get(dotted(node))
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    return value


_KNOWN: dict[str, object] = {
    "sys.platform": sys.platform,
    "os.name": os.name,
    "sys.version_info": tuple(sys.version_info),
}


def _part(whole: Sequence[object], part: ast.expr) -> object:
    """`sys.version_info[0]`, `sys.version_info[:2]` and `sys.platform[:3]`."""
    if not isinstance(part, ast.Slice):
        index = _value(part)
        return whole[index] if isinstance(index, int) and -len(whole) <= index < len(whole) else None
    ends = [None if end is None else _value(end) for end in (part.lower, part.upper, part.step)]
    written = sum(end is not None for end in (part.lower, part.upper, part.step))
    lower, upper, step = (end if isinstance(end, int) else None for end in ends)
    known = written == sum(end is not None for end in (lower, upper, step)) and step != 0
    return whole[lower:upper:step] if known else None
