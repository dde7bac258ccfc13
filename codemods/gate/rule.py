"""What a rule is: an id, a page of documentation, and a search that yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `local` says that what it finds in a file depends on that file and on what its names mean elsewhere.

    Local rules can judge changed files by themselves; the others need the whole code base. A `relative` rule is about
    what is new: its findings are notes until there is something to compare with.
    """

    text: RuleText
    find: Callable[[Tree], Iterator[Finding]]
    local: bool = False
    relative: bool = False

    @property
    def id(self) -> str:
        """The id by which it is selected, ignored and suppressed."""
        return self.text.id
