"""Files whose syntax is newer than this Python's `ast`: libcst reads them, and what `ast` cannot take is masked.

Python 3.12 allows in f-strings what 3.11 does not (PEP 701). libcst finds each f-string; it is replaced by a plain
string of the same number of lines, and the rest is read as usual, at the same line numbers. Names used inside
f-strings are lost for such files: their count is reported.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize

from codemods.index.parse import read_tree

_F_STRING = re.compile(r"\b(?:f|rf|fr)[\"']", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[{]|[)\]}]")
_PREFIXES = re.compile(r"(?:[-+~]\s*){200}|(?:\bnot\s+){200}|(?:\blambda\b[^:\n]*:\s*){200}")
MAX_DEPTH = 200  # as in CPython; libcst has no limit of its own, and thousands of levels end the process


def read_newer_syntax(source: bytes) -> ast.Module:
    """The tree of a file that `ast` refuses and libcst accepts, its f-strings masked.

    Raises SyntaxError with the reason when libcst cannot help or refuses it too.
    """
    text = _text(source)
    if not _F_STRING.search(text):
        raise SyntaxError("no f-string whose syntax could be newer")
    if "\0" in text:
        raise SyntaxError("source code cannot contain null bytes")
    if _is_deep(text):
        raise SyntaxError("nested too deeply")
    import libcst  # imported late: it costs 0.2 CPU-s, and few trees need it
    from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper

    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
    except (libcst.ParserSyntaxError, LookupError) as error:
        raise SyntaxError(str(getattr(error, "message", error))) from error
    strings = [
        (span.start, span.start + span.length)
        for node, span in spans.items()
        if isinstance(node, libcst.FormattedString)
    ]
    return read_tree(_masked(text.encode(), strings).decode())


def _text(source: bytes) -> str:
    """The source decoded as its byte order mark or cookie says, line ends as `\\n`: spans are counted in UTF-8."""
    source = source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise SyntaxError(str(error)) from error


def _is_deep(text: str) -> bool:
    """Whether brackets or prefix operators may be nested deeper than libcst survives; those in strings count too."""
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth = depth + 1 if bracket[0] in "([{" else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            return True
    return _PREFIXES.search(text) is not None


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
