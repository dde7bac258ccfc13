"""File contents sent to any `concurrent.futures.Executor`: whoever reads them needs no disk in common with us.

The other way of `read_chunk`: here the files are opened and compared, there they are parsed. What is under way is
bounded in bytes, and so is what this and every other process holds of it.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from functools import cache
from pathlib import Path
from typing import NamedTuple

from codemods import __version__
from codemods.index.reader import Fresh, Reading, Record, compare, reader_of, without_collection

PARCEL_BYTES = 1_000_000  # of source text; a larger file is a parcel of its own
PARCEL_FILES = 400
AHEAD = 2  # parcels for each worker: one is read while the next travels
PATIENCE = 10.0  # seconds without an answer until the crew is asked whether it still works

Answers = list[tuple[str, Record | None]]


class Parcel(NamedTuple):
    """Some files to read, with their contents; `program` is what must read them."""

    program: str
    reading: Reading
    files: tuple[Fresh, ...]
    deep: bool = False


class OtherProgramError(Exception):
    """The parcel came to a program that may read it differently."""


class Crew:
    """An executor and how many of its workers work at a time; those who know more of theirs say it here."""

    def __init__(self, executor: Executor, workers: int) -> None:
        self.executor, self.workers = executor, workers

    def still_works(self) -> None:
        """Asked when no answer comes. Raises when none ever will."""

    def failure(self, error: BaseException) -> BaseException:
        """What to raise for what a worker raised."""
        return error


def read_parcel(parcel: Parcel) -> Answers:
    """What a worker does. Raises OtherProgramError when it is not the program that was meant."""
    if parcel.program != program():
        raise OtherProgramError(f"{program()} instead of {parcel.program}")
    with without_collection():
        read = reader_of(parcel.reading, parcel.deep)
        return [(item.path, read(item)) for item in parcel.files]


@cache
def program() -> str:
    """What decides how a file is read: this package to the byte, and Python, whose `ast` changes."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return f"wsconsolidate {__version__} ({digest.hexdigest()}) on Python {platform.python_version()}"


def ship(crew: Crew, reading: Reading, todo: Iterable[tuple[str, bytes]], deep: bool) -> Iterator[Answers]:
    """What `read_chunk` says of the files, as the answers come; todo are paths with the digests known for them."""
    under_way: set[Future[Answers]] = set()
    for answers, parcel in _parcels(reading, todo, deep):
        yield answers
        while len(under_way) >= crew.workers * AHEAD:
            under_way = yield from _next(crew, under_way)
        if parcel.files:
            under_way.add(crew.executor.submit(read_parcel, parcel))
    while under_way:
        under_way = yield from _next(crew, under_way)


def _next(crew: Crew, under_way: set[Future[Answers]]) -> Generator[Answers, None, set[Future[Answers]]]:
    """Wait for answers; returns what is under way still."""
    done, under_way = wait(under_way, PATIENCE, FIRST_COMPLETED)
    if not done:
        crew.still_works()
    for future in done:
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            raise crew.failure(error) from error
        yield future.result()
    return under_way


def _parcels(reading: Reading, todo: Iterable[tuple[str, bytes]], deep: bool) -> Iterator[tuple[Answers, Parcel]]:
    """The files cut into parcels, each with the answers that need no worker: unchanged files, and unreadable ones."""
    answers: Answers = []
    files: list[Fresh] = []
    size = 0
    for path, known in todo:
        item = compare(reading, path, known)
        if not isinstance(item, Fresh):
            answers.append((path, item))
            continue
        if size + len(item.source) > PARCEL_BYTES or len(files) == PARCEL_FILES:
            yield answers, Parcel(program(), reading, tuple(files), deep)
            answers, files, size = [], [], 0
        files.append(item)
        size += len(item.source)
    yield answers, Parcel(program(), reading, tuple(files), deep)
