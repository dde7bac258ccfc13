"""Phase cleanup: shims that nothing uses any more go, and what only they needed; what is still used is told."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from codemods.conventions import Conventions
from codemods.edits import Applicability, Edit, FileChange, splice
from codemods.index.facts import TYPING, FileFacts
from codemods.index.resolve import Module
from codemods.migration.creation import Read
from codemods.migration.layout import RUNTIME, Layout
from codemods.migration.old_calls import classes_in, path_of_calls, text_of_calls
from codemods.plan import Plan
from codemods.prove.views import Planned, View
from codemods.rewrites.adapter_names import class_name
from codemods.rewrites.call_adapters import OldClass
from codemods.rewrites.mentions import Mentions
from codemods.rewrites.shim_text import MARK

RULE = "cleanup"


@dataclass(frozen=True, slots=True)
class Shim:
    """One module that hands on names that have left it: old name -> `new.module:name`."""

    module: str
    path: str
    names: Mapping[str, str]
    whole: bool  # nothing else is in it


@dataclass(frozen=True, slots=True)
class Cleanup:
    """The files that change or go, what keeps others, and the mentions of old paths elsewhere."""

    planned: tuple[Planned, ...]
    kept: tuple[Edit, ...]  # each use of an old path that keeps a shim alive, told
    gone: tuple[Shim, ...]
    mentions: tuple[Edit, ...]


class Cleaner:
    """Plans the cleanup of one code base; `texts` are the files that are no Python, by path."""

    def __init__(self, plan: Plan, conventions: Conventions, layout: Layout, view: View, read: Read) -> None:
        self.plan, self.conventions, self.layout, self.view, self.read = plan, conventions, layout, view, read

    def clean(self, texts: Mapping[str, bytes], rewrite_texts: bool) -> Cleanup:
        """The cleanup; with `rewrite_texts`, mentions in documents are rewritten where the new path is one."""
        uses = {shim.module: tuple(self._uses(shim)) for shim in self.shims}
        gone = tuple(shim for shim in self.shims if not uses[shim.module])
        planned = [self._without(shim) for shim in gone]
        planned += self._helpers(gone)
        mentions = tuple(self._mentions(gone, texts))
        if rewrite_texts:
            planned += self._texts(mentions, texts)
        kept = tuple(edit for found in uses.values() for edit in found)
        return Cleanup(tuple(planned), kept, gone, mentions)

    @cached_property
    def shims(self) -> tuple[Shim, ...]:
        """The shims of the plan's modules."""
        return tuple(shim for module in self.plan.modules if (shim := self._shim(module)) is not None)

    def _shim(self, module: str) -> Shim | None:
        names = {
            name: binding.target
            for name, bindings in self.view.index.names(module).items()
            for binding in bindings
            if binding.kind == "lazy"
        }
        if not names:
            return None
        path = self.view.index.modules[module].path
        return Shim(module, path, names, MARK.encode() not in (self.read(path) or b""))

    # ── who still uses it ────────────────────────────────────────────────────────────────────────────────────────────

    def _uses(self, shim: Shim) -> Iterator[Edit]:
        ours = {shim.path, path_of_calls(self.layout)}
        for file in self.view.index.files:
            if file.path not in ours:
                yield from (_told(file.path, line, what) for line, what in self._imports(file, shim))
        for path, uses in self.view.uses.items():
            for use in uses if path not in ours else ():
                if use.kind == "path string" and self._leads_into(use.ref, shim):
                    yield _told(path, use.line, use.ref)

    def _imports(self, file: FileFacts, shim: Shim) -> Iterator[tuple[int, str]]:
        for item in file.imports:
            for name, _ in item.names:
                if item.module == shim.module and (name in shim.names or (shim.whole and name != "*") or name == "*"):
                    yield item.line, f"{shim.module}.{name}"
                elif shim.whole and self._is_module(item.module, name, shim.module):
                    yield item.line, shim.module

    def _is_module(self, module: str, name: str, wanted: str) -> bool:
        if not module:
            return name == wanted
        if f"{module}.{name}" != wanted:
            return False
        return self.view.resolver.name(module, name) == Module(wanted)

    def _leads_into(self, ref: str, shim: Shim) -> bool:
        if ref == shim.module:
            return shim.whole
        inner = ref.removeprefix(f"{shim.module}.") if ref.startswith(f"{shim.module}.") else ""
        return bool(inner) and (shim.whole or inner.partition(".")[0] in shim.names)

    # ── what goes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _without(self, shim: Shim) -> Planned:
        before = self.read(shim.path) or b""
        if shim.whole:
            return Planned(FileChange(shim.path, before, None))
        newline = b"\r\n" if b"\r\n" in before else b"\n"
        rest = before[: before.rfind(MARK.encode())].rstrip() + newline
        return Planned(FileChange(shim.path, before, rest + self._typing(shim, rest, newline)))

    def _typing(self, shim: Shim, rest: bytes, newline: bytes) -> bytes:
        """Type checkers still have to find the names that annotations say."""
        said = {name for name in shim.names if name.encode() in rest and name in _names(rest)}
        if not said:
            return b""
        lines = ["", "", "from typing import TYPE_CHECKING", "", "if TYPE_CHECKING:"]
        lines += [
            f"    from {new.partition(':')[0]} import {new.partition(':')[2]} as {name}"
            for name, new in sorted(shim.names.items())
            if name in said
        ]
        return newline.join(line.encode() for line in lines) + newline

    def _helpers(self, gone: Iterable[Shim]) -> Iterator[Planned]:
        """The module of the old calls without those that nobody makes; in the end it goes, and the shims' runtime."""
        going = {shim.path for shim in gone}
        calls, runtime = path_of_calls(self.layout), self.layout.path_of(f"{RUNTIME}.py")
        before = self.read(calls)
        kept = tuple(self._needed(before or b"", gone, {shim.path for shim in gone if shim.whole}))
        if before is not None:
            after = text_of_calls(kept, self.plan, self.conventions, self.layout) if kept else None
            going |= set() if kept else {calls}
            if after != before:
                yield Planned(FileChange(calls, before, after))
        content = self.read(runtime)
        if content is not None and not self._users(self.layout.runtime, going):
            yield Planned(FileChange(runtime, content, None))

    def _needed(self, source: bytes, gone: Iterable[Shim], going: Collection[str]) -> Iterator[OldClass]:
        """The classes whose calls are kept for a shim that stays, or for a module that imports them."""
        modules = {shim.module for shim in gone}
        for item in classes_in(source, self.plan, self.layout):
            home = item.dotted.rpartition(".")[0]
            if home not in modules or self._imported(class_name(item.dotted), going):
                yield item

    def _imported(self, name: str, going: Collection[str]) -> bool:
        """Whether a file beside the shims that go imports a name of the old calls' module; shims do for themselves."""
        calls = self.layout.calls
        for file in self.view.index.files:
            for item in file.imports if file.path not in going else ():
                own = "_adapted_" in item.scope or item.place & TYPING
                if item.module == calls and not own and any(given == name for given, _ in item.names):
                    return True
        return False

    def _users(self, module: str, going: Iterable[str]) -> list[str]:
        without = set(going)
        files = (file for file in self.view.index.files if file.path not in without)
        return [file.path for file in files if any(item.module == module for item in file.imports)]

    # ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _mentions(self, gone: Iterable[Shim], texts: Mapping[str, bytes]) -> Iterator[Edit]:
        names = {f"{shim.module}.{name}": new.replace(":", ".") for shim in gone for name, new in shim.names.items()}
        whole = [shim for shim in gone if shim.whole]
        modules = {shim.module: _one_home(shim) for shim in whole}
        files = {shim.path: self._file_of(_one_home(shim)) for shim in whole}
        mentions = Mentions(names, modules, files)
        for path, source in sorted(texts.items()):
            yield from mentions.find(path, source)

    def _file_of(self, module: str) -> str:
        file = self.view.index.modules.get(module)
        return file.path if file is not None else ""

    def _texts(self, mentions: Iterable[Edit], texts: Mapping[str, bytes]) -> Iterator[Planned]:
        by_path: dict[str, list[Edit]] = {}
        for edit in mentions:
            if edit.applicability is Applicability.SAFE:
                by_path.setdefault(edit.path, []).append(edit)
        for path, edits in by_path.items():
            yield Planned(FileChange(path, texts[path], splice(texts[path], edits)))


def _names(source: bytes) -> set[str]:
    """Every name that the code or a quoted annotation of a file may say."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isprintable():
            found |= set(node.value.replace("[", " ").replace("]", " ").replace(",", " ").replace("|", " ").split())
    return found


def _one_home(shim: Shim) -> str:
    """The one module that all names of a shim went to; "" when there are several."""
    homes = {new.partition(":")[0] for new in shim.names.values()}
    return homes.pop() if len(homes) == 1 else ""


def _told(path: str, line: int, what: str) -> Edit:
    reason, advice = f"{what} is still used here", "use the new path, then clean up again"
    return Edit(path, 0, 0, b"", line, RULE, Applicability.MANUAL, reason, advice)
