"""Old paths in files that are no Python: documentation, data, settings. Told by place, and rewritten on request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from codemods.edits import Applicability, Edit

RULE = "document"
SUFFIXES = (".md", ".rst", ".txt", ".xml", ".json", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".html", ".ipynb")


@dataclass(frozen=True)
class Mentions:
    """What is to be found: `names` old dotted name -> new one; `modules` and `files` that are gone -> what they became.

    "" stands for what has no one place now: it is told, and cannot be rewritten.
    """

    names: Mapping[str, str]
    modules: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def find(self, path: str, source: bytes) -> Iterator[Edit]:
        """Every mention in a file, as an edit that is safe where the new path is known, and told where it is not."""
        for found in self._pattern.finditer(source):
            old = found.group().decode()
            new = self._every[old]
            known = Applicability.SAFE if new else Applicability.MANUAL
            line = source.count(b"\n", 0, found.start()) + 1
            reason = f"{old} is {new} now" if new else f"{old} is gone, and what was there is in several places"
            advice = "" if new else "say which of them is meant"
            yield Edit(path, *found.span(), new.encode(), line, RULE, known, reason, advice)

    @cached_property
    def _every(self) -> dict[str, str]:
        return {**self.modules, **self.names, **self.files}

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        """The longest name first, and no part of a longer word or path."""
        words = sorted(self._every, key=len, reverse=True)
        either = b"|".join(re.escape(word.encode()) for word in words)
        return re.compile(rb"(?<![\w./-])(?:" + either + rb")(?![\w-]|[./]\w)") if words else re.compile(rb"(?!)")
