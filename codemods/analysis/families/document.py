"""The families found by reading, as their document."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.families import model
from codemods.analysis.families.find import find_families
from codemods.index.code import CodeIndex
from codemods.index.resolve import Resolver
from reports.documents.families import Concern, Family, FoundFamilies, KeptOut, Likeness, Relative


def found_families(index: CodeIndex, resolver: Resolver) -> FoundFamilies:
    """Every concern of the code base, the most entangled first, and what was kept out of the families on purpose."""
    found = find_families(index, resolver)
    variants = [KeptOut("variants of one class", item.ancestor, _relatives(item.members)) for item in found.polymorphic]
    strangers = [KeptOut("same name, another job", item.name, _relatives(item.members)) for item in found.traps]
    data = [KeptOut("data of the same name", item.name, _relatives(item.members)) for item in found.data_types]
    concerns = tuple(_concern(item) for item in found.concerns)
    return FoundFamilies(concerns, (*variants, *strangers, *data))


def _relatives(members: tuple[model.Member, ...]) -> tuple[Relative, ...]:
    return tuple(_relative(item, item.remark) for item in members)


def _concern(found: model.Concern) -> Concern:
    apart = tuple(_relative(item.member, f"{item.why}, looks like {item.family}") for item in found.apart)
    return Concern(found.name, found.score, tuple(_family(item) for item in found.families), apart)


def _family(found: model.Family) -> Family:
    members = (*found.members, *found.shims)
    pairs = tuple(Likeness(pair.one, pair.other, pair.score, tuple(_evidence(pair))) for pair in found.pairs)
    return Family(found.role, found.cohesion, tuple(_relative(item, item.remark) for item in members), pairs)


def _relative(member: model.Member, remark: str) -> Relative:
    module, _, name = member.name.rpartition(".")
    return Relative(name, module, member.path, member.line, remark)


def _evidence(pair: model.Pair) -> Iterator[str]:
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
