"""What a worker process does: read a chunk of files, hash them, and turn those that are not known yet into records.

Kept free of heavy imports: every worker pays for them. Results travel as bytes that are stored as they are.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
import re
from collections.abc import Iterable, Iterator
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


class Task(NamedTuple):
    """A chunk of files with the digests already known for them; `deep` asks for the uses of each whatever it says."""

    reading: Reading
    files: tuple[tuple[str, bytes], ...]
    deep: bool = False


def read_chunk(task: Task) -> list[tuple[str, Record | None]]:
    """Read the files of a task; None stands for a file whose content is the known one."""
    enabled = gc.isenabled()
    gc.disable()  # syntax trees hold no cycles; collecting while they are built costs a seventh of the time
    try:
        return list(_records(task, shortest((*task.reading.seek, *task.reading.also))))
    finally:
        if enabled:
            gc.enable()


def shortest(words: Iterable[str]) -> list[bytes]:
    """The words that contain no other one: whatever holds a longer word holds the shorter one in it."""
    every = set(words)
    return sorted(word.encode() for word in every if not any(other in word for other in every - {word}))


def _records(task: Task, seek: list[bytes]) -> Iterator[tuple[str, Record | None]]:
    for path, known in task.files:
        source = _content(task.reading.root, path)
        if isinstance(source, str):
            yield path, _unreadable(task.reading, path, source)
            continue
        digest = hashlib.blake2b(source, digest_size=DIGEST_BYTES).digest()
        if digest == known:
            yield path, None
            continue
        deep = task.deep or any(word in source for word in seek)
        yield path, record(task.reading, path, source, digest, deep)


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
