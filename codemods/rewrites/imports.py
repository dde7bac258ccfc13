"""Import statements: each name that moves is imported from its new module under the local name it had.

The binding is kept, so `__all__`, re-exports, quoted annotations, patches of the importing module, isinstance and specs
stay right. The statement stays where it is. What cannot be rewritten is told with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from codemods.edits import Applicability, Edit
from codemods.index.facts import FileFacts, Import
from codemods.index.modules import is_package
from codemods.index.resolve import Module, Resolver
from codemods.rewrites.import_graph import ImportGraph, runs_at_import
from codemods.rewrites.import_text import Target, rewritten
from codemods.rewrites.module_objects import Given, ModuleObjects
from codemods.rewrites.moves import Handed, Moves, Stays, Successor, Successors, Verdict
from codemods.rewrites.opened import Opened
from codemods.rewrites.outcomes import HandedOn, Rewritten
from codemods.rewrites.statements import Statement, import_statements
from codemods.rewrites.written import from_import
from reports.sections.parts import plural

RULE, STAR = "import", "star import"
_STAR_ADVICE = "name what is used of it, so that each name can be imported from its new module"
_CYCLE_ADVICE = "import it inside the function that uses it, or break the chain"


class ImportRewriter:
    """Rewrites the imports of moved definitions, and the uses of modules as objects, file by file."""

    def __init__(self, moves: Moves, resolver: Resolver) -> None:
        self.moves, self.resolver = moves, resolver
        self.successors = Successors(moves, resolver)
        self.objects = ModuleObjects(self.successors)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files with an import that a move concerns: no other needs to be read."""
        return tuple(file.path for file in self.resolver.index.files if any(map(self._concerns, file.imports)))

    @cached_property
    def graph(self) -> ImportGraph:
        """The imports of the whole tree, as they are and as this rewrite makes them."""
        return ImportGraph(self.resolver.index, self._moved)

    def rewrite(self, file: Opened, strings: Sequence[Edit] = ()) -> Rewritten:
        """The edits of one file, in which `strings` are rewritten already."""
        return _FileImports(self, file).result(strings)

    def _moved(self, file: FileFacts, module: str, name: str) -> str:
        verdict = self.verdict(module, name)
        movable = isinstance(verdict, Successor) and (file.path, verdict.old) not in self.moves.held
        return verdict.module if movable and isinstance(verdict, Successor) else ""

    def verdict(self, module: str, name: str) -> Verdict:
        """What becomes of `from module import name`; None for stars and names from outside."""
        if name == "*" or module.partition(".")[0] not in self.resolver.index.roots:
            return None
        return self.successors.of(module, name)

    def _concerns(self, item: Import) -> bool:
        if not item.module:
            return any(self.objects.may_bind(name, bound) for name, bound in item.names)
        if item.module.partition(".")[0] not in self.resolver.index.roots:
            return False
        if item.names[0][0] == "*":
            return bool(self.starred(item.module))
        return any(self._named(item.module, name) for name, _ in item.names)

    def _named(self, module: str, name: str) -> bool:
        if self.successors.of(module, name) is not None:
            return True
        return self.objects.may_lead(f"{module}.{name}") and isinstance(self.resolver.name(module, name), Module)

    def listed(self, module: str) -> Mapping[str, Successor]:
        """What a star import of a module brings, when it lists just that and all of it moves; else empty."""
        file = self.resolver.index.modules.get(module)
        verdicts = {name: self.successors.of(module, name) for name in (file.exports or ())} if file is not None else {}
        found = {name: verdict for name, verdict in verdicts.items() if isinstance(verdict, Successor)}
        return found if len(found) == len(verdicts) else {}

    def starred(self, module: str) -> tuple[str, ...]:
        """The moved definitions that a star import of a module brings from that very module."""
        file = self.resolver.index.modules.get(module)
        if file is None or module not in self.successors.holders:
            return ()
        names = file.exports if file.exports is not None else tuple(self.resolver.index.names(module))
        public = file.exports is not None
        verdicts = (self.successors.of(module, name) for name in names if public or not name.startswith("_"))
        return tuple(dict.fromkeys(verdict.old for verdict in verdicts if isinstance(verdict, Successor)))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What becomes of one name of a statement: a target to write, or a reason and advice why it stays."""

    old: str
    target: Target | None = None
    new: str = ""
    reason: str = ""
    advice: str = ""
    careful: str = ""  # why a reviewer has to look at the edit


class _FileImports:
    """The imports of one file."""

    def __init__(self, rewriter: ImportRewriter, file: Opened) -> None:
        self.rewriter, self.file = rewriter, file
        self.handed_on: list[HandedOn] = []

    def result(self, strings: Sequence[Edit]) -> Rewritten:
        """All edits of the file."""
        statements = list(import_statements(self.file))
        objects = self.rewriter.objects.of_file(self.file, statements, Given(self._veto, strings))
        edits = list(objects.edits)
        for statement in statements:
            edits += self._statement(statement, objects.targets)
        edits.sort(key=lambda edit: (edit.start, edit.end))
        return Rewritten(self.file.path, tuple(edits), tuple(self.handed_on))

    def _statement(self, statement: Statement, modules: Mapping[tuple[int, int], str]) -> Iterator[Edit]:
        if statement.starred:
            yield from self._star(statement)
            return
        answers = [self._answer(statement, position, modules) for position in range(len(statement.node.names))]
        yield from (self._told(statement, answer) for answer in answers if answer is not None and answer.reason)
        moved = [answer for answer in answers if answer is not None and answer.target is not None]
        if moved:
            yield self._edit(statement, answers, moved)

    def _star(self, statement: Statement) -> Iterator[Edit]:
        """A star that brings what the module lists becomes the list; any other is told."""
        brought = self.rewriter.starred(statement.record.module)
        if not brought:
            return
        listed = self.rewriter.listed(statement.record.module)
        vetoes = (self._veto(statement, item.old, item.module)[0] for item in listed.values())
        why = next(filter(None, vetoes), "") if listed else "the module does not list what a star brings"
        span = self.file.span(statement.node)
        if not why and (not self.file.around(span).alone or not self.file.says(span, statement.node)):
            why = "it shares its line"
        if why:
            reason = f"the star brings {plural(len(brought), 'moved name')} through the shim: {why}"
            yield self._told(statement, _Answer("*", reason=reason, advice=_STAR_ADVICE))
            return
        yield self._named(statement, span, listed)

    def _named(self, statement: Statement, span: tuple[int, int], listed: Mapping[str, Successor]) -> Edit:
        names: dict[str, list[str]] = {}
        for bound, item in sorted(listed.items()):
            module = self._written(statement.node, item.module)
            names.setdefault(module, []).append(bound if bound == item.name else f"{item.name} as {bound}")
        around = self.file.around(span)
        lines = "".join(from_import(*pair) for pair in sorted(names.items())).rstrip("\n").split("\n")
        text = f"{around.newline}{around.indent}".join(lines)
        reason = f"the star brought {plural(len(listed), 'name')}, which are in {' and '.join(sorted(names))} now"
        line = statement.node.lineno
        return Edit(self.file.path, *span, text.encode(self.file.encoding), line, STAR, Applicability.SAFE, reason)

    def _answer(self, statement: Statement, position: int, modules: Mapping[tuple[int, int], str]) -> _Answer | None:
        new_module = modules.get((id(statement.node), position))
        if new_module is not None:
            return self._module_answer(statement, position, new_module)
        if not statement.record.module:
            return None
        name = statement.node.names[position].name
        verdict = self.rewriter.verdict(statement.record.module, name)
        if isinstance(verdict, Handed):
            self.handed_on.append(HandedOn(self.file.path, statement.node.lineno, verdict.old, verdict.by))
        if isinstance(verdict, Stays):
            return _Answer(verdict.old, reason=verdict.reason, advice=verdict.advice)
        return self._successor(statement, position, verdict) if isinstance(verdict, Successor) else None

    def _successor(self, statement: Statement, position: int, successor: Successor) -> _Answer:
        reason, advice = self._veto(statement, successor.old, successor.module)
        if reason:
            return _Answer(successor.old, reason=f"{successor.old}: {reason}", advice=advice)
        module = self._written(statement.node, successor.module)
        alias = statement.node.names[position]
        return _Answer(
            successor.old, Target(module, successor.name), successor.dotted, careful=self._careful(alias, successor)
        )

    def _module_answer(self, statement: Statement, position: int, new: str) -> _Answer:
        record, alias = statement.record, statement.node.names[position]
        if not record.module:
            return _Answer(alias.name, Target("", new), new)
        package, _, name = new.rpartition(".")
        return _Answer(f"{record.module}.{alias.name}", Target(self._written(statement.node, package), name), new)

    def _veto(self, statement: Statement, old: str, module: str) -> tuple[str, str]:
        """Why an import of a new module may not stand here, and what to do about it; two empty texts when it may."""
        held = self.rewriter.moves.held.get((self.file.path, old), "")
        if held:
            return held, "change those uses, then run again"
        if module in statement.tried:
            return f"it is the fallback for when {module} is not there", "remove the try when nothing needs it"
        if module == self.file.facts.module:
            return "it would import from itself", "use the name as it is"
        if not runs_at_import(statement.record.place):
            return "", ""
        cycle = self.rewriter.graph.cycle(self.file.facts.module, module, statement.record)
        return (f"it would close the import cycle {_shown(cycle)}", _CYCLE_ADVICE) if cycle else ("", "")

    def _careful(self, alias: ast.alias, successor: Successor) -> str:
        """A stub hands on `X as X` and what `__all__` lists, and nothing else."""
        facts = self.file.facts
        if not facts.path.endswith(".pyi") or alias.asname != alias.name or alias.name == successor.name:
            return ""
        listed = facts.exports is not None and alias.asname in facts.exports
        return "" if listed else f"`X as X` exports X from a stub, `{successor.name} as {alias.asname}` does not"

    def _written(self, node: ast.Import | ast.ImportFrom, module: str) -> str:
        """A module as this file writes modules: relative where the statement was, and the tree is the same."""
        level = node.level if isinstance(node, ast.ImportFrom) else 0
        facts = self.file.facts
        here = facts.module.split(".")
        package = here if is_package(facts.path) else here[:-1]
        parts = module.split(".")
        shared = next((n for n, (a, b) in enumerate(zip(package, parts, strict=False)) if a != b), None)
        common = min(len(package), len(parts)) if shared is None else shared
        if not level or not common:
            return module
        return "." * (len(package) - common + 1) + ".".join(parts[common:])

    def _edit(self, statement: Statement, answers: Sequence[_Answer | None], moved: Sequence[_Answer]) -> Edit:
        span = self.file.span(statement.node)
        if not self.file.says(span, statement.node):
            reason = "where the statement stands cannot be told"
            return self._told(statement, _Answer(moved[0].old, reason=reason, advice=f"import {moved[0].new}"))
        targets = [answer.target if answer is not None else None for answer in answers]
        text = rewritten(self.file.text(span), targets, self.file.around(span))
        careful = "; ".join(filter(None, (answer.careful for answer in moved)))
        applicability = Applicability.REVIEW if careful else Applicability.SAFE
        reason = "; ".join(f"{answer.old} is {answer.new} now" for answer in moved)
        content = text.encode(self.file.encoding)
        line = statement.node.lineno
        return Edit(self.file.path, *span, content, line, RULE, applicability, reason, careful)

    def _told(self, statement: Statement, answer: _Answer) -> Edit:
        span = self.file.span(statement.node)
        line, manual = statement.node.lineno, Applicability.MANUAL
        return Edit(self.file.path, *span, b"", line, RULE, manual, answer.reason, answer.advice)


def _shown(cycle: Iterable[str]) -> str:
    chain = list(cycle)
    return " -> ".join([chain[-1], *chain])
