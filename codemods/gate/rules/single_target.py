"""WSC004: a unified class exists more than once."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.areas import area_of, is_double
from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, Related, RuleText

TEXT = RuleText(
    "WSC004",
    "second-target",
    "A unified class exists more than once",
    "There is to be one of each. A copy of the unified class somewhere else begins the duplication anew, and imports "
    "of either look alike.",
    "class UnifiedEmitter:  # in app/other.py, copied from app/unified_emitter.py\n    ...",
    "from app.unified_emitter import UnifiedEmitter",
    "Delete the copy and import the one in the plan's destination.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Production classes with the name of a unified one that stands in the tree."""
    names = {dotted.rpartition(".")[2]: dotted for dotted in sorted(tree.family_targets)}
    for file, item in tree.index.all_classes():
        dotted = f"{file.module}.{item.qualname}"
        target = names.get(item.qualname)
        if target is None or tree.is_unified(dotted) or dotted in tree.standing or dotted in tree.preserved:
            continue
        if area_of(file.path) == "production" and not is_double(item.qualname):
            home, first = tree.index.classes[target]
            yield Finding(
                TEXT.id,
                item.qualname,
                fingerprint("second", target),
                file.path,
                item.line,
                item.line,
                f"a second {item.qualname}; the unified one is {target}",
                f"import {target}",
                related=(Related(home.path, first.line, "the unified class"),),
            )


RULE = Rule(TEXT, find)
