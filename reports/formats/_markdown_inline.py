"""Inlines as GitHub-flavoured Markdown: words from outside stay words."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import quote

from reports.blocks import Inline, Span, pieces
from reports.wording import one_line, printable

# An underscore between two letters or digits cannot start emphasis: names stay readable in the source.
_SPECIAL = re.compile(r"[\\`*\[\]<~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w)|#(?=\s*\Z)")
_LINE_START = re.compile(r"^\s*(?=[-+#>=:])|^\s*\d+(?=[.)])")
# Keeps two spans apart that would otherwise be read as one, and is shown as nothing.
_NOTHING = "<!-- -->"
_BACKTICKS = re.compile("`+")


def flowing(inline: Inline) -> str:
    """Write an inline as one line that is safe at the start of a block."""
    parts = pieces(inline)
    line = _joined(parts, [_written(part, " ") for part in parts]).strip()
    return _LINE_START.sub(r"\g<0>\\", line)  # a span that is marked up starts with none of these


def cell(inline: Inline) -> str:
    """Write an inline for a table cell: one line, with no pipe that would end the cell."""
    parts = pieces(inline)
    return _joined(parts, [_written(part, "<br>") for part in parts]).replace("|", r"\|").strip()


def fence(text: str, shortest: int) -> str:
    """Make a run of backticks that does not occur in the text."""
    return "`" * max([shortest, *(len(run) + 1 for run in _BACKTICKS.findall(text))])


def _joined(parts: tuple[str | Span, ...], written: list[str]) -> str:
    line = written[0] if written else ""
    for (left, right), text in zip(pairwise(parts), written[1:], strict=True):
        line += _NOTHING + text if _run_together(left, right, text) else text
    return line


def _run_together(left: str | Span, right: str | Span, text: str) -> bool:
    if isinstance(right, str):
        return False
    # "Look!" before a link would make a picture of it.
    return isinstance(left, Span) or (left.endswith("!") and text.startswith("["))


def _written(part: str | Span, line_end: str) -> str:
    if isinstance(part, str):
        return _text(part, line_end)
    styled = _styled(part, line_end)
    return f"[{styled}]({_address(part.target)})" if part.target else styled


def _styled(span: Span, line_end: str) -> str:
    if span.style in ("code", "location"):
        return _code(span.text, line_end)
    text = _text(span.text, line_end)
    return _strong(text) if span.style == "strong" else text


def _text(text: str, line_end: str) -> str:
    lines = printable(text).split("\n")
    return line_end.join(_SPECIAL.sub(r"\\\g<0>", one_line(line)) for line in lines)


def _strong(text: str) -> str:
    # Asterisks next to a space or a punctuation mark may not count as emphasis; a tag always does.
    if text[0].isalnum() and text[-1].isalnum():
        return f"**{text}**"
    return f"<strong>{text}</strong>"


def _code(text: str, line_end: str) -> str:
    lines = printable(text).replace("\t", " ").split("\n")
    if line_end == " ":
        return _ticked(" ".join(lines))
    return line_end.join(map(_code_in_cell, lines))


def _code_in_cell(text: str) -> str:
    # Parsers disagree about a backslash before an escaped pipe in a code span; none do about a tag.
    return f"<code>{_text(text, ' ')}</code>" if "\\|" in text else _ticked(text)


def _ticked(text: str) -> str:
    if not text:
        return ""
    ticks = fence(text, 1)
    pad = " " if _loses_its_edges(text) else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def _loses_its_edges(text: str) -> bool:
    if text.startswith("`") or text.endswith("`"):
        return True
    return text.startswith(" ") and text.endswith(" ") and not text.isspace()


def _address(target: str) -> str:
    return quote(printable(target), safe="/#:?&=%+,;@~!'-._").replace("&", "&amp;")
