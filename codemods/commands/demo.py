"""`wsconsolidate demo`: the main job on the sample code base that is shipped: scan, migrate, and undo."""

from __future__ import annotations

import tempfile
from pathlib import Path

from codemods.commands import migrate, scan, undo
from codemods.commands.codebase import Request
from codemods.errors import OutputError, UsageError
from codemods.sample import lay_out

_MIGRATING = "\nNow the migration, written into the sample, and then undone:\n\n"
_SHOWN = 5  # paths of the undo that are repeated
_FAREWELL = "\nThe sample is gone again; `wsconsolidate demo --keep FOLDER` leaves it there with the full reports.\n"


def run(keep: Path | None, terminal: bool) -> str:
    """Lay the sample out, scan and migrate it, take that back, and return what to print.

    When `keep` names a folder, the sample is scanned there and stays, to be migrated by hand.

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
        root = _laid_out(Path(folder))
        return _scanned(root, None, terminal) + _migrated(root, terminal) + _FAREWELL


def _laid_out(folder: Path) -> Path:
    try:
        return lay_out(folder)
    except FileExistsError as error:
        raise UsageError(f"{folder}: there is a sample already; name another folder with --keep") from error
    except OSError as error:
        raise OutputError(
            f"cannot lay the sample out in {folder}: {error.strerror or error}; name another folder with --keep"
        ) from error


def _scanned(root: Path, out: Path | None, terminal: bool) -> str:
    heading = "The sample: a small chat back end with 16 WebSocket classes in 13 modules doing the work of three.\n\n"
    return heading + scan.run(Request(root, cache=False, jobs=1), out, "terminal", terminal)


def _migrated(root: Path, terminal: bool) -> str:
    before = _contents(root)
    told = migrate.run(Request(root, cache=False, jobs=1), migrate.Asked(allow_dirty=True), terminal).text
    undone = undo.run(root, True).splitlines()
    shown = "".join(f"{line}\n" for line in (*undone[:_SHOWN], "  ..."))
    same = "every file is as it was, to the byte" if _contents(root) == before else "NOT every file is as it was"
    return f"{_MIGRATING}{told}\n{shown}Checked: {same}.\n"


def _contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
