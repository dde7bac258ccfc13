"""The single steps that change a tree; all that writes to a code base or its journal is made of these."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_CACHE = "__pycache__"


@dataclass(frozen=True, slots=True)
class Print:
    """What tells a file's state: the hash of its bytes, and its permissions."""

    digest: str
    mode: int


NO_FILE = Print("", 0)  # something stands there that is no regular file: equal to no state we know


def print_of(content: bytes, mode: int) -> Print:
    """The state of a file with this content."""
    return Print(hashlib.sha256(content).hexdigest(), mode)


def state_of(place: Path) -> Print | None:
    """The state of what stands at a place; None where there is nothing. Links are not followed."""
    status = status_of(place)
    if status is None:
        return None
    return print_of(place.read_bytes(), stat.S_IMODE(status.st_mode)) if stat.S_ISREG(status.st_mode) else NO_FILE


def status_of(place: Path) -> os.stat_result | None:
    """What the disk says of a place; None where there is nothing. Links are not followed."""
    try:
        return os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None


def ancestors(path: str) -> tuple[str, ...]:
    """The folders above a relative path, the outermost first: `a` and `a/b` of `a/b/c.py`."""
    return tuple(path[:end] for end, char in enumerate(path) if char == "/")


def create(place: Path, content: bytes, mode: int, like: Path) -> None:
    """Write a new file, on the disk when this returns; root gives it to the owner of `like`. Raises OSError."""
    handle = os.open(place, _NEW, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(handle, left) :]
        _give(place, like)
        os.chmod(place, mode)  # after the owner, whose change takes set-user-id bits away
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folders(root: Path, folder: str, mode: int = 0o777) -> None:
    """Make the folder and those above it, where they are missing. Raises OSError."""
    for path in (*ancestors(folder), folder) if folder else ():
        if status_of(root / path) is None:
            os.mkdir(root / path, mode)
            _give(root / path, (root / path).parent)


def remove(place: Path) -> None:
    """Remove a file, if it is there. Raises OSError."""
    if status_of(place) is not None:
        os.unlink(place)


def replace(source: Path, target: Path) -> None:
    """Let a file take another's place, in one step: whoever looks sees the one or the other. Raises OSError."""
    os.replace(source, target)


def set_mode(place: Path, mode: int) -> None:
    """Set the permissions where they are others. Raises OSError."""
    if stat.S_IMODE(os.lstat(place).st_mode) != mode:
        os.chmod(place, mode)


def remove_folder(place: Path) -> None:
    """Remove a folder that is empty, or holds nothing but what Python compiled from files that were there.

    One that somebody put something else into stays, and one that is gone is no failure. Raises OSError.
    """
    names = _names(place)
    if names == [_CACHE]:
        compiled = _names(place / _CACHE)
        if all(name.endswith(".pyc") for name in compiled):
            empty_folder(place / _CACHE)
            names = []
    if not names and status_of(place) is not None:
        os.rmdir(place)


def empty_folder(place: Path) -> None:
    """Remove a folder with the files in it, if it is there. Raises OSError."""
    if status_of(place) is None:
        return
    for name in _names(place):
        os.unlink(place / name)
    os.rmdir(place)


def sync_folder(place: Path) -> None:
    """See that what was created, renamed and removed in a folder is so on the disk. Raises OSError."""
    if not hasattr(os, "O_DIRECTORY") or status_of(place) is None:
        return  # Windows, which has no such call; or a folder that was removed, which its parent's sync tells
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a network file system that cannot
            raise
    finally:
        os.close(handle)


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() and not folder.is_symlink() else []


def _give(place: Path, like: Path) -> None:
    """Root works for others, as in a container: what it makes in their tree is to be theirs."""
    status = status_of(like)
    if status is not None and hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chown(place, status.st_uid, status.st_gid)
