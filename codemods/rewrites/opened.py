"""A file opened to be edited: its bytes, its tree, and the exact bytes that each node of the tree is written as."""

from __future__ import annotations

import ast
from codecs import BOM_UTF8
from functools import cached_property
from typing import NamedTuple

from codemods.index.encoding import encoding_of
from codemods.index.facts import FileFacts
from codemods.index.parse import parse, read_tree
from codemods.index.tolerant import read_newer_syntax

Span = tuple[int, int]
_BLANK = b" \t\f"


class Around(NamedTuple):
    """What stands around a statement: whether it has its line to itself, its indentation, comment and line end."""

    alone: bool
    indent: str
    comment: str
    newline: str


class Opened:
    """One file's content. Raises SyntaxError or ValueError when it cannot be read."""

    def __init__(self, known: FileFacts, source: bytes) -> None:
        newer = known.read_by == "libcst"
        reader = read_newer_syntax if newer else read_tree
        parsed = parse(known.path, known.module, source, False, reader)
        if parsed.tree is None:
            raise SyntaxError(parsed.facts.problem)
        self.path, self.source = known.path, source
        self.facts, self.tree = parsed.facts, parsed.tree
        # Not "utf-8-sig", which would write the mark again before every new text.
        self.encoding = encoding_of(source).removesuffix("-sig")

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line starts; the byte order mark is no part of the first."""
        first = len(BOM_UTF8) if self.source.startswith(BOM_UTF8) else 0
        starts = [first]
        offset = 0
        for line in self.source.splitlines(keepends=True):
            offset += len(line)
            starts.append(offset)
        return starts

    def span(self, node: ast.stmt | ast.expr | ast.alias) -> Span:
        """The bytes that `ast` says a node is written as; `says` tells whether that is so."""
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
        return self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column)

    def _offset(self, line: int, column: int) -> int:
        """A place of `ast`, whose columns count bytes of UTF-8 whatever the file's encoding, as a byte offset."""
        start = self._lines[line - 1]
        if self.encoding == "utf-8":
            return start + column
        end = self._lines[line] if line < len(self._lines) else len(self.source)
        text = self.source[start:end].decode(self.encoding, "replace")
        before = text.encode("utf-8", "replace")[:column].decode("utf-8", "replace")
        return start + len(before.encode(self.encoding, "replace"))

    def line_start(self, line: int) -> int:
        """Where a line starts, counted from 1; the end of the file for the line behind the last."""
        return self._lines[line - 1] if line <= len(self._lines) else len(self.source)

    def text(self, span: Span) -> str:
        """The text of some bytes."""
        return self.source[span[0] : span[1]].decode(self.encoding, "replace")

    def says(self, span: Span, node: ast.stmt) -> bool:
        """Whether exactly this statement is written there: masked syntax and odd encodings can shift columns."""
        try:
            body = read_tree(self.text(span)).body
        except (SyntaxError, ValueError):
            return False
        return len(body) == 1 and ast.dump(body[0]) == ast.dump(node)

    def around(self, span: Span) -> Around:
        """What stands around a statement."""
        start = max(self.source.rfind(b"\n", 0, span[0]), self.source.rfind(b"\r", 0, span[0])) + 1
        before = self.source[start : span[0]].removeprefix(BOM_UTF8)
        rest = self.source[span[1] :].splitlines(keepends=True)
        line = rest[0] if rest else b""
        after = line.rstrip(b"\r\n")
        continued = self.source[:start].rstrip(b"\r\n").endswith(b"\\")
        alone = not before.strip(_BLANK) and after.strip(_BLANK)[:1] in {b"", b"#"} and not continued
        newline = line[len(after) :].decode() or self.newline
        return Around(alone, before.decode("ascii", "replace"), after.decode(self.encoding, "replace"), newline)

    @cached_property
    def newline(self) -> str:
        """The line end of the first line."""
        first = next(iter(self.source.splitlines(keepends=True)), b"")
        return first[len(first.rstrip(b"\r\n")) :].decode() or "\n"
