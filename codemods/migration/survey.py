"""What planning stands on, found in a code base as it is at one moment: before the first step, or between two."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from codemods.analysis.usage import UsageFinder, files_to_study, find_usage
from codemods.conventions import Conventions
from codemods.crosscheck import Definition, Opinion, second_opinion
from codemods.errors import UsageError
from codemods.index.closeup import CloseUp
from codemods.inventory import Inventory, take_inventory
from codemods.migration.arrangement import Arrangement, Arranger
from codemods.migration.binding import Calls
from codemods.migration.conversion import Converter
from codemods.migration.creation import Creation, Read, create
from codemods.migration.holding import differing, handed_outside, held_imports, with_bridges
from codemods.migration.layout import layout_of
from codemods.migration.planning import Facts, Planner, Review, nothing, with_created
from codemods.migration.staying import Staying
from codemods.migration.unified import Unified
from codemods.plan import Plan
from codemods.prove.views import Rereader, View


class Survey:
    """Surveys one code base for one plan; `rereader` and `read` give contents."""

    def __init__(self, plan: Plan, conventions: Conventions, rereader: Rereader, read: Read) -> None:
        self.plan, self.conventions, self.rereader, self.read = plan, conventions, rereader, read

    def planner(
        self, view: View, only: Collection[str] = (), review: Review = nothing, opinion: Opinion | None = None
    ) -> Planner:
        """A planner for the code base as `view` has it; `only` are the planned classes wanted, dotted.

        Raises ConfigError when the plan's destination is not there.
        """
        layout = layout_of(self.plan, view.index)
        creation = create(self.plan, layout, view.resolver, self.read)
        created = with_created(view, creation, self.rereader)
        unified = Unified(layout, created.resolver, self._with(creation))
        inventory = take_inventory(self.plan, view.index, view.resolver)
        arranger = Arranger(self.plan, self.conventions, inventory, unified, view.uses)
        finder = UsageFinder(inventory, view.index, view.resolver, self.plan.getters)
        usage = find_usage(finder, finder.sites(), dict(view.uses))
        uses = usage.uses
        staying = Staying(self.plan, self.conventions, inventory, unified, view, usage).reasons()
        arrangement = arranger.arrange(only, staying)
        different = differing(arrangement, self.conventions, unified)
        converted = Converter(self.plan, self.conventions, different, created.resolver, self.read).convert(uses)
        held = held_imports(arrangement, self.plan, different, uses, converted)
        if self.plan.library:
            held |= handed_outside(different, view.resolver)
        calls = Calls(uses, self._legacy(inventory, unified), self._new(arrangement), converted, unified)
        held |= calls.refused(held)
        held = with_bridges(held, view.resolver)
        facts = Facts(
            plan=self.plan,
            conventions=self.conventions,
            layout=layout,
            creation=creation,
            arrangement=arrangement,
            different=different,
            held=held,
            converted=converted,
            uses=uses,
            calls=calls,
            unified=unified,
            staying=staying,
        )
        return Planner(facts, view, created, self.rereader, self.read, review, opinion)

    def _with(self, creation: Creation) -> Read:
        """What reads files as they are once those are created that are not there."""
        new = {change.path: change.after for change in creation.changes}
        return lambda path: new[path] if path in new else self.read(path)

    def second_opinion(self, view: View, root: Path) -> Opinion:
        """What rope says of the planned classes that stand: of the nested ones it knows nothing by name."""
        inventory = take_inventory(self.plan, view.index, view.resolver)
        standing = (
            entry for entry in inventory.entries if entry.state == "found" and "." not in entry.planned.qualname
        )
        asked = [Definition(entry.definition, entry.path, entry.line) for entry in standing]
        return second_opinion(root, asked, [file.path for file in view.index.files])

    @staticmethod
    def _legacy(inventory: Inventory, unified: Unified) -> dict[str, CloseUp]:
        """The old classes that stand, read closely, by their dotted definition."""
        standing = (entry.definition for entry in inventory.entries if entry.state == "found")
        read = ((definition, unified.read(definition)) for definition in standing)
        return {definition: closeup for definition, closeup in read if closeup is not None}

    @staticmethod
    def _new(arrangement: Arrangement) -> dict[str, str]:
        """Old dotted class -> unified one."""
        every = ((item.module, one) for item in arrangement.departures for one in (*item.leaving, *item.nested))
        return {f"{module}.{one.name}": one.new for module, one in every}


def paths_to_study(plan: Plan, view: View) -> list[str]:
    """The files whose uses must be known before anything is planned."""
    inventory = take_inventory(plan, view.index, view.resolver)
    finder = UsageFinder(inventory, view.index, view.resolver, plan.getters)
    return files_to_study(finder, finder.sites())


def chosen(names: Iterable[str], plan: Plan) -> tuple[str, ...]:
    """The planned classes meant by names or the ends of dotted paths. Raises UsageError for a name of none."""
    found: dict[str, None] = {}
    for name in names:
        matching = [item.dotted for item in plan.classes if f".{item.dotted}".endswith(f".{name}")]
        if not matching:
            known = ", ".join(sorted({item.qualname for item in plan.classes}))
            raise UsageError(f"--only {name}: no class of the plan; it has {known}")
        found |= dict.fromkeys(matching)
    return tuple(found)
