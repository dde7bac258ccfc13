"""The import statements of a file, wherever they stand, each with what was tried before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codemods.index.facts import Import
from codemods.index.modules import absolute
from codemods.rewrites.opened import Opened

ImportNode = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class Statement:
    """One import statement; `tried` are the modules whose failed import leads here, in an `except` block."""

    node: ImportNode
    record: Import
    tried: frozenset[str]

    @property
    def starred(self) -> bool:
        """Whether it is a star import."""
        return self.node.names[0].name == "*"


def import_statements(file: Opened) -> Iterator[Statement]:
    """Every import statement of the file in source order."""
    records = {(item.line, item.module, item.names): item for item in file.facts.imports}
    for node, tried in _found(file.tree.body, frozenset(), file):
        yield Statement(node, records[node.lineno, *_key(node, file)], tried)


def _found(
    body: Sequence[ast.stmt], tried: frozenset[str], file: Opened
) -> Iterator[tuple[ImportNode, frozenset[str]]]:
    for node in body:
        if isinstance(node, ImportNode):
            yield node, tried
            continue
        attempted = tried
        if isinstance(node, ast.Try | ast.TryStar):
            attempted = tried | {name for item in node.body for name in _modules(item, file)}
        for field in ("body", "orelse", "finalbody"):
            yield from _found(getattr(node, field, ()), tried, file)
        for handler in getattr(node, "handlers", ()):
            yield from _found(handler.body, attempted, file)
        for case in getattr(node, "cases", ()):
            yield from _found(case.body, tried, file)


def _modules(node: ast.stmt, file: Opened) -> Iterator[str]:
    if not isinstance(node, ImportNode):
        return
    module, names = _key(node, file)
    yield from (module or name for name, _ in names)
    yield from (f"{module}.{name}" for name, _ in names if module)


def _key(node: ImportNode, file: Opened) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The module and names of a statement as its record has them."""
    if isinstance(node, ast.Import):
        return "", tuple((alias.name, alias.asname or alias.name.partition(".")[0]) for alias in node.names)
    module = absolute(file.facts.module, file.facts.is_package, node.level, node.module or "")
    return module, tuple((alias.name, alias.asname or alias.name) for alias in node.names)
