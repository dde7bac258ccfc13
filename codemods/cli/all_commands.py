"""All commands, in the order in which help lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from codemods import __version__
from codemods.cli import changing, exporting, judging, reading, showing

app = typer.Typer(
    name="wsconsolidate",
    help="Merge the classes that do one job into one: found by reading, rewritten with proof, kept merged by a gate.",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich would double the cost of --help
    pretty_exceptions_enable=False,
    add_completion=True,
)
for _command in (
    reading.scan,
    reading.report,
    reading.mro,
    reading.next,
    judging.check,
    judging.rule,
    judging.explain,
    changing.migrate,
    changing.undo,
    exporting.export,
    showing.demo,
):
    app.command()(_command)


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
