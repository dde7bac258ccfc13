"""`wsconsolidate demo`: the main job on the sample code base that is shipped."""

from __future__ import annotations

import tempfile
from pathlib import Path

from codemods.commands import scan
from codemods.commands.codebase import Request
from codemods.errors import UsageError
from codemods.sample import lay_out


def run(keep: Path | None, terminal: bool) -> str:
    """Lay the sample out, scan it, and return what to print; the sample stays when `keep` names a folder for it.

    Raises UsageError when that folder holds one already.
    """
    if keep is not None:
        return _scanned(_laid_out(keep), terminal)
    with tempfile.TemporaryDirectory(prefix="wsconsolidate-demo-") as folder:
        return _scanned(_laid_out(Path(folder)), terminal)


def _laid_out(folder: Path) -> Path:
    try:
        return lay_out(folder)
    except FileExistsError as error:
        raise UsageError(f"{error.filename or folder} is there already; name another folder with --keep") from error


def _scanned(root: Path, terminal: bool) -> str:
    heading = "The sample: a small chat back end with 16 WebSocket classes in 13 modules doing the work of three.\n\n"
    return heading + scan.run(Request(root, cache=False, jobs=1), root / "reports", "terminal", terminal)
