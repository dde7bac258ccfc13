"""Definitions that leave a module whose other code stays: what goes, and how the rest reaches it from then on.

The shim answers for the module's attributes, not for its globals. So a function that used the name imports it itself,
annotations that Python evaluates are quoted, and what runs at import gets an import in the definition's place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from codemods.edits import Applicability, Edit
from codemods.rewrites.opened import Opened, Span

RULE = "shim"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef


class StaysError(Exception):
    """A definition cannot leave; the message says why."""


@dataclass(slots=True)
class _Needs:
    """What the code that stays needs of the names that leave."""

    functions: dict[_Function, set[str]] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)
    annotations: list[ast.expr] = field(default_factory=list)


def departure_edits(file: Opened, leaving: Mapping[str, str], block: str) -> tuple[tuple[Edit, ...], tuple[Span, ...]]:
    """The edits by which names leave a file, and the spans that are gone; `block` is the shim for its end.

    `leaving`: each name with the import that reaches it, such as `from new import New as Old`. Raises StaysError.
    """
    removed = _removed(file, leaving)
    rest = [node for node in file.tree.body if node not in removed.values()]
    needs = _needs(rest, frozenset(leaving))
    edits = [_removal(file, name, node, leaving[name] if name in needs.early else "") for name, node in removed.items()]
    edits += [_local_import(file, function, names, leaving) for function, names in needs.functions.items()]
    if not _postponed(file.tree):
        edits += [_quoted(file, annotation) for annotation in needs.annotations]
    gone = tuple(_lines(file, node) for node in removed.values())
    edits.append(_at_end(file, block, any(end == len(file.source) for _, end in gone)))
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))), gone


def knows_typing(file: Opened) -> bool:
    """Whether TYPE_CHECKING is imported at the top of a file."""
    imports = (node for node in file.tree.body if isinstance(node, ast.ImportFrom) and node.module == "typing")
    return any(alias.name == "TYPE_CHECKING" and alias.asname is None for node in imports for alias in node.names)


def _removed(file: Opened, leaving: Mapping[str, str]) -> dict[str, _Definition]:
    found: dict[str, _Definition] = {}
    for node in file.tree.body:
        if isinstance(node, _Definition) and node.name in leaving:
            if node.name in found:
                raise StaysError(f"{node.name} is defined twice, in lines {found[node.name].lineno} and {node.lineno}")
            found[node.name] = node
    missing = sorted(set(leaving) - set(found))
    if missing:
        raise StaysError(f"{missing[0]} is not defined at the top of the module")
    return found


# ── what the rest needs ──────────────────────────────────────────────────────────────────────────────────────────────


def _needs(rest: list[ast.stmt], names: frozenset[str]) -> _Needs:
    needs = _Needs()
    for statement in rest:
        _collect(statement, names, None, needs)
    return needs


def _collect(node: ast.AST, names: frozenset[str], inside: _Function | None, needs: _Needs) -> None:
    if isinstance(node, ast.Name) and node.id in names:
        _name(node, inside, needs)
        return
    if isinstance(node, ast.Global) and names & set(node.names):
        raise StaysError(f"line {node.lineno} assigns {', '.join(sorted(names & set(node.names)))} as a global")
    if isinstance(node, ast.AnnAssign) and inside is not None:
        parts: list[ast.AST | None] = [node.target, node.value]  # in a function, Python evaluates no annotation
    elif isinstance(node, ast.AnnAssign):
        needs.annotations += [node.annotation] if _mentions(node.annotation, names) else []
        parts = [node.target, node.value]
    elif isinstance(node, _Function):
        _function(node, names, inside, needs)
        return
    else:
        parts = list(ast.iter_child_nodes(node))
    for part in parts:
        if part is not None:
            _collect(part, names, inside, needs)


def _name(node: ast.Name, inside: _Function | None, needs: _Needs) -> None:
    if not isinstance(node.ctx, ast.Load):
        raise StaysError(f"line {node.lineno} binds {node.id} again")
    if inside is None:
        needs.early.add(node.id)
    else:
        needs.functions.setdefault(inside, set()).add(node.id)


def _function(node: _Function, names: frozenset[str], inside: _Function | None, needs: _Needs) -> None:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotations = [arg.annotation for arg in every if arg is not None] + [node.returns]
    for annotation in annotations:
        if annotation is not None and _mentions(annotation, names):
            needs.annotations.append(annotation)
    now = [*node.decorator_list, *arguments.defaults, *(default for default in arguments.kw_defaults if default)]
    for part in now:  # these run where the function is defined
        _collect(part, names, inside, needs)
    own = names - _bound(node)
    for statement in node.body:
        _collect(statement, own, inside or node, needs)


def _mentions(annotation: ast.expr, names: frozenset[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(annotation))


def _bound(function: _Function) -> set[str]:
    """The names that a function binds itself, so that they are not the module's."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    found = {arg.arg for arg in every if arg is not None}
    for node in (node for statement in function.body for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, _Definition):
            found.add(node.name)
    return found


