"""The command that shows the tool at work: `demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from codemods.cli.options import on_terminal
from codemods.printing import say


def demo(
    keep: Annotated[Path | None, typer.Option("--keep", help="Lay the sample out here and leave it.")] = None,
) -> None:
    """Run the main job on a small sample code base, laid out in a temporary folder.

    Examples:

    \b
      wsconsolidate demo                # in a temporary folder
      wsconsolidate demo --keep sample  # in a folder that stays
    """
    from codemods.commands import demo as command

    say(command.run(keep, on_terminal()))
