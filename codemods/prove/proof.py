"""The proof of a set of changes: what fails is left out with its reason, and what depends on it is proved again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from codemods.edits import Applicability, Edit, FileChange
from codemods.prove.checks import refusal
from codemods.prove.measures import MEASURES, Item, Measure
from codemods.prove.views import Planned, Reread, Rereader, View, changed_view

Again = Callable[[View, Mapping[str, bytes]], Iterable[Edit]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file whose change is left out."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One set before and after: `come` is empty when the proof holds."""

    name: str
    before: int
    after: int
    gone: tuple[Item, ...]
    come: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What may be written, what was left out, and how the sets of broken things differ once it is written."""

    accepted: tuple[Planned, ...]
    refused: tuple[Refused, ...]
    differences: tuple[Difference, ...]

    @property
    def changes(self) -> tuple[FileChange, ...]:
        """The changes to write."""
        return tuple(planned.change for planned in self.accepted)

    @property
    def holds(self) -> bool:
        """Whether nothing gets worse."""
        return not any(difference.come for difference in self.differences)


def prove(
    before: View,
    planned: Sequence[Planned],
    rereader: Rereader,
    again: Again,
    measures: Sequence[Measure] = MEASURES,
) -> Proof:
    """Prove changes against a code base; `again` plans once more, on the changed one, for the files given to it.

    Each round leaves out what the last one showed to be at fault, so it ends; without changes nothing gets worse.
    """
    unknown = [item.change for item in planned if item.path not in before.uses]
    was = rereader.read(replace(change, after=change.before) for change in unknown)
    uses = {path: item.uses for path, item in was.items()}
    known = View(before.index, {**before.uses, **uses})
    known.measured |= {m.name: m.of(before) for m in measures if not m.reads_uses}
    return _Prover(known, rereader, again, measures).prove(planned)


class _Prover:
    """The state of one proof: everything that is computed once for all rounds."""

    def __init__(self, before: View, rereader: Rereader, again: Again, measures: Sequence[Measure]) -> None:
        self.before, self.rereader, self.again, self.measures = before, rereader, again, measures
        self.found = {measure.name: measure.of(before) for measure in measures}

    def prove(self, planned: Sequence[Planned]) -> Proof:
        read = self.rereader.read(item.change for item in planned)
        refused = dict(self._single(planned, read))
        while True:
            rest = [item for item in planned if item.path not in refused]
            after = changed_view(self.before, [item.change for item in rest], read)
            faults = self._faults(rest, after)
            if not faults:
                differences = tuple(self._difference(measure, after) for measure in self.measures)
                return Proof(tuple(rest), tuple(Refused(*item) for item in sorted(refused.items())), differences)
            refused |= faults

    def _single(self, planned: Iterable[Planned], read: Mapping[str, Reread]) -> Iterator[tuple[str, str]]:
        for item in planned:
            reason = refusal(item, self.before.by_path.get(item.path), read.get(item.path))
            if reason:
                yield item.path, reason

    def _faults(self, rest: Sequence[Planned], after: View) -> dict[str, str]:
        """The changes at fault in this round, with the reason; empty when there is nothing left to object to.

        One measure at a time: a name that dangles makes modules unimportable, and who dropped it is at fault for both.
        """
        if not rest:
            return {}
        changed = {item.path: self._module(item.path, after) for item in rest}
        for measure in self.measures:
            faults: dict[str, str] = {}
            for item in sorted(measure.of(after) - self.found[measure.name]):
                for path in self._blamed(measure, item, after, changed):
                    faults.setdefault(path, f"it would add to the {measure.name}: {', '.join(filter(None, item))}")
            if faults:
                return faults
        return self._unstable(rest, after)

    def _blamed(self, measure: Measure, item: Item, after: View, changed: Mapping[str, str]) -> tuple[str, ...]:
        """The changed file that brings the item, or the nearest one behind it; all of them when none can be told."""
        paths = tuple(sorted(changed))
        if item[0] in paths and not measure.said(item, self.before):
            return (item[0],)
        modules = {module: path for path, module in changed.items()}
        for view in (after, self.before):
            for module in measure.suspects(item, view):
                if module in modules:
                    return (modules[module],)
        return paths

    def _unstable(self, rest: Sequence[Planned], after: View) -> dict[str, str]:
        """The changes that a second run would change once more."""
        sources = {item.path: item.change.after for item in rest if item.change.after is not None and item.edits}
        edits = self.again(after, sources)
        safe = (edit for edit in edits if edit.applicability is Applicability.SAFE)
        return {edit.path: f"a second run would change line {edit.line} again: {edit.reason}" for edit in safe}

    def _module(self, path: str, after: View) -> str:
        file = after.by_path.get(path) or self.before.by_path.get(path)
        return file.module if file is not None else ""

    def _difference(self, measure: Measure, after: View) -> Difference:
        found, known = measure.of(after), self.found[measure.name]
        gone, come = tuple(sorted(known - found)), tuple(sorted(found - known))
        return Difference(measure.name, len(known), len(found), gone, come)
