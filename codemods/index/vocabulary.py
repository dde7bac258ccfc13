"""The words a class works with: event-like strings and attributes of `self`, picked from its source text.

Read from the text and not from the tree: walking every expression of the tree costs as much as parsing it again.
Words in comments and docstrings count too; as evidence of a role they are equal, and nothing is resolved by them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_QUOTED = re.compile(rb"[\"']([a-z]+(?:_[a-z]+)+)[\"']")
_ATTRIBUTE = re.compile(rb"self\.([A-Za-z_]\w*)")
MAX_WORDS = 80  # per class; the largest class of the real tree has 140, the median 6

Words = Callable[[int, int], tuple[str, ...]]


def words_between(lines: Sequence[bytes]) -> Words:
    """A function that gives the distinct words from one line to another, sorted; quoted ones start with `"`."""

    def words(first: int, last: int) -> tuple[str, ...]:
        block = b"\n".join(lines[first - 1 : last])
        found = {f'"{word.decode("ascii")}' for word in _QUOTED.findall(block)}
        found.update(word.decode("ascii", "replace") for word in _ATTRIBUTE.findall(block))
        return tuple(sorted(found)[:MAX_WORDS])

    return words


def no_words(_first: int, _last: int) -> tuple[str, ...]:
    """The answer for files whose classes never join a family: tests."""
    return ()
