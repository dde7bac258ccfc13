"""What a worker process does: read a chunk of files, hash them, and turn those that are not known yet into records.

Kept free of heavy imports: every worker pays for them. Results travel as bytes that are stored as they are.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from codemods.index.facts import FileFacts, Use
from codemods.index.modules import is_package, module_name
from codemods.index.parse import Parsed, Reader, parse, read_tree
from codemods.index.uses import uses_of

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are to be read: where they lie, how modules are named, whose uses are wanted.

    `seek` are the words whose presence makes a file worth a look at its uses, and which are sought in strings; `also`
    are further ones worth a look alone. `roots` are the tree's top-level packages.
    """

    root: str
    source_roots: tuple[str, ...]
    prefix: str
    test_pattern: str
    seek: tuple[str, ...]
    roots: frozenset[str]
    also: tuple[str, ...] = ()


class Record(NamedTuple):
    """One file as read: its content's digest, pickled FileFacts and uses (b"" where uses were not looked for).

    `lines` is kept beside the facts, where it is 0: then a change that adds only lines leaves the facts the same bytes.
    """

    digest: bytes
    facts: bytes
    uses: bytes
    lines: int = 0


class Fresh(NamedTuple):
    """A file whose content is not the known one."""

    path: str
    source: bytes
    digest: bytes


class Task(NamedTuple):
    """A chunk of files with the digests already known for them; `deep` asks for the uses of each whatever it says."""

    reading: Reading
    files: tuple[tuple[str, bytes], ...]
    deep: bool = False


def read_chunk(task: Task) -> list[tuple[str, Record | None]]:
    """Read the files of a task from the disk; None stands for a file whose content is the known one."""
    with without_collection():
        read = reader_of(task.reading, task.deep)
        found = ((path, compare(task.reading, path, known)) for path, known in task.files)
        return [(path, read(item) if isinstance(item, Fresh) else item) for path, item in found]


@contextmanager
def without_collection() -> Iterator[None]:
    """Syntax trees and facts hold no cycles; collecting while they are built costs a seventh of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def reader_of(reading: Reading, deep: bool) -> Callable[[Fresh], Record]:
    """What makes a record of a file; `deep` asks for the uses of each, whatever it says."""
    seek = shortest((*reading.seek, *reading.also))
    return lambda item: record(reading, *item, deep or any(word in item.source for word in seek))


def compare(reading: Reading, path: str, known: bytes) -> Fresh | Record | None:
    """What the disk has: None when it is what is known, a record already when it cannot be opened."""
    source = _content(reading.root, path)
    if isinstance(source, str):
        return _unreadable(reading, path, source)
    digest = hashlib.blake2b(source, digest_size=DIGEST_BYTES).digest()
    return None if digest == known else Fresh(path, source, digest)


def shortest(words: Iterable[str]) -> list[bytes]:
    """The words that contain no other one: whatever holds a longer word holds the shorter one in it."""
    every = set(words)
    return sorted(word.encode() for word in every if not any(other in word for other in every - {word}))


def _content(root: str, path: str) -> bytes | str:
    try:
        with open(f"{root}/{path}", "rb", buffering=0) as stream:  # pathlib would double the cost of a warm run
            return stream.read()
    except OSError as error:
        return f"cannot be opened: {error.strerror}"


def _unreadable(reading: Reading, path: str, reason: str) -> Record:
    name = module_name(path, reading.source_roots, reading.prefix)
    facts = FileFacts(path, name, is_package(path), 0, (), (), (), None, reason, "")
    return Record(b"", pickle.dumps(facts, 5), b"")


def record(
    reading: Reading, path: str, source: bytes, digest: bytes, deep: bool, reader: Reader = read_tree, by: str = "ast"
) -> Record:
    """Parse one file into what is stored of it."""
    name = module_name(path, reading.source_roots, reading.prefix)
    with_words = re.search(reading.test_pattern, path) is None
    parsed = parse(path, name, source, with_words, reader, by)
    facts, uses = parsed.facts, b""
    if deep:
        try:
            uses = pickle.dumps(_uses(parsed, reading), 5)
        except RecursionError:  # declarations are walked with fewer steps per level than uses
            facts, uses = facts._replace(problem="nested too deeply to see what it uses"), pickle.dumps((), 5)
    return Record(digest, pickle.dumps(facts._replace(lines=0), 5), uses, facts.lines)


def _uses(parsed: Parsed, reading: Reading) -> tuple[Use, ...]:
    if parsed.tree is None:
        return ()
    facts = parsed.facts
    return uses_of(parsed.tree, facts.module, facts.is_package, reading.roots, frozenset(reading.seek))


def chunks(files: Iterable[tuple[str, bytes]], size: int) -> Iterator[tuple[tuple[str, bytes], ...]]:
    """Cut the files into chunks of `size`."""
    batch: list[tuple[str, bytes]] = []
    for item in files:
        batch.append(item)
        if len(batch) == size:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)
