"""The terminal format: for a person at a screen of any width, or for a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Column as GridColumn
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree as Branch

from reports.blocks import (
    Block,
    Bullets,
    Checklist,
    Code,
    Column,
    Details,
    Diagram,
    Heading,
    Inline,
    Paragraph,
    Table,
    Tree,
    TreeNode,
)
from reports.formats._terminal_inline import flowing, standing

_MARKS = {"done": ("[x]", "green"), "open": ("[ ]", "red"), "unknown": ("[?]", "yellow")}
_UNDERLINES = {1: "=", 2: "-"}
# A pipe has no width: wide enough that a location stays in one piece for whoever searches the output.
_UNBOUNDED = 1_000_000
# A column with less of the screen is a ladder of letters: such rows are shown one value per line.
_NARROWEST = 10
# What rich puts around the text of a column: a space on either side and a divider.
_FRAME = 3


def wants_color(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Decide about colour for a stream: on a terminal that can, unless NO_COLOR says otherwise."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def render(blocks: Sequence[Block], width: int | None = None, color: bool = False, *, encoding: str = "utf-8") -> str:
    """Write the blocks for a screen of this width, or without any wrapping where there is no screen."""
    sink = io.BytesIO()
    # Rich draws in ASCII where the encoding has no lines; any other character becomes an escape, never a crash.
    stream = io.TextIOWrapper(sink, encoding, errors="backslashreplace", newline="\n")
    console = _console(stream, width or _UNBOUNDED, color)
    for number, shown in enumerate(_shown(blocks, console)):
        if number:
            console.print()
        console.print(shown, crop=False)
    stream.flush()
    lines = sink.getvalue().decode(encoding).split("\n")
    return "\n".join(line.rstrip() for line in lines)


def _console(stream: TextIO, width: int, color: bool) -> Console:
    # Everything is said here, so that nothing is taken from the environment.
    return Console(
        file=stream,
        width=width,
        height=25,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        force_jupyter=False,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _shown(blocks: Sequence[Block], console: Console) -> Iterator[RenderableType]:
    for block in blocks:
        if isinstance(block, Details):
            yield _bold(block.summary)
            yield from _shown(block.blocks, console)
        elif (shown := _block(block, console)) is not None:
            yield shown


def _block(block: Block, console: Console) -> RenderableType | None:
    match block:
        case Heading():
            return _heading(block, console.width)
        case Paragraph():
            return flowing(block.text)
        case Bullets():
            return _bullets(block)
        case Checklist():
            return _checklist(block)
        case Table():
            return _table(block, console)
        case Tree():
            return _branch(block.root)
        case Code():
            return Padding(standing(block.text.rstrip("\r\n")), (0, 0, 0, 2), expand=False)
        case Diagram():
            return flowing(f"(The {block.kind} diagram is in the Markdown report.) {block.cut}")
        case _:
            return None


def _heading(heading: Heading, width: int) -> Text:
    title = _bold(heading.text)
    line = _UNDERLINES.get(heading.level, "") * min(title.cell_len, width)
    return title.append(f"\n{line}") if line else title


def _bold(text: str) -> Text:
    title = flowing(text.strip())
    title.stylize("bold")
    return title


def _bullets(bullets: Bullets) -> RenderableType | None:
    return _marked([(Text("-"), item) for item in bullets.items])


def _checklist(checklist: Checklist) -> RenderableType | None:
    return _marked([(Text(*_MARKS[item.state]), item.text) for item in checklist.items])


def _marked(items: Sequence[tuple[Text, Inline]]) -> RenderableType | None:
    if not items:
        return None
    grid = Grid.grid(GridColumn(no_wrap=True), GridColumn(overflow="fold"), padding=(0, 1, 0, 0))
    for mark, item in items:
        grid.add_row(mark, flowing(item))
    return grid


def _branch(node: TreeNode) -> Branch:
    branch = Branch(flowing(node.label))
    branch.children.extend(_branch(child) for child in node.children)
    return branch


def _table(table: Table, console: Console) -> RenderableType:
    rows = [[standing(item) for item in row] for row in table.rows]
    shown = _grid(table, rows) if _fits(table, rows, console) else _records(table, rows)
    return Group(flowing(table.caption), shown) if table.caption else shown


def _fits(table: Table, rows: Sequence[Sequence[Text]], console: Console) -> bool:
    count = len(table.columns)
    if console.width >= count * _NARROWEST:
        return True
    columns = zip([_bold(column.title) for column in table.columns], *rows, strict=True)
    widest = (max(console.measure(text).maximum for text in texts) for texts in columns)
    return sum(widest) + count * _FRAME <= console.width


def _grid(table: Table, rows: Sequence[Sequence[Text]]) -> RenderableType:
    grid = Grid(*map(_column, table.columns), box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        grid.add_row(*row)
    return grid


def _column(column: Column) -> GridColumn:
    return GridColumn(_bold(column.title), justify=column.align, overflow="fold")


def _records(table: Table, rows: Sequence[Sequence[Text]]) -> RenderableType:
    heads = [_bold(column.title).append(": ") for column in table.columns]
    records = (Text("\n").join(map(Text.__add__, heads, row)) for row in rows)
    return Text("\n\n", overflow="fold").join(records)
