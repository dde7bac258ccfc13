"""What `--shard` may ask for, and what its parts are called."""

from __future__ import annotations

import re

from codemods.commands.grouping import part_of
from codemods.errors import UsageError
from codemods.migration.parts import FIRST, Part
from codemods.migration.planning import Facts
from reports.sections.parts import plural

KINDS = ("owner", "package")


def refuse_shard(shard: str, diff: bool, out: bool, steps: bool) -> None:
    """Raise UsageError for a `--shard` that says nothing, or is nothing without another option."""
    if not shard or part_of(shard) is not None:
        return
    if shard not in KINDS:
        raise UsageError(f"--shard {shard}: expected {', '.join(KINDS)}, or a part as N/M")
    if not (steps or (diff and out)):
        raise UsageError(
            f"--shard {shard} makes a commit (--commit), a tested step (--test CMD) or a patch (--diff --out FOLDER) "
            "of each part; give one of them"
        )


def refuse_later_part(shard: str, facts: Facts) -> None:
    """Raise UsageError where shims stand already: how their names are called is told by the classes that were there."""
    gone = [departure.path for departure in facts.arrangement.departures if departure.gone]
    if gone:
        raise UsageError(
            f"--shard {shard}: {gone[0]} is a shim already, and what else is to go with it can no longer be told; "
            "make each part from the commit before the first, on a branch of its own, or all at once with --commit"
        )


def title_of(part: Part, shard: str) -> str:
    """The title of a part's commit."""
    if part.name == FIRST:
        return "Put the unified classes and the shims in place"
    whose = f"part {shard}" if part_of(shard) is not None else part.name
    return f"Take the unified classes in {plural(len(part.planned), 'file')} of {whose}"


def patch_name(number: int, part: Part) -> str:
    """The file name of a part's patch; they sort in the order in which they are to be applied."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", part.name).strip("-")
    return f"{number:04}-{words[:60]}.patch"
