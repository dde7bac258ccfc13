"""WSC001: a class of the plan is still implemented outside its target."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC001",
    "legacy-class",
    "A class of the plan is still implemented outside its target",
    "The plan replaces this class. As long as a second implementation stands, fixes have to be made twice, and what "
    "one of the two does differently reaches users.",
    "class OldEmitter:\n    async def notify_started(self, run_id): ...",
    'from app.unified_shims import moved\n\nmoved(__name__, {"OldEmitter": "app.unified_emitter:Emitter"}, '
    'since="2025.9", removal="2026.3")',
    "`wsconsolidate migrate` puts a shim in its place and rewrites who uses it; afterwards the file can be deleted.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Every planned class that does work of its own, once."""
    for dotted, planned in tree.standing.items():
        file, item = tree.index.classes[dotted]
        target = f"{tree.plan.destination}.{planned.target}"
        moved = "" if dotted == planned.dotted else f" (the plan says {planned.module})"
        yield Finding(
            TEXT.id,
            planned.dotted,
            fingerprint(planned.dotted),
            file.path,
            item.line,
            item.line,
            f"{item.qualname} is still implemented here{moved}; the plan replaces it by {target}",
            f"migrate it to {target}",
        )


RULE = Rule(TEXT, find)
