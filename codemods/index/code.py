"""The whole code base as an index: modules by dotted name, classes by dotted path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from codemods.index.facts import Binding, Class, FileFacts

Names = dict[str, tuple[Binding, ...]]


class CodeIndex:
    """Read-only view of the facts of all files; where two files claim one module name, the `.py` wins over the stub."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self.files = tuple(files)
        modules: dict[str, FileFacts] = {}
        for facts in self.files:
            if not facts.path.endswith(".pyi") or facts.module not in modules:
                modules[facts.module] = facts
        self.modules: Mapping[str, FileFacts] = modules
        self._names: dict[tuple[str, str], Names] = {}

    @cached_property
    def packages(self) -> frozenset[str]:
        """Every dotted name that is a module of the tree or leads to one."""
        found: set[str] = set(self.modules)
        for module in self.modules:
            while "." in module:
                module = module.rpartition(".")[0]
                found.add(module)
        return frozenset(found)

    @cached_property
    def roots(self) -> frozenset[str]:
        """The top-level names of the tree."""
        return frozenset(name.partition(".")[0] for name in self.modules)

    @cached_property
    def classes(self) -> dict[str, tuple[FileFacts, Class]]:
        """Every class by `module.qualname`; of two statements for one name the last one counts, as at run time."""
        return {f"{facts.module}.{item.qualname}": (facts, item) for facts, item in self.all_classes()}

    def all_classes(self) -> Iterator[tuple[FileFacts, Class]]:
        """Every class statement with its file, in file and line order."""
        for facts in self.files:
            for item in facts.classes:
                yield facts, item

    def names(self, module: str, scope: str = "") -> Names:
        """The bindings of one scope by name, each in source order; empty for an unknown module or scope."""
        key = (module, scope)
        if key not in self._names:
            self._names[key] = self._group(module, scope)
        return self._names[key]

    def _group(self, module: str, scope: str) -> Names:
        grouped: dict[str, list[Binding]] = {}
        facts = self.modules.get(module)
        for name, bindings in facts.scopes if facts is not None else ():
            if name == scope:
                for binding in bindings:
                    grouped.setdefault(binding.name, []).append(binding)
        return {name: tuple(found) for name, found in grouped.items()}
