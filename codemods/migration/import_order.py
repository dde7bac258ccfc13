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
    homes = {one.new: item.module for item in arrangement.departures for one in item.leaving}
    olds = {item.module: item.names for item in arrangement.departures}
    for module, line in reversed(failure.trail):
        known = before.modules.get(module)
        taken = (
            {(item.module, name) for item in known.imports for name, _ in item.names} if known is not None else set()
        )
        for item in (item for item in after.modules[module].imports if item.line == line):
            yield from (
                homes[f"{item.module}.{name}"] for name in _new(item, taken) if f"{item.module}.{name}" in homes
            )
            yield from (item.module for name, _ in item.names if name in olds.get(item.module, ()))


def _new(item: Import, taken: set[tuple[str, str]]) -> Iterator[str]:
    return (name for name, _ in item.names if (item.module, name) not in taken)
