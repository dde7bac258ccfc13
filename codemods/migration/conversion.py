"""Constructor calls that become calls of the classmethod which takes the same arguments in the same order."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from codemods.analysis.usage import ClassUse
from codemods.conventions import ClassConvention, Conventions
from codemods.edits import Applicability, Edit
from codemods.index.resolve import Definition, Resolver
from codemods.migration.calls import Differences, made_class
from codemods.migration.creation import Read
from codemods.migration.preserved import inside, preserved_in
from codemods.plan import Plan
from codemods.rewrites.opened import Opened

RULE = "call"
Key = tuple[str, str]  # the path of a file and the old dotted name of a class


@dataclass(frozen=True, slots=True)
class Converter:
    """Converts the constructor calls of classes whose only difference is how they are made."""

    plan: Plan
    conventions: Conventions
    different: Mapping[str, Differences]
    resolver: Resolver
    read: Read

    def convert(self, uses: Iterable[ClassUse]) -> dict[Key, tuple[Edit, ...]]:
        """The edits for each file and class all of whose constructor calls can be converted."""
        lines: dict[Key, list[int]] = {}
        for use in uses:
            if use.kind == "constructor":
                lines.setdefault((use.path, use.owner), []).append(use.line)
        found = {key: self._edits(*key, where) for key, where in lines.items() if self._maker(key[1])}
        return {key: edits for key, edits in found.items() if edits}

    def _maker(self, dotted: str) -> str:
        """The classmethod that takes the old constructor's arguments; "" when there is none, or more differs."""
        told = self.different.get(dotted)
        if told is None or not told.constructor or told.methods:
            return ""
        known = {item.dotted: item for item in self.conventions.classes}
        return same_arguments(known[dotted])

    def _edits(self, path: str, dotted: str, lines: list[int]) -> tuple[Edit, ...]:
        facts = next((file for file in self.resolver.index.files if file.path == path), None)
        source = self.read(path)
        if facts is None or source is None or self._touches_preserved(path, lines):
            return ()
        file = Opened(facts, source)
        calls = self._calls(file, dotted)
        if not all(map(_plain, calls)) or sorted(node.lineno for node in calls) != sorted(lines):
            return ()  # some call is made in a way that is not seen here
        return tuple(self._edit(file, node, self._maker(dotted)) for node in calls)

    def _calls(self, file: Opened, dotted: str) -> list[ast.Call]:
        """The calls of a class by a name that the file imports it under."""
        imported = (
            (item.module, name, bound) for item in file.facts.imports if item.module for name, bound in item.names
        )
        names = {bound for module, name, bound in imported if _is(self.resolver, module, name, dotted)}
        return [node for node in ast.walk(file.tree) if isinstance(node, ast.Call) and _names(node.func, names)]

    def _touches_preserved(self, path: str, lines: Iterable[int]) -> bool:
        kept = preserved_in(path, self.plan, self.resolver.index)
        return any(inside(line, kept) for line in lines)

    def _edit(self, file: Opened, node: ast.Call, maker: str) -> Edit:
        end = file.span(node.func)[1]
        reason = f"the old constructor's arguments are those of {maker}"
        text = f".{maker}".encode(file.encoding)
        return Edit(file.path, end, end, text, node.lineno, RULE, Applicability.SAFE, reason)


def same_arguments(convention: ClassConvention) -> str:
    """The classmethod by which a class is made of the old arguments as they are; "" when they are not the same."""
    made = ast.parse(convention.makes, mode="eval").body
    if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Attribute) or made.keywords:
        return ""
    given = tuple(argument.id if isinstance(argument, ast.Name) else "" for argument in made.args)
    plain = isinstance(made.func.value, ast.Name) and made.func.value.id == made_class(convention)
    return made.func.attr if plain and given == convention.parameters else ""


def _plain(call: ast.Call) -> bool:
    """Whether every argument is given by position, and can be seen."""
    return not call.keywords and not any(isinstance(argument, ast.Starred) for argument in call.args)


def _names(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is(resolver: Resolver, module: str, name: str, dotted: str) -> bool:
    outcome = resolver.name(module, name)
    return isinstance(outcome, Definition) and outcome.dotted == dotted
