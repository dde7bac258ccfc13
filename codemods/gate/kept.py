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
    """One fact that a baseline records: `name` is `event:dotted.Class.method`, or a preserved class, dotted."""

    path: str
    rule: str
    name: str
    fingerprint: str


class Producer(NamedTuple):
    """One method of a planned or unified class that makes an event; `owner` is the class as the plan knows it."""

    event: str
    owner: str
    dotted: str
    member: str
    path: str
    line: int


def producers(tree: Tree) -> Iterator[Producer]:
    """Who makes the events of the plan, in the order of the plan's classes."""
    known = owners(tree)
    for item in tree.closeups.values():
        for emission in (found for found in item.emissions if makes(item, found)):
            yield Producer(emission.event, known[item.dotted], item.dotted, emission.member, item.path, emission.line)


def owners(tree: Tree) -> dict[str, str]:
    """The classes that may make events, by their definition, each as the plan knows it, wherever it is now."""
    planned = {
        entry.definition: entry.planned.dotted
        for entry in tree.inventory.entries
        if entry.state in {"found", "moved"} and not tree.is_unified(entry.definition)
    }
    return {dotted: planned.get(dotted, dotted) for dotted in tree.closeups}


def kept(tree: Tree) -> Iterator[Kept]:
    """All that a baseline of this state records."""
    for made in producers(tree):
        name = f"{made.event}:{made.owner}.{made.member}"
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
