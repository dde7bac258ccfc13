"""WSC003: a class that is not in the plan joins one of its families."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.families import Family, Pair
from codemods.analysis.families.candidates import is_protocol
from codemods.gate.fingerprints import fingerprint
from codemods.gate.relatives import planned_families
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, Related, RuleText

TEXT = RuleText(
    "WSC003",
    "family-newcomer",
    "A class outside the plan does the job of a family of the plan",
    "Duplicates come back as new classes: a second emitter written for one feature, a wrapper that grows. They are "
    "found by what they have in common with the family: words of the name, methods, events, attributes.",
    "class FastEmitter:  # beside the unified Emitter\n    async def notify_agent_started(self, run_id): ...",
    "class FastRoutes:\n    def __init__(self, emitter: Emitter): ...",
    "Use the unified class, or add what it lacks there. If the class is meant to stand apart, suppress the finding "
    "where it stands and say why. What is new is known by comparison: without a baseline or `--since` this is a note.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """The members of families around planned or unified classes that are neither; protocols have their own rule."""
    for family, known in planned_families(tree):
        for member in (*family.members, *family.shims):
            file, item = tree.index.classes[member.name]
            if member.name not in known and not is_protocol(item):
                pair, told = _nearest(family, member.name, known)
                near = tree.index.classes[pair] if pair else None
                related = (Related(near[0].path, near[1].line, f"like {pair}: {told}"),) if near else ()
                yield Finding(
                    TEXT.id,
                    item.qualname,
                    fingerprint("joins", item.qualname),
                    file.path,
                    item.line,
                    item.line,
                    f"{item.qualname} does the job of the {family.role} family of the plan: {told or member.remark}",
                    "use the unified class, or say why this one stands apart",
                    related=related,
                )


def _nearest(family: Family, name: str, known: frozenset[str]) -> tuple[str, str]:
    """The planned or unified class that it is most like, and what they share."""
    pairs = [pair for pair in family.pairs if name in (pair.one, pair.other) and known & {pair.one, pair.other}]
    if not pairs:
        return "", ""
    pair = max(pairs, key=lambda found: found.score)
    return (pair.other if pair.one == name else pair.one), _evidence(pair)


def _evidence(pair: Pair) -> str:
    shared = (
        ("methods", (*pair.methods, *pair.verbs)),
        ("events", pair.events),
        ("attributes", pair.attributes),
        ("name words", pair.tokens),
    )
    return "; ".join(f"{label} {', '.join(words[:6])}" for label, words in shared if words)


RULE = Rule(TEXT, find, relative=True)
