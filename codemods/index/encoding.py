"""A file's bytes as text, as Python takes them when it imports the file; `ast` and `tokenize` differ from that."""

from __future__ import annotations

import io
import re
import tokenize

_LINE_END = re.compile(rb"\r\n?|\n")


def text_of(source: bytes) -> str:
    """What is written in a file, line ends as `\\n`. Raises SyntaxError for bytes that are not of its encoding."""
    try:
        return source.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode(encoding_of(source))
    except (UnicodeDecodeError, LookupError) as error:
        raise SyntaxError(str(error)) from error


def encoding_of(source: bytes) -> str:
    """The encoding that a byte order mark or one of two lines says. Raises SyntaxError for an unknown one."""
    first = b"\n".join(_LINE_END.split(source, maxsplit=2)[:2])
    return tokenize.detect_encoding(io.BytesIO(first).readline)[0]
