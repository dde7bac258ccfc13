"""Code that tells apart two old classes which become one: it would go on running, and mean something else.

The rules are those of the shims' specification (M-rules): one isinstance chain or `match` over both, `isinstance(x, A)
and not isinstance(x, B)`, a dict or set literal keyed by both, `singledispatch` for both, bases that list both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from codemods.edits import Applicability, Edit
from codemods.rewrites.opened import Opened

RULE = "merge"
_ADVICE = "decide by something that the unified class still tells apart"


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two old names that one construct tells apart."""

    line: int
    names: tuple[str, str]
    what: str


def collisions(file: Opened, unified: Mapping[str, str]) -> Iterator[Edit]:
    """The places of a file that tell merged classes apart; `unified`: local name -> the class it becomes, dotted."""
    if len(set(unified.values())) == len(unified):
        return  # each becomes a class of its own
    for node in ast.walk(file.tree):
        for pair in _pairs(node, unified):
            reason = f"{pair.names[0]} and {pair.names[1]} become one class: {pair.what}"
            yield Edit(file.path, 0, 0, b"", pair.line, RULE, Applicability.MANUAL, reason, _ADVICE)


def _pairs(node: ast.AST, unified: Mapping[str, str]) -> Iterator[_Pair]:
    if isinstance(node, ast.If):
        names = list(_chain(node))
        yield from _told(node.lineno, names, unified, "the second of these tests is never reached")
    elif isinstance(node, ast.Match):
        names = [name for case in node.cases for name in _pattern(case.pattern)]
        yield from _told(node.lineno, names, unified, "the second of these cases is never reached")
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        yield from _told(node.lineno, list(_contradiction(node)), unified, "this is never true")
    elif isinstance(node, ast.Dict):
        keys = [key.id for key in node.keys if isinstance(key, ast.Name)]
        yield from _told(node.lineno, keys, unified, "the later entry replaces the earlier one")
    elif isinstance(node, ast.Set):
        yield from _told(node.lineno, _names(node.elts), unified, "one entry is lost")
    elif isinstance(node, ast.ClassDef):
        yield from _told(node.lineno, _names(node.bases), unified, "a base cannot be listed twice")
    elif isinstance(node, ast.Module):
        yield from _told(*_registered(node), unified, "the later implementation replaces the earlier one")


def _told(line: int, names: list[str], unified: Mapping[str, str], what: str) -> Iterator[_Pair]:
    first: dict[str, str] = {}
    for name in names:
        new = unified.get(name)
        if new is not None and first.setdefault(new, name) != name:
            yield _Pair(line, (first[new], name), what)
            return


def _names(nodes: Iterable[ast.expr]) -> list[str]:
    return [node.id for node in nodes if isinstance(node, ast.Name)]


def _chain(node: ast.If) -> Iterator[str]:
    """The classes that an if/elif chain asks for, one test after the other; a tuple of classes is one test."""
    current: ast.stmt | None = node
    while isinstance(current, ast.If):
        yield from list(_asked(current.test))[:1]
        current = current.orelse[0] if len(current.orelse) == 1 else None


def _asked(test: ast.expr) -> Iterator[str]:
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id in {"isinstance", "issubclass"}:
        yield from _names(test.args[1:2])


def _contradiction(node: ast.BoolOp) -> Iterator[str]:
    """`isinstance(x, A) and not isinstance(x, B)`: the names, when both are there."""
    yes = [name for value in node.values for name in _asked(value)]
    no = [
        name
        for v in node.values
        if isinstance(v, ast.UnaryOp) and isinstance(v.op, ast.Not)
        for name in _asked(v.operand)
    ]
    if yes and no:
        yield from (yes[0], no[0])


def _pattern(pattern: ast.pattern) -> Iterator[str]:
    if isinstance(pattern, ast.MatchClass) and isinstance(pattern.cls, ast.Name):
        yield pattern.cls.id


def _registered(tree: ast.Module) -> tuple[int, list[str]]:
    """The classes that `@function.register(Class)` or an annotated `@function.register` is given, by function."""
    found: dict[str, list[tuple[int, str]]] = {}
    for node in (statement for statement in tree.body if isinstance(statement, ast.FunctionDef)):
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if isinstance(target, ast.Attribute) and target.attr == "register":
                names = ((node.lineno, name) for name in _names(_implemented(decorator, node)))
                found.setdefault(ast.unparse(target.value), []).extend(names)
    several = next((entries for entries in found.values() if len(entries) > 1), [])
    return (several[-1][0] if several else 1), [name for _, name in several]


def _implemented(decorator: ast.expr, function: ast.FunctionDef) -> list[ast.expr]:
    """What an implementation is registered for: the argument, or the annotation of its first parameter."""
    if isinstance(decorator, ast.Call):
        return decorator.args[:1]
    return [argument.annotation for argument in function.args.args[:1] if argument.annotation is not None]
