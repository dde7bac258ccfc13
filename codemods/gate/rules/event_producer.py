"""WSC006: nothing makes one of the plan's events any more, or a class stopped making it."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.kept import producers
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC006",
    "event-producer",
    "An event of the plan has lost a producer, or has none",
    "Users see what an agent does only through these events. A method that makes one can vanish in a refactoring "
    "without any test failing: the page just stays silent.",
    'async def notify_started(self, run_id):\n    logger.info("started")',
    'async def notify_started(self, run_id):\n    await self.send("agent_started", {"run_id": run_id})',
    "Bring the producer back, or let the unified class make the event; then record the new state with "
    "`--update-baseline --add`.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Events that no planned and no unified class makes. What was lost since is told by the comparison."""
    made = {event for event, *_ in producers(tree)}
    for event in tree.plan.events:
        if event.name not in made:
            yield Finding(
                TEXT.id,
                event.name,
                fingerprint("none", event.name),
                _home(tree),
                0,
                0,
                f"nothing makes {event.name} ({event.meaning}): no class of the plan, and no unified one",
                "let the unified class make it",
            )


def _home(tree: Tree) -> str:
    """The file the event belongs to by the plan: the first unified or planned class's; the root's own, else."""
    found = (*sorted(tree.targets), *tree.inventory.targets)
    return next((tree.index.classes[dotted][0].path for dotted in found), "pyproject.toml")


RULE = Rule(TEXT, find)
