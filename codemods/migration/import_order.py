"""Which departures would make a cycle of imports bite, so that the names have to stay where they are.

A name that is taken from its new module, or from a shim, makes the importer run the new module first. In a cycle that
may come at a moment when something in it is not there yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from codemods.index.code import CodeIndex
from codemods.index.facts import Import
from codemods.migration.arrangement import Arrangement
from codemods.prove.import_runs import Failure


def departures_to_blame(
    failures: Mapping[str, Failure], arrangement: Arrangement, before: CodeIndex, after: CodeIndex
) -> dict[str, str]:
    """The old modules whose names cannot leave, each with the chain that shows it; one at a time is enough to ask."""
    blamed: dict[str, str] = {}
    for _, failure in sorted(failures.items()):
        found = next(_blamed(failure, arrangement, before, after), "")
        if found and not blamed:
            chain = " -> ".join([*(module for module, _ in failure.trail), failure.module])
            blamed[found] = f"{failure.module}.{failure.name} would not be there yet in the imports {chain}"
    return blamed


def _blamed(failure: Failure, arrangement: Arrangement, before: CodeIndex, after: CodeIndex) -> Iterator[str]:
    """The old modules of names that are taken anew on the way to a failure, innermost first."""
    homes: dict[str, list[tuple[str, str]]] = {}  # several old classes may have become one
    for item in arrangement.departures:
        for one in item.leaving:
            homes.setdefault(one.new, []).append((item.module, one.name))
    olds = {item.module: item.names for item in arrangement.departures}
    for module, line in reversed(failure.trail):
        known = before.modules.get(module)
        imports = known.imports if known is not None else ()
        taken = {(found.module, name) for found in imports for name, _ in found.names}
        for found in (found for found in after.modules[module].imports if found.line == line):
            for name in _new(found, taken):
                possible = homes.get(f"{found.module}.{name}", [])
                yield from (old for old, was in possible if (old, was) in taken)
                yield from (old for old, _ in possible)
            yield from (found.module for name, _ in found.names if name in olds.get(found.module, ()))


def _new(item: Import, taken: set[tuple[str, str]]) -> Iterator[str]:
    return (name for name, _ in item.names if (item.module, name) not in taken)
