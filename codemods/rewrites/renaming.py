"""The second, opt-in step of a rewrite: `import New as Old` becomes `import New`, and the file's uses say New.

It is refused for a whole file where somebody could be looking for the old name: another file, a string, `__all__`; or
where the new name, or the old one, means something else in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from codemods.edits import Applicability, Edit
from codemods.index.modules import absolute, is_package
from codemods.rewrites.opened import Opened

RULE = "rename"
_ADVICE = "rename it by hand, or leave it: the alias works on"


class TakenError(Exception):
    """The uses in a file cannot be renamed; the message says why."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """One import of a file that keeps an old name alive: `alias` is its node, `new` what is imported, as `old`."""

    alias: ast.alias
    new: str
    old: str


def renamings(file: Opened, packages: tuple[str, ...]) -> Iterator[Renaming]:
    """The imports at the top of a file that give something from these modules another name."""
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and _absolute(node, file) in packages:
            for alias in node.names:
                if alias.asname is not None and alias.asname != alias.name:
                    yield Renaming(alias, alias.name, alias.asname)


def _absolute(node: ast.ImportFrom, file: Opened) -> str:
    return absolute(file.facts.module, is_package(file.path), node.level, node.module or "")


def rename_edits(file: Opened, renaming: Renaming) -> tuple[Edit, ...]:
    """The edits that make the import and every use say the new name. Raises TakenError."""
    uses = _uses(file.tree, renaming)
    edits = [_edit(file, renaming.alias, f"{renaming.new} as {renaming.old}", renaming)]
    edits += [_edit(file, node, renaming.old, renaming) for node in uses]
    return tuple(sorted(edits, key=lambda edit: edit.start))


def told(file: Opened, renaming: Renaming, reason: str) -> Edit:
    """A renaming that is refused, as a place to look at."""
    span, line = file.span(renaming.alias), renaming.alias.lineno
    said = f"{renaming.old} keeps its name: {reason}"
    return Edit(file.path, *span, b"", line, RULE, Applicability.MANUAL, said, _ADVICE)


def _uses(tree: ast.Module, renaming: Renaming) -> list[ast.Name]:
    docstrings = set(map(id, _docstrings(tree)))
    for node in ast.walk(tree):
        _refuse(node, renaming, docstrings)
    if sum(name == renaming.old for node in ast.walk(tree) for name in _bound(node)) != 1:
        raise TakenError(f"{renaming.old} is bound more than once in this file")
    return [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == renaming.old]


def _refuse(node: ast.AST, renaming: Renaming, docstrings: set[int]) -> None:
    """Raise where this node makes the renaming unsafe."""
    if renaming.new in _bound(node) and node is not renaming.alias:
        raise TakenError(f"{renaming.new} means something else in line {getattr(node, 'lineno', 1)}")
    if isinstance(node, ast.Name) and node.id == renaming.new:
        raise TakenError(f"{renaming.new} is used already in line {node.lineno}")
    if isinstance(node, ast.JoinedStr) and any(_says(part, renaming.old) for part in ast.walk(node)):
        raise TakenError(f"a formatted string in line {node.lineno} uses it")
    if isinstance(node, ast.Constant) and id(node) not in docstrings and _says(node, renaming.old):
        raise TakenError(f"a string in line {node.lineno} says it")


def _says(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and re.search(rf"\b{re.escape(name)}\b", text) is not None


def _bound(node: ast.AST) -> tuple[str, ...]:
    """The names that a node binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return (node.id,)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.alias):
        return ((node.asname or node.name).partition(".")[0],)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, ast.Global | ast.Nonlocal):
        return tuple(node.names)
    named = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
    return (node.name,) if isinstance(node, named) and node.name is not None else ()


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """The strings that stand as statements: what they say, nobody looks up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _edit(file: Opened, node: ast.alias | ast.Name, expected: str, renaming: Renaming) -> Edit:
    span = file.span(node)
    if " ".join(file.text(span).split()) != expected:
        raise TakenError(f"where it stands in line {node.lineno} cannot be told")
    reason = f"{renaming.old} is called {renaming.new} here now"
    content = renaming.new.encode(file.encoding)
    return Edit(file.path, *span, content, node.lineno, RULE, Applicability.SAFE, reason)
