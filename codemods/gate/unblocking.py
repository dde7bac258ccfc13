"""What each file that is left holds up: the sites elsewhere that lead through it, and the shims that it keeps alive.

A site is one import statement, or one line with a string, that leads through a legacy path. It leads through every
module between it and the place where the class stands or stood: migrate one of them, and the site has nothing left to
wait for. A shim ends with the last file whose sites lead through it, or that hands it on to those who do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from codemods.gate.legacy import Key
from codemods.gate.rules.legacy_path import STRINGS
from codemods.gate.tree import Tree
from codemods.index.facts import FileFacts

NO_SHIM = 10**9  # farther from a shim's end than any number of files


@dataclass(frozen=True, slots=True)
class Site:
    """One place that leads through a legacy path; `modules` are all that it leads through, `olds` the paths."""

    path: str
    line: int
    modules: frozenset[str]
    olds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blocking:
    """One file: the planned classes in it, its sites, those of others through it, the shims it keeps and with whom.

    `standing` are the planned classes that its own sites lead to.
    """

    path: str
    line: int
    classes: tuple[str, ...]
    standing: tuple[str, ...]
    sites: tuple[Site, ...]
    freed: tuple[Site, ...]
    kept: tuple[tuple[str, int], ...]  # each shim, with how many other files keep it

    @property
    def ends(self) -> tuple[str, ...]:
        """The shims that nothing else keeps."""
        return tuple(module for module, others in self.kept if not others)

    @property
    def unblocks(self) -> int:
        """How many things can go on once this file is migrated."""
        return len(self.freed) + len(self.ends)


class Unblocking:
    """Answers for one state of a code base."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def ranked(self) -> list[Blocking]:
        """Every file that is left, the one that unblocks most first; between equals the one nearest to a shim's end."""
        return sorted((self._blocking(path) for path in self._paths), key=_rank)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """All places that lead through legacy paths, outside the unified modules."""
        files = (file for file in self.tree.files if file.module not in self.tree.unified_modules)
        return tuple(site for file in files for site in self._of_file(file))

    def _of_file(self, file: FileFacts) -> Iterator[Site]:
        taken: dict[int, set[Key]] = defaultdict(set)
        for item in file.imports:
            taken[item.line] |= set(self.tree.legacy.taken(item, self.tree.index).values())
        own = {shim.old for shim in self.tree.shims if shim.path == file.path}
        for use in self.tree.uses.get(file.path, ()):
            key, _ = self.tree.legacy.key(use.ref) if use.kind in STRINGS and use.ref not in own else (None, "")
            if key is not None:
                taken[use.line].add(key)
        for line, keys in sorted(taken.items()):
            if keys:
                yield self._site(file.path, line, keys)

    def _site(self, path: str, line: int, keys: set[Key]) -> Site:
        modules = frozenset(module for key in keys for module, _ in self.tree.legacy.chain(key))
        return Site(path, line, modules, tuple(sorted({self.tree.legacy.old(key) for key in keys})))

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        """The files that have something to migrate: sites, or classes of the plan."""
        return tuple(sorted({site.path for site in self.sites} | self._standing.keys()))

    @cached_property
    def _standing(self) -> Mapping[str, list[tuple[int, str]]]:
        """The planned classes that stand in a file, with their lines."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for dotted, planned in self.tree.standing.items():
            file, item = self.tree.index.classes[dotted]
            found[file.path].append((item.line, planned.dotted))
        return dict(found)

    @cached_property
    def _modules(self) -> Mapping[str, str]:
        return {file.path: file.module for file in self.tree.files}

    @cached_property
    def _through(self) -> Mapping[str, list[Site]]:
        """The sites that lead through a module."""
        found: dict[str, list[Site]] = defaultdict(list)
        for site in self.sites:
            for module in site.modules:
                found[module].append(site)
        return found

    @cached_property
    def _shims(self) -> Mapping[str, str]:
        """The modules that are or hold shims, each with its path."""
        paths = {shim.path for shim in self.tree.shims}
        return {module: path for path, module in self._modules.items() if path in paths}

    def _blocking(self, path: str) -> Blocking:
        own = tuple(site for site in self.sites if site.path == path)
        freed = tuple(site for site in self._through.get(self._modules[path], ()) if site.path != path)
        if self._modules[path] in self._shims:
            freed = ()  # it is migrated itself: who takes from it has to change
        classes = sorted(self._standing.get(path, ()))
        line = classes[0][0] if classes else own[0].line
        standing = sorted({old for site in own for old in site.olds if old in self.tree.legacy.standing})
        kept = tuple(self._kept(path, own, freed))
        return Blocking(path, line, tuple(name for _, name in classes), tuple(standing), own, freed, kept)

    def _kept(self, path: str, own: tuple[Site, ...], freed: tuple[Site, ...]) -> Iterator[tuple[str, int]]:
        """The shims that the file leads to, each with how many files would keep it still."""
        waiting = {*own, *freed}
        for module, home in sorted(self._shims.items()):
            users = [site for site in self._through.get(module, ()) if site.path != home]
            if home != path and any(site in waiting for site in users):
                yield module, len({site.path for site in users if site not in waiting})


def _rank(item: Blocking) -> tuple[int, int, int, str]:
    nearest = min((others for _, others in item.kept), default=NO_SHIM)
    return -item.unblocks, nearest, -len(item.sites), item.path
