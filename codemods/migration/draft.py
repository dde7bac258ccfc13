"""A plan drafted from the families that were found: which class could stand for the others, and what it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codemods.analysis.usage import UsageFinder
from codemods.inventory import take_inventory
from codemods.migration.convention_guess import guessed
from codemods.migration.coverage import gaps
from codemods.migration.creation import Read
from codemods.migration.layout import Layout, shared_package
from codemods.migration.surfaces import Surface, Surfaces
from codemods.migration.unified import Unified
from codemods.plan import Family as PlannedFamily
from codemods.plan import Plan, PlannedClass
from codemods.prove.views import View
from reports.documents.draft import DraftClass, DraftFamily, DraftPlan
from reports.documents.families import Concern, Family, Relative

MANY = 2  # classes make a family


@dataclass(frozen=True, slots=True)
class _Member:
    """A class of a family with its surface."""

    relative: Relative
    surface: Surface

    @property
    def dotted(self) -> str:
        """The dotted path of the class."""
        return _dotted(self.relative)


class Drafter:
    """Drafts a plan for one code base from its families; `read` gives contents."""

    def __init__(self, view: View, concerns: Iterable[Concern], about: Sequence[str], read: Read) -> None:
        self.view = view
        self.surfaces = Surfaces(Unified(Layout("", "", "", ""), view.resolver, read))
        self.wanted = [(c, f) for c in concerns for f in c.families if not about or _is_about(c, f, about)]

    def draft(self) -> DraftPlan:
        """The plan of all families that were asked for; the members of one are all below one top-level package."""
        split = [(concern, family, self._inside(family)) for concern, family in self.wanted]
        kept = [(concern, family, members) for concern, family, members in split if len(members) >= MANY]
        named = _names(f"{concern.name}-{family.role}" for concern, family, _ in kept)
        chosen = [(name, *item, self._target(item[2])) for name, item in zip(named, kept, strict=True)]
        destination = self._destination([target.relative.module for *_, target in chosen])
        families = (self._family(name, c, f, members, target, destination) for name, c, f, members, target in chosen)
        return DraftPlan(destination, tuple(families), tuple(self._aside(split)))

    @cached_property
    def _root(self) -> str:
        """The top-level package that most classes are in."""
        roots = Counter(_root_of(member) for _, family in self.wanted for member in family.members)
        return max(sorted(roots), key=lambda name: roots[name], default="")

    def _inside(self, family: Family) -> list[_Member]:
        """The members that a plan can hold."""
        found = []
        for relative in family.members:
            surface = self.surfaces.of(_dotted(relative)) if not self._unfit(relative) else None
            if surface is not None:
                found.append(_Member(relative, surface))
        return found

    def _unfit(self, relative: Relative) -> str:
        """Why a class cannot be in the plan, "" when it can."""
        if relative.remark:
            return relative.remark
        if relative.module not in self.view.index.modules:
            return "it stands inside a class or function, and no import reaches it there"
        return f"it is not below {self._root}, as most are" if _root_of(relative) != self._root else ""

    def _aside(self, split: Iterable[tuple[Concern, Family, list[_Member]]]) -> Iterator[tuple[str, str]]:
        for _, family, members in split:
            for relative in family.members:
                alone = "no other class of its family can be in the plan" if len(members) < MANY else ""
                reason = self._unfit(relative) or alone
                if reason:
                    yield _dotted(relative), reason

    # ── which one could stand for the others ─────────────────────────────────────────────────────────────────────────

    def _target(self, members: Sequence[_Member]) -> _Member:
        """The member that the others lack least of; of equals the most imported one, then the alphabet."""

        def cost(one: _Member) -> tuple[int, int, str]:
            lacking = sum(len(self._gaps(other, one)) for other in members if other is not one)
            return lacking, -self._statements[one.dotted], one.dotted

        return min(members, key=cost)

    def _gaps(self, old: _Member, new: _Member) -> list[str]:
        return list(gaps(old.surface, new.surface, None, (), (old.dotted, new.dotted)))

    @cached_property
    def _sites(self) -> list[tuple[str, tuple[str, ...]]]:
        """The import statements of all members: the file, and the classes that it imports."""
        members = {_dotted(m): m for _, family in self.wanted for m in family.members if not self._unfit(m)}
        classes = tuple(PlannedClass(m.module, m.name, m.line, "all", "", "") for m in members.values())
        plan = Plan("", "", (PlannedFamily("all", "", ""),), classes)
        inventory = take_inventory(plan, self.view.index, self.view.resolver)
        finder = UsageFinder(inventory, self.view.index, self.view.resolver, {})
        return [(site.path, site.classes) for site in finder.sites()]

    @cached_property
    def _statements(self) -> Counter[str]:
        return Counter(dotted for _, classes in self._sites for dotted in classes)

    @cached_property
    def _files(self) -> Counter[str]:
        return Counter(dotted for dotted, _ in {(d, path) for path, classes in self._sites for d in classes})

    # ── what is said of it ───────────────────────────────────────────────────────────────────────────────────────────

    def _destination(self, modules: Sequence[str]) -> str:
        """The innermost package that holds all targets."""
        return shared_package([module.rpartition(".")[0] for module in modules], self.view.index) if modules else ""

    def _family(
        self, name: str, concern: Concern, family: Family, members: list[_Member], target: _Member, destination: str
    ) -> DraftFamily:
        others = (self._class(member, target) for member in members if member is not target)
        return DraftFamily(
            name,
            _title(concern, family),
            target.dotted.removeprefix(f"{destination}."),
            _public(target.surface),
            self._statements[target.dotted],
            self._files[target.dotted],
            family.cohesion,
            tuple(others),
        )

    def _class(self, member: _Member, target: _Member) -> DraftClass:
        lacking = self._gaps(member, target)
        return DraftClass(
            member.relative.module,
            member.relative.name,
            member.relative.line,
            _public(member.surface),
            self._statements[member.dotted],
            self._files[member.dotted],
            tuple(lacking),
            guessed(member.surface, target.surface, target.relative.name) if lacking else None,
        )


def _is_about(concern: Concern, family: Family, words: Sequence[str]) -> bool:
    names = {concern.name, family.role, *(member.name for member in family.members)}
    return not names.isdisjoint(words)


def _dotted(relative: Relative) -> str:
    return f"{relative.module}.{relative.name}"


def _root_of(relative: Relative) -> str:
    return relative.module.partition(".")[0]


def _title(concern: Concern, family: Family) -> str:
    return f"{concern.name} {family.role}".capitalize()


def _names(wanted: Iterable[str]) -> Iterator[str]:
    """Each name once: a repeated one gets a number."""
    seen: Counter[str] = Counter()
    for name in (text.replace(" ", "-") for text in wanted):
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def _public(surface: Surface) -> tuple[str, ...]:
    return tuple(name for name in surface.members if not name.startswith("_"))
