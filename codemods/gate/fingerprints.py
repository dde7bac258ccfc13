"""Fingerprints that survive what changes nothing: lines that shift, formatting, comments, names of local variables."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable

from codemods.index.declarations import FunctionNode

SIZE = 6  # bytes: 12 digits a reviewer can compare; within one rule, name and path a collision takes 2**24 tries


def fingerprint(*parts: object) -> str:
    """A short digest of what makes a finding that one."""
    content = "\0".join(str(part) for part in parts).encode("utf-8", "surrogateescape")
    return hashlib.blake2b(content, digest_size=SIZE).hexdigest()


def code_fingerprint(node: ast.AST) -> str:
    """A digest of what code does: without positions, documentation, local names, and where imports come from."""
    return fingerprint(_said(node, {}))


def text_fingerprint(node: ast.AST) -> str:
    """A digest of what code says: without positions and documentation, and nothing else left out."""
    return fingerprint(_said(node, None))


def _said(value: object, local: dict[str, str] | None) -> str:
    """Code as text; with a dictionary of local names those, and where imports come from, are left out."""
    if isinstance(value, list):
        return f"[{','.join(_said(item, local) for item in _meant(value))}]"
    if not isinstance(value, ast.AST):
        return repr(value)
    if isinstance(value, ast.Import | ast.ImportFrom) and local is not None:  # a rewritten import binds what it bound
        return f"import {sorted(alias.asname or alias.name for alias in value.names)}"
    if isinstance(value, ast.Name) and value.id in (local or ()):
        return (local or {})[value.id]
    return _node(value, _inside(value, local))


def _inside(node: ast.AST, local: dict[str, str] | None) -> dict[str, str] | None:
    """The local names as they are inside a node."""
    if local is None or not isinstance(node, FunctionNode | ast.Lambda):
        return local
    return local | {name: f"_{len(local) + place}" for place, name in enumerate(_locals(node))}


def _node(node: ast.AST, local: dict[str, str] | None) -> str:
    fields = (f"{name}={_said(item, local)}" for name, item in ast.iter_fields(node) if name != "type_comment")
    return f"{type(node).__name__}({','.join(fields)})"


def _meant(values: list[object]) -> Iterable[object]:
    """A block without its documentation: a string that is a statement does nothing."""
    return [item for item in values if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))]


def _locals(function: FunctionNode | ast.Lambda) -> list[str]:
    """The names that a function's own statements bind, in the order they are first seen; parameters keep theirs."""
    names: dict[str, None] = {}
    shared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] = None
        elif isinstance(node, ast.Global | ast.Nonlocal):
            shared |= set(node.names)
    return [name for name in names if name not in shared]
