"""Arguments to a request, a request to a command, its answer to a stream and an exit code; nothing else.

Commands are imported when they run: `--help` must not pay for what it does not use.
"""

from __future__ import annotations

import os
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from codemods import __version__
from codemods.errors import EXIT_FAILED, WsConsolidateError
from codemods.printing import say, say_bytes
from reports.wording import printable

if TYPE_CHECKING:
    from codemods.commands.codebase import Request

app = typer.Typer(
    name="wsconsolidate",
    help="Merge the classes that do one job into one: found by reading, rewritten with proof, kept merged by a gate.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich would double the cost of --help
    pretty_exceptions_enable=False,
    add_completion=False,
)


class Format(StrEnum):
    """How a report is printed."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    JSON = "json"


def _folder(text: str | Path) -> Path:
    """A folder as it was typed; an empty word is a variable that was not set, not the current folder."""
    if not str(text):
        raise typer.BadParameter("an empty name is no folder; for the current one give .")
    return Path(text)


Root = Annotated[
    Path,
    typer.Argument(
        parser=_folder, metavar="ROOT", help="The folder that holds the code base.", show_default="the current folder"
    ),
]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="A plan file; the shipped one without it.")]
NoPlan = Annotated[bool, typer.Option("--no-plan", help="Find duplicates without being told which.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", parser=_folder, metavar="FOLDER", help="Write the reports into this folder instead of printing one."
    ),
]
Shown = Annotated[Format, typer.Option("--format", help="How the report is printed.")]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Leave out what matches (as in .gitignore).")
]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Worker processes; 0 for one per core.")]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Read everything again and keep nothing.")]


@app.command()
def scan(
    root: Root = Path("."),
    plan: PlanFile = None,
    no_plan: NoPlan = False,
    out: Out = None,
    format: Shown = Format.TERMINAL,  # noqa: A002 - the option's name is its interface
    exclude: Exclude = None,
    jobs: Jobs = 0,
    no_cache: NoCache = False,
) -> None:
    """Find the duplicates by reading, never by importing, and report what must not be lost.

    Example: wsconsolidate scan . --out reports
    """
    from codemods.commands import scan as command

    request = _request(root, plan, exclude, jobs, no_cache, no_plan)
    say(command.run(request, out, format.value, _terminal()))


@app.command()
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
    no_cache: NoCache = False,
) -> None:
    """Show the method resolution order of classes, computed by reading.

    Example: wsconsolidate mro . WebSocketManager
    """
    from codemods.commands import mro as command

    root, classes = _root_and_names(where or [])
    request = _request(root, plan, exclude, jobs, no_cache)
    say(command.run(request, classes, everything, tuple(python_path or ()), format.value, _terminal()))


class CheckFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"


@app.command()
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
    select: Annotated[list[str] | None, typer.Option("--select", metavar="RULE", help="Only these rules.")] = None,
    ignore: Annotated[list[str] | None, typer.Option("--ignore", metavar="RULE", help="Not these rules.")] = None,
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
    plan: PlanFile = None,
    exclude: Exclude = None,
    jobs: Jobs = 0,
    no_cache: NoCache = False,
) -> None:
    """Judge whether the code base stays consolidated: 0 clean, 1 findings, 2 could not be judged.

    Example: wsconsolidate check . --baseline wsconsolidate-baseline.txt
    """
    from codemods.commands import check as command

    root, files = _root_and_files(where or [])
    request = _request(root, plan, exclude, jobs, no_cache)
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
    )
    answer = command.run(request, asked, files)
    say(answer.text)
    raise typer.Exit(answer.code)


@app.command()
def rule(
    name: Annotated[str, typer.Argument(metavar="[RULE]", help="An id or a name; all are listed without it.")] = "",
    format: Shown = Format.TERMINAL,  # noqa: A002
) -> None:
    """Show what a rule of check finds, why, and what to do.

    Example: wsconsolidate rule WSC002
    """
    from codemods.commands import rule as command

    say(command.run(name, format.value, _terminal()))


class Phase(StrEnum):
    """The phases that `migrate` can run by themselves."""

    CREATE = "create"
    REWRITE = "rewrite"
    SHIMS = "shims"
    CLEANUP = "cleanup"


@app.command()
def migrate(
    root: Root = Path("."),
    phase: Annotated[
        list[Phase] | None,
        typer.Option("--phase", help="Only this phase, or several. Alone, rewrite takes up what has its shim already."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="CLASS", help="Only the module of this class of the plan.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print a patch that `git apply` accepts.")
    ] = False,
    review: Annotated[bool, typer.Option("--review", help="Apply what is likely but not certain, too.")] = False,
    test: Annotated[
        str, typer.Option("--test", metavar="CMD", help="Run this after each module; roll it back if it fails.")
    ] = "",
    docs: Annotated[
        bool, typer.Option("--docs", help="With --phase cleanup: rewrite old paths in documents and data, too.")
    ] = False,
    commit: Annotated[bool, typer.Option("--commit", help="One git commit for each module.")] = False,
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
    no_cache: NoCache = False,
) -> None:
    """Put the unified classes in place, rewrite imports to them, leave shims; proven, then all or nothing.

    Example: wsconsolidate migrate . --out migration
    """
    from codemods.commands import migrate as command

    request = _request(root, plan, exclude, jobs, no_cache)
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
        out=out,
        format=format.value,
    )
    answer = command.run(request, asked, _terminal())
    if answer.patch is not None:
        say_bytes(answer.patch)
    say(answer.text)
    raise typer.Exit(answer.code)


@app.command()
def undo(
    root: Root = Path("."),
    everything: Annotated[bool, typer.Option("--all", help="Every run that is recorded, not only the latest.")] = False,
) -> None:
    """Take back what `migrate` wrote, to the byte.

    Example: wsconsolidate undo .
    """
    from codemods.commands import undo as command

    say(command.run(root, everything))


@app.command()
def demo(
    keep: Annotated[Path | None, typer.Option("--keep", help="Lay the sample out here and leave it.")] = None,
) -> None:
    """Run the main job on a small sample code base, laid out in a temporary folder."""
    from codemods.commands import demo as command

    say(command.run(keep, _terminal()))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wsconsolidate {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Merge the classes that do one job into one."""


