"""Files whose syntax is newer than this Python's `ast`: libcst reads them, and what `ast` cannot take is masked.

Python 3.12 allows in f-strings what 3.11 does not (PEP 701). libcst finds each f-string; it is replaced by a plain
string of the same number of lines, and the rest is read as usual, at the same line numbers. Names used inside
f-strings are lost for such files: their count is reported.
"""

from __future__ import annotations

import ast

from codemods.index.parse import read_tree


def read_newer_syntax(source: bytes) -> ast.Module:
    """The tree of a file that `ast` refuses and libcst accepts, its f-strings masked.

    Raises SyntaxError with libcst's reason when libcst refuses it too.
    """
    import libcst  # imported late: it costs 0.2 CPU-s, and few trees need it
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    try:
        wrapper = MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True)
    except (libcst.ParserSyntaxError, UnicodeDecodeError) as error:
        raise SyntaxError(str(getattr(error, "message", error))) from error
    spans = wrapper.resolve(ByteSpanPositionProvider)
    strings = [
        (span.start, span.start + span.length)
        for node, span in spans.items()
        if isinstance(node, libcst.FormattedString)
    ]
    return read_tree(_masked(source, strings))


def _masked(source: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The source with each outermost span replaced by a string literal of as many lines."""
    parts: list[bytes] = []
    done = 0
    for start, end in sorted(spans):
        if start < done:
            continue  # an f-string inside an f-string goes with the outer one
        newlines = source.count(b"\n", start, end)
        parts += [source[done:start], b'""' if not newlines else b'"""' + b"\n" * newlines + b'"""']
        done = end
    return b"".join([*parts, source[done:]])
