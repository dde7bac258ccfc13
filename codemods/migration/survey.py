"""What planning stands on, found in a code base as it is at one moment: before the first step, or between two."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from codemods.analysis.usage import UsageFinder, files_to_study, find_usage
from codemods.conventions import Conventions
from codemods.errors import UsageError
from codemods.inventory import take_inventory
from codemods.migration.arrangement import Arranger
from codemods.migration.conversion import Converter
from codemods.migration.creation import Read, create
from codemods.migration.holding import differing, held_imports, with_bridges
from codemods.migration.layout import layout_of
from codemods.migration.planning import Facts, Planner, with_created
from codemods.plan import Plan
from codemods.prove.views import Rereader, View


class Survey:
    """Surveys one code base for one plan; `rereader` and `read` give contents."""

    def __init__(self, plan: Plan, conventions: Conventions, rereader: Rereader, read: Read) -> None:
        self.plan, self.conventions, self.rereader, self.read = plan, conventions, rereader, read

    def planner(self, view: View, only: Collection[str] = (), review: bool = False) -> Planner:
        """A planner for the code base as `view` has it; `only` are the planned classes wanted, dotted.

        Raises ConfigError when the plan's destination is not there.
        """
        layout = layout_of(self.plan, view.index)
        creation = create(self.plan, layout, view.resolver, self.read)
        unified = with_created(view, creation, self.rereader)
        inventory = take_inventory(self.plan, view.index, view.resolver)
        arranger = Arranger(self.plan, self.conventions, layout, inventory, unified.resolver)
        arrangement = arranger.arrange(only)
        different = differing(arrangement, self.conventions)
        finder = UsageFinder(inventory, view.index, view.resolver, self.plan.getters)
        uses = find_usage(finder, finder.sites(), dict(view.uses)).uses
        converted = Converter(self.plan, self.conventions, different, unified.resolver, self.read).convert(uses)
        held = held_imports(arrangement, self.plan, different, uses, converted)
        held = with_bridges(held, view.resolver)
        facts = Facts(self.plan, self.conventions, layout, creation, arrangement, different, held, converted, uses)
        return Planner(facts, view, unified, self.rereader, self.read, review)


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
