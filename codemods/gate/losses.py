"""What was recorded as to stay, and is not there any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from codemods.gate.kept import EVENT, PRESERVED, Kept
from codemods.gate.state import State
from reports.documents.check import Finding

LOST, CHANGED = "lost", "changed"


def is_loss(finding: Finding) -> bool:
    """Whether a finding tells of something recorded that is not there any more."""
    return finding.fingerprint.startswith((f"{LOST}-", f"{CHANGED}-"))


def losses(recorded: Iterable[Kept], now: State, rules: Collection[str]) -> Iterator[Finding]:
    """A finding for each recorded producer that is lost, and for each preserved class that changed."""
    current = {(item.rule, item.name): item for item in now.kept}
    for item in recorded:
        found = current.get((item.rule, item.name))
        if item.rule not in rules:
            continue
        if item.rule == EVENT and found is None and not _replaced(item, now):
            yield _lost(item, now)
        elif item.rule == PRESERVED and found is not None and found.fingerprint != item.fingerprint:
            yield _changed(item, found)


def _replaced(item: Kept, now: State) -> bool:
    """Whether the class that made the event has gone, and a unified one makes it now."""
    event, _, member = item.name.partition(":")
    return member.rpartition(".")[0] not in now.owners and event in now.unified_events


def _lost(item: Kept, now: State) -> Finding:
    event, _, member = item.name.partition(":")
    others = sorted({f"{made.dotted}.{made.member}" for made in now.producers if made.event == event})
    left = f"it is still made by {', '.join(others)}" if others else "nothing makes it any more"
    return Finding(
        EVENT,
        item.name,
        f"{LOST}-{item.fingerprint}",
        item.path,
        0,
        0,
        f"{'.'.join(member.split('.')[-2:])} no longer makes {event}; {left}",
        "bring it back, or record the loss with --update-baseline --add",
    )


def _changed(item: Kept, found: Kept) -> Finding:
    return Finding(
        PRESERVED,
        item.name,
        f"{CHANGED}-{found.fingerprint}",
        found.path,
        0,
        0,
        f"{item.name.rpartition('.')[2]} does something else than what was recorded; the plan preserves it",
        "take the change back, or record it with --update-baseline --add",
    )
