"""Which names of which modules lead through a legacy path: the planned places, shims, and whatever hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Import
from codemods.plan import Plan, PlannedClass

Key = tuple[str, str]  # a module and a name in it


class LegacyPaths:
    """The legacy names, each with the planned class, or the shim's old path, that it leads through."""

    def __init__(
        self, plan: Plan, index: CodeIndex, standing: Mapping[str, PlannedClass], shims: Iterable[str]
    ) -> None:
        self.index, self.standing = index, standing
        self.shims = frozenset(shims)
        stay = {item.dotted for item in plan.preserved} | {f"{plan.destination}.{item.target}" for item in plan.classes}
        self._planned = {item.dotted: item for item in plan.classes if item.dotted not in stay}

    @cached_property
    def names(self) -> Mapping[Key, str]:
        """Every (module, name) that leads through a legacy path, followed through all re-exports."""
        found = dict(self._places())
        waiting = list(found)
        for key in waiting:
            for importer in self._importers.get(key, ()):
                if importer not in found and importer not in self._own:
                    found[importer] = found[key]
                    waiting.append(importer)
        return found

    def _places(self) -> Iterator[tuple[Key, str]]:
        for dotted, planned in self.standing.items():
            yield self._key(dotted), planned.dotted
        for old in sorted(self.shims):
            yield self._key(old), old
        for dotted in self._planned:  # gone, and still imported
            yield self._key(dotted), dotted

    def _key(self, dotted: str) -> Key:
        """Of a nested class the path of the whole: it cannot be imported by itself."""
        module, _, name = dotted.rpartition(".")
        return module, name

    @cached_property
    def _own(self) -> frozenset[Key]:
        """The names of classes that are no legacy class: one that is defined shadows what is imported."""
        return frozenset(self._key(dotted) for dotted in self.index.classes if dotted not in self.standing)

    @cached_property
    def _importers(self) -> Mapping[Key, list[Key]]:
        """Which module's name is bound to which name of another by an import, a lazy name, an alias or a star."""
        found: dict[Key, list[Key]] = {}
        for file in self.index.files:
            for item in file.imports:
                for name, bound in item.names if not item.scope else ():
                    keys = self._starred(item.module) if name == "*" else [((item.module, name), bound)]
                    for key, as_name in keys:
                        found.setdefault(key, []).append((file.module, as_name))
        for module, name, source in self._bound():
            found.setdefault(source, []).append((module, name))
        return found

    def _starred(self, module: str) -> Iterator[tuple[Key, str]]:
        file = self.index.modules.get(module)
        for name in self.offered(file) if file is not None else ():
            yield (module, name), name

    def offered(self, file: FileFacts) -> list[str]:
        """The names that a star import takes from a module, as far as they are bound by name in it."""
        if file.exports is not None:
            return list(file.exports)
        return [name for name in self.index.names(file.module) if not name.startswith("_") and name != "*"]

    def _bound(self) -> Iterator[tuple[str, str, Key]]:
        """Lazy names and plain aliases (`Old = Imported`): the module, the name, and what it stands for."""
        for file in self.index.files:
            for scope, bindings in file.scopes:
                for binding in bindings if not scope else ():
                    if binding.kind == "lazy":
                        module, _, name = binding.target.partition(":")
                        yield file.module, binding.name, (module, name)
                    elif binding.kind == "alias":
                        yield file.module, binding.name, (file.module, binding.target)

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """The modules that are legacy as a whole: a planned class stands in them, or they are nothing but a shim."""
        found = {self.index.classes[dotted][0].module: item.dotted for dotted, item in sorted(self.standing.items())}
        for old in sorted(self.shims):
            module = old.rpartition(".")[0]
            file = self.index.modules.get(module)
            if file is not None and self._only_shims(file):
                found.setdefault(module, old)
        return found

    def _only_shims(self, file: FileFacts) -> bool:
        kinds = {binding.kind for scope, bindings in file.scopes if not scope for binding in bindings}
        return not kinds & {"class", "function"}

    def imported(self, item: Import) -> dict[str, str]:
        """What an import statement takes through legacy paths: what is written -> what it leads through."""
        if not item.module:
            return {name: self.homes[name] for name, _ in item.names if name in self.homes}
        found: dict[str, str] = {}
        for name, _ in item.names:
            if name == "*":
                keys = dict(self._starred(item.module))
                found |= {key[1]: self.names[key] for key in keys if key in self.names}
            elif (item.module, name) in self.names:
                found[name] = self.names[item.module, name]
            elif f"{item.module}.{name}" in self.homes:
                found[f"{item.module}.{name}"] = self.homes[f"{item.module}.{name}"]
        return found

    def named(self, dotted: str) -> tuple[str, str]:
        """The legacy path that a dotted path leads through, and what of it comes behind; two empty strings for none."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            found = self.names.get((".".join(parts[:size]), parts[size]))
            if found:
                return found, ".".join(parts[size + 1 :])
        return self.homes.get(dotted, ""), ""

    def successor(self, old: str) -> str:
        """The plan's target for a planned class; "" for what only a shim knows."""
        return self._planned[old].target if old in self._planned else ""
