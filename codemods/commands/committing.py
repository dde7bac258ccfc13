"""A code base that can be committed to, and what a commit says."""

from __future__ import annotations

from pathlib import Path

from codemods.errors import UsageError
from codemods.prove.proof import Proof
from codemods.source.vcs import uncommitted
from reports.sections.parts import plural

SHOWN_PATHS = 5


def refuse_dirty(root: Path, allowed: bool) -> None:
    """Raise UsageError for changes of a person's own: mixed with ours they can be told apart by nobody."""
    changed = uncommitted(root) if root.is_dir() else []
    if allowed or changed == []:
        return
    if changed is None:
        raise UsageError(
            f"{root} is not in a git repository, so the changes could not be looked through; "
            "run `git init` and commit, or give --allow-dirty (`wsconsolidate undo` works all the same)"
        )
    named = ", ".join(changed[:SHOWN_PATHS]) + (f" and {len(changed) - SHOWN_PATHS} more" if len(changed) > 5 else "")
    raise UsageError(f"uncommitted changes in {named}; commit or stash them first, or give --allow-dirty")


def message(title: str, proof: Proof) -> str:
    """A commit message: what was done, how much of it, and what was proven."""
    created = sum(change.before is None for change in proof.changes)
    edited = len(proof.changes) - created
    sets = ", ".join(f"{item.name} {item.before} -> {item.after}" for item in proof.differences)
    body = f"{plural(created, 'file')} created, {plural(edited, 'file')} edited by wsconsolidate.\nProven: {sets}."
    return f"{title}\n\n{body}\n"
