"""The commands that tell what a code base has: `scan`, `report`, `mro`, `next`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from codemods.cli.options import (
    Elsewhere,
    Exclude,
    Format,
    Jobs,
    NoCache,
    NoPlan,
    Out,
    PlanFile,
    Root,
    Shown,
    folder,
    on_terminal,
    request_of,
)
from codemods.printing import say


def scan(
    root: Root = Path("."),
    plan: PlanFile = None,
    no_plan: NoPlan = False,
    out: Out = None,
    draft_plan: Annotated[
        Path | None,
        typer.Option("--draft-plan", metavar="FILE", help="Write a plan for what is found, to complete."),
    ] = None,
    about: Annotated[
        list[str] | None, typer.Option("--about", metavar="WORD", help="With --draft-plan: a subject, role or class.")
    ] = None,
    format: Shown = Format.TERMINAL,  # noqa: A002 - the option's name is its interface
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Find the duplicates by reading, never by importing, and report what must not be lost.

    Examples:

    \b
      wsconsolidate scan .                                     # a summary
      wsconsolidate scan . --out reports                       # all reports, as Markdown and JSON
      wsconsolidate scan . --no-plan                           # find duplicates of any kind
      wsconsolidate scan . --draft-plan mine.toml              # and write a plan for them, to complete
      wsconsolidate scan . --plan mine.toml --exclude vendor/  # a plan of your own
      wsconsolidate scan . --executor dask://10.0.0.7:8786     # read on a cluster
    """
    from codemods.commands import scan as command

    request = request_of(root, plan, exclude, jobs, no_cache, executor, no_plan)
    if draft_plan is not None:
        say(command.draft(request, draft_plan, tuple(about or ())))
        return
    say(command.run(request, out, format.value, on_terminal()))


def report(
    root: Root = Path("."),
    *,
    out: Annotated[
        Path, typer.Option("--out", parser=folder, metavar="DIR", help="The folder to write the pages into.")
    ],
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="Draw the burndown of what check recorded here.")
    ] = None,
    plan: PlanFile = None,
    no_plan: NoPlan = False,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Write a site of what is known: pages that need no network, no server and no script.

    Examples:

    \b
      wsconsolidate report . --out site                            # then open site/index.html
      wsconsolidate report . --out site --history burndown.jsonl   # with what is left, run after run
    """
    from codemods.commands import report as command

    say(command.run(request_of(root, plan, exclude, jobs, no_cache, executor, no_plan), out, history))


def mro(
    where: Annotated[
        list[str] | None, typer.Argument(metavar="ROOT|CLASS", help="The folder, then classes by name or path.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every class of the code base.")] = False,
    format: Shown = Format.TERMINAL,  # noqa: A002
    plan: PlanFile = None,
    python_path: Annotated[
        list[Path] | None, typer.Option("--python-path", help="A folder of installed packages to read bases from.")
    ] = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Show the method resolution order of classes, computed by reading.

    Examples:

    \b
      wsconsolidate mro .                                       # the classes of the plan
      wsconsolidate mro . EventEmitter                          # a class by its name, or dotted
      wsconsolidate mro . --all --format json                   # every class, as data
      wsconsolidate mro . Settings --python-path site-packages  # installed bases, too
    """
    from codemods.commands import mro as command

    root, classes = _root_and_names(where or [])
    request = request_of(root, plan, exclude, jobs, no_cache, executor)
    say(command.run(request, classes, everything, tuple(python_path or ()), format.value, on_terminal()))


def next(  # noqa: A001 - the command's name is its interface
    root: Root = Path("."),
    format: Shown = Format.TERMINAL,  # noqa: A002
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Name the files whose migration unblocks most, and why.

    Examples:

    \b
      wsconsolidate next .                # the first ten, with what to run
      wsconsolidate next . --format json  # the same as data
    """
    from codemods.commands import next_file as command

    request = request_of(root, plan, exclude, jobs, no_cache, executor)
    say(command.run(request, format.value, on_terminal()))


def _root_and_names(words: list[str]) -> tuple[Path, tuple[str, ...]]:
    """The first word is the folder when it is one or looks like a path; class names hold no slash."""
    if words and (os.sep in words[0] or words[0] in {".", ".."} or Path(words[0]).is_dir()):
        return Path(words[0]), tuple(words[1:])
    return Path("."), tuple(words)
