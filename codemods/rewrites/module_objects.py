"""Modules used as objects: `import pkg.old as m` with `m.Class`, `import pkg.old` with `pkg.old.Class`.

The import is turned to the new module, and each use to the new name, only where every use of that module object in the
file reads a moved name and nothing else can see the object; otherwise all stays on the shim, and is told.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from codemods.edits import Applicability, Edit
from codemods.index import facts
from codemods.index.resolve import Module
from codemods.rewrites.chains import Chain, binders, chains, quoted_chains
from codemods.rewrites.moves import Stays, Successor, Successors, Verdict
from codemods.rewrites.opened import Opened
from codemods.rewrites.statements import Statement

IMPORT_RULE, USE_RULE = "module import", "module use"
_ADVICE = "import the names that are used from their new modules"
Veto = Callable[[Statement, str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a file beside its module objects: where an import may not stand, and the strings rewritten."""

    veto: Veto
    strings: Sequence[Edit]

    def rewritten(self, span: tuple[int, int]) -> bool:
        """Whether the string at a place is rewritten by itself, and so needs no module object."""
        return any(span[0] <= edit.start and edit.end <= span[1] for edit in self.strings)


@dataclass(frozen=True, slots=True)
class ObjectEdits:
    """`targets`: the new module for a name of a statement, by the statement's id and the name's position."""

    edits: tuple[Edit, ...]
    targets: Mapping[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class _Import:
    """One name of a statement that binds a module; `prefix` is what chains from `local` are read behind."""

    statement: Statement
    position: int
    module: str
    local: str
    plain: bool  # `import a.b`, which binds `a`

    @property
    def prefix(self) -> str:
        return self.local if self.plain else self.module


@dataclass(frozen=True, slots=True)
class _Use:
    """One chain that reaches into a holder: `name` is the attribute that stands for a moved name, if any does."""

    chain: Chain
    verdict: Verdict
    name: ast.Attribute | None


@dataclass
class _Found:
    edits: list[Edit] = field(default_factory=list)
    targets: dict[tuple[int, int], str] = field(default_factory=dict)


class _Refused(Exception):
    """Why a module object stays as it is; caught where each object is looked at."""


class ModuleObjects:
    """Finds the module objects of a file that lead to moved names."""

    def __init__(self, successors: Successors) -> None:
        self.successors = successors

    def may_lead(self, dotted: str) -> bool:
        """Whether a module holds moved definitions, or is a package around one that does."""
        return dotted in self._leading

    def may_bind(self, name: str, bound: str) -> bool:
        """Whether `import name`, which binds `bound`, gives a module object that may lead to a moved definition."""
        return self.may_lead(name if bound != name.partition(".")[0] else bound)

    @cached_property
    def _leading(self) -> frozenset[str]:
        found: set[str] = set()
        for holder in self.successors.holders:
            parts = holder.split(".")
            found |= {".".join(parts[:size]) for size in range(1, len(parts) + 1)}
        return frozenset(found)

    @cached_property
    def _imported(self) -> frozenset[tuple[str, str]]:
        """Every (module, name) that some file imports."""
        files = self.successors.resolver.index.files
        return frozenset((item.module, name) for file in files for item in file.imports for name, _ in item.names)

    def of_file(self, file: Opened, statements: Iterable[Statement], given: Given) -> ObjectEdits:
        """What is to be changed for the sake of module objects in one file."""
        imports = [found for statement in statements for found in self._module_imports(statement)]
        if not imports:
            return ObjectEdits((), {})
        found = _Found()
        every = list(chains(file.tree))
        for group in _grouped(imports):
            self._group(file, group, every, given, found)
        self._around(file, imports, every, found)
        return ObjectEdits(tuple(found.edits), found.targets)

    def _module_imports(self, statement: Statement) -> Iterator[_Import]:
        record = statement.record
        for position, (name, local) in enumerate(record.names):
            if not record.module and self.may_bind(name, local):
                plain = "." in name and statement.node.names[position].asname is None
                yield _Import(statement, position, name, local, plain)
            elif record.module and self.may_lead(f"{record.module}.{name}"):
                outcome = self.successors.resolver.name(record.module, name)
                if outcome == Module(f"{record.module}.{name}"):
                    yield _Import(statement, position, outcome.name, local, False)

    def _group(
        self, file: Opened, group: Sequence[_Import], every: Iterable[Chain], given: Given, found: _Found
    ) -> None:
        """All imports of one holder under one name: turned together, or told together."""
        holder = group[0].module
        if holder not in self.successors.holders:
            return
        uses = [use for chain in every if (use := self._use(group[0], chain)) is not None]
        if not any(use.verdict for use in uses) and holder not in self.successors.moves.replaced:
            return  # nothing that moves is used of it
        try:
            new = self._new_module(file, group, uses, given)
            edits = [edit for use in uses for edit in _use_edits(file, group[0], use)]
        except _Refused as refusal:
            found.edits += [_told(file, item.statement.node, IMPORT_RULE, f"{holder}: {refusal}") for item in group]
            return
        found.edits += edits
        found.targets |= {(id(item.statement.node), item.position): new for item in group}

    def _use(self, item: _Import, chain: Chain) -> _Use | None:
        """A chain as a use of the imported holder; None when it is a use of something else."""
        if chain.root.id != item.local or not isinstance(chain.root.ctx, ast.Load):
            return None
        beneath = item.module.split(".")[1:] if item.plain else []
        if list(chain.parts[: len(beneath)]) != beneath:
            return None
        if len(chain.parts) == len(beneath):
            return _Use(chain, None, None)
        name = chain.attributes[len(beneath)]
        return _Use(chain, self.successors.of(item.module, name.attr), name)

    def _new_module(self, file: Opened, group: Sequence[_Import], uses: Sequence[_Use], given: Given) -> str:
        """The module to import instead. Raises _Refused."""
        if not uses:
            raise _Refused("nothing of it is used here; importing it may be meant for what that does")
        successors = [_moved(use) for use in uses]
        modules = {successor.module for successor in successors}
        if len(modules) > 1:
            raise _Refused(f"its names move to {' and '.join(sorted(modules))}")
        new = modules.pop()
        self._check_binding(file, group, new, given)
        for item in group:
            for old in dict.fromkeys(successor.old for successor in successors):
                reason, _ = given.veto(item.statement, old, new)
                if reason:
                    raise _Refused(reason)
        return new

    def _check_binding(self, file: Opened, group: Sequence[_Import], new: str, given: Given) -> None:
        first = group[0]
        if first.plain and new.partition(".")[0] != first.local:
            raise _Refused(f"`import {new}` would bind another name")
        if "." not in new and any(item.statement.record.module for item in group):
            raise _Refused(f"{new} is in no package to import it from")
        ours = {id(item.statement.node.names[item.position]) for item in group}
        for node in binders(file.tree, first.local):
            if id(node) not in ours and not (first.plain and _plainly_binds(node, first.local)):
                raise _Refused(f"`{first.local}` is bound to something else on line {getattr(node, 'lineno', 0)}")
        for constant, chain in quoted_chains(file.tree, {first.local}):
            use = self._use(first, chain)
            if use is not None and use.verdict and not (first.plain and given.rewritten(file.span(constant))):
                raise _Refused(f"a string on line {constant.lineno} uses it")
        self._check_others(file, group)

    def _check_others(self, file: Opened, group: Sequence[_Import]) -> None:
        """Nobody else may see the module object: other files that import it, a class that keeps it."""
        local = group[0].local
        exported = file.facts.exports is not None and local in file.facts.exports
        for item in group:
            if item.statement.record.place & facts.CLASS:
                raise _Refused("it is an attribute of a class")
            if not item.statement.record.scope and (exported or (file.facts.module, local) in self._imported):
                raise _Refused(f"other files import `{local}` from here")

    def _around(self, file: Opened, imports: Iterable[_Import], every: Iterable[Chain], found: _Found) -> None:
        """Moved names reached through a package or an import that was not turned: told, one by one."""
        turned = set(found.targets)
        roots = {item.local: item for item in imports if (id(item.statement.node), item.position) not in turned}
        done = {(edit.start, edit.end) for edit in found.edits}
        for chain in every:
            item = roots.get(chain.root.id)
            reached = self._reached(item, chain) if item is not None else None
            if reached is None:
                continue
            attribute, verdict = reached
            span = file.span(attribute)
            inside = any(start <= span[0] and span[1] <= end for start, end in done)
            if not inside:
                old = verdict.old
                found.edits.append(_told(file, attribute, USE_RULE, f"{old}: it is used through a module object"))

    def _reached(self, item: _Import, chain: Chain) -> tuple[ast.Attribute, Successor | Stays] | None:
        """The attribute of a chain that stands for a moved name, and what becomes of that."""
        module = item.prefix
        for attribute in chain.attributes:
            if module in self.successors.holders:
                verdict = self.successors.of(module, attribute.attr)
                if isinstance(verdict, Successor | Stays):
                    return attribute, verdict
            module = f"{module}.{attribute.attr}"
            if not self.may_lead(module):
                return None
        return None


def _grouped(imports: Iterable[_Import]) -> list[list[_Import]]:
    groups: dict[tuple[str, str, bool], list[_Import]] = {}
    for item in imports:
        groups.setdefault((item.module, item.local, item.plain), []).append(item)
    return list(groups.values())


def _moved(use: _Use) -> Successor:
    """The successor that a use reads. Raises _Refused for any other use of the module object."""
    line = use.chain.root.lineno
    if use.name is None:
        raise _Refused(f"line {line} uses the module itself")
    if not isinstance(use.name.ctx, ast.Load):
        raise _Refused(f"line {line} sets `{use.name.attr}` in the module")
    if isinstance(use.verdict, Stays):
        raise _Refused(use.verdict.reason)
    if not isinstance(use.verdict, Successor):
        raise _Refused(f"line {line} uses `{use.name.attr}`, which does not move")
    return use.verdict


def _plainly_binds(node: ast.AST, local: str) -> bool:
    """Whether a node is the name in another `import local.x`, which binds the same package."""
    return isinstance(node, ast.alias) and node.asname is None and node.name.partition(".")[0] == local


def _use_edits(file: Opened, item: _Import, use: _Use) -> Iterator[Edit]:
    """The edit of one use. Raises _Refused where it is not written in one piece."""
    assert use.name is not None
    successor = _moved(use)
    written = use.name.attr
    if item.plain:
        written = ".".join((item.module, use.name.attr))
    new = successor.dotted if item.plain else successor.name
    end = file.span(use.name)[1]
    span = (end - len(written.encode(file.encoding)), end)
    if file.text(span) != written:
        raise _Refused(f"line {use.chain.root.lineno} writes the use in pieces")
    if new != written:
        reason = f"{successor.old} is {successor.dotted} now"
        content = new.encode(file.encoding)
        yield Edit(file.path, *span, content, use.name.lineno, USE_RULE, Applicability.SAFE, reason)


def _told(file: Opened, node: ast.stmt | ast.expr, rule: str, reason: str) -> Edit:
    return Edit(file.path, *file.span(node), b"", node.lineno, rule, Applicability.MANUAL, reason, _ADVICE)
