"""The files that could not be read as they stand: what a report is silent about, it has to say."""

from __future__ import annotations

from codemods.index.code import CodeIndex
from reports.documents.common import Unread


def unread_files(index: CodeIndex) -> tuple[Unread, ...]:
    """Every such file with the reason, and with the reader that took it all the same."""
    return tuple(Unread(file.path, file.problem, file.read_by) for file in index.files if file.problem)
