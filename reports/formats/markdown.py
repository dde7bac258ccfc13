"""The Markdown format: GitHub-flavoured, for a pull request, a wiki or a repository."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from reports.blocks import (
    Block,
    Bullets,
    Check,
    Checklist,
    Code,
    Details,
    Diagram,
    Heading,
    Inline,
    Paragraph,
    Table,
    Toc,
    Tree,
    TreeNode,
    link,
)
from reports.formats._markdown_inline import cell, fence, flowing
from reports.wording import anchors, one_line, printable

_List: TypeAlias = Bullets | Checklist | Toc | Tree
# Between two lists that follow each other, which would otherwise be read as one.
_APART = "<!-- -->"
_BOXES = {"done": "[x] ", "open": "[ ] ", "unknown": "[ ] *unknown:* "}
_RULES = {"left": "---", "right": "---:"}


def render(blocks: Sequence[Block]) -> str:
    """Write the blocks as one Markdown page."""
    page = "\n\n".join(_parts(blocks, _contents(blocks)))
    return "\n".join(line.rstrip() for line in page.split("\n")) + "\n"


def _contents(blocks: Sequence[Block]) -> tuple[Inline, ...]:
    headings = tuple(_headings(blocks))
    named = zip(headings, anchors(heading.text for heading in headings), strict=True)
    return tuple(link(heading.text, f"#{anchor}") for heading, anchor in named if heading.level == 2)


def _headings(blocks: Sequence[Block]) -> Iterator[Heading]:
    for block in blocks:
        if isinstance(block, Heading):
            yield block
        elif isinstance(block, Details):
            yield from _headings(block.blocks)


def _parts(blocks: Sequence[Block], contents: tuple[Inline, ...]) -> Iterator[str]:
    written = [(block, text) for block in blocks if (text := _block(block, contents))]
    for (block, text), (following, _) in pairwise([*written, (None, "")]):
        yield text
        if isinstance(block, _List) and isinstance(following, _List):
            yield _APART


def _block(block: Block, contents: tuple[Inline, ...]) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {flowing(block.text)}"
        case Paragraph():
            return flowing(block.text)
        case Table():
            return _table(block)
        case Code():
            return _fenced(block.text, block.language or "text")
        case Diagram():
            return "\n\n".join(filter(None, [_fenced(block.text, block.kind), flowing(block.cut)]))
        case Details():
            return _details(block, contents)
        case _:
            return "\n".join(_list(block, contents))


def _list(block: _List, contents: tuple[Inline, ...]) -> Iterator[str]:
    match block:
        case Bullets():
            return (f"- {flowing(item)}" for item in block.items)
        case Checklist():
            return map(_check, block.items)
        case Toc():
            return (f"- {flowing(item)}" for item in contents)
        case _:
            return _branch(block.root, "")


def _check(check: Check) -> str:
    return f"- {_BOXES[check.state]}{flowing(check.text)}"


def _branch(node: TreeNode, indent: str) -> Iterator[str]:
    yield f"{indent}- {flowing(node.label)}"
    for child in node.children:
        yield from _branch(child, indent + "  ")


def _table(table: Table) -> str:
    heads = _row([cell(column.title) for column in table.columns])
    rules = _row([_RULES[column.align] for column in table.columns])
    rows = (_row([cell(item) for item in row]) for row in table.rows)
    grid = "\n".join([heads, rules, *rows])
    return "\n\n".join(filter(None, [flowing(table.caption), grid]))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fenced(text: str, language: str) -> str:
    shown = printable(text).rstrip("\n")
    ticks = fence(shown, 3)
    # The language is one word: anything else could not be told from the fence.
    word = "".join(re.findall(r"[\w+#.-]", language))
    return f"{ticks}{word}\n{shown}\n{ticks}"


def _details(details: Details, contents: tuple[Inline, ...]) -> str:
    # The summary line is read as HTML, not as Markdown.
    opening = f"<details>\n<summary>{html.escape(one_line(details.summary).strip())}</summary>"
    return "\n\n".join([opening, *_parts(details.blocks, contents), "</details>"])
