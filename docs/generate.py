"""The pages of this folder, made of the code that they are about: `make docs`, which is `python docs/generate.py`.

With the name of a folder they are written there instead; a test compares them with those that are committed.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import typer  # noqa: E402 - run as a script, the repository must be found first

from codemods import errors  # noqa: E402
from codemods.cli.all_commands import app  # noqa: E402
from codemods.config import Settings  # noqa: E402
from codemods.gate.registry import RULES  # noqa: E402
from codemods.plan import Plan  # noqa: E402
from codemods.source.files import write_all  # noqa: E402
from codemods.tables import Key, keys_of  # noqa: E402
from reports.blocks import Block, Bullets, Code, Column, Heading, Inline, Paragraph, Span, Table, code, link  # noqa: E402
from reports.formats.markdown import render  # noqa: E402
from reports.sections.rules import rule_page  # noqa: E402

NOTE = "<!-- Written by `make docs`, of the code itself: change that. -->\n\n"
CODES = {
    errors.EXIT_OK: "done, or clean",
    errors.EXIT_FOUND: "the answer is no: findings, a step that was rolled back, or something left under `--strict`",
    errors.EXIT_FAILED: "it could not do its job: usage, configuration, a dirty tree, a failed proof, a defect",
}
GROUP: Any = typer.main.get_command(app)


def pages() -> dict[str, str]:
    """Every page by its path."""
    made: dict[str, Sequence[Block]] = {
        "README.md": list(index()),
        "exit-codes.md": list(exit_codes()),
        "settings.md": list(settings()),
        "plan.md": list(plan()),
        **{f"commands/{name}.md": list(command(name)) for name in GROUP.commands},
        **{f"rules/{rule.id}.md": rule_page(rule.text) for rule in RULES},
    }
    return {path: NOTE + render(blocks) for path, blocks in made.items()}


def index() -> Iterator[Block]:
    """The way to all other pages."""
    yield Heading(1, "wsconsolidate")
    yield Paragraph(("For a first look, see the ", link("README", "../README.md"), ". Here everything is told once."))
    yield Heading(2, "Commands")
    rows = [(_linked(name, "commands"), _marked(_first(_told(name)))) for name in GROUP.commands]
    yield _table(("command", "does"), rows)
    yield Heading(2, "Files and answers")
    yield Bullets(
        (
            (link("Settings", "settings.md"), ": what a code base says of itself in its pyproject.toml"),
            (link("The plan", "plan.md"), ": which classes are to become one, and how they were called"),
            (link("Exit codes", "exit-codes.md"), ": what a script can go by"),
            (link("Big code bases", "big-code-bases.md"), ": a cluster that reads, and what millions of lines cost"),
        )
    )
    yield Heading(2, "Pictures")
    text = "A tour through the sample, as it looks on a terminal: "
    pictures = [link(name, f"pictures/{name}.svg") for name in ("scan", "migrate", "check")]
    parts = [part for picture in pictures for part in (picture, ", ")]
    yield Paragraph((text, *parts, "all of it for ", link("asciinema", "pictures/tour.cast"), "."))
    yield Heading(2, "Rules of check")
    every = [(_linked(rule.id, "rules"), rule.text.slug, rule.text.title) for rule in RULES]
    yield _table(("id", "name", "finds"), every)


def command(name: str) -> Iterator[Block]:
    """The page of one command, as a man page has it."""
    found = GROUP.commands[name]
    context = found.make_context(name, [], resilient_parsing=True)
    yield Heading(1, f"wsconsolidate {name}")
    yield Paragraph(_marked(_first(_told(name))))
    yield Code(f"wsconsolidate {name} {' '.join(found.collect_usage_pieces(context))}", "text")
    yield Heading(2, "Examples")
    yield Code("\n".join(_examples(name)), "sh")
    for title, kind in (("Arguments", "argument"), ("Options", "option")):
        rows = [_parameter(item, context) for item in found.params if item.param_type_name == kind]
        if rows:
            yield Heading(2, title)
            yield _table((kind, "meaning"), rows)
    yield Heading(2, "See also")
    yield Paragraph((link("exit codes", "../exit-codes.md"), ", ", link("settings", "../settings.md"), "."))


def _parameter(item: Any, context: Any) -> tuple[Inline, Inline]:
    written, meaning = item.get_help_record(context)
    return code(re.sub(r" <list\[str\]>$", "", written)), _marked(" ".join(meaning.split()))


def _told(name: str) -> str:
    return inspect.cleandoc(GROUP.commands[name].help or "").replace("\b", "")


def _first(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


def _examples(name: str) -> list[str]:
    return [line.strip() for line in _told(name).splitlines() if line.strip().startswith("wsconsolidate ")]


def exit_codes() -> Iterator[Block]:
    """What the numbers mean, and the errors behind the last one."""
    yield Heading(1, "Exit codes")
    yield _table(("code", "means"), [(code(str(number)), _marked(meaning)) for number, meaning in CODES.items()])
    yield Paragraph(
        "Reports go to stdout; diagnostics, and on a terminal a progress bar, to stderr. The same tree gives the same "
        "bytes. An error is one sentence that says what to do; a crash has a traceback, and never looks like a finding."
    )
    yield Heading(2, "What ends with 2")
    rows = [
        (code(kind.__name__), _marked(_first(kind.__doc__ or "")))
        for kind in errors.WsConsolidateError.__subclasses__()
    ]
    yield _table(("error", "means"), rows)


def settings() -> Iterator[Block]:
    """`[tool.wsconsolidate]`."""
    yield Heading(1, "Settings")
    yield Paragraph((code("[tool.wsconsolidate]"), " in the code base's pyproject.toml. All of it is optional."))
    yield from _of_kind(Settings)


def plan() -> Iterator[Block]:
    """The plan file, table by table."""
    yield Heading(1, "The plan")
    text = "A plan is a TOML file. The one that is shipped is a model for your own: "
    yield Paragraph((text, link("websocket.toml", "../codemods/plans/websocket.toml"), "."))
    yield Heading(2, "At the top")
    yield from _of_kind(Plan)
    for key in keys_of(Plan):
        if key.kind is not None:
            yield Heading(2, f"[[{key.name}]]")
            yield from _of_kind(key.kind)
            for inner in keys_of(key.kind):
                if inner.kind is not None:
                    yield Heading(3, f"{inner.name}, in [[{key.name}]]")
                    yield from _of_kind(inner.kind)


def _of_kind(kind: type) -> Iterator[Block]:
    """What a table is for, in the words of its class, and its keys."""
    for paragraph in inspect.cleandoc(kind.__doc__ or "").split("\n\n"):
        yield Paragraph(_marked(" ".join(paragraph.split()).replace("_", "-")))
    rows = [(code(key.name), key.expected, _default(key)) for key in keys_of(kind)]
    yield _table(("key", "is", "without it"), rows)


def _default(key: Key) -> Inline:
    if key.required:
        return "must be there"
    if key.default in ((), "", None):
        return "nothing"
    return code(json.dumps(key.default))


def _marked(text: str) -> tuple[str | Span, ...]:
    """What stands in backquotes, as code."""
    return tuple(code(part) if number % 2 else part for number, part in enumerate(text.split("`")))


def _table(columns: Sequence[str], rows: Sequence[Sequence[Inline]]) -> Table:
    return Table(tuple(map(Column, columns)), tuple(tuple(row) for row in rows))


def _linked(name: str, folder: str) -> Inline:
    return link(name, f"{folder}/{name}.md")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE, pages())
