"""Import statements of in-tree names that nothing binds: what is broken before anything is touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codemods.areas import area_of
from codemods.index import facts
from codemods.index.facts import FileFacts, Import
from codemods.index.resolve import External, Missing, Resolver
from reports.documents.across import Dangling


def dangling_imports(resolver: Resolver, files: Iterable[FileFacts] | None = None) -> list[Dangling]:
    """Every from-import of an in-tree name that does not exist, in path and line order; of all files or of some."""
    found: list[Dangling] = []
    for file in resolver.index.files if files is None else files:
        for item in file.imports:
            guarded = bool(item.place & (facts.TRY_IMPORT | facts.HANDLER | facts.TYPING | facts.NEVER))
            for name, elsewhere in _missing(item, resolver):
                area = area_of(file.path)
                found.append(Dangling(file.path, item.line, item.module, name, area, guarded, elsewhere))
    return found


def _missing(item: Import, resolver: Resolver) -> Iterator[tuple[str, bool]]:
    """The names that nothing binds; with each whether an installed package could provide it after all."""
    if not item.module or item.module.partition(".")[0] not in resolver.index.roots:
        return
    for name, _ in item.names:
        outcome = resolver.path(item.module)[0] if name == "*" else resolver.name(item.module, name)
        if isinstance(outcome, Missing):
            yield name, False
        elif isinstance(outcome, External) and outcome.dotted.startswith(f"{item.module}."):
            yield name, True
