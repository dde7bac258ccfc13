"""The commands of the gate: `check`, and what explains it: `rule` a finding, `explain` a line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from codemods.cli.completing import rules
from codemods.cli.options import (
    Elsewhere,
    Exclude,
    Format,
    Jobs,
    NoCache,
    PlanFile,
    Shown,
    folder,
    on_terminal,
    request_of,
)
from codemods.printing import say


class Grouping(StrEnum):
    """What findings are put together by."""

    OWNER = "owner"
    PACKAGE = "package"


class CheckFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"


def check(
    where: Annotated[
        list[str] | None, typer.Argument(metavar="[ROOT] [FILE]...", help="The folder, then files to judge alone.")
    ] = None,
    format: Annotated[CheckFormat, typer.Option("--format", help="How findings are printed.")] = CheckFormat.TEXT,  # noqa: A002
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="What is known and tolerated for now.")
    ] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Remove from the baseline what is no longer found.")
    ] = False,
    add: Annotated[
        bool, typer.Option("--add", help="With --update-baseline: take new findings in, and what must stay.")
    ] = False,
    since: Annotated[str, typer.Option("--since", metavar="REF", help="Tell only what a git revision has not.")] = "",
    select: Annotated[
        list[str] | None, typer.Option("--select", metavar="RULE", help="Only these rules.", autocompletion=rules)
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Not these rules.", autocompletion=rules)
    ] = None,
    show_baselined: Annotated[
        bool, typer.Option("--show-baselined", help="Tell known findings, too; they still pass.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Notes, and success criteria that are not done, fail as well.")
    ] = False,
    runtime: Annotated[
        bool, typer.Option("--runtime", help="Run the promises of the unified modules in the code base, apart from it.")
    ] = False,
    telemetry: Annotated[
        list[Path] | None, typer.Option("--telemetry", metavar="FILE", help="What shims logged in production.")
    ] = None,
    release: Annotated[
        str, typer.Option("--release", metavar="VERSION", help="The version that shims' removal is held against.")
    ] = "",
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="Add what is found to a history, a line a run.")
    ] = None,
    group_by: Annotated[
        Grouping | None, typer.Option("--group-by", help="Put findings together by CODEOWNERS, or by package.")
    ] = None,
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Judge whether the code base stays consolidated: 0 clean, 1 findings, 2 could not be judged.

    Examples:

    \b
      wsconsolidate check . --baseline known.txt --update-baseline --add  # record what is known
      wsconsolidate check . --baseline known.txt                          # fail on what is new
      wsconsolidate check . --since origin/main                           # tell what this branch brought
      wsconsolidate check . --select legacy-path --format github          # one rule, as annotations
      wsconsolidate check . --format sarif > found.sarif                  # for code scanning
      wsconsolidate check . --group-by owner --show-baselined             # what is left, and whose it is
      wsconsolidate check . --history burndown.jsonl                      # how much is left, run after run
    """
    from codemods.commands import check as command

    root, files = _root_and_files(where or [])
    request = request_of(root, plan, exclude, jobs, no_cache, executor)
    asked = command.Asked(
        format=format.value,
        baseline=baseline,
        update=update_baseline,
        add=add,
        since=since,
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        show_known=show_baselined,
        strict=strict,
        runtime=runtime,
        telemetry=tuple(telemetry or ()),
        release=release,
        history=history,
        group_by=group_by.value if group_by is not None else "",
    )
    answer = command.run(request, asked, files)
    say(answer.text)
    raise typer.Exit(answer.code)


def rule(
    name: Annotated[
        str, typer.Argument(metavar="[RULE]", help="An id or a name; all are listed without it.", autocompletion=rules)
    ] = "",
    format: Shown = Format.TERMINAL,  # noqa: A002
) -> None:
    """Show what a rule of check finds, why, and what to do.

    Examples:

    \b
      wsconsolidate rule              # all of them
      wsconsolidate rule legacy-path  # one, by its name or by WSC002
    """
    from codemods.commands import rule as command

    say(command.run(name, format.value, on_terminal()))


def explain(
    where: Annotated[
        list[str], typer.Argument(metavar="[ROOT] PATH:LINE", help="The folder, then a line of one of its files.")
    ],
    format: Shown = Format.TERMINAL,  # noqa: A002
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    executor: Elsewhere = "",
    no_cache: NoCache = False,
) -> None:
    """Tell why migrate changes a line, leaves it to a person, or has nothing to do with it.

    Examples:

    \b
      wsconsolidate explain app/page.py:12    # of the current folder
      wsconsolidate explain . app/page.py:12  # the same, the folder named
    """
    from codemods.commands import explain as command

    if len(where) > 2:
        raise typer.BadParameter("expected [ROOT] PATH:LINE")
    root = folder(where[0]) if len(where) > 1 else Path(".")
    request = request_of(root, plan, exclude, jobs, no_cache, executor)
    say(command.run(request, where[-1], format.value, on_terminal()))


def _root_and_files(words: list[str]) -> tuple[Path, list[str]]:
    """The first word is the folder unless it is a file: then the files are of the current folder."""
    if words and not Path(words[0]).is_file():
        return folder(words[0]), words[1:]
    return Path("."), words
