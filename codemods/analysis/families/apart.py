"""What looks like a member of a family and is none: doubles, tests, scripts, fallbacks, data types, strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from codemods.analysis.families.candidates import Parts, Sorting, member_of
from codemods.analysis.families.model import Apart, Concern, Family, Member, SameName
from codemods.areas import area_of, is_double, without_double
from codemods.index.facts import Class, FileFacts

Place = tuple[str, Family]


class _Standing:
    """The families by the names of their members, and by role and subject."""

    def __init__(self, concerns: Iterable[Concern]) -> None:
        self._by_name: dict[str, Place] = {}
        self._by_role: dict[tuple[str, str], Place] = {}
        for concern in concerns:
            for family in concern.families:
                self._by_role.setdefault((family.role, concern.name), (concern.name, family))
                for member in family.members:
                    self._by_name.setdefault(member.name.rpartition(".")[2], (concern.name, family))

    def like(self, name: str, sorting: Sorting) -> Place | None:
        """The family that a class of this name would belong to."""
        plain = without_double(name)
        if plain in self._by_name:
            return self._by_name[plain]
        naming = sorting.naming(plain, False)
        places = (self._by_role.get((naming.role, word)) for word in naming.subject)
        return next((place for place in places if place is not None), None)


def look_alikes(concerns: tuple[Concern, ...], parts: Parts, sorting: Sorting) -> tuple[Concern, ...]:
    """The concerns, each with the classes outside production that look like one of its families."""
    standing = _Standing(concerns)
    found: dict[str, list[Apart]] = defaultdict(list)
    for facts, item in parts.others:
        name = item.qualname.rpartition(".")[2]
        place = standing.like(name, sorting)
        if place is not None:
            found[place[0]].append(Apart(member_of(facts, item), place[1].role, _why(facts, item)))
    return tuple(replace(concern, apart=tuple(sorted(found[concern.name], key=_place))) for concern in concerns)


def _place(apart: Apart) -> tuple[str, int]:
    return apart.member.path, apart.member.line


def _why(facts: FileFacts, item: Class) -> str:
    if is_double(item.qualname.rpartition(".")[2]):
        return "test double"
    area = area_of(facts.path)
    return area if area != "production" else "fallback"


def data_types(parts: Parts) -> tuple[SameName, ...]:
    """Data types of production code that are declared more than once under one name."""
    named: dict[str, list[tuple[FileFacts, Class]]] = defaultdict(list)
    for facts, item in parts.data:
        if "." not in item.qualname:  # nested ones (Config, Meta, ...) have the name their framework asks for
            named[item.qualname].append((facts, item))
    return tuple(
        SameName(name, tuple(sorted((member_of(*found) for found in same), key=lambda member: member.name)))
        for name, same in sorted(named.items())
        if len(same) > 1
    )


def strangers(concerns: Iterable[Concern], parts: Parts) -> tuple[SameName, ...]:
    """Production classes that bear the name of a family member but are another thing: traps for any search by name."""
    homes: dict[str, set[str]] = defaultdict(set)
    for concern in concerns:
        for family in concern.families:
            for member in family.members:
                homes[member.name.rpartition(".")[2]].update(m.name for m in (*family.members, *family.shims))
    traps: dict[str, list[Member]] = defaultdict(list)
    known = [(c.facts, c.item, "another subject or role") for c in parts.work]
    known += [(facts, item, "a data type") for facts, item in parts.data]
    known += [(facts, item, "forwards elsewhere") for _, facts, item in parts.shims.values()]
    for facts, item, why in known:
        member = member_of(facts, item, why)
        name = item.qualname.rpartition(".")[2]
        if name in homes and member.name not in homes[name]:
            traps[name].append(member)
    return tuple(SameName(name, tuple(sorted(found, key=lambda m: m.name))) for name, found in sorted(traps.items()))
