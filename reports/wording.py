"""Text from outside made fit to be shown: nothing invisible, and headings that can be linked to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_ANCHOR_CATEGORIES = frozenset({"Nd", "Nl", "Pc"})


def printable(text: str) -> str:
    """Show control, direction and unpaired surrogate characters as escapes; keep line ends and tabs."""
    if text.isprintable():
        return text
    return "".join(map(_visible, text.replace("\r\n", "\n").replace("\r", "\n")))


def _visible(char: str) -> str:
    if char.isprintable() or char in "\n\t":
        return char
    return char.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """Make running text of a string: every run of white space becomes one space."""
    return re.sub(r"\s+", " ", printable(text))


def slug(heading: str) -> str:
    """Name the anchor that GitHub gives the first heading of this text."""
    return "".join(filter(_in_anchor, one_line(heading).strip().lower())).replace(" ", "-")


def _in_anchor(char: str) -> bool:
    category = unicodedata.category(char)
    return char in "- " or category[0] in "LM" or category in _ANCHOR_CATEGORIES


def anchors(headings: Iterable[str]) -> tuple[str, ...]:
    """Name the anchors of all headings of one page, in order; a repeated one gets -1, -2 and so on."""
    repeats: dict[str, int] = {}
    return tuple(_unused(slug(heading), repeats) for heading in headings)


def _unused(wanted: str, repeats: dict[str, int]) -> str:
    name = wanted
    while name in repeats:
        repeats[wanted] += 1
        name = f"{wanted}-{repeats[wanted]}"
    repeats[name] = 0
    return name
