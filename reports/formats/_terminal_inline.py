"""Inlines as rich text: styled by kind, and never read as rich's own markup."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from reports.blocks import Inline, Span, pieces
from reports.wording import one_line, printable

_STYLES = {"code": "cyan", "strong": "bold", "link": "underline", "location": "magenta"}


def flowing(inline: Inline) -> Text:
    """Write an inline as running text, to be wrapped where the screen ends."""
    return _text(inline, one_line)


def standing(inline: Inline) -> Text:
    """Write an inline with the line ends it has, for a table cell or source text."""
    return _text(inline, lambda text: printable(text).expandtabs(4))


def _text(inline: Inline, clean: Callable[[str], str]) -> Text:
    text = Text(overflow="fold")
    for part in pieces(inline):
        if isinstance(part, str):
            text.append(clean(part))
        else:
            text.append(clean(part.text), _STYLES[part.style]).append(clean(_address(part)))
    return text


def _address(span: Span) -> str:
    # A heading of the same report cannot be jumped to on a screen.
    if span.style != "link" or not span.target or span.target.startswith("#"):
        return ""
    return f" ({span.target})"
