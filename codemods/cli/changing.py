"""The commands that write into a code base, or take it back: `migrate`, `undo`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codemods.cli.completing import planned_classes
from codemods.cli.options import (
    Elsewhere,
    Exclude,
    Format,
    Jobs,
    NoCache,
    Out,
    PlanFile,
    Root,
    Shown,
    on_terminal,
    request_of,
)
from codemods.printing import say, say_bytes


class Phase(StrEnum):
    """The phases that `migrate` can run by themselves."""

    CREATE = "create"
    REWRITE = "rewrite"
    SHIMS = "shims"
    CLEANUP = "cleanup"


def migrate(
    root: Root = Path("."),
    phase: Annotated[
        list[Phase] | None,
        typer.Option("--phase", help="Only this phase, or several. Alone, rewrite takes up what has its shim already."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CLASS",
            help="Only the module of this class of the plan.",
            autocompletion=planned_classes,
        ),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print a patch that `git apply` accepts.")
    ] = False,
    review: Annotated[
        bool, typer.Option("--review", help="What is likely but not certain: ask on a terminal, else apply it.")
    ] = False,
    test: Annotated[
        str, typer.Option("--test", metavar="CMD", help="Run this after each module; roll it back if it fails.")
    ] = "",
    docs: Annotated[
        bool, typer.Option("--docs", help="With --phase cleanup: rewrite old paths in documents and data, too.")
    ] = False,
    commit: Annotated[bool, typer.Option("--commit", help="One git commit for each module.")] = False,
    shard: Annotated[
        str,
        typer.Option("--shard", metavar="owner|package|N/M", help="In parts that stand alone, or only one of them."),
    ] = "",
    rename_uses: Annotated[
        bool, typer.Option("--rename-uses", help="Then call the unified classes by their names, where nobody minds.")
    ] = False,
    cross_check: Annotated[
        bool, typer.Option("--cross-check", help="Ask rope as well; what it does not see waits for --review.")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Migrate with uncommitted changes, or without git.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 when anything is left for a person.")] = False,
    out: Out = None,
    format: Shown = Format.TERMINAL,  # noqa: A002
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Put the unified classes in place, rewrite imports to them, leave shims; proven, then all or nothing.

    Examples:

    \b
      wsconsolidate migrate . --diff > all.patch           # look at it first; nothing is written
      wsconsolidate migrate . --out migration              # carry it out, with reports
      wsconsolidate migrate . --only EventEmitter          # the module of one class of the plan
      wsconsolidate migrate . --test "pytest -q" --commit  # a tested commit for each module
      wsconsolidate migrate . --shard owner --commit       # a commit for each owner, after what all need
      wsconsolidate migrate . --phase cleanup --docs       # later: remove what nothing uses
    """
    from codemods.commands import migrate as command
    from codemods.commands.reviewing import on_terminal as person_there

    request = request_of(root, plan, exclude, jobs, no_cache, executor)
    asked = command.Asked(
        phases=tuple(item.value for item in Phase if (item in phase if phase else item is not Phase.CLEANUP)),
        only=tuple(only or ()),
        diff=diff,
        review=review,
        test=test,
        commit=commit,
        allow_dirty=allow_dirty,
        strict=strict,
        docs=docs,
        cross_check=cross_check,
        rename_uses=rename_uses,
        shard=shard,
        person=None if diff else person_there(),
        out=out,
        format=format.value,
    )
    answer = command.run(request, asked, on_terminal())
    if answer.patch is not None:
        say_bytes(answer.patch)
    say(answer.text)
    raise typer.Exit(answer.code)


def undo(
    root: Root = Path("."),
    everything: Annotated[bool, typer.Option("--all", help="Every run that is recorded, not only the latest.")] = False,
) -> None:
    """Take back what `migrate` wrote, to the byte.

    Examples:

    \b
      wsconsolidate undo .        # the latest run
      wsconsolidate undo . --all  # every run that is recorded
    """
    from codemods.commands import undo as command

    say(command.run(root, everything))
