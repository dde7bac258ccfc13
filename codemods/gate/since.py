"""The code base as it was at a git revision: what is the same now is not read again."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable
from dataclasses import dataclass

from codemods.errors import UsageError
from codemods.gate.tree import Tree
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Use
from codemods.index.reader import Reading, record
from codemods.source.discover import SUFFIXES, Discovery
from codemods.source.vcs import blobs, changed_files, revision_files


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision, and what the code base is now."""

    discovery: Discovery
    reading: Reading
    ref: str


def tree_at(revision: Revision, now: Tree) -> Tree:
    """The code base at the revision. Raises UsageError when there is no repository, or no such revision in it."""
    root = revision.discovery.root
    then = revision_files(root, revision.ref)
    changed = changed_files(root, revision.ref) if then is not None else None
    if then is None or changed is None:
        raise UsageError(f"--since {revision.ref}: git knows no such revision of {root}; fetch it, or name another")
    contents = blobs(root, {path: then[path] for path in _differing(changed, revision, then)})
    read = {path: _read(revision.reading, path, contents[path]) for path in sorted(contents)}
    kept = [file for file in now.index.files if file.path in then and file.path not in read]
    files = sorted((*kept, *(facts for facts, _ in read.values())), key=lambda file: file.path)
    uses = {file.path: now.uses[file.path] for file in kept if file.path in now.uses}
    uses |= {path: found for path, (_, found) in read.items()}
    return Tree(now.inputs, CodeIndex(files), uses, lambda path: contents.get(path) or now.content(path))


def _differing(changed: Iterable[str], revision: Revision, then: dict[str, str]) -> list[str]:
    """The Python files of the revision that are not the same now; what is there and not read now was left out."""
    listed = set(revision.discovery.files)
    root = revision.discovery.root
    python = [path for path in changed if path in then and path.endswith(SUFFIXES)]
    return [path for path in python if path in listed or not (root / path).exists()]


def _read(reading: Reading, path: str, content: bytes) -> tuple[FileFacts, tuple[Use, ...]]:
    found = record(reading, path, content, hashlib.blake2b(content).digest(), deep=True)
    facts: FileFacts = pickle.loads(found.facts)
    return facts._replace(lines=found.lines), pickle.loads(found.uses or pickle.dumps(()))
