"""Which module imports which while it is itself being imported, and whether one more import would close a cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import cache

from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Import

Moved = Callable[[FileFacts, str, str], str]
_LATER = facts.FUNCTION | facts.TYPING | facts.NEVER


def runs_at_import(place: int) -> bool:
    """Whether an import statement runs when its module is imported: not in a function, not only for typing."""
    return not place & _LATER


class ImportGraph:
    """The imports of a tree that run at import time, as they are and as they will be.

    `moved` gives, for a file, a module and a name, the new module that the name will be imported from, else "". Chains
    are followed as imports will be, so that a second run, when they are, judges as the first did.
    """

    def __init__(self, index: CodeIndex, moved: Moved) -> None:
        self.index, self.moved = index, moved
        self._edges: dict[tuple[str, bool], tuple[str, ...]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        self._known_runs: dict[str, tuple[tuple[str, bool], ...]] = {}

    def cycle(self, module: str, target: str, instead: Import | None = None) -> tuple[str, ...]:
        """The chain from `target` back to `module` that a new import of it at the top of `module` would close.

        Empty when there is none, when `module` imports it at its top already, or when the import `instead` of which it
        stands ran the same chain. Two orders are looked at. When `module` comes first, its packages are being imported
        already, and importing `target` first imports those packages of it that nothing imported before. When `target`
        comes first, its own packages are busy.
        """
        edges = self.edges(module)
        if target in edges:
            return ()
        inner = _ancestors(target)
        known = (*edges, *(name for name in self.edges(module, later=True) if name != target))
        ran = {package for name in known for package in (*_ancestors(name), name)}.intersection(inner)
        replaced = [name for _, name in self._imported(instead)] if instead is not None else []
        busy = ran.union(_ancestors(module), *map(self._run_today, replaced))
        starts = (*(name for name in inner if name != module), target)
        first = self._chain(starts, module, busy - {module}, running=True)
        return first or self._chain((target,), module, frozenset(inner), running=False)

    def _run_today(self, module: str) -> frozenset[str]:
        """Every module that importing `module` runs as imports are."""
        if module not in self._closures:
            waiting = [*_ancestors(module), module]
            found = set(waiting)
            for name in waiting:
                new = {part for edge in self.edges(name) for part in (*_ancestors(edge), edge)} - found
                found |= new
                waiting += sorted(new)
            self._closures[module] = frozenset(found)
        return self._closures[module]

    def edges(self, module: str, later: bool = False) -> tuple[str, ...]:
        """The modules of the tree that importing `module` imports itself, in order: now, or `later`."""
        key = (module, later)
        if key not in self._edges:
            file = self.index.modules.get(module)
            found = self._edges_of(file, later) if file is not None else ()
            self._edges[key] = tuple(dict.fromkeys(found))
        return self._edges[key]

    def _edges_of(self, file: FileFacts, later: bool) -> Iterator[str]:
        for item in file.imports:
            for name, module in self._imported(item) if runs_at_import(item.place) else ():
                yield (self.moved(file, item.module, name) if later and item.module else "") or module

    def _imported(self, item: Import) -> Iterator[tuple[str, str]]:
        """The names of a statement with the modules that they are taken from, or that they are."""
        for name, _ in item.names:
            module = f"{item.module}.{name}" if item.module else name
            yield name, module if module in self.index.modules else item.module

    def _chain(self, starts: Iterable[str], goal: str, busy: Set[str], running: bool) -> tuple[str, ...]:
        """A shortest chain of imports from one of the starts to the goal, not through modules busy being imported.

        While the goal itself is `running`, importing a module below it takes nothing from it. That is harmless where
        the importer stands below it too, or is run by the goal today. Any other importer may come first itself: then it
        is half imported when the goal, which it runs, leads back to it.
        """
        before: dict[str, str] = {start: "" for start in starts if start in self.index.modules and start not in busy}
        waiting = list(before)
        for module in waiting:
            if module == goal:
                return _backwards(module, before)
            for name, named in self._runs(module):
                passive = name == goal and running and not named and self._after(module, goal)
                if name not in before and name not in busy and not passive:
                    before[name] = module
                    waiting.append(name)
        return ()

    def _after(self, module: str, goal: str) -> bool:
        """Whether a module never starts before the goal, or already leads to it and is led to by it."""
        return module.startswith(f"{goal}.") or module in self._run_today(goal)

    def _runs(self, module: str) -> tuple[tuple[str, bool], ...]:
        """What importing a module runs, in order, and whether by name: the packages around it run first, unnamed."""
        if module not in self._known_runs:
            found: dict[tuple[str, bool], None] = {}
            for name in self.edges(module, later=True):
                found |= dict.fromkeys((package, False) for package in _ancestors(name))
                found[name, True] = None
            self._known_runs[module] = tuple(item for item in found if item[0] in self.index.modules)
        return self._known_runs[module]


@cache
def _ancestors(module: str) -> tuple[str, ...]:
    parts = module.split(".")
    return tuple(".".join(parts[:size]) for size in range(1, len(parts)))


def _backwards(module: str, before: Mapping[str, str]) -> tuple[str, ...]:
    chain = [module]
    while before[chain[-1]]:
        chain.append(before[chain[-1]])
    return tuple(reversed(chain))
