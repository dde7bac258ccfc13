"""Bytes in, bytes out: the only place that opens a file."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from codemods.errors import OutputError


def write_all(folder: Path, texts: Mapping[str, str | bytes]) -> list[Path]:
    """Write every text below `folder`, each atomically, in UTF-8 with `\\n`, bytes as they are; returns the paths.

    All are staged beside their places first, so that a full disk or a read-only folder leaves nothing half written.
    Raises OutputError with a sentence when the folder cannot be written.
    """
    staged: dict[Path, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            target = _free(folder / name)
            target.parent.mkdir(parents=True, exist_ok=True)
            staged[target] = _stage(folder, text)
        for target, temporary in staged.items():
            os.replace(temporary, target)
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror or error}; give another folder, or mend that"
        ) from error
    finally:
        for temporary in staged.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    return list(staged)


def _free(target: Path) -> Path:
    """The path itself, when a file can take its place. Raises IsADirectoryError before anything is replaced."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{target.name} is a folder")
    return target


def _stage(folder: Path, text: str | bytes) -> str:
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".wsconsolidate-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text if isinstance(text, bytes) else text.encode("utf-8"))
        os.chmod(temporary, 0o644)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary
