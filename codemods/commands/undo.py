"""`wsconsolidate undo`: take back what was written into the code base, to the byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from codemods.errors import UsageError
from codemods.source.journal import TakenBack, exists, opened
from reports.sections.parts import plural
from reports.wording import printable

SHOWN = 20  # paths of one kind worth repeating


def run(root: Path, all_: bool) -> str:
    """Take back the latest run, or all of them, and return what to print.

    Raises UsageError when there is no such folder, ConflictError naming files that changed since, OutputError.
    """
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; give the folder that holds the code base")
    if not exists(root):
        return f"Nothing to undo: no run is recorded in {printable(str(root))}.\n"
    with opened(root) as journal:
        done = journal.undo(all_)
        left = len(journal.runs())
    lines = [line for one in done for line in _told(one)] or ["Nothing to undo."]
    if left:
        lines.append(f"{plural(left, 'earlier run')} can be undone: `wsconsolidate undo` takes the latest, --all all.")
    return "".join(f"{line}\n" for line in lines)


def _told(one: TakenBack) -> Iterator[str]:
    titles = ", ".join(printable(title) for title in dict.fromkeys(one.titles) if title)
    kinds = (("restored", one.restored), ("removed", one.removed), ("brought back", one.brought_back))
    counts = ", ".join(f"{plural(len(paths), 'file')} {kind}" for kind, paths in kinds if paths)
    named = f" ({titles})" if titles else ""
    yield f"Undid run {one.run}{named}: {counts or 'every file was as before already'}."
    for kind, paths in kinds:
        yield from _listed(kind, paths)


def _listed(kind: str, paths: Sequence[str]) -> Iterator[str]:
    for path in paths[:SHOWN]:
        shown = printable(path).replace("\n", "\\n")  # one line each
        yield f"  {kind} {shown}"
    if len(paths) > SHOWN:
        yield f"  and {plural(len(paths) - SHOWN, 'more file')} {kind}"
