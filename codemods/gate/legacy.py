"""Which names of which modules lead through a legacy path: the planned places, shims, and whatever hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Import
from codemods.plan import Plan, PlannedClass

Key = tuple[str, str]  # a module and a name in it


@dataclass(frozen=True, slots=True)
class LegacyPaths:
    """The legacy names, each with the planned class, or the shim's old path, that it leads through.

    `homes` are the modules that are legacy as a whole: a planned class stands in them, or they are nothing but a shim;
    each with the name that the plan knows it by. `sources` says of a name that is handed on from which it comes.
    """

    names: Mapping[Key, str]
    sources: Mapping[Key, Key]
    homes: Mapping[str, str]
    successors: Mapping[str, str]  # where each is to be taken from instead, dotted
    planned: frozenset[str]  # those that the plan names, and of them
    standing: frozenset[str]  # those that are still implemented

    def imported(self, item: Import, index: CodeIndex) -> dict[str, str]:
        """What an import statement takes through legacy paths: what is written -> what it leads through."""
        return {written: self.old(key) for written, key in self.taken(item, index).items()}

    def taken(self, item: Import, index: CodeIndex) -> dict[str, Key]:
        """The same with the legacy name that each takes, which is "" for a module as a whole."""
        if not item.module:
            return {name: (name, "") for name, _ in item.names if name in self.homes}
        found: dict[str, Key] = {}
        for name, _ in item.names:
            if name == "*":
                found |= {key[1]: key for key in starred(item.module, index) if key in self.names}
            elif (item.module, name) in self.names:
                found[name] = (item.module, name)
            elif f"{item.module}.{name}" in self.homes:
                found[f"{item.module}.{name}"] = (f"{item.module}.{name}", "")
        return found

    def old(self, key: Key) -> str:
        """What a legacy name, or a module that is one as a whole, leads through."""
        return self.names[key] if key[1] else self.homes[key[0]]

    def chain(self, key: Key) -> tuple[Key, ...]:
        """The names that a legacy name is handed on by, down to the one where its class stands or stood."""
        found = [key]
        while found[-1] in self.sources:
            found.append(self.sources[found[-1]])
        return tuple(found)

    def identity(self, olds: Iterable[str]) -> list[str]:
        """The paths that make a use that one: those of the plan, since shims bring others that come and go."""
        every = sorted(set(olds))
        return [old for old in every if old in self.planned] or every

    def handed_on(self, module: str, names: Iterable[str], olds: Iterable[str]) -> bool:
        """Whether names lead to nothing but shims, and only by way of modules that hand them on.

        Who imports from such a module changes with it, and has nothing to change itself.
        """
        direct = {f"{module}.{name}" for name in names} & {*self.successors, *self.homes}
        return not direct and self.standing.isdisjoint(olds)

    def named(self, dotted: str) -> tuple[str, str]:
        """The legacy path that a dotted path leads through, and what of it comes behind; two empty strings for none."""
        key, behind = self.key(dotted)
        return (self.old(key), behind) if key is not None else ("", "")

    def key(self, dotted: str) -> tuple[Key | None, str]:
        """The legacy name that a dotted path takes, and what of it comes behind."""
        parts = dotted.split(".")
        for size in range(len(parts) - 1, 0, -1):
            found = ".".join(parts[:size]), parts[size]
            if found in self.names:
                return found, ".".join(parts[size + 1 :])
        return ((dotted, ""), "") if dotted in self.homes else (None, "")


def legacy_paths(
    plan: Plan, index: CodeIndex, standing: Mapping[str, PlannedClass], shims: Mapping[str, str]
) -> LegacyPaths:
    """The legacy paths of a code base; `standing` are its legacy classes, `shims` lead from old to new paths."""
    search = _Search(plan, index, standing, shims)
    targets = {old: f"{plan.destination}.{item.target}" for old, item in search.planned.items()}
    left = frozenset(item.dotted for item in standing.values())
    names, sources = search.names()
    return LegacyPaths(names, sources, search.homes(), {**targets, **shims}, frozenset(targets), left)


def starred(module: str, index: CodeIndex) -> Iterator[Key]:
    """The names that a star import takes from a module, as far as they are bound by name in it."""
    file = index.modules.get(module)
    if file is not None and file.exports is not None:
        yield from ((module, name) for name in file.exports)
    elif file is not None:
        yield from ((module, name) for name in index.names(module) if not name.startswith("_") and name != "*")


class _Search:
    def __init__(
        self, plan: Plan, index: CodeIndex, standing: Mapping[str, PlannedClass], shims: Mapping[str, str]
    ) -> None:
        self.index, self.standing, self.shims = index, standing, sorted(shims)
        stay = {item.dotted for item in plan.preserved} | {f"{plan.destination}.{item.target}" for item in plan.classes}
        self.planned = {item.dotted: item for item in plan.classes if item.dotted not in stay}

    def names(self) -> tuple[dict[Key, str], dict[Key, Key]]:
        """Every (module, name) that leads through a legacy path, followed through all re-exports, and where from."""
        found = dict(self._places())
        sources: dict[Key, Key] = {}
        own = self._own
        waiting = list(found)
        for key in waiting:
            for importer in self._importers.get(key, ()):
                if importer not in found and importer not in own:
                    found[importer] = found[key]
                    sources[importer] = key
                    waiting.append(importer)
        return found, sources

    def _places(self) -> Iterator[tuple[Key, str]]:
        for dotted, planned in self.standing.items():
            yield self._key(dotted), planned.dotted
        for old in (*self.shims, *self.planned):  # what is gone may still be imported
            yield self._key(old), old

    def _key(self, dotted: str) -> Key:
        """Of a nested class the path of the whole: it cannot be imported by itself."""
        module, _, name = dotted.rpartition(".")
        return module, name

    @property
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
                    keys = starred(item.module, self.index) if name == "*" else [(item.module, name)]
                    for key in keys:
                        found.setdefault(key, []).append((file.module, key[1] if name == "*" else bound))
            for key, source in _bound(file):
                found.setdefault(source, []).append(key)
        return found

    def homes(self) -> dict[str, str]:
        """The modules that are legacy as a whole, each with its name in the plan."""
        found = {self.index.classes[dotted][0].module: item.module for dotted, item in sorted(self.standing.items())}
        for old in self.shims:
            module = old.rpartition(".")[0]
            file = self.index.modules.get(module)
            if file is not None and _only_shims(file):
                found.setdefault(module, module)
        return found


def _bound(file: FileFacts) -> Iterator[tuple[Key, Key]]:
    """Lazy names and plain aliases (`Old = Imported`) of a module, and what each stands for."""
    for scope, bindings in file.scopes:
        for binding in bindings if not scope else ():
            if binding.kind == "lazy":
                module, _, name = binding.target.partition(":")
                yield (file.module, binding.name), (module, name)
            elif binding.kind == "alias":
                yield (file.module, binding.name), (file.module, binding.target)


def _only_shims(file: FileFacts) -> bool:
    kinds = {binding.kind for scope, bindings in file.scopes if not scope for binding in bindings}
    return not kinds & {"class", "function"}
