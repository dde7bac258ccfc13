"""Definitions that leave a module whose other code stays: what goes, and how the rest reaches it from then on.

The shim answers for the module's attributes, not for its globals. So a function that used the name imports it itself,
annotations that Python evaluates are quoted, and what runs at import gets an import in the definition's place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from codemods.edits import Applicability, Edit, splice
from codemods.rewrites.needs import Definition, Function, needs_of
from codemods.rewrites.needs import StaysError as StaysError
from codemods.rewrites.opened import Opened, Span

RULE = "shim"


def departure_edits(file: Opened, leaving: Mapping[str, str], block: str) -> tuple[tuple[Edit, ...], tuple[Span, ...]]:
    """The edits by which names leave a file, and the spans that are gone; `block` is the shim for its end.

    `leaving`: each name with the import that reaches it, such as `from new import New as Old`. Raises StaysError.
    """
    removed = _removed(file, leaving)
    rest = [node for node in file.tree.body if node not in removed.values()]
    needs = needs_of(rest, frozenset(leaving))
    edits = [_removal(file, name, node, leaving[name] if name in needs.early else "") for name, node in removed.items()]
    edits += [_local_import(file, function, names, leaving) for function, names in needs.functions.items()]
    if not _postponed(file.tree):
        edits += [_quoted(file, annotation) for annotation in needs.annotations]
    gone = tuple(_lines(file, node) for node in removed.values())
    edits.append(_at_end(file, block, splice(file.source, edits)))
    return tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))), gone


def knows_typing(file: Opened) -> bool:
    """Whether TYPE_CHECKING is imported at the top of a file."""
    imports = (node for node in file.tree.body if isinstance(node, ast.ImportFrom) and node.module == "typing")
    return any(alias.name == "TYPE_CHECKING" and alias.asname is None for node in imports for alias in node.names)


def _removed(file: Opened, leaving: Mapping[str, str]) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for node in file.tree.body:
        if isinstance(node, Definition) and node.name in leaving:
            if node.name in found:
                raise StaysError(f"{node.name} is defined twice, in lines {found[node.name].lineno} and {node.lineno}")
            found[node.name] = node
    missing = sorted(set(leaving) - set(found))
    if missing:
        raise StaysError(f"{missing[0]} is not defined at the top of the module")
    return found


# ── the edits ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(file: Opened, node: Definition) -> Span:
    """The lines of a definition with its decorators, and the blank ones behind it."""
    lines = file.source.splitlines(keepends=True)
    last = node.end_lineno or node.lineno
    while last < len(lines) and not lines[last].strip():
        last += 1
    return file.line_start(_first_line(file, node)), file.line_start(last + 1)


def _first_line(file: Opened, node: ast.stmt) -> int:
    """The line that a statement starts in, with its decorators; an `@` may stand above what it applies."""
    if not isinstance(node, Definition) or not node.decorator_list:
        return node.lineno
    line = node.decorator_list[0].lineno
    while not _line(file, line).lstrip().startswith("@"):
        line -= 1
    return line


def _line(file: Opened, line: int) -> str:
    return file.text((file.line_start(line), file.line_start(line + 1)))


def _removal(file: Opened, name: str, node: Definition, instead: str) -> Edit:
    span = _lines(file, node)
    text = f"{instead}{file.newline}{file.newline}{file.newline}" if instead else ""
    reason = f"{name} has left this module"
    return Edit(file.path, *span, text.encode(file.encoding), node.lineno, RULE, Applicability.SAFE, reason)


def _local_import(file: Opened, function: Function, names: set[str], leaving: Mapping[str, str]) -> Edit:
    body = function.body
    first = body[1] if len(body) > 1 and _is_text(body[0]) else body[0]
    if first.lineno == function.lineno or _shares_line(file, first):
        raise StaysError(f"line {first.lineno} stands beside other code, and the name must be imported before it")
    line = _first_line(file, first)
    start, text = file.line_start(line), _line(file, line)
    indent = text[: len(text) - len(text.lstrip())]
    text = "".join(f"{indent}{leaving[name]}{file.newline}" for name in sorted(names))
    reason = f"{', '.join(sorted(names))} is no global of this module any more"
    return Edit(file.path, start, start, text.encode(file.encoding), line, RULE, Applicability.SAFE, reason)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _shares_line(file: Opened, statement: ast.stmt) -> bool:
    start = file.span(statement)[0]
    before = file.source[: file.line_start(statement.lineno)].rstrip(b"\r\n")
    return bool(file.source[file.line_start(statement.lineno) : start].strip()) or before.endswith(b"\\")


def _quoted(file: Opened, annotation: ast.expr) -> Edit:
    span = file.span(annotation)
    text = file.text(span)
    spread = len(text.splitlines()) > 1 or isinstance(annotation, ast.Starred)
    if spread or "\\" in text or ('"' in text and "'" in text):
        raise StaysError(f"the annotation in line {annotation.lineno} cannot be quoted")
    quote = "'" if '"' in text else '"'
    reason = "the name is found by type checkers, and is no global any more"
    content = f"{quote}{text}{quote}".encode(file.encoding)
    return Edit(file.path, *span, content, annotation.lineno, RULE, Applicability.SAFE, reason)


def _postponed(tree: ast.Module) -> bool:
    """Whether annotations are not evaluated."""
    imports = (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__")
    return any(alias.name == "annotations" for node in imports for alias in node.names)


def _at_end(file: Opened, block: str, rest: bytes) -> Edit:
    """The shim behind two blank lines; `rest` is what stands before it."""
    end = len(file.source)
    lines_ended = len(rest[len(rest.rstrip(b"\r\n")) :].splitlines())
    text = file.newline * max(3 - lines_ended, 0) + block.replace("\n", file.newline)
    line = file.source.count(b"\n") + 1
    return Edit(
        file.path, end, end, text.encode(file.encoding), line, RULE, Applicability.SAFE, "the old path works on"
    )


def outside(edits: Iterator[Edit] | tuple[Edit, ...], gone: tuple[Span, ...]) -> Iterator[Edit]:
    """The edits that do not fall into what is gone."""
    return (edit for edit in edits if not any(start <= edit.start < end for start, end in gone))
