"""`wsconsolidate demo`: the main job on the sample code base that is shipped."""

from __future__ import annotations

import tempfile
from pathlib import Path

from codemods.commands import scan
from codemods.commands.codebase import Request
from codemods.errors import OutputError, UsageError
from codemods.sample import lay_out

_FAREWELL = "\nThe sample is gone again; `wsconsolidate demo --keep FOLDER` leaves it there with the full reports.\n"


def run(keep: Path | None, terminal: bool) -> str:
    """Lay the sample out, scan it, and return what to print; the sample stays when `keep` names a folder for it.

    Raises UsageError when that folder holds one already, OutputError when it cannot be written.
    """
    if keep is not None:
        root = _laid_out(keep)
        return _scanned(root, root / "reports", terminal)
    try:
        temporary = tempfile.TemporaryDirectory(prefix="wsconsolidate-demo-")
    except OSError as error:
        raise OutputError(f"no temporary folder for the sample: {error.strerror or error}") from error
    with temporary as folder:
        return _scanned(_laid_out(Path(folder)), None, terminal) + _FAREWELL


def _laid_out(folder: Path) -> Path:
    try:
        return lay_out(folder)
    except FileExistsError as error:
        raise UsageError(f"{folder}: there is a sample already; name another folder with --keep") from error
    except OSError as error:
        raise OutputError(f"cannot lay the sample out in {folder}: {error.strerror or error}") from error


def _scanned(root: Path, out: Path | None, terminal: bool) -> str:
    heading = "The sample: a small chat back end with 16 WebSocket classes in 13 modules doing the work of three.\n\n"
    return heading + scan.run(Request(root, cache=False, jobs=1), out, "terminal", terminal)
