"""The neutral vocabulary of every report: what is said, with no idea of how it will look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Style: TypeAlias = Literal["code", "strong", "link", "location"]
State: TypeAlias = Literal["done", "open", "unknown"]
Align: TypeAlias = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text that stands out; a "location" is a relative `path:line`."""

    text: str
    style: Style
    target: str = ""


Inline: TypeAlias = str | Span | tuple[str | Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of what follows, from level 1 (the report) to level 6."""

    level: int
    text: str

    def __post_init__(self) -> None:
        """Refuse a level that no format can show."""
        if not 1 <= self.level <= 6:
            raise ValueError(f"a heading has a level from 1 to 6, not {self.level}")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; line ends inside it are spaces."""

    text: Inline


@dataclass(frozen=True, slots=True)
class Bullets:
    """A flat list of points."""

    items: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One point of a checklist and how far it has come."""

    state: State
    text: Inline


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list of points that are done, open, or not known to be either."""

    items: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a table column; numbers go right."""

    title: str
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; line ends inside a cell are kept."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Inline, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse a table whose cells would silently move or vanish."""
        if not self.columns:
            raise ValueError("a table needs at least one column")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A label and what hangs below it."""

    label: Inline
    children: tuple[TreeNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A hierarchy, shown from its root down."""

    root: TreeNode


@dataclass(frozen=True, slots=True)
class Code:
    """Source text, shown as it is."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing as source text; `cut` says what was left out of it, if anything was."""

    kind: Literal["mermaid"]
    text: str
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Toc:
    """The level-2 headings of the whole report, as links."""


@dataclass(frozen=True, slots=True)
class Details:
    """Blocks that may be folded away behind one line."""

    summary: str
    blocks: tuple[Block, ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Checklist | Table | Tree | Code | Diagram | Toc | Details


def code(text: str) -> Span:
    """Mark a name or an expression."""
    return Span(text, "code")


def strong(text: str) -> Span:
    """Mark what must not be missed."""
    return Span(text, "strong")


def link(text: str, target: str) -> Span:
    """Point to a heading (`#anchor`) or an address."""
    return Span(text, "link", target)


def location(path: str, line: int | None = None) -> Span:
    """Name a place in the code base: a relative path with forward slashes, and a line where there is one."""
    return Span(path if line is None else f"{path}:{line}", "location")


def pieces(inline: Inline) -> tuple[str | Span, ...]:
    """Flatten an inline for a format: no empty parts, neighbouring strings joined."""
    joined: list[str | Span] = []
    for part in inline if isinstance(inline, tuple) else (inline,):
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif plain(part):
            joined.append(part)
    return tuple(joined)


def plain(inline: Inline) -> str:
    """Take the words without their styles, to measure, sort or compare."""
    if isinstance(inline, tuple):
        return "".join(plain(part) for part in inline)
    return inline if isinstance(inline, str) else inline.text
