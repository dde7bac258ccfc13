"""From a list of files to their facts: the cache for what is known; for what is new a pool of processes, or a crew."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from codemods.index.cache import Cache, Records
from codemods.index.facts import FileFacts, Use
from codemods.index.reader import DIGEST_BYTES, Reading, Record, Task, chunks, read_chunk, record
from codemods.index.shipping import Answers, Crew, ship
from codemods.index.tolerant import read_newer_syntax

CHUNK = 48  # files per task: small enough to balance two cores, large enough that sending costs nothing
POOL_FROM = 300  # files; below this starting a pool costs more than it saves

Progress = Callable[[int], None]


class Builder:
    """Reads a code base once and answers for its facts; `uses` may read some files again, deeper."""

    def __init__(
        self,
        reading: Reading,
        jobs: int = 0,
        cache: Cache | None = None,
        progress: Progress | None = None,
        crew: Crew | None = None,
    ) -> None:
        self.reading = reading
        self._crew = crew
        self._jobs = jobs or _processors()
        self._cache = cache
        self._progress = progress
        self._records: Records = {}
        self._changed = False

    def refresh(self, files: Iterable[str]) -> None:
        """Read what is new or changed among the files; the rest is known from the last run."""
        known = self._cache.load() if self._cache is not None else {}
        paths = list(files)
        todo = [(path, known[path].digest if path in known else b"") for path in paths]
        found = dict(self._read(todo, deep=False))
        self._records = {path: found[path] or known[path] for path in paths}
        self._changed = any(found.values()) or known.keys() != self._records.keys()

    def facts(self) -> list[FileFacts]:
        """The facts of every file, in the order given to `refresh`."""
        facts = [self._facts(path) for path in self._records]
        return [self._retried(item) if item.problem and not item.read_by else item for item in facts]

    @property
    def lines(self) -> int:
        """How many lines all files have."""
        return sum(found.lines for found in self._records.values())

    def fingerprint(self) -> bytes:
        """A digest of all that reports are made of: every file's facts, and the content of those that are studied."""
        digest = hashlib.blake2b()
        for path, found in self._records.items():
            content = found.digest if found.uses else b""
            digest.update(b"\0".join((path.encode("utf-8", "surrogateescape"), found.facts, found.uses, content)))
        return digest.digest()

    def contents(self, wanted: Callable[[str], bool]) -> bytes:
        """A digest of the content of some files, whatever of it is a fact."""
        digest = hashlib.blake2b()
        for path, found in self._records.items():
            if wanted(path):
                digest.update(b"\0".join((path.encode("utf-8", "surrogateescape"), found.digest)))
        return digest.digest()

    def studied(self) -> list[str]:
        """The files whose uses are known already, since a word sought stands in them."""
        return [path for path, found in self._records.items() if found.uses]

    def uses(self, paths: Iterable[str]) -> dict[str, tuple[Use, ...]]:
        """The uses in each of these files; those whose words did not call for a look are read again, deeper."""
        wanted = list(paths)
        missing = [(path, b"") for path in wanted if not self._records[path].uses]
        for path, found in self._read(missing, deep=True):
            if found is not None and found.uses:
                self._records[path] = found
                self._changed = True
        return {path: pickle.loads(self._records[path].uses or pickle.dumps(())) for path in wanted}

    def save(self) -> None:
        """Keep what was read for the next run."""
        if self._cache is not None and self._changed:
            self._cache.save(self._records)

    def _facts(self, path: str) -> FileFacts:
        found = self._records[path]
        facts: FileFacts = pickle.loads(found.facts)
        return facts._replace(lines=found.lines)

    def _retried(self, item: FileFacts) -> FileFacts:
        """A file that `ast` refused, read by libcst where that can; the reason of the refusal stays in `problem`."""
        digest = self._records[item.path].digest
        if not digest or item.lines == 0:
            return item
        try:
            source = Path(self.reading.root, item.path).read_bytes()
        except OSError:
            return item  # gone meanwhile; the refusal says enough
        again = record(self.reading, item.path, source, digest, True, read_newer_syntax, "libcst")
        facts: FileFacts = pickle.loads(again.facts)
        facts = facts._replace(problem=item.problem, read_by=facts.read_by or "nothing")
        self._records[item.path] = Record(digest, pickle.dumps(facts, 5), again.uses, again.lines)
        self._changed = True
        return facts._replace(lines=again.lines)

    def _read(self, todo: list[tuple[str, bytes]], deep: bool) -> Iterator[tuple[str, Record | None]]:
        found = self._here(todo, deep) if self._crew is None else ship(self._crew, self.reading, todo, deep)
        for answers in found:
            if self._progress is not None:
                self._progress(len(answers))
            yield from answers

    def _here(self, todo: list[tuple[str, bytes]], deep: bool) -> Iterator[Answers]:
        """In this process, or in others that open the files themselves."""
        tasks = [Task(self.reading, chunk, deep) for chunk in chunks(todo, CHUNK)]
        new = sum(len(known) != DIGEST_BYTES for _, known in todo)
        if self._jobs == 1 or new < POOL_FROM:
            yield from map(read_chunk, tasks)
            return
        with _pool(min(self._jobs, len(tasks))) as pool:
            for future in as_completed([pool.submit(read_chunk, task) for task in tasks]):
                yield future.result()


def _processors() -> int:
    """The processors this process may use; where the system does not say which, those there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    # Forking a process that runs threads can deadlock; one that runs none starts its workers for nothing.
    forkable = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if forkable else "spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        yield pool
