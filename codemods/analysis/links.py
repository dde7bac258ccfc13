"""Import statements of in-tree names that nothing binds: what is broken before anything is touched."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.areas import area_of
from codemods.index import facts
from codemods.index.facts import Import
from codemods.index.resolve import Missing, Resolver
from reports.documents.across import Dangling


def dangling_imports(resolver: Resolver) -> list[Dangling]:
    """Every from-import of an in-tree name that does not exist, in path and line order."""
    found: list[Dangling] = []
    for file in resolver.index.files:
        for item in file.imports:
            guarded = bool(item.place & (facts.TRY_IMPORT | facts.HANDLER | facts.TYPING | facts.NEVER))
            for name in _missing(item, resolver):
                found.append(Dangling(file.path, item.line, item.module, name, area_of(file.path), guarded))
    return found


def _missing(item: Import, resolver: Resolver) -> Iterator[str]:
    if not item.module or item.module.partition(".")[0] not in resolver.index.roots:
        return
    for name, _ in item.names:
        outcome = resolver.path(item.module)[0] if name == "*" else resolver.name(item.module, name)
        if isinstance(outcome, Missing):
            yield name
