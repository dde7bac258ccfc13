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
    maker = dotted(call.func).rpartition(".")[2]
    if len(call.args) < 2 or maker not in {"moved", "moved_inside"}:
        return
    said = {keyword.arg: string(keyword.value) or "" for keyword in call.keywords}
    since, removal = said.get("since", ""), said.get("removal", "")
    table = call.args[1]
    if maker == "moved_inside":
        old, new = string(call.args[0]) or "", string(table) or ""
        yield Shim(old, new.replace(":", "."), since, removal, file.path, call.lineno)
    for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
        name, new = string(key) if key is not None else None, string(value) or ""
        if name:
            yield Shim(f"{file.module}.{name}", new.replace(":", "."), since, removal, file.path, value.lineno)
