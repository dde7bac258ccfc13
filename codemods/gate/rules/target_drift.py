"""WSC008: a unified module is not what was shipped."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint, text_fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.facts import FileFacts
from codemods.index.lazy import SHIMS
from codemods.index.parse import read_tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC008",
    "target-drift",
    "A unified module drifted from what was shipped",
    "The unified modules are proven as they are shipped. A local change is not covered by that proof, and is lost with "
    "the next version. Comments and formatting may differ.",
    "MAX_CONNECTIONS_PER_USER = 300  # in the copy; 3 as shipped",
    "manager = UnifiedManager(max_connections_per_user=300)",
    "Change behaviour through the constructor's arguments or a subclass; take the module back to what "
    "`wsconsolidate migrate` puts in place.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Copies that differ. A module that is missing beside them is found by who imports it."""
    for path, shipped in tree.inputs.shipped.items():
        for module in _places(tree, path):
            file = tree.index.modules.get(module)
            if file is not None and tree.content(file.path) != shipped and not _hands_on(tree, file):
                yield from _compared(tree, file, shipped)


def _places(tree: Tree, path: str) -> list[str]:
    """The modules that a shipped file may stand in: the shims' own helper stands where no import cycle closes."""
    if path == f"{SHIMS}.py":
        return [module for module in tree.index.modules if module.rpartition(".")[2] == SHIMS]
    return [f"{tree.plan.destination}.{path.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"]


def _compared(tree: Tree, file: FileFacts, shipped: bytes) -> Iterator[Finding]:
    ours = text_fingerprint(tree.syntax(file)) if file.read_by in {"ast", "libcst"} else ""
    if ours != text_fingerprint(read_tree(shipped)):
        message, hint = f"{file.module} differs from what was shipped", "take it back to what is shipped"
        yield Finding(TEXT.id, file.module, fingerprint("drift", ours), file.path, 0, 0, message, hint)


def _hands_on(tree: Tree, file: FileFacts) -> bool:
    """Whether the module only hands on a class that is preserved where it stands: `migrate` puts it so."""
    homes = {dotted.rpartition(".")[0] for dotted in tree.preserved}
    return not file.classes and any(item.module in homes for item in file.imports)


RULE = Rule(TEXT, find)
