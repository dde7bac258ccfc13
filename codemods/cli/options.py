"""The options that several commands share, and what is made of them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from codemods.commands.codebase import Request


class Format(StrEnum):
    """How a report is printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def folder(text: str | Path) -> Path:
    """A folder as it was typed; an empty word is a variable that was not set, not the current folder."""
    if not str(text):
        raise typer.BadParameter("an empty name is no folder; for the current one give .")
    return Path(text)


Root = Annotated[
    Path,
    typer.Argument(
        parser=folder, metavar="ROOT", help="The folder that holds the code base.", show_default="the current folder"
    ),
]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="A plan file; the shipped one without it.")]
NoPlan = Annotated[bool, typer.Option("--no-plan", help="Find duplicates without being told which.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", parser=folder, metavar="FOLDER", help="Write the reports into this folder instead of printing one."
    ),
]
Shown = Annotated[Format, typer.Option("--format", help="How the report is printed.")]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Leave out what matches (as in .gitignore).")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 for one per core.")]
Elsewhere = Annotated[
    str, typer.Option("--executor", metavar="URL", help="Read on a Dask cluster: dask://HOST:PORT, its scheduler.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read everything again and keep nothing.")]


def request_of(
    root: Path,
    plan: Path | None,
    exclude: list[str] | None,
    jobs: int,
    no_cache: bool,
    executor: str,
    no_plan: bool = False,
) -> Request:
    """What the options shared by all that read a code base ask for."""
    from codemods.commands.codebase import Request

    return Request(root, plan, no_plan, tuple(exclude or ()), jobs, not no_cache, executor)


def on_terminal() -> bool:
    """Whether somebody looks at what is printed."""
    return sys.stdout.isatty()