# ── the edits ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(file: Opened, node: _Definition) -> Span:
    """The lines of a definition with its decorators, and the blank ones behind it."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines = file.source.splitlines(keepends=True)
    last = node.end_lineno or node.lineno
    while last < len(lines) and not lines[last].strip():
        last += 1
    return file.line_start(first), file.line_start(last + 1)


def _removal(file: Opened, name: str, node: _Definition, instead: str) -> Edit:
    span = _lines(file, node)
    text = f"{instead}{file.newline}{file.newline}{file.newline}" if instead else ""
    reason = f"{name} has left this module"
    return Edit(file.path, *span, text.encode(file.encoding), node.lineno, RULE, Applicability.SAFE, reason)


def _local_import(file: Opened, function: _Function, names: set[str], leaving: Mapping[str, str]) -> Edit:
    body = function.body
    first = body[1] if len(body) > 1 and _is_text(body[0]) else body[0]
    if first.lineno == function.lineno or _shares_line(file, first):
        raise StaysError(f"line {first.lineno} stands beside other code, and the name must be imported before it")
    decorated = first.decorator_list if isinstance(first, _Definition) else []
    line = min([first.lineno, *(decorator.lineno for decorator in decorated)])
    start = file.line_start(line)
    indent = file.text((start, file.span(first)[0])) if line == first.lineno else " " * first.col_offset
    text = "".join(f"{indent}{leaving[name]}{file.newline}" for name in sorted(names))
    reason = f"{', '.join(sorted(names))} is no global of this module any more"
    return Edit(file.path, start, start, text.encode(file.encoding), line, RULE, Applicability.SAFE, reason)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _shares_line(file: Opened, statement: ast.stmt) -> bool:
    start = file.span(statement)[0]
    return bool(file.source[file.line_start(statement.lineno) : start].strip())


def _quoted(file: Opened, annotation: ast.expr) -> Edit:
    span = file.span(annotation)
    text = file.text(span)
    if "\n" in text or ('"' in text and "'" in text):
        raise StaysError(f"the annotation in line {annotation.lineno} cannot be quoted")
    quote = "'" if '"' in text else '"'
    reason = "the name is found by type checkers, and is no global any more"
    content = f"{quote}{text}{quote}".encode(file.encoding)
    return Edit(file.path, *span, content, annotation.lineno, RULE, Applicability.SAFE, reason)


def _postponed(tree: ast.Module) -> bool:
    """Whether annotations are not evaluated."""
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__")
    return any(alias.name == "annotations" for node in imports for alias in node.names)


def _at_end(file: Opened, block: str, after_removal: bool) -> Edit:
    end = len(file.source)
    ended = file.source.endswith((b"\n", b"\r")) or after_removal
    before = "" if after_removal else file.newline * 2  # the blank lines before what is gone stay
    text = ("" if ended else file.newline) + before + block.replace("\n", file.newline)
    line = file.source.count(b"\n") + 1
    return Edit(
        file.path, end, end, text.encode(file.encoding), line, RULE, Applicability.SAFE, "the old path works on"
    )


def outside(edits: Iterator[Edit] | tuple[Edit, ...], gone: tuple[Span, ...]) -> Iterator[Edit]:
    """The edits that do not fall into what is gone."""
    return (edit for edit in edits if not any(start <= edit.start < end for start, end in gone))
