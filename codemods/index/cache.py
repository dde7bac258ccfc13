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
from pathlib import Path

from platformdirs import user_cache_path

from codemods import __version__
from codemods.index.reader import DIGEST_BYTES, Reading, Record

_FORMAT = 1
Records = dict[str, Record]


class Cache:
    """One store per code base and way of reading it; a store that cannot be used is simply not there."""

    def __init__(self, reading: Reading, folder: Path | None = None) -> None:
        facts_key = (reading.root, reading.source_roots, reading.prefix, reading.test_pattern)
        key = repr((_FORMAT, __version__, sys.version_info[:3], facts_key))
        uses_key = repr((sorted(reading.roots), reading.seek))
        self._uses_key = hashlib.blake2b(uses_key.encode("utf-8", "surrogateescape")).digest()
        name = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=DIGEST_BYTES).hexdigest()
        self._path = (folder or user_cache_path("wsconsolidate")) / f"{name}.index"

    def load(self) -> Records:
        """The stored records; empty when there are none, or none that can be trusted."""
        try:
            content = self._path.read_bytes()
        except OSError:
            return {}
        checksum, payload = content[:64], content[64:]
        if hashlib.blake2b(payload).digest() != checksum:
            return {}  # cut short or damaged: everything is read again, and the next save mends it
        uses_key, stored = pickle.loads(payload)
        if uses_key == self._uses_key:
            return {path: Record._make(record) for path, record in stored.items()}
        # Other words are sought now: a file whose uses were not looked for may need it, so only facts-only files
        # that stay unseeked could be kept, and which those are takes reading them. All are read again.
        return {}

    def save(self, records: Records) -> None:
        """Store the records for the next run; a cache that cannot be written is no failure."""
        payload = pickle.dumps((self._uses_key, {path: tuple(record) for path, record in records.items()}), 5)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._path.parent)
            with os.fdopen(handle, "wb") as stream:
                stream.write(hashlib.blake2b(payload).digest() + payload)
            os.replace(temporary, self._path)
