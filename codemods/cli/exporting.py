"""The command that hands a consolidation to other tools: `export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codemods.cli.options import Elsewhere, Exclude, Jobs, NoCache, Out, PlanFile, Root, request_of
from codemods.printing import say


class Tool(StrEnum):
    """For whom something is written."""

    RUFF = "ruff"
    PYI = "pyi"


def export(
    tool: Annotated[
        Tool, typer.Argument(metavar="ruff|pyi", help="A ban of old paths for ruff, or stubs for type checkers.")
    ],
    root: Root = Path("."),
    out: Out = None,
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Write what other tools can use: ruff's banned API (TID251), or stubs beside shims, with old names deprecated.

    Examples:

    \b
      wsconsolidate export ruff . --out .  # ruff-banned.toml, to be extended by your own
      wsconsolidate export pyi . --out .   # a stub beside each shim
    """
    from codemods.commands import export as command

    say(command.run(request_of(root, plan, exclude, jobs, no_cache, executor), tool.value, out))
