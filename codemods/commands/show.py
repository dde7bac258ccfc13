"""One document in the format asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence

from reports.blocks import Block


def show(document: object, blocks: Sequence[Block], format_: str, terminal: bool) -> str:
    """The text of a document: `json` is the document itself, the others are its blocks."""
    if format_ == "json":
        from reports.formats.json import render as as_json

        return as_json(document)
    if format_ == "markdown":
        from reports.formats.markdown import render as as_markdown

        return as_markdown(blocks)
    from reports.formats.terminal import render, wants_color

    width = shutil.get_terminal_size().columns if terminal else None  # None: a pipe, nothing is wrapped
    return render(blocks, width, wants_color(sys.stdout, os.environ), encoding=sys.stdout.encoding or "utf-8")
