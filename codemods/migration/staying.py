"""Which planned classes stay where they are, since what is to take their place cannot, and what it lacks.

Only of targets that are the code base's own; what is shipped has all that the plan's classes have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from codemods.analysis.usage import Usage
from codemods.conventions import Conventions
from codemods.errors import ConfigError
from codemods.index.closeup import CloseUp
from codemods.inventory import Inventory
from codemods.migration.coverage import gaps
from codemods.migration.shared_state import names_read, shared_names
from codemods.migration.surfaces import Surfaces
from codemods.migration.unified import Unified
from codemods.plan import Plan, PlannedClass
from codemods.prove.measures import missing_behind
from codemods.prove.views import View

SHOWN = 4  # of what a class lacks; the first thing to mend is among them


class Staying:
    """Judges the planned classes of one code base."""

    def __init__(
        self,
        plan: Plan,
        conventions: Conventions,
        inventory: Inventory,
        unified: Unified,
        view: View,
        usage: Usage,
    ) -> None:
        self.plan, self.unified, self.view = plan, unified, view
        self.conventions = {item.dotted: item for item in conventions.classes}
        found = (entry.planned for entry in inventory.entries if entry.state == "found")
        preserved = {item.dotted for item in plan.preserved}
        self.standing = [item for item in found if item.dotted not in preserved]
        self.uses, self.strings = usage.uses, usage.path_strings
        self.surfaces = Surfaces(unified)

    def reasons(self) -> dict[str, str]:
        """The classes that stay, dotted, each with why. Raises ConfigError for a target that is not there."""
        if self.plan.shipped:
            return {}
        missing = list(self._missing())
        if missing:
            raise ConfigError("\n".join(missing))
        found = {item.dotted: list(self._lacks(item)) for item in self.standing}
        return {dotted: _told(lacking) for dotted, lacking in found.items() if lacking}

    def _missing(self) -> Iterator[str]:
        for number, item in enumerate(self.plan.classes):
            target = self.unified.layout.dotted(item.target)
            if item in self.standing and self.unified.of(target) is None:
                yield (
                    f'classes[{number}].target: "{target}" is no class of this code base; write it, or name '
                    "one that is there (shipped = true is for the targets that come with wsconsolidate)"
                )

    def _lacks(self, item: PlannedClass) -> Iterator[str]:
        target = self.unified.layout.dotted(item.target)
        old, new = self.surfaces.of(item.dotted), self.surfaces.of(target)
        if old is None or new is None:
            yield "it cannot be read"
            return
        yield from self._broken(target)
        wanted = replace(old, defined=old.defined - set(item.unneeded))
        yield from gaps(wanted, new, self.conventions.get(item.dotted), self._private_uses(item), self._merged(target))
        closeup = self.unified.read(item.dotted)
        if closeup is not None:
            yield from self._shared(item, closeup)
            yield from self._patched(item, closeup)

    def _broken(self, target: str) -> Iterator[str]:
        """Of a target that nobody can import, nothing could be taken; this is found in dead code, which nobody runs."""
        closeup = self.unified.of(target)
        missing = missing_behind(closeup.path, self.view) if closeup is not None else ""
        if missing:
            yield f"its target cannot be imported: {missing}"

    def _private_uses(self, item: PlannedClass) -> set[str]:
        """The private members that others use; whoever derives from a class may use all of them."""
        mine = [use for use in self.uses if use.owner == item.dotted]
        used = {use.member for use in mine if use.member.startswith("_")}
        if any(use.kind == "base" for use in mine):
            closeup = self.unified.read(item.dotted)
            used |= closeup.defined if closeup is not None else set()
        return used

    def _merged(self, target: str) -> Sequence[str]:
        """The old classes that become the same as a target, or one of its ancestors."""
        new = self.surfaces.of(target)
        kin = {target, *(new.ancestors if new is not None else ())}
        return [item.dotted for item in self.standing if self.unified.layout.dotted(item.target) in kin]

    def _shared(self, item: PlannedClass, closeup: CloseUp) -> Iterator[str]:
        tree = self.unified.tree(closeup.path)
        if tree is None:
            return
        leaving = {one.qualname for one in self.standing if one.module == item.module}
        for name, line in shared_names(tree, item.qualname, leaving):
            yield f"it keeps {name} of its module, which line {line} uses, too: its target would not"

    def _patched(self, item: PlannedClass, closeup: CloseUp) -> Iterator[str]:
        """Names of its module that somebody patches, and that it reads there: a patch would not reach its target."""
        tree = self.unified.tree(closeup.path)
        read = names_read(tree, item.qualname) if tree is not None else set()
        for use in self.strings:
            ref = use.detail.rpartition(" ")[2]
            name, _, rest = ref.removeprefix(f"{item.module}.").partition(".")
            if (
                ref.startswith(f"{item.module}.")
                and name in read - {item.qualname}
                and not self._everywhere(item, name, rest)
            ):
                yield f"{use.path}:{use.line} patches {name} of its module, and would not reach its target"
                return

    def _everywhere(self, item: PlannedClass, name: str, rest: str) -> bool:
        """Whether a patch changes something that others have, too: an attribute of what was imported."""
        bindings = self.unified.resolver.index.names(item.module).get(name, ())
        return bool(rest) and any(binding.kind in {"import", "module"} for binding in bindings)


def _told(lacking: Sequence[str]) -> str:
    more = f"; and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    return "; ".join(lacking[:SHOWN]) + more
