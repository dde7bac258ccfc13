"""What happens when a module is imported first of all, told by reading: does each name exist when it is asked for?

In a cycle of imports, some module is asked for names while it is still running. Whether it has them by then depends on
who came first. So each module is imported first once, statement by statement, as Python would.
"""

from __future__ import annotations

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
        self._steps: dict[str, tuple[Import, ...]] = {}
        self._bound: dict[str, dict[str, int]] = {}

    def failure(self, module: str) -> Failure | None:
        """Which name would be missing when `module` is the first to be imported; None when all goes well."""
        try:
            _Run(self).ensure(module)
        except _Fails as fails:
            return fails.failure
        return None

    def steps(self, file: FileFacts) -> tuple[Import, ...]:
        """The imports that run when a module runs, in order, without those from outside."""
        if file.module not in self._steps:
            roots = self.index.roots
            now = (item for item in file.imports if not item.place & _LATER)
            self._steps[file.module] = tuple(item for item in now if _first(item) & roots)
        return self._steps[file.module]

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

    def lazy(self, module: str, name: str) -> str:
        """The module that a name is fetched from when it is asked for; "" for ordinary names."""
        for item in self.index.names(module).get(name, ()):
            if item.kind == "lazy":
                return item.target.partition(":")[0]
        return ""


class _Run:
    """One run of Python: which modules are imported, and how far those are that still run."""

    def __init__(self, runs: ImportRuns) -> None:
        self.runs, self.index = runs, runs.index
        self.done: set[str] = set()
        self.running: dict[str, int] = {}  # module -> the line that it is at

    def ensure(self, module: str) -> None:
        """Import a module with the packages around it."""
        if module in self.done or module in self.running:
            return
        package = module.rpartition(".")[0]
        if package:
            self.ensure(package)
        file = self.index.modules.get(module)
        if file is None or module in self.done or module in self.running:
            return
        self._execute(file)

    def _execute(self, file: FileFacts) -> None:
        if len(self.running) > MAX_DEPTH:
            return
        self.running[file.module] = 0
        try:
            for item in self.runs.steps(file):
                self.running[file.module] = item.line
                self._import(file, item)
        finally:
            del self.running[file.module]
        self.done.add(file.module)

    def _import(self, file: FileFacts, item: Import) -> None:
        try:
            for name, _ in item.names:
                if not item.module:
                    self.ensure(name)
                else:
                    self.ensure(item.module)
                    self._take(file, item.module, name)
        except _Fails:
            if not item.place & _CAUGHT:
                raise

    def _take(self, file: FileFacts, module: str, name: str) -> None:
        """Take a name from a module, which may still be running."""
        if module in self.running and module != file.module and not self._has(module, name):
            raise _Fails(Failure(file.module, module, name, tuple(self.running.items())))
        inner = f"{module}.{name}"
        if self.runs.first_line(module, name) is None and inner in self.index.modules:
            self.ensure(inner)
        source = self.runs.lazy(module, name)
        if source and module not in self.running:
            self.ensure(source)

    def _has(self, module: str, name: str) -> bool:
        """Whether a running module has a name already, or may have it by ways that are not seen here."""
        if name == "*" or f"{module}.{name}" in self.index.modules:
            return True
        line = self.runs.first_line(module, name)
        at = self.running[module]
        if line is not None:
            return line < at
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
