"""Members side by side: who has what, and where one name means two different calls."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from codemods.index.closeup import CloseUp, Member
from reports.documents.across import Conflict, MatrixRow, Variant


class _Key(NamedTuple):
    """What makes two signatures the same for a caller."""

    names: tuple[str, ...]
    positional: tuple[str, ...]
    required: int
    kind: str


def member_matrix(classes: Iterable[CloseUp]) -> list[MatrixRow]:
    """Every public member with the classes that define it: shared ones first."""
    owners: dict[str, list[str]] = {}
    for item in classes:
        for name, member in item.effective.items():
            if member.public:
                owners.setdefault(name, []).append(item.dotted)
    rows = [MatrixRow(name, tuple(found)) for name, found in owners.items()]
    return sorted(rows, key=lambda row: (-len(row.owners), row.member))


def signature_conflicts(classes: Iterable[CloseUp]) -> list[Conflict]:
    """Methods of one name whose parameters, or kind, differ between classes."""
    found: dict[str, dict[_Key, Variant]] = {}
    for item in classes:
        for name, member in item.effective.items():
            if member.public or name == "__init__":
                _add(found.setdefault(name, {}), item.dotted, member)
    conflicts = [
        Conflict(name, tuple(variants.values()), _silent(list(variants)))
        for name, variants in found.items()
        if len(variants) > 1
    ]
    return sorted(conflicts, key=lambda c: (c.member == "__init__", not c.silent, -len(c.variants), c.member))


def _add(variants: dict[_Key, Variant], owner: str, member: Member) -> None:
    kind = " ".join(trait for trait in member.traits if trait not in {"abstract", "overload"}) or "method"
    required = sum(p.default is None and p.kind == "positional" for p in member.arguments)
    positional = tuple(p.name for p in member.arguments if p.kind in {"positional", "*args"})
    key = _Key(member.names, positional, required, kind)
    known = variants.get(key)
    owners = (*known.owners, owner) if known else (owner,)
    variants[key] = Variant(member.names, required, kind, member.returns, owners)


def _silent(keys: list[_Key]) -> bool:
    """Whether a call of one is accepted by another and means something else there."""
    return any(_mistaken(one, other) for one, other in combinations(keys, 2))


def _mistaken(one: _Key, other: _Key) -> bool:
    if ("async" in one.kind) != ("async" in other.kind):
        return True  # a call that nobody awaits makes a coroutine that never runs, and nothing fails
    longest = min(len(one.positional), len(other.positional))
    fits = max(one.required, other.required) <= longest
    return fits and one.positional[:longest] != other.positional[:longest]
