"""The records of the last run, kept by content hash in the user's own cache folder, never in the code base.

The store is pickled, and a pickle can run code: so it lies where only the user writes, and its checksum is checked.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
import time
from pathlib import Path

from platformdirs import user_cache_path

from codemods import __version__
from codemods.index.reader import DIGEST_BYTES, Reading, Record

KEPT_SECONDS = 30 * 24 * 3600  # a store of the real tree takes 20 MB, and every version of the program has its own
Records = dict[str, Record]


class Cache:
    """One store per code base and way of reading it; a store that cannot be used is simply not there."""

    def __init__(self, reading: Reading, folder: Path | None = None) -> None:
        facts_key = (reading.root, reading.source_roots, reading.prefix, reading.test_pattern)
        key = repr((__version__, _program(), sys.version_info[:3], facts_key))
        uses_key = repr((sorted(reading.roots), reading.seek, reading.also))
        self._uses_key = hashlib.blake2b(uses_key.encode("utf-8", "surrogateescape")).digest()
        name = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=DIGEST_BYTES).hexdigest()
        self._path = (folder or user_cache_path("wsconsolidate")) / f"{name}.index"

    def recall(self, what: str, key: bytes) -> object:
        """What the last run that remembered this kind of result did remember, if under the same key; None otherwise."""
        payload = _trusted(self._path.with_suffix(f".{what}.results"))
        if payload is None or payload[: len(key)] != key:
            return None
        result: object = pickle.loads(payload[len(key) :])
        return result

    def remember(self, what: str, key: bytes, result: object) -> None:
        """Keep one result of a kind for the next run, in the place of the one before."""
        _store(self._path.with_suffix(f".{what}.results"), key + pickle.dumps(result, 5))

    def load(self) -> Records:
        """The stored records; empty when there are none, or none that can be trusted."""
        payload = _trusted(self._path)
        if payload is None:
            return {}
        uses_key, stored = pickle.loads(payload)
        if uses_key == self._uses_key:
            return {path: Record._make(record) for path, record in stored.items()}
        # Other words are sought now: a file whose uses were not looked for may need it, so only facts-only files
        # that stay unseeked could be kept, and which those are takes reading them. All are read again.
        return {}

    def save(self, records: Records) -> None:
        """Store the records for the next run; a cache that cannot be written is no failure."""
        plain = {path: tuple(record) for path, record in records.items()}
        _store(self._path, pickle.dumps((self._uses_key, plain), 5))
        _forget_unused(self._path.parent)


def _program() -> list[tuple[str, int, int]]:
    """The state of our own sources: whoever changes the program must not be shown what it said before."""
    home = Path(__file__).parent.parent
    found = [
        (path, path.stat()) for package in (home, home.parent / "reports") for path in sorted(package.rglob("*.py"))
    ]
    return [(path.name, status.st_size, status.st_mtime_ns) for path, status in found if "projects" not in path.parts]


def _forget_unused(folder: Path) -> None:
    """Remove what no run has written for KEPT_SECONDS: other code bases, and what older programs left."""
    with contextlib.suppress(OSError):
        for path in [*folder.glob("*.index"), *folder.glob("*.results")]:
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()


def _trusted(path: Path) -> bytes | None:
    """The payload of a store whose checksum holds; a damaged one is as good as none, and the next save mends it."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    checksum, payload = content[:64], content[64:]
    return payload if hashlib.blake2b(payload).digest() == checksum else None


def _store(path: Path, payload: bytes) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(hashlib.blake2b(payload).digest() + payload)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)  # a full disk must not be filled further
            raise