def _request(
    root: Path, plan: Path | None, exclude: list[str] | None, jobs: int, no_cache: bool, no_plan: bool = False
) -> Request:
    from codemods.commands.codebase import Request

    return Request(root, plan, no_plan, tuple(exclude or ()), jobs, not no_cache)


def _root_and_names(words: list[str]) -> tuple[Path, tuple[str, ...]]:
    """The first word is the folder when it is one or looks like a path; class names hold no slash."""
    if words and (os.sep in words[0] or words[0] in {".", ".."} or Path(words[0]).is_dir()):
        return Path(words[0]), tuple(words[1:])
    return Path("."), tuple(words)


def _root_and_files(words: list[str]) -> tuple[Path, list[str]]:
    """The first word is the folder unless it is a file: then the files are of the current folder."""
    if words and not Path(words[0]).is_file():
        return _folder(words[0]), words[1:]
    return Path("."), words


def _terminal() -> bool:
    return sys.stdout.isatty()


def main() -> None:
    """The console script: any failure is one sentence on stderr and exit code 2, a crash too."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by who started us, as in `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open to the end
    # A worker process that is spawned, not forked, must not find modules in the current folder: it may be the target.
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        _one_installation()
        app()
    except WsConsolidateError as error:
        _stop(f"error: {printable(str(error))}")  # a path may hold what a terminal would obey
    except Exception as error:  # noqa: BLE001 - the last line of defence: a crash must not look like a finding
        traceback.print_exc()
        _stop(f"internal error: {type(error).__name__}: {error}\nThis is a defect of wsconsolidate: please report it.")


def _one_installation() -> None:
    """The package names are generic: a code base with a `reports` package of its own must not be mixed up with ours."""
    import codemods
    import reports

    homes = {Path(str(package.__file__)).parent.parent for package in (codemods, reports)}
    if len(homes) > 1:
        raise WsConsolidateError(
            f"the packages codemods and reports come from different places ({', '.join(sorted(map(str, homes)))}); "
            "install wsconsolidate apart from the project, with pipx or `uv tool install`"
        )


def _stop(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.exit(EXIT_FAILED)
