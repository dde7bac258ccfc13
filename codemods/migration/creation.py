"""Phase create: the unified modules in the destination package, which then exports them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from codemods.edits import Applicability, Edit, FileChange
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.resolve import Definition, Resolver
from codemods.migration.layout import Layout
from codemods.plan import Plan
from codemods.rewrites.opened import Opened
from codemods.shipped import brought_by

RULE = "create"
Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Creation:
    """The files to create, the edits of the destination's `__init__.py`, and files that stand in the way."""

    changes: tuple[FileChange, ...]
    exports: tuple[Edit, ...]
    kept: tuple[str, ...]  # already there and different: theirs, and never overwritten


def create(plan: Plan, layout: Layout, resolver: Resolver, read: Read) -> Creation:
    """What puts the unified modules in place; nothing for what is there already."""
    wanted = dict(_files(plan, layout, resolver))
    there = {path: read(path) for path in wanted}
    changes = [FileChange(path, None, content) for path, content in wanted.items() if there[path] is None]
    kept = [path for path, content in wanted.items() if there[path] not in (None, content)]
    return Creation(tuple(changes), tuple(_exports(plan, layout, resolver, read)), tuple(kept))


def _files(plan: Plan, layout: Layout, resolver: Resolver) -> Iterator[tuple[str, bytes]]:
    handing_on = {
        f"{item.target.partition('.')[0]}.py": item.dotted for item in plan.classes if _stays(item.dotted, plan)
    }
    for name, content in brought_by(plan).items():
        preserved = handing_on.get(name, "")
        definition = resolver.path(preserved)[0] if preserved else None
        if isinstance(definition, Definition):
            content = _handing_on(definition, content, resolver.index)
        yield layout.path_of(name), content


def _stays(dotted: str, plan: Plan) -> bool:
    return any(item.dotted == dotted for item in plan.preserved)


def _handing_on(preserved: Definition, shipped: bytes, index: CodeIndex) -> bytes:
    """A module that hands on what the tree has and is preserved, in the place of the one that is shipped for others."""
    offered = {node.name for node in ast.parse(shipped).body if hasattr(node, "name")}
    theirs = index.names(preserved.module)
    names = sorted(name for name in offered & set(theirs) if not name.startswith("_"))
    imports = "".join(f"from {preserved.module} import {name} as {name}\n" for name in names)
    listed = "".join(f'    "{name}",\n' for name in names)
    doc = f'"""{preserved.qualname}, preserved exactly as it is in {preserved.module}."""'
    return f"{doc}\n\n{imports}\n__all__ = [\n{listed}]\n".encode()


def _exports(plan: Plan, layout: Layout, resolver: Resolver, read: Read) -> Iterator[Edit]:
    """The edits by which the package exports the targets of its families under their own names."""
    if not plan.shipped:
        return  # what a package of theirs exports is theirs to say
    facts = resolver.index.modules[layout.package]
    source = read(facts.path) or b""
    bound = resolver.index.names(layout.package)
    preserved = {item.target for item in plan.classes if _stays(item.dotted, plan)}
    targets = dict.fromkeys(family.target for family in plan.families if family.target not in preserved)
    new = [target.rpartition(".") for target in targets if target.rpartition(".")[2] not in bound]
    if not new:
        return
    lines = [f"from {layout.dotted(module)} import {name} as {name}" for module, _, name in new]
    opened = Opened(facts, source)
    yield _appended(opened, "\n".join(sorted(lines)))
    yield from _listed(opened, facts, sorted(name for _, _, name in new))


def _appended(file: Opened, text: str) -> Edit:
    """Text behind everything else of a file, as lines of their own."""
    newline = file.newline
    content = text.replace("\n", newline)
    before = "" if not file.source or file.source.endswith((b"\n", b"\r")) else newline
    blank = newline if file.source.strip() else ""
    end = len(file.source)
    replacement = f"{before}{blank}{content}{newline}".encode(file.encoding)
    line = file.source.count(b"\n") + 1
    return Edit(
        file.path, end, end, replacement, line, RULE, Applicability.SAFE, "the package exports the unified names"
    )


def _listed(file: Opened, facts: FileFacts, names: Sequence[str]) -> Iterator[Edit]:
    """The names in `__all__`, where that is a list or tuple written out."""
    lists = [node.value for node in file.tree.body if _is_all(node)]
    listed = lists[0] if len(lists) == 1 else None
    if facts.exports is None or not isinstance(listed, ast.List | ast.Tuple):
        return
    new = [name for name in names if name not in facts.exports]
    last = listed.elts[-1] if listed.elts else None
    start, end = file.span(last if last is not None else listed)
    if last is None:
        place, text = start + 1, ", ".join(f'"{name}"' for name in new) + "," * isinstance(listed, ast.Tuple)
    else:
        quote = "'" if file.text((start, end)).endswith("'") else '"'
        indent = file.text((file.line_start(last.lineno), start))
        joint = f",{file.newline}{indent}" if not indent.strip() else ", "
        place, text = end, "".join(f"{joint}{quote}{name}{quote}" for name in new)
    reason = "`__all__` lists the unified names"
    yield Edit(file.path, place, place, text.encode(file.encoding), listed.lineno, RULE, Applicability.SAFE, reason)


def _is_all(node: ast.stmt) -> TypeGuard[ast.Assign | ast.AnnAssign]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)
