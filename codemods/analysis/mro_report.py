"""The MRO report: linearizations, overrides and consumers of the planned classes, and what a merge would mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from codemods.analysis.extraction import Findings
from codemods.analysis.impact import USED, impacts
from codemods.analysis.mro import Hierarchy, Linearization
from codemods.analysis.unread import unread_files
from codemods.analysis.usage import ClassUse
from codemods.index.closeup import CloseUp
from codemods.index.code import CodeIndex
from codemods.inventory import Entry
from reports.documents.common import counted
from reports.documents.mro import Ancestor, ClassMro, Consumer, Impact, MroReport, Overlap, Resolution

# Ancestors that say what kind of class it is and bring no behaviour of their own.
ROOTS = frozenset({"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC"})
# Thresholds of the code base's own auditor (its CLAUDE.md 3.6): deeper, wider or more shadowing is called a risk.
MAX_DEPTH, MAX_PARENTS, MAX_SHADOWS = 5, 3, 5


@dataclass(frozen=True, slots=True)
class Lineage:
    """The classes of a tree and their ancestors."""

    index: CodeIndex
    hierarchy: Hierarchy

    def direct_bases(self, dotted: str) -> list[str]:
        """The bases of a class that can be read, dotted."""
        return [base.resolved for base in self.hierarchy.bases(dotted) if base.resolved]


def known_members(closeups: Mapping[str, CloseUp], lineage: Lineage) -> dict[str, frozenset[str] | None]:
    """Every member name each class has, inherited ones included; None where an ancestor cannot be read."""
    return {dotted: _known(closeup, lineage) for dotted, closeup in closeups.items()}


def _known(closeup: CloseUp, lineage: Lineage) -> frozenset[str] | None:
    line = lineage.hierarchy.linearize(closeup.dotted)
    outside = [name for name in line.mro[1:] if name not in lineage.index.classes and name not in ROOTS]
    if line.unresolved or line.conflict or outside:
        return None
    inherited = [name for ancestor in line.mro[1:] for name in members_of(ancestor, lineage)]
    return closeup.defined | frozenset(inherited)


def members_of(dotted: str, lineage: Lineage) -> tuple[str, ...]:
    """The members that a class of the tree defines itself; none for a class outside."""
    if dotted not in lineage.index.classes:
        return ()
    _, item = lineage.index.classes[dotted]
    return tuple(dict.fromkeys([*(method.name for method in item.methods), *item.attributes]))


def mro_report(lineage: Lineage, findings: Findings | None) -> MroReport:
    """The report on the planned classes; empty without a plan."""
    if findings is None:
        return MroReport((), (), unread_files(lineage.index))
    entries = findings.inventory.targets
    classes = tuple(_class(dotted, entry, lineage, findings) for dotted, entry in entries.items())
    return MroReport(classes, tuple(_overlaps(list(findings.closeups.values()))), unread_files(lineage.index))


def plain_class(dotted: str, lineage: Lineage) -> ClassMro:
    """One class of the tree, planned or not, without usage."""
    file, item = lineage.index.classes[dotted]
    found = lineage.hierarchy.linearize(dotted)
    resolutions = tuple(_resolutions(found.mro, lineage))
    diamonds = tuple(_diamonds(dotted, lineage))
    return ClassMro(
        name=item.qualname,
        dotted=dotted,
        path=file.path,
        line=item.line,
        mro=found.mro,
        unresolved=found.unresolved,
        conflict=found.conflict,
        ancestors=tuple(_ancestors(found.mro, lineage)),
        resolutions=resolutions,
        diamonds=diamonds,
        risks=tuple(_risks(found, resolutions, diamonds, dotted, lineage)),
    )


def _class(dotted: str, entry: Entry, lineage: Lineage, findings: Findings) -> ClassMro:
    uses = [use for use in findings.usage.uses if use.owner == dotted]
    twins = [c for d, c in findings.closeups.items() if _becomes(d, findings) == entry.planned.target]
    felt = tuple(impacts(findings.closeups[dotted], twins, uses)) if dotted in findings.closeups else ()
    return replace(
        plain_class(dotted, lineage),
        name=entry.planned.qualname,
        family=entry.planned.family,
        target=entry.planned.target,
        subclasses=tuple(f"{use.path}:{use.line}" for use in uses if use.kind == "base"),
        consumers=tuple(_consumers(uses)),
        impacts=felt,
        advice=tuple(_advice(findings.closeups.get(dotted), uses, felt, findings.known.get(dotted))),
    )


def _becomes(dotted: str, findings: Findings) -> str:
    return findings.inventory.targets[dotted].planned.target


def _ancestors(mro: Sequence[str], lineage: Lineage) -> Iterator[Ancestor]:
    below: set[str] = set()
    for dotted in mro:
        own = members_of(dotted, lineage)
        file, item = lineage.index.classes.get(dotted, (None, None))
        path, line = (file.path, item.line) if file is not None and item is not None else ("", 0)
        yield Ancestor(dotted, path, line, own, tuple(name for name in own if name in below))
        below |= set(own)


def _resolutions(mro: Sequence[str], lineage: Lineage) -> Iterator[Resolution]:
    providers: dict[str, list[str]] = {}
    for dotted in mro:
        for name in members_of(dotted, lineage):
            providers.setdefault(name, []).append(dotted)
    for name, found in sorted(providers.items()):
        yield Resolution(name, found[0], tuple(found[1:]))


def _diamonds(dotted: str, lineage: Lineage) -> Iterator[str]:
    """Ancestors that two direct bases share."""
    lines = [set(lineage.hierarchy.linearize(base).mro) for base in lineage.direct_bases(dotted)]
    shared = set().union(*(one & other for one, other in combinations(lines, 2))) if len(lines) > 1 else set()
    yield from sorted(shared - ROOTS)


def _risks(
    line: Linearization, found: Sequence[Resolution], diamonds: Sequence[str], dotted: str, lineage: Lineage
) -> Iterator[str]:
    if diamonds:
        yield f"diamond over {', '.join(diamonds)}: a merge may change which method wins"
    depth = len([name for name in line.mro if name not in ROOTS])
    if depth > MAX_DEPTH:
        yield f"{depth} classes deep; more than {MAX_DEPTH} is hard to follow"
    parents = len(lineage.direct_bases(dotted))
    if parents > MAX_PARENTS:
        yield f"{parents} direct bases; more than {MAX_PARENTS}"
    shadows = sum(bool(row.hides) for row in found if not row.method.startswith("__"))
    if shadows > MAX_SHADOWS:
        yield f"{shadows} inherited members are shadowed; more than {MAX_SHADOWS}"


def _overlaps(closeups: list[CloseUp]) -> Iterator[Overlap]:
    for one, other in combinations(closeups, 2):
        first, second = _calls(one), _calls(other)
        shared = sorted(first.keys() & second.keys())
        if shared:
            same = tuple(name for name in shared if first[name] == second[name])
            likeness = 1000 * len(shared) // len(first.keys() | second.keys())
            yield Overlap(one.dotted, other.dotted, tuple(shared), same, likeness)


def _calls(closeup: CloseUp) -> dict[str, tuple[str, ...]]:
    return {name: member.names for name, member in closeup.effective.items() if member.public}


def _consumers(uses: Iterable[ClassUse]) -> Iterator[Consumer]:
    by_file: dict[tuple[str, str], list[ClassUse]] = {}
    for use in uses:
        if use.kind in USED or use.kind == "constructor":
            by_file.setdefault((use.area, use.path), []).append(use)
    for (area, path), found in sorted(by_file.items()):
        yield Consumer(path, area, counted((use.member or "(built)", use.path, use.line) for use in found))


def _advice(
    closeup: CloseUp | None, uses: list[ClassUse], felt: Sequence[Impact], known: frozenset[str] | None
) -> Iterator[str]:
    """What to do or keep in mind when the class is merged."""
    yield from _calls_to_change(felt)
    yield from _members_from_outside(uses, known)
    if closeup is not None and closeup.twice:
        yield f"{', '.join(closeup.twice)}: defined twice; decide which one is meant"
    if closeup is not None and closeup.singleton:
        yield "there is one instance by design: keep the ways in which it is made and reset"
    kinds = Counter(use.kind for use in uses)
    if kinds["spec"]:
        yield f"{kinds['spec']} mocks take their members from it: all that they touch must exist on the merged class"
    if kinds["base"]:
        yield "it has subclasses: the merged class must be one they can inherit from"


def _calls_to_change(felt: Sequence[Impact]) -> Iterator[str]:
    breaking = [impact for impact in felt if impact.verdict == "breaks"]
    if breaking:
        names = ", ".join(impact.member for impact in breaking)
        yield f"may be misread, so to be called by keyword or through an adapter before merging: {names}"
    misread, failing = sum(impact.misread for impact in felt), sum(impact.failing for impact in felt)
    if misread or failing:
        yield f"of its known calls {misread} would be misread and {failing} would fail if it were merged as it stands"


def _members_from_outside(uses: list[ClassUse], known: frozenset[str] | None) -> Iterator[str]:
    """Private members that others use: those that exist have to be kept, those that do not are broken already."""
    private = {use.member for use in uses if use.member.startswith("_") and not use.member.startswith("__")}
    kept = sorted(name for name in private if known is None or name in known)
    gone = sorted(private - set(kept))
    if kept:
        yield f"used from outside though private, to be kept: {', '.join(kept)}"
    if gone:
        yield f"used from outside and not there, broken already: {', '.join(gone)}"
