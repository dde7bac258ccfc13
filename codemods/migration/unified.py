"""The unified classes as they stand in the destination, or will once they are created, read closely."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cached_property

from codemods.conventions import ClassConvention
from codemods.index.closeup import CloseUp, Member, close_up
from codemods.index.facts import FileFacts
from codemods.index.resolve import Definition, Resolver
from codemods.index.tolerant import syntax_tree
from codemods.migration.creation import Read
from codemods.migration.layout import Layout


class Unified:
    """Reads the classes that take others' place; `resolver` and `read` know of what is to be created."""

    def __init__(self, layout: Layout, resolver: Resolver, read: Read) -> None:
        self.layout, self.resolver, self._read = layout, resolver, read
        self._known: dict[str, CloseUp | None] = {}
        self._trees: dict[str, ast.Module] = {}

    def of(self, dotted: str) -> CloseUp | None:
        """A class by its dotted path, or by one that hands it on; None when there is none."""
        if dotted not in self._known:
            outcome, rest = self.resolver.path(dotted)
            found = outcome if isinstance(outcome, Definition) and not rest else None
            self._known[dotted] = self.read(found.dotted) if found is not None else None
        return self._known[dotted]

    def read(self, definition: str) -> CloseUp | None:
        """The class that is defined at a dotted path; None when it cannot be read."""
        if definition not in self.resolver.index.classes:
            return None
        file, item = self.resolver.index.classes[definition]
        tree = self.tree(file.path)
        return close_up(tree, file.path, file.module, item.qualname, ()) if tree is not None else None

    def tree(self, path: str) -> ast.Module | None:
        """The syntax tree of a file; None when it is not there."""
        source = self._read(path) if path not in self._trees else None
        if source is not None:
            self._trees[path] = syntax_tree(self._files[path], source)
        return self._trees.get(path)

    @cached_property
    def _files(self) -> Mapping[str, FileFacts]:
        return {file.path: file for file in self.resolver.index.files}

    def members(self, convention: ClassConvention, name: str) -> Mapping[str, Member]:
        """The members of a class of a convention's module; empty when there is none of that name."""
        found = self.of(self.layout.dotted(f"{convention.module}.{name}")) if name else None
        return found.effective if found is not None else {}
