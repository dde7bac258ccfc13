"""What shims logged in production (WSCONSOLIDATE_SHIM_LOG): one JSON object a line for each place and process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from codemods.tables import read_bytes


@dataclass(frozen=True, slots=True)
class Log:
    """The places that used each old name, as `file:line (function)`, and how many lines could not be understood."""

    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unreadable: int = 0


def read_logs(paths: Iterable[Path]) -> Log:
    """All logs as one. Raises ConfigError for a file that cannot be read; a torn line is counted."""
    places: dict[str, set[str]] = {}
    unreadable = 0
    for path in paths:
        for line in read_bytes(path).decode("utf-8", "replace").splitlines():
            said = _said(line)
            if said is None:
                unreadable += bool(line.strip())
            else:
                places.setdefault(said[0], set()).add(said[1])
    return Log({old: tuple(sorted(found)) for old, found in sorted(places.items())}, unreadable)


def _said(line: str) -> tuple[str, str] | None:
    try:
        found = json.loads(line)
        return found["old"], f"{found['file']}:{found['line']} ({found['function']})"
    except (ValueError, KeyError, TypeError):
        return None


def in_tree(place: str, paths: Iterable[str]) -> str:
    """A logged place with its path as it is in the tree: where production keeps the code is none of a report's."""
    file, _, rest = place.rpartition(":")
    parts = file.replace("\\", "/").split("/")
    known = set(paths)
    for start in range(len(parts)):
        if "/".join(parts[start:]) in known:
            return f"{'/'.join(parts[start:])}:{rest}"
    return f"{parts[-1]}:{rest}"


def told(log: Log, shims: Iterable[str], paths: Iterable[str]) -> Iterator[str]:
    """What production used, a line for each old name that a shim of the tree keeps."""
    known = set(shims)
    listed = tuple(paths)
    for old, places in log.places.items():
        if old in known:
            shown = sorted({in_tree(place, listed) for place in places})
            more = f" and {len(shown) - 5} more places" if len(shown) > 5 else ""
            yield f"production used {old} from {', '.join(shown[:5])}{more}"
        else:
            yield f"production used {old}, which no shim of this code keeps any more"
    if log.unreadable:
        yield f"{log.unreadable} line{'s' if log.unreadable > 1 else ''} of the log could not be understood"
