"""What the callers of a class would feel if it became one with the classes it merges with, as they stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from codemods.analysis.binding import binds, read_shape
from codemods.analysis.signatures import kind_of, mistaken, positional, unawaited
from codemods.analysis.usage import ClassUse
from codemods.index.closeup import CloseUp, Member
from reports.documents.common import places
from reports.documents.mro import Impact

Fate = Literal["misread", "fails", "unknown", "same"]
USED = frozenset({"call", "read", "write", "class call", "class read", "class write"})
CALLED = frozenset({"call", "class call", "constructor"})


def impacts(closeup: CloseUp, twins: list[CloseUp], uses: list[ClassUse]) -> Iterator[Impact]:
    """One row for each public member of the class and for its construction."""
    for name, member in closeup.effective.items():
        if not member.public and name != "__init__":
            continue
        kinds = {"constructor"} if name == "__init__" else USED
        found = [use for use in uses if use.kind in kinds and use.member == ("" if name == "__init__" else name)]
        others = [twin.effective[name] for twin in twins if twin.dotted != closeup.dotted and name in twin.effective]
        yield _impact(member, others, found)


def _impact(member: Member, others: list[Member], uses: list[ClassUse]) -> Impact:
    where = places((use.path, use.line) for use in uses)
    judged = [(_verdict(member, other), fates_of(member, other, uses), other) for other in others]
    verdict, fates, other = max(judged, key=_weight, default=("safe", Counter[Fate](), None))
    if other is None or verdict == "safe":
        reason = "no class it merges with has it otherwise" if others else "no class it merges with has it"
        return Impact(member.name, "safe", reason, len(uses), where)
    reason = f"{_difference(member, other)}; {_told(fates, len(uses))}"
    return Impact(member.name, verdict, reason, len(uses), where, fates["misread"], fates["fails"])


def _weight(judged: tuple[str, Counter[Fate], Member]) -> tuple[int, int, int]:
    """The twin to quote is the one that would do most harm."""
    verdict, fates, _ = judged
    return {"breaks": 2, "adapts": 1, "safe": 0}[verdict], fates["misread"], fates["fails"]


def _verdict(member: Member, other: Member) -> str:
    """breaks: some call is accepted and means another thing; adapts: some call fails; safe: the same call."""
    if unawaited(member, other) or mistaken(member, other):
        return "breaks"
    return "safe" if _call(member) == _call(other) else "adapts"


def fates_of(member: Member, other: Member, uses: Iterable[ClassUse]) -> Counter[Fate]:
    """What would become of each known call of `member` if it met `other` in its place."""
    return Counter(_fate(member, other, use.detail) for use in uses if use.kind in CALLED)


def _fate(member: Member, other: Member, detail: str) -> Fate:
    shape = read_shape(detail)
    if shape.stars:
        return "unknown"
    if not binds(other, detail):
        return "fails"
    mine, theirs = positional(member)[: shape.given], positional(other)[: shape.given]
    if mine != theirs or unawaited(member, other):
        return "misread"
    return "fails" if "async" in member.traits and "async" not in other.traits else "same"


def _call(member: Member) -> tuple[object, ...]:
    """What a caller has to get right: parameters, which of them may be left out, and the kind of member."""
    return tuple((p.name, p.kind, p.default is None) for p in member.arguments), kind_of(member)


def _difference(member: Member, other: Member) -> str:
    names = f"elsewhere it takes ({', '.join(other.names)})"
    if unawaited(member, other):
        return f"{names} and is async, here it is not: a call that nobody awaits does nothing, and nothing fails"
    if mistaken(member, other):
        return f"{names}: a positional call can be accepted and mean something else"
    return f"{names}, a {kind_of(other).replace('method', 'plain method')}: calls that do not fit fail"


def _told(fates: Counter[Fate], uses: int) -> str:
    called = sum(fates.values())
    if not called:
        return f"no call is known{f', {uses} other uses' if uses else ''}"
    words: tuple[tuple[Fate, str], ...] = (
        ("misread", "would be misread"),
        ("fails", "would fail"),
        ("unknown", "pass arguments by a star"),
        ("same", "would stay right"),
    )
    return f"of {called} known calls " + ", ".join(f"{fates[fate]} {word}" for fate, word in words if fates[fate])
