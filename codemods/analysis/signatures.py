"""When a call written for one method would be accepted by another, and what it would mean there."""

from __future__ import annotations

from codemods.index.closeup import Member


def positional(member: Member) -> tuple[str, ...]:
    """The parameters that can be given by position, in order."""
    return tuple(p.name for p in member.arguments if p.kind == "positional")


def _filled_by_position(member: Member) -> tuple[str, ...]:
    return tuple(p.name for p in member.arguments if p.kind in {"positional", "*args"})


def required(member: Member) -> int:
    """How many of them have no default."""
    return sum(p.default is None and p.kind == "positional" for p in member.arguments)


def kind_of(member: Member) -> str:
    """What a caller feels of a member beside its parameters: async, property, ...; `method` for a plain one."""
    return " ".join(trait for trait in member.traits if trait not in {"abstract", "overload"}) or "method"


def mistaken(one: Member, other: Member) -> bool:
    """Whether some positional call fits both and fills parameters of other names; what `*args` takes is another."""
    mine, theirs = _filled_by_position(one), _filled_by_position(other)
    longest = min(len(mine), len(theirs))
    return max(required(one), required(other)) <= longest and mine[:longest] != theirs[:longest]


def unawaited(one: Member, other: Member) -> bool:
    """Whether calls of `one`, which nobody awaits, would make a coroutine of `other` that never runs."""
    return "async" in other.traits and "async" not in one.traits
