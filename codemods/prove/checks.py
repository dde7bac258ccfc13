"""What must hold of one changed file by itself: it parses, only planned spans differ, imports bind what they did."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from codemods.edits import Applicability
from codemods.index.facts import FileFacts
from codemods.prove.views import Planned, Reread


def refusal(planned: Planned, known: FileFacts | None, read: Reread | None) -> str:
    """Why a file's change may not be made; "" when it may. `known` are its facts before, `read` is it after."""
    if read is None:
        return ""  # deleted: who misses it is seen in the whole code base
    if not read.readable:
        return f"it would not parse: {read.facts.problem}"
    if not planned.edits:
        return ""
    return _span_refusal(planned) or _binding_refusal(known, read.facts, planned.binds)


def _span_refusal(planned: Planned) -> str:
    """Every byte outside the edits' spans must be where the edits before it put it."""
    before, after = planned.change.before, planned.change.after
    if before is None or after is None:
        return "it has edits, and no content to make them in"
    edits = sorted(planned.edits, key=lambda edit: (edit.start, edit.end))
    if any(edit.applicability is Applicability.MANUAL for edit in edits):
        return "an edit that is only to be told would be applied"
    if any(second.start < first.end for first, second in pairwise(edits)):
        return "its edits overlap"
    place = shift = 0
    for edit in edits:
        end = edit.start + shift + len(edit.replacement)
        if before[place : edit.start] != after[place + shift : edit.start + shift]:
            return f"bytes before line {edit.line} would change that no edit names"
        if after[edit.start + shift : end] != edit.replacement:
            return f"line {edit.line} would not become what its edit says"
        place, shift = edit.end, shift + len(edit.replacement) - (edit.end - edit.start)
    return "" if before[place:] == after[place + shift :] else "bytes behind the last edit would change"


def _binding_refusal(known: FileFacts | None, facts: FileFacts, meant: frozenset[str]) -> str:
    """Each scope must import the same local names as before, but for those that are meant to change."""
    before, after = _bound(known, meant) if known is not None else set(), _bound(facts, meant)
    fewer = _stars(known) - _stars(facts) if known is not None else Counter()
    lost = [item for item in sorted(before - after) if item[1] != "*"]
    added = sorted(after - before)
    new = [item for item in added if item[0] not in fewer]  # a star's names are written out now
    if fewer.keys() - {scope for scope, _ in added}:
        return "the names of a star would not be imported any more"
    if lost:
        return f"the name {lost[0][1]} would not be imported any more"
    return f"the name {new[0][1]} would be imported as well" if new else ""


def _bound(file: FileFacts, meant: frozenset[str]) -> set[tuple[str, str]]:
    return {(item.scope, bound) for item in file.imports for _, bound in item.names if bound not in meant}


def _stars(file: FileFacts) -> Counter[str]:
    """How many star imports each scope has."""
    return Counter(item.scope for item in file.imports for name, _ in item.names if name == "*")
