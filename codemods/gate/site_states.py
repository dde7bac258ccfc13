"""How far each import statement has come, by the legacy paths that the rules know, too; nothing is planned for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codemods.gate.tree import Tree
from reports.documents.classes import ImportSite
from reports.documents.site_states import SiteState


def site_states(tree: Tree, sites: Iterable[ImportSite]) -> Iterator[SiteState]:
    """The state of each site, in their order."""
    legacy = tree.legacy
    taken: dict[tuple[str, int], set[str]] = {}
    for file in tree.files:
        for item in file.imports:
            taken.setdefault((file.path, item.line), set()).update(legacy.imported(item, tree.index).values())
    for site in sites:
        olds = taken.get((site.path, site.line), set())
        yield SiteState(site, _state(tree, olds), tuple(sorted(olds)))


def _state(tree: Tree, olds: set[str]) -> str:
    """The nearest to the start of what a statement takes: one old class holds the whole statement back."""
    standing = olds & tree.legacy.standing
    if not standing:
        return "on shim" if olds else "done"
    beside = {f"{tree.plan.destination}.{name}" for name in tree.targets.values()}
    return "manual" if any(tree.legacy.successors.get(old) in beside for old in standing) else "to do"
