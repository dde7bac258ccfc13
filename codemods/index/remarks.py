"""The comments of a file that are addressed to the tool: `# wsconsolidate: ...`."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator

from codemods.index.encoding import text_of
from codemods.index.facts import Remark

MARK = b"wsconsolidate:"  # without it a file has no remarks, and is not tokenized for them
_MARK = MARK.decode()


def remarks_in(source: bytes) -> tuple[Remark, ...]:
    """The remarks of a file in line order; what says the same inside a string is none."""
    return tuple(_remarks(source))


def _remarks(source: bytes) -> Iterator[Remark]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text_of(source)).readline):
            text = token.string.lstrip("# \t")
            if token.type == tokenize.COMMENT and text.startswith(_MARK):
                alone = not token.line[: token.start[1]].strip()
                yield Remark(token.start[0], text.removeprefix(_MARK).strip(), alone)
    except (tokenize.TokenError, SyntaxError):
        return  # `ast` or libcst read what this tokenizer cannot: the remarks up to there count
