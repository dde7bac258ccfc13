"""WSC013: an import below the plan's packages of something that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.analysis.links import dangling_imports
from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.facts import FileFacts
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC013",
    "dangling-import",
    "An import below the plan's packages leads nowhere",
    "Consolidating deletes and moves modules. An import that was forgotten fails when its module is imported, in a "
    "function even later.",
    "from app.emitters import DeletedEmitter",
    "from app.unified_emitter import Emitter",
    "Import what is there. Imports guarded by `except ImportError` or TYPE_CHECKING are left alone.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Unguarded imports of names that nothing provides, from the packages of planned classes and their targets."""
    packages = {item.module.rpartition(".")[0] for item in tree.plan.classes} | {tree.plan.destination}
    files = {file.path: file for file in tree.files}
    for item in dangling_imports(tree.resolver, tree.files):
        inside = any(item.module == package or item.module.startswith(f"{package}.") for package in packages)
        if inside and not item.guarded and not item.elsewhere and (item.module, item.name) not in tree.legacy.names:
            yield Finding(
                TEXT.id,
                f"{item.module}.{item.name}",
                fingerprint(_scope(files[item.path], item.line), item.module, item.name),
                item.path,
                item.line,
                item.line,
                f"{item.name} is imported from {item.module}, which does not provide it",
                "import what is there",
            )


def _scope(file: FileFacts, line: int) -> str:
    return next((item.scope for item in file.imports if item.line == line), "")


RULE = Rule(TEXT, find, local=True)
