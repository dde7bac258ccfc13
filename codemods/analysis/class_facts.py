"""The plan's word, the inventory's finding, the close reading and the usage of one class, joined into one document."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from codemods.analysis.usage import ClassUse, Usage
from codemods.index.closeup import CloseUp, Member
from codemods.inventory import Entry
from reports.documents.classes import ClassFacts, ClassUsage, ImportSite, MemberFact
from reports.documents.common import Counted, counted

Key = Callable[[ClassUse], str]
# What is known of the inside of a class that is not there, or in a file that nothing can read.
_UNSEEN = CloseUp("", "", 0, 0, (), (), (), (), (), (), (), (), (), (), "")


def class_facts(entry: Entry, closeup: CloseUp | None, known: frozenset[str] | None, usage: Usage) -> ClassFacts:
    """Everything about one planned class; `known` are the member names it has, None where not all can be read."""
    planned, seen = entry.planned, closeup or _UNSEEN
    uses = [use for use in usage.uses if use.owner == entry.definition]
    strings = [use for use in usage.path_strings if _in_string(use, entry)]
    sites = [site for site in usage.sites if entry.definition in site.classes]
    facts = class_usage(uses, strings, sites, known)
    calls = {row.name: row.count for row in facts.calls}
    return ClassFacts(
        name=planned.qualname,
        module=planned.module,
        family=planned.family,
        status=planned.status,
        title=planned.title,
        purpose=planned.purpose,
        note=planned.note,
        features=planned.features,
        extract=planned.extract,
        target=planned.target,
        stated=planned.stated,
        state=entry.state,
        path=entry.path,
        line=entry.line,
        end=entry.end,
        difference=entry.note,
        bases=seen.bases,
        decorators=seen.decorators,
        members=tuple(_member(member, calls) for member in seen.members),
        twice=seen.twice,
        constants=seen.constants,
        attributes=seen.attributes,
        locks=seen.locks,
        tasks=seen.tasks,
        singleton=seen.singleton,
        events=seen.emissions,
        usage=facts,
    )


def class_usage(
    uses: list[ClassUse], strings: list[ClassUse], sites: list[ImportSite], known: frozenset[str] | None
) -> ClassUsage:
    """Count the uses of one class by kind; a member outside `known` counts as absent."""
    present = [use for use in uses if not _absent(use, known)]
    return ClassUsage(
        imports=counted((site.area, site.path, site.line) for site in sites),
        import_forms=counted((form, site.path, site.line) for site in sites for form in site.forms),
        constructors=_count(uses, {"constructor"}, lambda use: f"({use.detail})"),
        getters=_count(uses, {"getter"}, lambda use: use.detail),
        calls=_count(present, {"call", "class call"}, _member_name),
        attributes=_count(present, {"read", "write"}, _member_name),
        class_attributes=_count(present, {"class read", "class write"}, _member_name),
        absent=_count([use for use in uses if _absent(use, known)], None, _member_name),
        subclasses=_count(uses, {"base"}, _area),
        checks=_count(uses, {"isinstance", "issubclass"}, lambda use: use.kind),
        specs=_count(uses, {"spec"}, lambda use: use.detail),
        annotations=_count(uses, {"annotation"}, lambda use: use.detail),
        strings=_count(strings, None, lambda use: use.detail),
        at_import=_count([use for use in uses if _at_import(use)], None, lambda use: use.kind),
    )


def _count(uses: Iterable[ClassUse], kinds: set[str] | None, key: Key) -> tuple[Counted, ...]:
    return counted((key(use), use.path, use.line) for use in uses if kinds is None or use.kind in kinds)


def _member_name(use: ClassUse) -> str:
    return use.member


def _area(use: ClassUse) -> str:
    return use.area


def _absent(use: ClassUse, known: frozenset[str] | None) -> bool:
    used = use.kind in {"call", "read", "class call", "class read"}
    return known is not None and used and use.member not in known and not use.member.startswith("__")


def _at_import(use: ClassUse) -> bool:
    return use.at_import and use.kind in {"constructor", "getter", "call"} and not use.member.startswith("__")


def _in_string(use: ClassUse, entry: Entry) -> bool:
    name = entry.planned.qualname.rpartition(".")[2]
    return use.owner in {entry.definition, name}


def _member(member: Member, calls: dict[str, int]) -> MemberFact:
    kind = " ".join(member.traits) or "method"
    return MemberFact(member.name, member.line, kind, member.signature, calls.get(member.name, 0), member.doc)
