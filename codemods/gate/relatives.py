"""The families found in the tree that planned or unified classes belong to."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.families import Family, find_families
from codemods.gate.tree import Tree


def planned_families(tree: Tree) -> Iterator[tuple[Family, frozenset[str]]]:
    """Each family with a planned class, or the target of a planned family, in it; and the classes the plan knows."""
    anchors = frozenset({*tree.standing, *tree.family_targets, *tree.preserved})
    known = frozenset({*anchors, *tree.inventory.targets, *_unified(tree)})
    for concern in find_families(tree.index, tree.resolver).concerns:
        for family in concern.families:
            if anchors & {member.name for member in family.members}:
                yield family, known


def _unified(tree: Tree) -> Iterator[str]:
    for module in tree.unified_modules & tree.index.modules.keys():
        for item in tree.index.modules[module].classes:
            yield f"{module}.{item.qualname}"
