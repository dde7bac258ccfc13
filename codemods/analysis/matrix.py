"""Members side by side: who has what, and where one name means two different calls."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from codemods.analysis.signatures import kind_of, mistaken, positional, required, unawaited
from codemods.index.closeup import CloseUp, Member
from reports.documents.across import Conflict, MatrixRow, Variant


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
    found: dict[str, list[tuple[str, Member]]] = {}
    for item in classes:
        for name, member in item.effective.items():
            if member.public or name == "__init__":
                found.setdefault(name, []).append((item.dotted, member))
    conflicts = [_conflict(name, owned) for name, owned in found.items()]
    different = [conflict for conflict in conflicts if len(conflict.variants) > 1]
    return sorted(different, key=lambda c: (c.member == "__init__", not c.silent, -len(c.variants), c.member))


def _conflict(name: str, owned: list[tuple[str, Member]]) -> Conflict:
    variants: dict[tuple[object, ...], tuple[Member, list[str]]] = {}
    for owner, member in owned:
        variants.setdefault(_same_call(member), (member, []))[1].append(owner)
    members = [member for member, _ in variants.values()]
    told = tuple(
        Variant(member.names, required(member), kind_of(member), member.returns, tuple(owners))
        for member, owners in variants.values()
    )
    return Conflict(name, told, any(_silent(one, other) for one, other in combinations(members, 2)))


def _same_call(member: Member) -> tuple[object, ...]:
    return member.names, positional(member), required(member), kind_of(member)


def _silent(one: Member, other: Member) -> bool:
    """Whether a call of one is accepted by the other, and means something else there or never runs."""
    return mistaken(one, other) or unawaited(one, other) or unawaited(other, one)
