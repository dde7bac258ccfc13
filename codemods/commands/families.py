"""The families found by reading, as their document."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis import families
from codemods.index.code import CodeIndex
from codemods.index.resolve import Resolver
from reports.documents.families import Concern, Family, Likeness, Relative


def find_concerns(index: CodeIndex, resolver: Resolver) -> tuple[Concern, ...]:
    """Every concern of the code base with its families, the most entangled first."""
    return tuple(_concern(found) for found in families.find_families(index, resolver).concerns)


def _concern(found: families.Concern) -> Concern:
    apart = tuple(_relative(item.member, f"{item.why}, looks like {item.family}") for item in found.apart)
    return Concern(found.name, found.score, tuple(_family(item) for item in found.families), apart)


def _family(found: families.Family) -> Family:
    members = (*found.members, *found.shims)
    pairs = tuple(Likeness(pair.one, pair.other, pair.score, tuple(_evidence(pair))) for pair in found.pairs)
    return Family(found.role, found.cohesion, tuple(_relative(item, item.remark) for item in members), pairs)


def _relative(member: families.Member, remark: str) -> Relative:
    module, _, name = member.name.rpartition(".")
    return Relative(name, module, member.path, member.line, remark)


def _evidence(pair: families.Pair) -> Iterator[str]:
    if pair.same_name:
        yield "same name"
    for label, words in (
        ("name words", pair.tokens),
        ("methods", pair.methods),
        ("like methods", pair.verbs),
        ("events", pair.events),
        ("attributes", pair.attributes),
    ):
        if words:
            yield f"{label}: {', '.join(words)}"
