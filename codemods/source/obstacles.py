"""What stands in the way of writing a file, found before the first one is written."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from codemods.source.disk import ancestors, status_of

OURS = ".wsconsolidate"  # the journal's folder, inside the root
_CLOSED = frozenset({OURS, ".git"})  # compared without case: some file systems make no difference


def obstacles(root: Path, paths: Iterable[str]) -> list[str]:
    """Why these files cannot be written, one `path: reason` each; empty when nothing stands in the way."""
    device = os.lstat(root).st_dev
    found = ((path, _reason(root, path, device)) for path in paths)
    return [f"{path}: {reason}" for path, reason in found if reason]


def is_inside(path: str) -> bool:
    """Whether a path, as a plan or a journal has it, names a file below the root that is not git's and not ours."""
    parts = path.split("/")
    odd = {"", ".", ".."}.intersection(parts) or "\0" in path or os.path.isabs(path)
    return not odd and _CLOSED.isdisjoint(part.casefold() for part in parts)


def _reason(root: Path, path: str, device: int) -> str:
    if not is_inside(path):
        return "not a path of a file below the root"
    try:
        return next(_in_the_way(root, path, device), "")
    except OSError as error:
        return str(error.strerror)


def _in_the_way(root: Path, path: str, device: int) -> Iterator[str]:
    nearest = root
    for folder in ancestors(path):
        status = status_of(root / folder)
        if status is None:
            break
        yield from _of_folder(folder, status, device)
        nearest = root / folder
    if not os.access(nearest, os.W_OK | os.X_OK):
        yield "its folder cannot be written to"
    status = status_of(root / path)
    if status is not None:
        yield from _of_file(status)


def _of_folder(folder: str, status: os.stat_result, device: int) -> Iterator[str]:
    if stat.S_ISLNK(status.st_mode):
        yield f"{folder} is a symbolic link, which is not followed"
    elif not stat.S_ISDIR(status.st_mode):
        yield f"{folder} is not a folder"
    elif status.st_dev != device:
        yield f"{folder} is on another file system, where no file can be replaced in one step with its original kept"


def _of_file(status: os.stat_result) -> Iterator[str]:
    if stat.S_ISLNK(status.st_mode):
        yield "a symbolic link, which is not followed"
    elif not stat.S_ISREG(status.st_mode):
        yield "not a regular file"
    elif hasattr(os, "geteuid") and os.geteuid() not in (0, status.st_uid):
        yield "belongs to another user, who would lose it"
