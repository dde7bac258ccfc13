"""Bytes in, bytes out: the only place that opens a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from codemods.errors import OutputError


def write_all(folder: Path, texts: dict[str, str]) -> list[Path]:
    """Write every text below `folder`, each atomically, in UTF-8 with `\\n`; returns the paths written.

    All are staged beside their places first, so that a full disk or a read-only folder leaves nothing half written.
    Raises OutputError with a sentence when the folder cannot be written.
    """
    staged: list[tuple[str, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            staged.append((_stage(folder, text), folder / name))
        for temporary, target in staged:
            os.replace(temporary, target)
    except OSError as error:
        for temporary, _ in staged:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error
    return [target for _, target in staged]


def _stage(folder: Path, text: str) -> str:
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".wsconsolidate-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text.encode("utf-8"))
        os.chmod(temporary, 0o644)
    except OSError:
        os.unlink(temporary)
        raise
    return temporary
