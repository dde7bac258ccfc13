"""Files put into groups: by who owns them, by the package they are in, or into a number of parts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from codemods.errors import UsageError
from codemods.source.owners import PLACES, owners_of

Group = Callable[[str], str]
TOP = "(top level)"  # files in no folder


def group_by(kind: str, root: Path, sources: Sequence[str] = ()) -> Group:
    """What tells the group of a path: `kind` is owner or package. Raises UsageError without owners, ConfigError."""
    if kind == "package":
        return lambda path: _package(path, sources)
    owners = owners_of(root)
    if owners is None:
        raise UsageError(f"nobody owns anything here: there is none of {', '.join(PLACES)}; group by package instead")
    return owners.group


def part_of(shard: str) -> tuple[int, int] | None:
    """The two numbers of N/M; None for what is none. Raises UsageError for a part that cannot be."""
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", shard)
    if found is None:
        return None
    part, parts = int(found[1]), int(found[2])
    if not 1 <= part <= parts:
        raise UsageError(f"--shard {shard}: of {parts} parts there is none with this number; count from 1")
    return part, parts


def by_number(parts: int) -> Group:
    """Into which of so many parts a path falls: always the same, whatever other files there are."""
    return lambda path: f"{1 + int.from_bytes(hashlib.blake2b(_raw(path), digest_size=8).digest(), 'big') % parts}"


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


def _package(path: str, sources: Sequence[str]) -> str:
    """The folder at the top that a file is in; folders that are themselves on Python's path are looked through."""
    source = max((f"{item}/" for item in sources if path.startswith(f"{item}/") and item), key=len, default="")
    first, slash, _ = path[len(source) :].partition("/")
    return first if slash else TOP
