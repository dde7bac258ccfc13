"""What must not get worse: sets of broken things, compared item by item and never as totals.

A real tree starts with hundreds of dangling names of its own. Items hold no line numbers, so that an edit that moves a
line is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from codemods.analysis.links import dangling_imports
from codemods.index import facts
from codemods.index.facts import FileFacts, Import
from codemods.index.resolve import Missing
from codemods.prove.import_runs import ImportRuns, first_import_failures
from codemods.prove.views import View

Item = tuple[str, ...]  # the path of the file that has it, then what it is
_LATER = facts.FUNCTION | facts.TYPING | facts.NEVER
_GUARDED = facts.TRY_IMPORT | facts.TRY_OTHER | facts.HANDLER
MAX_CHAIN = 40


@dataclass(frozen=True, slots=True)
class Measure:
    """One set of broken things.

    `suspects` gives the modules whose change may have caused an item, nearest first. `said` tells whether the item's
    file said the same before, so that its own change did not bring it. `reads_uses`: it needs more than the index.
    """

    name: str
    find: Callable[[View], frozenset[Item]]
    suspects: Callable[[Item, View], Iterable[str]]
    said: Callable[[Item, View], bool] = lambda _item, _view: False
    reads_uses: bool = False

    def of(self, view: View) -> frozenset[Item]:
        """The items of a code base."""
        if self.name not in view.measured:
            view.measured[self.name] = self.find(view)
        return view.measured[self.name]


def dangling(view: View) -> frozenset[Item]:
    """Imported names and modules that nothing in the tree provides: (path, module, name)."""
    names = {(item.path, item.module, item.name) for item in dangling_imports(view.resolver)}
    return frozenset(names | {(path, module, "") for path, module in _missing_modules(view)})


def _missing_modules(view: View) -> Iterator[tuple[str, str]]:
    for file in view.index.files:
        for item in file.imports:
            for name, _ in () if item.module else item.names:
                if name.partition(".")[0] in view.index.roots and name not in view.index.packages:
                    yield file.path, name


def unresolvable(view: View) -> frozenset[Item]:
    """Modules that cannot be imported: an unguarded import of theirs fails, or what they import cannot be imported."""
    broken = {path for path, module, name in DANGLING.of(view) if _fails(view, path, module, name)}
    importers: dict[str, list[FileFacts]] = {}
    for file in view.index.files:
        for module in _needed(file, view):
            importers.setdefault(module, []).append(file)
    waiting = [view.by_path[path] for path in broken]
    for file in waiting:
        for importer in importers.get(file.module, ()):
            if importer.path not in broken:
                broken.add(importer.path)
                waiting.append(importer)
    return frozenset((path,) for path in broken)


def _fails(view: View, path: str, module: str, name: str) -> bool:
    """Whether a dangling name is imported where its absence keeps the module from being imported."""
    for item in view.by_path[path].imports:
        named = item.module == module and any(given == name for given, _ in item.names)
        whole = not name and not item.module and any(given == module for given, _ in item.names)
        if (named or whole) and _needs(item):
            return True
    return False


def _needs(item: Import) -> bool:
    return not item.place & (_LATER | _GUARDED)


def _needed(file: FileFacts, view: View) -> Iterator[str]:
    """The modules without which a file cannot be imported; the packages around them among these.

    What a shim hands on comes from where it is now, which is imported when the name is taken.
    """
    for item in file.imports:
        if _needs(item):
            for name, _ in item.names:
                yield from _with_packages(f"{item.module}.{name}" if item.module else name)
                for binding in view.index.names(item.module).get(name, ()) if item.module else ():
                    if binding.kind == "lazy":
                        yield from _with_packages(binding.target.partition(":")[0])


def _with_packages(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:size]) for size in range(1, len(parts) + 1))


def failing_first(view: View) -> frozenset[Item]:
    """Modules of production code that fail when they are imported first, for a cycle: (path, module, name)."""
    by_module = view.index.modules
    found = first_import_failures(view.index)
    return frozenset((by_module[module].path, item.module, item.name) for module, item in found.items())


def _on_the_way(item: Item, view: View) -> Iterator[str]:
    """The modules that run when the name is missing, innermost first."""
    file = view.by_path.get(item[0])
    failure = ImportRuns(view.index).failure(file.module) if file is not None else None
    yield from reversed([module for module, _ in failure.trail] if failure is not None else [])


def lost_strings(view: View) -> frozenset[Item]:
    """Dotted paths in strings that lead to nothing: (path, string)."""
    paths = {(path, use.ref) for path, uses in view.uses.items() for use in uses if use.kind == "path string"}
    return frozenset(item for item in paths if isinstance(view.resolver.path(item[1])[0], Missing))


def _imported(item: Item, view: View) -> bool:
    path, module, name = item
    file = view.by_path.get(path)
    imports = (
        {(found.module, given) for found in file.imports for given, _ in found.names} if file is not None else set()
    )
    return (module, name) in imports or ("", module) in imports


def _written(item: Item, view: View) -> bool:
    return any(use.kind == "path string" and use.ref == item[1] for use in view.uses.get(item[0], ()))


def _behind_import(item: Item, view: View) -> Iterator[str]:
    """The modules that an imported name comes through."""
    _, module, name = item
    yield from _handing_on(module, name, view)


def _behind_module(item: Item, view: View) -> Iterator[str]:
    """The modules that a module needs, nearest first."""
    file = view.by_path.get(item[0])
    seen = {file.module} if file is not None else set()
    waiting = list(seen)
    for module in waiting:
        yield module
        behind = view.index.modules.get(module)
        for name in _needed(behind, view) if behind is not None else ():
            if name not in seen and name in view.index.modules:
                seen.add(name)
                waiting.append(name)


def _behind_string(item: Item, view: View) -> Iterator[str]:
    """The modules that a dotted path leads through."""
    parts = item[1].split(".")
    for size in range(len(parts), 0, -1):
        module = ".".join(parts[:size])
        yield module
        if size < len(parts):
            yield from _handing_on(module, parts[size], view)


def _handing_on(module: str, name: str, view: View) -> Iterator[str]:
    """The modules that hand a name on, one after the other, as far as bindings by name tell."""
    for _ in range(MAX_CHAIN):
        yield module
        bindings = view.index.names(module).get(name, ())
        source = next((found.target for found in reversed(bindings) if found.kind in {"import", "lazy"}), "")
        if not source:
            yield from (star.target for star in view.index.names(module).get("*", ()))
            return
        module, _, name = source.partition(":")


DANGLING = Measure("imported names that nothing provides", dangling, _behind_import, _imported)


def missing_behind(path: str, view: View) -> str:
    """The import that keeps a module from being imported, in words; "" when none does."""
    if (path,) not in UNRESOLVABLE.of(view):
        return ""
    names = {file.path: file.module for file in view.index.files}
    behind = set(UNRESOLVABLE.suspects((path,), view))
    for where, module, name in sorted(DANGLING.of(view)):
        if names[where] in behind and _fails(view, where, module, name):
            what = f"{name} of {module}" if name else module
            return f"{where} imports {what}, which is not there"
    return f"an import behind {path} leads to nothing"


UNRESOLVABLE = Measure("modules whose imports cannot all be resolved", unresolvable, _behind_module)
STRINGS = Measure("dotted strings that lead nowhere", lost_strings, _behind_string, _written, reads_uses=True)
FIRST = Measure("modules that a cycle breaks when they are imported first", failing_first, _on_the_way)
MEASURES = (DANGLING, UNRESOLVABLE, STRINGS, FIRST)
