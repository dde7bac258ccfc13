"""Calls held against signatures: one that the old class takes binds to what takes its place, or keeps the old class."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from codemods.analysis.binding import accepts
from codemods.analysis.impact import CALLED
from codemods.analysis.usage import ClassUse
from codemods.index.closeup import CloseUp
from codemods.migration.holding import Held
from codemods.migration.unified import Unified
from codemods.prove.measures import Item
from codemods.prove.proof import Difference

NAME = "calls of the planned classes that do not bind"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Calls:
    """The known calls of old classes.

    `legacy` are these read closely; `new` what takes their place, both by old dotted name; `converted` the constructor
    calls that are rewritten.
    """

    uses: tuple[ClassUse, ...]
    legacy: Mapping[str, CloseUp]
    new: Mapping[str, str]
    converted: Collection[Key]
    unified: Unified

    def refused(self, held: Mapping[Key, str]) -> Held:
        """The files whose imports must stay, beside those held already: a call of theirs would bind no more."""
        found: Held = {}
        for use in self._known():
            key = (use.path, use.owner)
            if key not in held and self._binds_before(use) and not self._binds_after(use, held):
                called = use.member or use.owner.rpartition(".")[2]
                found.setdefault(key, f"line {use.line} calls {called} in a way that the unified one does not take")
        return found

    def difference(self, held: Mapping[Key, str]) -> Difference:
        """The calls that do not bind, before and after; with `held` complete, none comes."""
        before = frozenset(_item(use) for use in self._known() if not self._binds_before(use))
        after = frozenset(_item(use) for use in self._known() if not self._binds_after(use, held))
        gone, come = tuple(sorted(before - after)), tuple(sorted(after - before))
        return Difference(NAME, len(before), len(after), gone, come)

    def _known(self) -> Iterator[ClassUse]:
        return (use for use in self.uses if use.kind in CALLED and use.owner in self.legacy)

    def _binds_before(self, use: ClassUse) -> bool:
        return _binds(self.legacy[use.owner], use)

    def _binds_after(self, use: ClassUse, held: Mapping[Key, str]) -> bool:
        key = (use.path, use.owner)
        if key in held or use.owner not in self.new:
            return self._binds_before(use)  # the shim takes what the old class took
        if use.kind == "constructor" and key in self.converted:
            return True
        unified = self.unified.of(self.new[use.owner])
        return unified is None or _binds(unified, use)


def _binds(closeup: CloseUp, use: ClassUse) -> bool:
    name = use.member or "__init__"
    member = closeup.effective.get(name)
    if member is None:  # inherited, or an attribute that can be called; of others nothing is known to accept it
        return name == "__init__" or name in closeup.defined or bool(closeup.bases)
    return accepts(member, use.detail)


def _item(use: ClassUse) -> Item:
    return use.path, f"{use.owner}.{use.member}" if use.member else use.owner, use.detail
