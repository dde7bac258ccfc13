"""What must stay once it is recorded: who makes which event, and what the preserved classes do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from codemods.analysis.events import makes
from codemods.gate.fingerprints import code_fingerprint, fingerprint
from codemods.gate.tree import Tree

EVENT, PRESERVED = "WSC006", "WSC007"  # the rules that tell of a loss


class Kept(NamedTuple):
    """One fact that a baseline records: `name` is `event:Class.method`, or the dotted name of a preserved class."""

    path: str
    rule: str
    name: str
    fingerprint: str


class Producer(NamedTuple):
    """One method of a planned or unified class that makes an event."""

    event: str
    dotted: str
    member: str
    path: str
    line: int


def producers(tree: Tree) -> Iterator[Producer]:
    """Who makes the events of the plan, in the order of the plan's classes."""
    for item in tree.closeups.values():
        for emission in item.emissions:
            if makes(item, emission):
                yield Producer(emission.event, item.dotted, emission.member, item.path, emission.line)


def kept(tree: Tree) -> Iterator[Kept]:
    """All that a baseline of this state records."""
    for made in producers(tree):
        name = f"{made.event}:{tree.index.classes[made.dotted][1].qualname}.{made.member}"
        yield Kept(made.path, EVENT, name, fingerprint(name))
    for dotted in sorted(tree.preserved):
        path, told = preserved(tree, dotted)
        if told:
            yield Kept(path, PRESERVED, dotted, told)


def preserved(tree: Tree, dotted: str) -> tuple[str, str]:
    """Where a preserved class stands and the fingerprint of what it does; two empty strings when it is gone."""
    entry = next((entry for entry in tree.inventory.entries if entry.planned.dotted == dotted), None)
    where = entry.definition if entry is not None and entry.state in {"found", "moved"} else dotted
    if where not in tree.index.classes:
        return "", ""
    file, item = tree.index.classes[where]
    found = [
        node for node in ast.walk(tree.syntax(file)) if isinstance(node, ast.ClassDef) and node.lineno == item.line
    ]
    return file.path, code_fingerprint(found[0]) if found else ""
