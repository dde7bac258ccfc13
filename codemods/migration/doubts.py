"""Where a second opinion disagrees with what is planned: such an edit is shown and waits for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from codemods.crosscheck import Opinion
from codemods.edits import Applicability, Edit
from codemods.rewrites.imports import RULE as IMPORT
from codemods.rewrites.outcomes import Rewritten

RULE = "cross-check"


def doubted(found: Rewritten, opinion: Opinion, olds: Iterable[str]) -> Rewritten:
    """The same with the imports that rope does not see put up for review."""
    known = tuple(olds)
    return replace(found, edits=tuple(_doubted(edit, opinion, known) for edit in found.edits))


def _doubted(edit: Edit, opinion: Opinion, olds: tuple[str, ...]) -> Edit:
    if edit.rule != IMPORT or edit.applicability is not Applicability.SAFE:
        return edit
    words = edit.reason.replace(";", " ").split()
    denied = [old for old in olds if old in words and opinion.denies(old, edit.path)]
    if not denied:
        return edit
    advice = f"rope sees no reference to {denied[0]} in this file"
    return replace(edit, applicability=Applicability.REVIEW, advice=advice)


def unexpected(opinion: Opinion, answered: dict[str, Rewritten], homes: Iterable[str]) -> Iterator[Edit]:
    """References that rope sees in files about which nothing is planned, told or known to be handed on."""
    own = set(homes)
    for old, by_path in opinion.lines.items():
        for path, lines in by_path.items():
            if lines and path not in own and path not in answered:
                reason = f"rope sees a reference to {old} here, and nothing is planned for it"
                advice = "look whether it is one"
                yield Edit(path, 0, 0, b"", min(lines), RULE, Applicability.MANUAL, reason, advice)
