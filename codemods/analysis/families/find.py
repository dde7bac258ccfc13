"""The search itself: classes of the index -> families of duplicates, grouped by what they are about."""

from __future__ import annotations

from collections import defaultdict

from codemods.analysis.families.ancestry import Ancestry
from codemods.analysis.families.apart import data_types, look_alikes, strangers
from codemods.analysis.families.candidates import Candidate, Sorting
from codemods.analysis.families.clusters import JOIN, UNRELATED, WEAK, Edge, Group, Linkage, likely_pairs
from codemods.analysis.families.concerns import concerns_of, describe, topic
from codemods.analysis.families.kinship import Kinship
from codemods.analysis.families.likeness import Likeness
from codemods.analysis.families.model import FamilyReport
from codemods.index.code import CodeIndex
from codemods.index.resolve import Resolver


def find_families(index: CodeIndex, resolver: Resolver, join: float = JOIN) -> FamilyReport:
    """Which production classes play one role, without any plan: concerns, their families, and the evidence."""
    ancestry = Ancestry(index, resolver)
    sorting = Sorting(index, resolver, ancestry)
    parts = sorting.sort()
    likeness = Likeness(parts.work)
    kinship = Kinship(index, ancestry, parts.work)
    linkage = Linkage(likeness.score, kinship.related)
    edges = likely_pairs(likeness)
    groups = grouped(likeness, linkage, edges, join)
    families = [describe(group, likeness, linkage, parts) for group in groups]
    concerns = look_alikes(concerns_of(families), parts, sorting)
    alike = {edge for edge in edges if linkage.pair(*edge) == UNRELATED and likeness.score(*edge) >= join}
    return FamilyReport(concerns, kinship.variants(alike), data_types(parts), strangers(concerns, parts))


def grouped(likeness: Likeness, linkage: Linkage, edges: set[Edge], join: float) -> list[Group]:
    """The groups of candidates that are families, each with more to show than its members' names."""
    candidates = [traits.candidate for traits in likeness.traits]
    first = [group for group in linkage.grow(edges, join) if likeness.proven(group)]
    taken = {number for group in first for number in group}
    singles: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, candidate in enumerate(candidates):
        if number not in taken:
            for word in candidate.subject:
                singles[candidate.role, word].append(number)
    found: list[Group] = []
    for key, families in sorted(_by_topic(first, candidates).items()):
        fresh = [number for number in singles[key] if number not in taken]
        absorbed = linkage.absorb(families, fresh, join * WEAK)
        taken.update(number for group in absorbed for number in group)
        found += absorbed
    return sorted(found)


def _by_topic(groups: list[Group], candidates: list[Candidate]) -> dict[tuple[str, str], list[Group]]:
    sharing: dict[tuple[str, str], list[Group]] = defaultdict(list)
    for group in groups:
        members = [candidates[number] for number in group]
        sharing[members[0].role, topic(members)].append(group)
    return sharing
