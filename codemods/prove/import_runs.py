"""What happens when a module is imported first of all, told by reading: does each name exist when it is asked for?

In a cycle of imports, some module is asked for names while it is still running. Whether it has them by then depends on
who came first. So each module is imported first once, statement by statement, as Python would.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codemods.areas import area_of
from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Import

_LATER = facts.FUNCTION | facts.TYPING | facts.NEVER
_CAUGHT = facts.TRY_IMPORT | facts.TRY_OTHER | facts.HANDLER
MAX_DEPTH = 400  # modules inside each other; the real tree has chains of some 60


class Failure(NamedTuple):
    """A name that its module has not bound yet when `importer` asks for it.

    `trail` are the modules that run at that moment, outermost first, each with the line that it is at.
    """

    importer: str
    module: str
    name: str
    trail: tuple[tuple[str, int], ...]


class _Fails(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class ImportRuns:
    """The first imports of one code base."""

    def __init__(self, index: CodeIndex) -> None:
        self.index = index
        self._steps: dict[str, tuple[_Step, ...]] = {}
        self._bound: dict[str, dict[str, int]] = {}

    def failure(self, module: str) -> Failure | None:
        """Which name would be missing when `module` is the first to be imported; None when all goes well."""
        try:
            _Run(self).ensure(module)
        except _Fails as fails:
            return fails.failure
        return None

    def steps(self, file: FileFacts) -> tuple[_Step, ...]:
        """What a module imports while it runs, in order, without what comes from outside."""
        if file.module not in self._steps:
            roots = self.index.roots
            now = (item for item in file.imports if not item.place & _LATER and _first(item) & roots)
            self._steps[file.module] = tuple(step for item in now for step in self._worked_out(item))
        return self._steps[file.module]

    def _worked_out(self, item: Import) -> Iterator[_Step]:
        caught = bool(item.place & _CAUGHT)
        if not item.module:
            yield from (_Step(item.line, caught, name, (), (), ()) for name, _ in item.names)
            return
        names = tuple(name for name, _ in item.names)
        inner = (f"{item.module}.{name}" for name in names if self.first_line(item.module, name) is None)
        modules = tuple(name for name in inner if name in self.index.modules)
        fetched = tuple(dict.fromkeys(source for name in names for source in self._fetched(item.module, name)))
        yield _Step(item.line, caught, item.module, names, modules, fetched)

    def first_line(self, module: str, name: str) -> int | None:
        """The line that first binds a name at the top of a module; None for names that come from elsewhere."""
        if module not in self._bound:
            found: dict[str, int] = {}
            for bound, bindings in self.index.names(module).items():
                lines = [item.line for item in bindings if not item.place & _LATER]
                if lines:
                    found[bound] = min(lines)
            self._bound[module] = found
        return self._bound[module].get(name)

    def _fetched(self, module: str, name: str) -> Iterator[str]:
        """The modules that names are fetched from when they are asked for; a star asks for all of them."""
        names = self.index.names(module)
        for item in (one for found in names.values() for one in found) if name == "*" else names.get(name, ()):
            if item.kind == "lazy":
                yield item.target.partition(":")[0]


class _Step(NamedTuple):
    """One import: of `module`, then of the modules among the names, then of those that lazy names are fetched from."""

    line: int
    caught: bool
    module: str
    names: tuple[str, ...]
    modules: tuple[str, ...]
    fetched: tuple[str, ...]


class _Run:
    """One run of Python: which modules are imported, and how far those are that still run."""

    def __init__(self, runs: ImportRuns) -> None:
        self.runs, self.index = runs, runs.index
        self.known: set[str] = set()  # imported, or still running
        self.running: dict[str, int] = {}  # module -> the line that it is at

    def ensure(self, module: str) -> None:
        """Import a module with the packages around it."""
        if module in self.known:
            return
        package = module.rpartition(".")[0]
        if package and package not in self.known:
            self.ensure(package)
        file = self.index.modules.get(module)
        if file is not None and module not in self.known and len(self.running) <= MAX_DEPTH:
            self._execute(file)

    def _execute(self, file: FileFacts) -> None:
        self.known.add(file.module)
        self.running[file.module] = 0
        try:
            for step in self.runs.steps(file):
                self.running[file.module] = step.line
                self._import(file, step)
        except _Fails:
            self.known.discard(file.module)  # as Python forgets a module that failed
            raise
        finally:
            del self.running[file.module]

    def _import(self, file: FileFacts, step: _Step) -> None:
        try:
            self.ensure(step.module)
            running = step.module in self.running and step.module != file.module
            for name in step.names if running else ():
                if not self._has(step.module, name):
                    raise _Fails(Failure(file.module, step.module, name, tuple(self.running.items())))
            for module in (*step.modules, *(() if running else step.fetched)):
                self.ensure(module)
        except _Fails:
            if not step.caught:
                raise

    def _has(self, module: str, name: str) -> bool:
        """Whether a running module has a name already, or may have it by ways that are not seen here."""
        if name == "*" or f"{module}.{name}" in self.index.modules:
            return True
        line = self.runs.first_line(module, name)
        if line is not None:
            return line < self.running[module]
        names = self.index.names(module)
        return name not in names and ("*" in names or "__getattr__" in names)


def _first(item: Import) -> frozenset[str]:
    if item.module:
        return frozenset({item.module.partition(".")[0]})
    return frozenset(name.partition(".")[0] for name, _ in item.names)


def first_import_failures(index: CodeIndex) -> dict[str, Failure]:
    """The modules of production code that fail when they are the first to be imported, each with the reason."""
    runs = ImportRuns(index)
    asked = (file.module for file in index.modules.values() if area_of(file.path) == "production")
    found = ((module, runs.failure(module)) for module in asked)
    return {module: failure for module, failure in found if failure is not None}
