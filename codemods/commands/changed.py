"""Judging some files alone: what the rest of the code base says is known from the last run over all of it.

A hook that runs before every commit must not read six thousand files for one. What is judged are the rules that look
at one file at a time; the others need the whole, and the whole is judged in CI.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from codemods.areas import TEST_PATH
from codemods.commands.codebase import CodeBase, Request
from codemods.config import Settings
from codemods.errors import UsageError
from codemods.gate.tree import Inputs, Learned, Tree
from codemods.index.cache import Cache
from codemods.index.facts import FileFacts
from codemods.index.partial import PartialIndex
from codemods.index.reader import Reading, Record, Task, read_chunk
from codemods.plan import Plan
from codemods.source.discover import SUFFIXES, is_stub_of_shims, package_of
from reports.wording import printable

_WHAT = "learned"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a run over the whole code base leaves for those that read some files."""

    reading: Reading
    learned: Learned
    paths: Mapping[str, str]  # of each module


def keep_learned(code: CodeBase, tree: Tree) -> None:
    """Leave what the whole code base tells for the next run over some files."""
    paths = {module: file.path for module, file in tree.index.modules.items()}
    code.keep(_WHAT, _key(tree.plan), _Kept(code.builder.reading, tree.learned, paths))


def inside(root: Path, names: Iterable[str]) -> frozenset[str]:
    """The Python files named, relative to the root; others, as hooks name them too, are passed over.

    Raises UsageError for a file that is not there or not below the root.
    """
    found = set()
    base = root.resolve()
    for name in names:
        path = Path(name).resolve()
        if not path.is_file():
            raise UsageError(f"{printable(name)}: no such file; name files of the code base, or none to judge it whole")
        if not path.is_relative_to(base):
            raise UsageError(f"{printable(name)}: not below {root}; give the folder that holds it first")
        if path.suffix in SUFFIXES and not is_stub_of_shims(path):
            found.add(path.relative_to(base).as_posix())
    return frozenset(found)


def partial_tree(request: Request, settings: Settings, inputs: Inputs, paths: frozenset[str]) -> Tree | None:
    """The files alone, in the light of the last whole run; None when there has been none that fits."""
    if not (request.cache and settings.cache):
        return None
    sources = ("", *settings.source_roots)
    place = Reading(str(request.root.resolve()), sources, package_of(request.root), TEST_PATH, (), frozenset())
    kept = cast("_Kept | None", Cache(place).recall(_WHAT, _key(inputs.plan)))
    known = Cache(kept.reading).load() if kept is not None else {}
    if kept is None or not known:
        return None
    now = _read(kept.reading, known, sorted(paths))
    facts = [_facts(record) for record in now.values()]
    uses = {path: pickle.loads(record.uses or pickle.dumps(())) for path, record in now.items()}
    index = PartialIndex(facts, known, {module: path for module, path in kept.paths.items() if path in known})
    focused = replace(inputs, focus=paths)
    return Tree(focused, index, uses, lambda path: (request.root / path).read_bytes(), kept.learned)


def _read(reading: Reading, known: Mapping[str, Record], paths: list[str]) -> dict[str, Record]:
    todo = tuple((path, known[path].digest if path in known else b"") for path in paths)
    return {path: found or known[path] for path, found in read_chunk(Task(reading, todo))}


def _facts(record: Record) -> FileFacts:
    facts: FileFacts = pickle.loads(record.facts)
    return facts._replace(lines=record.lines)


def _key(plan: Plan) -> bytes:
    return hashlib.blake2b(repr(plan).encode("utf-8", "surrogateescape")).digest()
