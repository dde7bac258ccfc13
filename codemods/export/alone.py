"""What migrate would make of one file, told by the plan and its own modules: the rest of the code base is not read.

A module of the plan that is not here, as in the code base of somebody who only uses the classes, is taken to be what
the plan says of it. What only the whole code base shows is not seen: a name that comes through another module of it,
and an import that would close a cycle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from codemods.areas import TEST_PATH
from codemods.config import load_settings
from codemods.conventions import Conventions
from codemods.edits import Applicability, Edit, FileChange
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.reader import Reading
from codemods.migration.survey import Survey
from codemods.plan import Plan
from codemods.prove.views import Reread, Rereader, View
from codemods.rewrites.written import indented

_PHASES = frozenset({"rewrite", "shims"})


class Alone:
    """Rewrites files one by one; `root` is the folder that module names start from."""

    def __init__(self, plan: Plan, root: Path) -> None:
        self.plan, self.root = plan, root
        self._sources = ("", *load_settings(root).source_roots)
        top = {module.partition(".")[0] for module in (*plan.modules, plan.destination)}
        names = (*plan.names, *plan.modules, *(getter.rpartition(".")[2] for getter in plan.getters))
        reading = Reading(str(root), self._sources, "", TEST_PATH, tuple(dict.fromkeys(names)), frozenset(top))
        self._rereader = Rereader(reading)
        # Whoever imports a name of the plan's modules writes one of these.
        self._words = {name.rpartition(".")[2].encode() for name in (*names, plan.destination)}

    def rewritten(self, path: str, source: bytes) -> tuple[bytes, tuple[Edit, ...]]:
        """The file at `path` (relative to the root) as it is to be, and what is left in it for a person."""
        if path in self._homes or not any(word in source for word in self._words):
            return source, ()
        files = {**self._known, path: self._reread(path, source)}
        if not self._concerns(files[path].facts) and not any(module.encode() in source for module in self.plan.modules):
            return source, ()
        view = View(CodeIndex(item.facts for item in files.values()), {path: files[path].uses})
        contents = {**self._contents, path: source}
        survey = Survey(self.plan, Conventions(self.plan.conventions), self._rereader, contents.get)
        planning = survey.planner(view).plan(_PHASES)
        after = next((item.change.after for item in planning.planned if item.path == path), None)
        told = (edit for found in planning.rewritten if found.path == path for edit in found.edits)
        return after or source, tuple(edit for edit in told if edit.applicability is not Applicability.SAFE)

    def _concerns(self, file: FileFacts) -> bool:
        """Whether a file imports a module of the plan, or from one, or from a package that takes names of one."""
        names = ((item.module, name) for item in file.imports for name, _ in item.names)
        return any(not self._leading.isdisjoint({module, name, f"{module}.{name}"}) for module, name in names)

    @cached_property
    def _leading(self) -> frozenset[str]:
        plan = frozenset(self.plan.modules)
        known = (item.facts for item in self._known.values())
        return plan | {file.module for file in known if any(item.module in plan for item in file.imports)}

    @cached_property
    def _homes(self) -> frozenset[str]:
        """The plan's modules: what becomes of them is more than a rewrite."""
        return frozenset(found[0] for module in self.plan.modules if (found := self._content(module)) is not None)

    @cached_property
    def _known(self) -> dict[str, Reread]:
        return {path: self._reread(path, content) for path, content in self._contents.items()}

    def _reread(self, path: str, content: bytes) -> Reread:
        return self._rereader.read([FileChange(path, None, content)])[path]

    @cached_property
    def _contents(self) -> dict[str, bytes]:
        """The plan's modules, those that its classes go to, and the packages around them, by their paths."""
        targets = {f"{self.plan.destination}.{item.target}".rpartition(".")[0] for item in self.plan.classes}
        modules = _with_parents({*self.plan.modules, *targets, self.plan.destination})
        return dict(found for module in sorted(modules) if (found := self._content(module)) is not None)

    def _content(self, module: str) -> tuple[str, bytes] | None:
        """The path and text of a module; None for one that the plan's own phase create brings along."""
        inner = module.replace(".", "/")
        for source in self._sources:
            for name in (f"{inner}/__init__.py", f"{inner}.py"):
                path = f"{source}/{name}" if source else name
                if (self.root / path).is_file():
                    return path, (self.root / path).read_bytes()
        stated = _stated(self.plan, module)
        if not stated and self.plan.shipped and module.startswith(f"{self.plan.destination}."):
            return None
        return (f"{inner}.py", stated.encode()) if stated else (f"{inner}/__init__.py", b"")


def _with_parents(modules: Iterable[str]) -> set[str]:
    parts = (module.split(".") for module in modules)
    return {".".join(found[:size]) for found in parts for size in range(1, len(found) + 1)}


def _stated(plan: Plan, module: str) -> str:
    """A module with no more in it than the plan says that there is."""
    classes = sorted(item.qualname for item in plan.classes if item.module == module)
    if not plan.shipped:
        classes += _inside((f"{plan.destination}.{item.target}" for item in plan.classes), module)
    getters = ((f"{name}(", item.qualname) for item in plan.classes for name in _inside(item.getters, module))
    functions = (f"def {head}) -> {name}: ...\n" for head, name in getters)
    names = (f"{name} = None\n" for name in _inside((item.old for item in plan.renamed), module))
    return "".join((*_nested(classes), *functions, *names))


def _nested(qualnames: list[str]) -> Iterator[str]:
    """The classes, each in the body of the one around it."""
    for name in dict.fromkeys(qualname.partition(".")[0] for qualname in qualnames):
        inner = [qualname.partition(".")[2] for qualname in qualnames if qualname.startswith(f"{name}.")]
        body = "".join(_nested(inner)) or "...\n"
        yield f"class {name}:\n{indented(body)}"


def _inside(dotted: Iterable[str], module: str) -> Iterator[str]:
    return (path.rpartition(".")[2] for path in dotted if path.rpartition(".")[0] == module)
