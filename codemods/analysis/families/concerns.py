"""Families as the report shows them, and the concerns they add up to, the most entangled first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import comb, log2

from codemods.analysis.families.candidates import Candidate, Parts, member_of
from codemods.analysis.families.clusters import Edge, Group, Linkage
from codemods.analysis.families.evidence import evidence
from codemods.analysis.families.likeness import Likeness
from codemods.analysis.families.model import MILLE, Concern, Family, Member

WHOLE = 24  # members; all pairs of a family of 80 would be 3,160, and the report grow with their square
NEAREST = 8  # pairs of each member, in a larger family
SCALE = 10  # scores are whole numbers; a pair of small classes comes out at about 10


def topic(members: Sequence[Candidate]) -> str:
    """The word most members are about; of equals the one that stands first in their names, then the alphabet."""
    holders = Counter(word for member in members for word in member.subject)
    if not holders:
        return members[0].role
    return min(holders, key=lambda word: (-holders[word], sum(_position(word, member) for member in members), word))


def _position(word: str, member: Candidate) -> int:
    return member.subject.index(word) if word in member.subject else len(member.subject)


def describe(group: Group, likeness: Likeness, linkage: Linkage, parts: Parts) -> tuple[str, Family]:
    """A group of candidates as a family, with the word it is about."""
    members = [likeness.traits[number].candidate for number in group]
    scores = {pair: round(linkage.pair(*pair) * MILLE) for pair in combinations(group, 2)}
    cohesion = sum(scores.values()) // len(scores)
    named = Counter(member.name for member in members)
    family = Family(
        members[0].role,
        tuple(member.member for member in members),
        _shims({member.dotted for member in members}, parts),
        tuple(evidence(likeness, pair, scores[pair]) for pair in _told(scores, len(group))),
        cohesion,
        _weight([member.member for member in members], cohesion, sum(comb(count, 2) for count in named.values())),
    )
    return topic(members), family


def _told(scores: Mapping[Edge, int], members: int) -> list[Edge]:
    """The pairs whose evidence is kept: all, but of a large family those that are nearest to each member."""
    if members <= WHOLE:
        return list(scores)
    of_member: dict[int, list[Edge]] = defaultdict(list)
    for pair in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        for member in pair:
            of_member[member].append(pair)
    return sorted({pair for found in of_member.values() for pair in found[:NEAREST]})


def _shims(names: set[str], parts: Parts) -> tuple[Member, ...]:
    """The classes that only forward to one of these, directly or through another such class."""
    known, found = set(names), list[Member]()
    while True:
        fresh = {dotted: shim for dotted, shim in parts.shims.items() if shim[0] in known and dotted not in known}
        if not fresh:
            return tuple(sorted(found, key=lambda member: member.name))
        known |= fresh.keys()
        found += [member_of(facts, item, f"only forwards to {target}") for target, facts, item in fresh.values()]


def _weight(members: Sequence[Member], cohesion: int, same_names: int) -> int:
    """What a family costs: every class beyond the first, its likeness, shared names, spread and repeated lines.

    Likeness counts squared: once for how sure it is that these are duplicates, once for how much of them is repeated.
    """
    count = len(members)
    pairs = count * (count - 1) // 2
    spread = log2(1 + len({member.path for member in members}))
    lines = sum(member.lines for member in members) - max(member.lines for member in members)
    worth = (cohesion / MILLE) ** 2 * (count - 1) * (1 + same_names / pairs) * spread * log2(1 + lines)
    return round(SCALE * worth)


def concerns_of(families: Iterable[tuple[str, Family]]) -> tuple[Concern, ...]:
    """The families by what they are about."""
    by_topic: dict[str, list[Family]] = defaultdict(list)
    for name, family in families:
        by_topic[name].append(family)
    concerns = [
        Concern(name, sum(family.score for family in found), tuple(sorted(found, key=_family_order)), ())
        for name, found in by_topic.items()
    ]
    return tuple(sorted(concerns, key=lambda concern: (-concern.score, concern.name)))


def _family_order(family: Family) -> tuple[int, str, str]:
    return -family.score, family.role, family.members[0].name
