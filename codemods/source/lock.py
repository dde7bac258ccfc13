"""One writer at a time in one code base: the journal's folder, held by a lock that ends with its process."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from codemods.errors import ConflictError, OutputError
from codemods.source.disk import create, make_folders, print_of, remove, replace, state_of, status_of

LOCK, IGNORE, NEW = "lock", ".gitignore", "new"
_EVERYTHING = b"*\n"  # git is to see nothing of the folder, whatever the code base's own .gitignore says
_POSIX = importlib.util.find_spec("fcntl") is not None


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock; at the end it is removed when nothing was left in it.

    Raises ConflictError when another process holds it, OSError.
    """
    handle = _acquired(folder)
    try:
        try:
            _ignore(folder)
            yield
        finally:
            _withdraw(folder)
    finally:
        if handle is not None:
            os.close(handle)


def _acquired(folder: Path) -> int | None:
    """The handle of the lock. A lock file that its last holder has just removed holds nothing: try again."""
    while True:
        if folder.is_symlink():
            raise ConflictError(f"{folder.name} is a symbolic link, which is not followed; remove it")
        make_folders(folder.parent, folder.name, 0o700)
        with contextlib.suppress(FileNotFoundError):  # the folder went with its last holder
            if not _POSIX:
                _create(folder)
                return None
            handle = _locked(folder)
            status = status_of(folder / LOCK)
            if status is not None and os.path.samestat(os.fstat(handle), status):
                return handle
            os.close(handle)


def _locked(folder: Path) -> int:
    """A lock of POSIX and not flock: worker processes would inherit that, and can outlive a parent that was killed."""
    import fcntl

    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.write(handle, _holder())
    except BaseException as error:
        told = os.read(handle, 200)
        os.close(handle)
        if isinstance(error, (BlockingIOError, PermissionError)):
            raise ConflictError(_busy(told, "")) from error
        raise
    return handle


def _create(folder: Path) -> None:
    """Where no lock ends with its process, a file that must not be there yet: who was killed has left it behind."""
    place = folder / LOCK
    try:
        create(place, _holder(), 0o600, folder)
    except FileExistsError as error:
        hint = f"; if that is no longer running, remove {folder.name}/{LOCK}"
        raise ConflictError(_busy(place.read_bytes(), hint)) from error


def _holder() -> bytes:
    return f"process {os.getpid()} on {platform.node()}".encode("utf-8", "replace")


def _busy(holder: bytes, hint: str) -> str:
    told = holder.decode("utf-8", "replace") or "another process"
    return f"another wsconsolidate is at work in this folder ({told}); nothing was touched: wait for it to end{hint}"


def _ignore(folder: Path) -> None:
    if state_of(folder / IGNORE) != print_of(_EVERYTHING, 0o644):
        remove(folder / NEW)
        create(folder / NEW, _EVERYTHING, 0o644, folder)
        replace(folder / NEW, folder / IGNORE)


def _withdraw(folder: Path) -> None:
    """Remove the lock, last of all that is ours: whoever comes next makes what it needs after that."""
    idle = set(os.listdir(folder)) <= {LOCK, IGNORE, NEW}
    for name in (NEW, IGNORE, LOCK) if idle else (LOCK,):
        remove(folder / name)
    try:
        if idle:
            os.rmdir(folder)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):  # the next one is here already
            raise


@contextlib.contextmanager
def waiting(folder: Path) -> Iterator[None]:
    """Keep others who wait so from a folder while one of its files is read and written again; made if it is missing.

    The folder itself is what is locked: nothing is left behind, and a file that is replaced would not hold its lock.
    Raises OutputError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = _waited(folder) if _POSIX else None
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; give another folder, or mend that") from error
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _waited(folder: Path) -> int:
    import fcntl

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle
