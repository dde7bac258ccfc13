"""The old names that shims keep alive, read from their calls without running them (shims: `unified_shims.py`)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codemods.index.expressions import dotted, string
from codemods.index.facts import FileFacts
from codemods.index.lazy import SHIMS
from codemods.index.parse import read_tree


@dataclass(frozen=True, slots=True)
class Shim:
    """One old name: its dotted path, where it leads, and the versions its shim names ("" for none)."""

    old: str
    new: str
    since: str
    removal: str
    path: str
    line: int


def shims_of(file: FileFacts, content: Callable[[str], bytes]) -> Iterator[Shim]:
    """The shims in one file; files that import no shim maker are not opened."""
    if file.read_by and any(item.module.rpartition(".")[2] == SHIMS for item in file.imports):
        for node in ast.walk(read_tree(content(file.path))):
            if isinstance(node, ast.Call):
                yield from _of_call(node, file)


def _of_call(call: ast.Call, file: FileFacts) -> Iterator[Shim]:
    maker = dotted(call.func).rpartition(".")[2].lstrip("_")  # beside code of its own, a shim imports it so
    if len(call.args) < 2 or maker not in {"moved", "moved_inside"}:
        return
    said = {keyword.arg: string(keyword.value) or "" for keyword in call.keywords}
    dates = said.get("since", ""), said.get("removal", "")
    if maker == "moved_inside":
        yield Shim(string(call.args[0]) or "", _new(call.args[1]), *dates, file.path, call.lineno)
        return
    for name, value in _table(call.args[1]):
        yield Shim(f"{file.module}.{name}", _new(value), *dates, file.path, value.lineno)


def _table(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The old names of a table that is written out, with what stands for where each is now."""
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        name = string(key) if key is not None else None
        if name:
            yield name, value


def _new(node: ast.expr) -> str:
    return (string(node) or "").replace(":", ".")
