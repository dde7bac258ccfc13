"""What happens when a module is imported first of all, told by reading: does each name exist when it is asked for?

In a cycle of imports, some module is asked for names while it is still running. Whether it has them by then depends on
who came first. So each module is imported first once, statement by statement, as Python would.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import NamedTuple

from codemods.areas import area_of
from codemods.index import facts
from codemods.index.code import CodeIndex
from codemods.index.facts import Binding, FileFacts, Import

_LATER = facts.FUNCTION | facts.TYPING | facts.NEVER
MAX_DEPTH = (
    150  # modules inside each other; Python's own limit lets it go no deeper, the real tree has chains of some 60
)


class Failure(NamedTuple):
    """A name that its module has not bound yet when `importer` asks for it.

    `trail` are the modules that run at that moment, outermost first, each with the line that it is at.
    """

    importer: str
    module: str
    name: str
    trail: tuple[tuple[str, int], ...]


class _Fails(Exception):
    """An ImportError; `of_attribute`: an AttributeError, as for what `__all__` lists."""

    def __init__(self, failure: Failure, of_attribute: bool = False) -> None:
        super().__init__(failure)
        self.failure, self.of_attribute = failure, of_attribute


class _Step(NamedTuple):
    """One import. `special` are the names that need a look even where the module has all its names already.

    `uses`: no import, but a class whose base is an attribute of a module that was imported before.
    """

    line: int
    end: int
    place: int
    module: str
    names: tuple[str, ...]
    special: tuple[str, ...]
    uses: bool = False


class ImportRuns:
    """The first imports of one code base."""

    def __init__(self, index: CodeIndex) -> None:
        self.index = index
        self._known: dict[str, tuple[_Step, ...]] = {}
        self._bound: dict[str, dict[str, tuple[int, ...]]] = {}

    def failure(self, module: str) -> Failure | None:
        """Which name would be missing when `module` is the first to be imported; None when all goes well.

        A failure that may be caught, in a `try` of which only other errors are known, counts when there is no other.
        """
        run = _Run(self)
        try:
            run.ensure(module)
        except _Fails as fails:
            return fails.failure
        return run.doubtful

    def steps(self, file: FileFacts) -> tuple[_Step, ...]:
        """The imports that run when a module runs, in order, without those from outside."""
        if file.module not in self._known:
            roots = self.index.roots
            now = (item for item in file.imports if not item.place & _LATER and _first(item) & roots)
            steps = (*map(self._step, now), *self._bases(file))
            self._known[file.module] = tuple(sorted(steps, key=lambda step: step.line))
        return self._known[file.module]

    def _bases(self, file: FileFacts) -> Iterator[_Step]:
        """The bases `module.name` of the classes at the top of a file, attribute by attribute."""
        names = self.index.names(file.module)
        for item in file.classes:
            for base in () if item.place & _LATER or "." in item.qualname else item.bases:
                root, *rest = base.partition("[")[0].split(".")
                found = [binding for binding in names.get(root, ()) if binding.line < item.line]
                for module, name in self._attributes(found[-1], rest) if found else ():
                    special = (name,) if self._special(module, name) else ()
                    yield _Step(item.line, item.line, item.place, module, (name,), special, True)

    def _attributes(self, binding: Binding, rest: list[str]) -> Iterator[tuple[str, str]]:
        """What is asked of which module in `root.a.b`, where the root is bound to a module."""
        module = binding.target.replace(":", ".") if binding.kind in {"module", "import"} else ""
        for name in rest:
            if module not in self.index.modules:
                return
            yield module, name
            module = f"{module}.{name}"

    def _step(self, item: Import) -> _Step:
        names = tuple(name for name, _ in item.names)
        special = tuple(name for name in names if self._special(item.module, name)) if item.module else ()
        return _Step(item.line, item.end, item.place, item.module, names, special)

    def _special(self, module: str, name: str) -> bool:
        """Whether taking a name makes other modules run than the one it is taken from."""
        part = f"{module}.{name}" in self.index.modules and not self.lines(module, name)
        return part or name == "*" or self.lazy(module, name, inf) != ("", "")

    def lines(self, module: str, name: str) -> tuple[int, ...]:
        """The lines after which a name is bound at the top of a module, the first one first; none for other names."""
        if module not in self._bound:
            known = self.index.modules.get(module)
            ends = {item.line: item.end for item in known.classes} if known is not None else {}
            found: dict[str, tuple[int, ...]] = {}
            for bound, bindings in self.index.names(module).items():
                lines = (ends.get(item.line, item.line) for item in bindings if not item.place & _LATER)
                found[bound] = tuple(sorted(lines))
            self._bound[module] = found
        return self._bound[module].get(name, ())

    def lazy(self, module: str, name: str, at: float) -> tuple[str, str]:
        """The module and the name that a name is fetched from when it is asked for; empty for ordinary names."""
        names = self.index.names(module)
        bindings = names.get(name, ())
        for item in bindings:
            # What a shim fetches has left the module by then; a `__getattr__` is asked for what is not there.
            if item.kind == "lazy" and item.line < at and (len(bindings) == 1 or "__getattr__" not in names):
                source, _, wanted = item.target.partition(":")
                return source, wanted.partition(".")[0]
        return "", ""


class _Run:
    """One run of Python: which modules are imported, and how far those are that still run."""

    def __init__(self, runs: ImportRuns) -> None:
        self.runs, self.index = runs, runs.index
        self.done: set[str] = set()
        self.running: dict[str, int] = {}  # module -> the line that it is at
        # (module, source) -> the line that the source was at when the module took all that it had by then
        self.parts: dict[tuple[str, str], float] = {}
        self.in_part: set[str] = set()  # the modules that may lack names for that
        self.without: dict[str, set[int]] = {}  # module -> the lines of imports that came to nothing
        self.doubtful: Failure | None = None

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
            self._run(file.module, self.runs.steps(file))
        finally:
            del self.running[file.module]
        self.done.add(file.module)

    def _run(self, module: str, steps: Iterable[_Step]) -> None:
        without = self.without[module] = set()
        failed = 0  # the last line of a guarded import that failed: handlers run, the lines behind it do not
        for step in steps:
            handler, guarded = step.place & facts.HANDLER, step.place & facts.TRY_IMPORT
            if (handler and not failed) or (guarded and not handler and failed and step.line == failed + 1):
                failed = failed and step.end
                without.add(step.line)
                continue
            failed = failed if handler else 0
            self.running[module], doubtful = step.line, self.doubtful
            try:
                self._import(module, step)
            except _Fails as fails:
                failed = step.end
                without.add(step.line)
                if not step.place & facts.TRY_OTHER and (fails.of_attribute or not guarded):
                    raise
                self.doubtful = self.doubtful or fails.failure
            if guarded:  # then whatever may fail in it is caught here
                self.doubtful = doubtful

    def _import(self, importer: str, step: _Step) -> None:
        if not step.module:
            for name in step.names:
                self.ensure(name)
                self.ensure(name.partition(".")[0])
            return
        if step.uses:
            self._use(importer, step)
            return
        self.ensure(step.module)
        all_there = step.module not in self.running and step.module not in self.in_part
        for name in step.special if all_there else step.names:
            self._take(importer, step.module, name)

    def _take(self, importer: str, module: str, name: str) -> None:
        """Take a name from a module, which may still be running."""
        if name == "*":
            self._take_all(importer, module)
            return
        at = self.running.get(module, inf)
        inner = f"{module}.{name}"
        if inner in self.index.modules and not self._bound(module, name, at):
            self.ensure(inner)
        elif (at < inf or module in self.in_part) and not self._has(module, name, at):
            raise _Fails(Failure(importer, module, name, tuple(self.running.items())))
        source, wanted = self.runs.lazy(module, name, at)
        if source:
            self._fetch(importer, source, wanted)

    def _fetch(self, importer: str, source: str, wanted: str) -> None:
        """What a shim does when it is asked for a name: whatever fails, it raises an ImportError."""
        try:
            self.ensure(source)
        except _Fails as fails:
            raise _Fails(fails.failure) from fails
        self._take(importer, source, wanted)

    def _use(self, importer: str, step: _Step) -> None:
        """An attribute of a module, which need not be there yet; whether that was imported is another question."""
        at = self.running.get(step.module, inf)
        name = step.names[0]
        part = f"{step.module}.{name}"
        unfinished = part in self.running and not self._bound(step.module, name, at)
        asked = at < inf or (step.module in self.done and step.module in self.in_part)
        if unfinished or (asked and part not in self.index.modules and not self._has(step.module, name, at)):
            raise _Fails(Failure(importer, step.module, name, tuple(self.running.items())), of_attribute=True)
        if part not in self.index.modules and step.special:
            self._take(importer, step.module, name)

    def _take_all(self, importer: str, module: str) -> None:
        """Take all that a module has by now, or what it says that it offers."""
        known = self.index.modules.get(module)
        if known is None:
            return
        at = self.running.get(module, inf)
        if known.exports is not None and self._bound(module, "__all__", at):
            for name in known.exports:
                self._take_listed(importer, module, name, at)
        elif "__getattr__" not in self.index.names(module):
            for name in self.index.names(module):  # a shim offers what it fetches; others fetch nothing here
                source, wanted = self.runs.lazy(module, name, at)
                if source:
                    self._fetch(importer, source, wanted)
        if at < inf or module in self.in_part:
            self.parts[importer, module] = at
            self.in_part.add(importer)
        else:  # a second try, after the first one failed
            self.parts.pop((importer, module), None)

    def _take_listed(self, importer: str, module: str, name: str, at: float) -> None:
        inner = f"{module}.{name}"
        if inner not in self.index.modules and at < inf and not self._has(module, name, at):
            raise _Fails(Failure(importer, module, name, tuple(self.running.items())), of_attribute=True)
        self._take(importer, module, name)
        if inner in self.running and not self._bound(module, name, at):  # a package gets it when it has run
            raise _Fails(Failure(importer, module, name, tuple(self.running.items())), of_attribute=True)

    def _has(self, module: str, name: str, at: float, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a module at a line has a name already, or may have it by ways that are not seen here."""
        if self._bound(module, name, at) or f"{module}.{name}" in self.index.modules:
            return True
        names = self.index.names(module)
        if name not in names and "__getattr__" in names:
            return True
        without = self.without.get(module, ())
        taken = (item for item in names.get("*", ()) if item.line < at and not item.place & _LATER)
        stars = [item.target for item in taken if item.line not in without and item.target not in seen]
        return any(self._gave(module, source, name, seen | {module}) for source in stars)

    def _bound(self, module: str, name: str, at: float) -> bool:
        """Whether a statement of a module's own has bound a name when it is at a line."""
        without = self.without.get(module, ())
        return any(line < at and line not in without for line in self.runs.lines(module, name))

    def _gave(self, module: str, source: str, name: str, seen: frozenset[str]) -> bool:
        """Whether a module has a name from a source of whose names it took all."""
        known = self.index.modules.get(source)
        if known is None:
            return True
        offered = name in known.exports if known.exports is not None else not name.startswith("_")
        return offered and self._has(source, name, self.parts.get((module, source), inf), seen)


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
