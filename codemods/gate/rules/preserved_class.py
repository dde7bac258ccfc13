"""WSC007: a class that the plan preserves is gone or does something else."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.kept import preserved
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC007",
    "preserved-class",
    "A class that the plan preserves is gone or changed",
    "The plan keeps this class exactly as it is, because what depends on it was proven with it. Comments, formatting "
    "and the names of local variables may change; what it does may not.",
    "class Bridge:\n    async def start(self):\n        pass  # was: await self._emit('agent_started')",
    "class Bridge:\n    async def start(self):\n        await self._emit('agent_started')",
    "Take the change back, or record it as meant with `--update-baseline --add`.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Preserved classes that are gone. What changed since is told by the comparison."""
    for item in tree.plan.preserved:
        if not preserved(tree, item.dotted)[1]:
            module, _, name = item.dotted.rpartition(".")
            file = tree.index.modules.get(module)
            yield Finding(
                TEXT.id,
                item.dotted,
                fingerprint("gone", item.dotted),
                file.path if file is not None else f"{module.replace('.', '/')}.py",
                0,
                0,
                f"{name} is gone; the plan preserves it ({'; '.join(item.reasons) or 'exactly as it is'})",
                "bring it back",
            )


RULE = Rule(TEXT, find)
