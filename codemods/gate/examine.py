"""All chosen rules over one state of a code base."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codemods.gate.rule import Rule
from codemods.gate.state import State, state_of
from codemods.gate.suppress import suppressed
from codemods.gate.tree import Tree
from reports.documents.check import Finding


@dataclass(frozen=True, slots=True)
class Examined:
    """What the rules found, sorted and with suppressions taken off, and the state that later steps ask about."""

    files: int
    findings: tuple[Finding, ...]
    suppressed: int
    state: State | None  # None when only some files were judged


def examine(tree: Tree, rules: Sequence[Rule]) -> Examined:
    """Judge a code base, or the files in focus by the rules that can judge files alone."""
    whole = tree.inputs.focus is None
    ran = [rule for rule in rules if whole or rule.local]
    found = [finding for rule in ran for finding in rule.find(tree)]
    left = suppressed(in_order(found), tree.files, {rule.id for rule in ran})
    return Examined(len(tree.files), in_order(left.findings), left.count, state_of(tree) if whole else None)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By place, then rule: the order does not depend on how they were found."""
    return tuple(sorted(findings, key=lambda item: (item.path, item.line, item.rule, item.name, item.fingerprint)))
