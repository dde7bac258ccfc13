"""One file's bytes to its facts: `ast` where it can, libcst where the syntax is newer than this Python's."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

from codemods.index.declarations import Declarations
from codemods.index.encoding import text_of
from codemods.index.expressions import dotted, string, strings
from codemods.index.facts import FileFacts
from codemods.index.lazy import SOURCES, lazy_bindings
from codemods.index.modules import is_package
from codemods.index.remarks import MARK, remarks_in
from codemods.index.vocabulary import no_words, words_between


class Parsed(NamedTuple):
    """A file's facts, and its tree for those who look deeper (None when it could not be read)."""

    facts: FileFacts
    tree: ast.Module | None


Reader = Callable[[bytes], ast.Module]


def read_tree(source: bytes | str) -> ast.Module:
    """The syntax tree, without the warnings that the target's own strings would print.

    Raises SyntaxError, ValueError (NUL bytes, bad encoding cookie), RecursionError or MemoryError (nesting too deep).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    if isinstance(source, bytes) and not source.isascii():
        text_of(source)  # `ast` does not look at the bytes of comments, and Python imports no file where they are wrong
    return tree


def parse(
    path: str, module: str, source: bytes, with_words: bool, reader: Reader = read_tree, by: str = "ast"
) -> Parsed:
    """The facts of one file; a file that cannot be read gives empty facts whose `problem` says why."""
    lines = source.splitlines()
    package = is_package(path)
    found = Declarations(module, package, lines, words_between(lines) if with_words else no_words)
    try:
        tree = reader(source)
        found.collect(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Parsed(FileFacts(path, module, package, len(lines), (), (), (), None, _reason(error), ""), None)
    if any(word in source for word in SOURCES) and (lazy := lazy_bindings(tree, module, package)):
        found.scopes.append(("", lazy))
    exports = _exports(tree) if b"__all__" in source else None
    facts = FileFacts(
        path,
        module,
        package,
        len(lines),
        tuple(found.imports),
        tuple(found.scopes),
        tuple(found.classes),
        exports,
        "",
        by,
        remarks_in(source) if MARK in source else (),
    )
    return Parsed(facts, tree)


def _reason(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    return f"line {line}: {message}" if line else str(message)


def _exports(tree: ast.Module) -> tuple[str, ...] | None:
    """`__all__` as written: assigned, added to or extended by literals; None when absent or computed."""
    names: list[str] | None = None
    for node in tree.body:
        for target, value, replaces in _all_statements(node):
            if target != "__all__":
                continue
            values = strings(value)
            if values is None:
                return None
            names = list(values) if replaces or names is None else [*names, *values]
    return None if names is None else tuple(names)


def _all_statements(node: ast.stmt) -> Iterator[tuple[str, ast.expr, bool]]:
    if isinstance(node, ast.Assign):
        yield from ((dotted(target), node.value, True) for target in node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield dotted(node.target), node.value, True
    elif isinstance(node, ast.AugAssign):
        yield dotted(node.target), node.value, False
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield from _all_call(node.value)


def _all_call(call: ast.Call) -> Iterator[tuple[str, ast.expr, bool]]:
    owner, _, method = dotted(call.func).rpartition(".")
    if not call.args:
        return
    value = call.args[0]
    if method == "append" and string(value) is not None:
        value = ast.List(elts=[value])
    yield owner, value if method in {"append", "extend"} else call, False  # any other call computes
