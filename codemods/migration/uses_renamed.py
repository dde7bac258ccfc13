"""The uses of old names renamed, file by file, once the imports are rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from codemods.edits import Edit, FileChange, splice
from codemods.migration.creation import Read
from codemods.migration.layout import Layout
from codemods.prove.views import Planned, View
from codemods.rewrites.opened import Opened
from codemods.rewrites.renaming import Renaming, TakenError, rename_edits, renamings, told

_UNIFIED = ("unified_", "agent_bridge")


@dataclass(frozen=True, slots=True)
class Renamed:
    """The files with their uses renamed, and the imports that keep the old name, each with the reason."""

    planned: tuple[Planned, ...]
    kept: tuple[Edit, ...]


class UseRenamer:
    """Renames the uses in a code base as `view` has it; `read` gives the contents that the view was read from."""

    def __init__(self, layout: Layout, view: View, read: Read) -> None:
        self.layout, self.view, self.read = layout, view, read

    def rename(self) -> Renamed:
        """Every file that imports a unified class under an old name."""
        planned: list[Planned] = []
        kept: list[Edit] = []
        for path in self._paths:
            source = self.read(path)
            if source is not None:
                edits, refused = self._file(path, source)
                kept += refused
                if edits:
                    names = frozenset(name for edit in edits for name in edit.reason.split())
                    planned.append(Planned(FileChange(path, source, splice(source, edits)), tuple(edits), names))
        return Renamed(tuple(planned), tuple(kept))

    @cached_property
    def _modules(self) -> tuple[str, ...]:
        inner = f"{self.layout.package}."
        found = (module for module in self.view.index.modules if module.startswith(inner))
        return tuple(module for module in found if module.removeprefix(inner).startswith(_UNIFIED))

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        modules = set(self._modules)
        concerned = (file for file in self.view.index.files if any(item.module in modules for item in file.imports))
        return tuple(file.path for file in concerned if file.read_by == "ast" and file.module not in modules)

    def _file(self, path: str, source: bytes) -> tuple[list[Edit], list[Edit]]:
        file = Opened(self.view.by_path[path], source)
        edits: list[Edit] = []
        kept: list[Edit] = []
        for renaming in renamings(file, self._modules):
            try:
                self._look_outside(file, renaming)
                edits += rename_edits(file, renaming)
            except TakenError as error:
                kept.append(told(file, renaming, str(error)))
        return edits, kept

    def _look_outside(self, file: Opened, renaming: Renaming) -> None:
        """Raise where somebody else may take the old name from this file."""
        module = file.facts.module
        if renaming.old in (file.facts.exports or ()):
            raise TakenError("`__all__` lists it")
        if renaming.old in self._taken.get(module, ()) or "*" in self._taken.get(module, ()):
            raise TakenError("another file takes it from this one")
        if f"{module}.{renaming.old}" in self._paths_used:
            raise TakenError("a dotted path leads to it, in a string or through the module")

    @cached_property
    def _taken(self) -> dict[str, set[str]]:
        """The names that any file imports from each module."""
        found: dict[str, set[str]] = {}
        for file in self.view.index.files:
            for item in file.imports:
                found.setdefault(item.module, set()).update(name for name, _ in item.names)
        return found

    @cached_property
    def _paths_used(self) -> frozenset[str]:
        """Every dotted path that some code or string follows, and all that it leads through."""
        heads = {use.ref.partition("()")[0] for uses in self.view.uses.values() for use in uses}
        parts = (head.split(".") for head in heads)
        return frozenset(".".join(names[:size]) for names in parts for size in range(1, len(names) + 1))
