"""How far each import statement has come on its way to the unified classes."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents.classes import ImportSite

# The states, the farthest first, with what each means.
STATES = {
    "done": "leads straight to the unified class, or to one that the plan preserves",
    "on shim": "leads to the unified class through a shim that keeps the old path alive",
    "manual": "leads to an old class that still stands beside the unified one: migrate moves it or says why it cannot",
    "to do": "leads to an old class; the unified one is not in the tree yet",
}


@dataclass(frozen=True, slots=True)
class SiteState:
    """One import statement with its state, one of STATES; `through` are the old paths that it takes."""

    site: ImportSite
    state: str
    through: tuple[str, ...] = ()
