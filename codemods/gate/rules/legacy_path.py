"""WSC002: an import, or a dotted name in a string, leads through a legacy path."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.facts import FileFacts, Import, Use
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC002",
    "legacy-path",
    "An import or a string leads through a legacy path",
    "Whoever takes a class from its old path keeps the old path alive, through however many re-exports, shims, star "
    "imports, patch targets and imports by name.",
    "from app.old_emitter import OldEmitter",
    "from app.unified_emitter import Emitter as OldEmitter",
    "Import the unified class; the local name can stay. `wsconsolidate migrate` does it where every use is compatible.",
)
STRINGS = frozenset({"path string", "name string", "code string"})  # a planned module's name is sought as a name


SHOWN = 3  # names of one statement that are told; the statement shows all


def find(tree: Tree) -> Iterator[Finding]:
    """Every import statement once, every string once."""
    for file in tree.files:
        if file.module in tree.unified_modules:
            continue
        yield from _imports(tree, file)
        yield from _strings(tree, file)


def _imports(tree: Tree, file: FileFacts) -> Iterator[Finding]:
    for item in file.imports:
        taken = tree.legacy.imported(item, tree.index)
        if taken:
            yield _import(tree, file, item, taken)


def _import(tree: Tree, file: FileFacts, item: Import, taken: dict[str, str]) -> Finding:
    olds = tree.legacy.identity(taken.values())
    bound = sorted(item for item in item.names if taken.get(item[0]) in olds or item[0] == "*")
    handed = bool(item.module) and tree.legacy.handed_on(item.module, (*taken, *dict(item.names)), taken.values())
    return Finding(
        TEXT.id,
        ",".join(olds),
        fingerprint("import", item.scope, *olds, bound),
        file.path,
        item.line,
        item.end,
        f"imports {_some(taken)} through {'a module that hands on ' if handed else ''}{_path(tree, olds)}",
        "it changes with that module" if handed else _hint(tree, olds),
        "note" if handed else "error",
    )


def _strings(tree: Tree, file: FileFacts) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    own = {shim.old for shim in tree.shims if shim.path == file.path}  # what a shim says of itself
    for use in tree.uses.get(file.path, ()):
        old, behind = tree.legacy.named(use.ref) if use.kind in STRINGS else ("", "")
        if old and use.ref not in own and (use.ref, use.line) not in seen:
            seen.add((use.ref, use.line))
            yield _string(tree, file, use, old, behind)


def _string(tree: Tree, file: FileFacts, use: Use, old: str, behind: str) -> Finding:
    what = f"{use.detail}(...)" if use.detail else "a string"
    return Finding(
        TEXT.id,
        old,
        fingerprint("string", use.scope, old, behind, use.detail),
        file.path,
        use.line,
        use.line,
        f"{what} names {use.ref}, {_path(tree, [old])}" if use.ref != old else f"{what} names {_path(tree, [old])}",
        _hint(tree, [old]),
    )


def _path(tree: Tree, olds: Sequence[str]) -> str:
    what = "module" if olds[0] not in tree.legacy.successors else "paths" if len(olds) > 1 else "path"
    return f"the legacy {what} {_some(olds)}"


def _some(told: Collection[str]) -> str:
    shown = ", ".join(list(told)[:SHOWN])
    return f"{shown} and {len(told) - SHOWN} more" if len(told) > SHOWN else shown


def _hint(tree: Tree, olds: Sequence[str]) -> str:
    """Where each of them is to be taken from instead."""
    known = tree.legacy.successors
    told = [f"take {old.rpartition('.')[2]} from {known[old]}" for old in olds[:SHOWN] if old in known]
    told += ["and so on"] if len(olds) > SHOWN else []
    return "; ".join(told) or f"take what is needed from {tree.plan.destination}"


def used(tree: Tree) -> set[str]:
    """Every legacy path that anything in the code leads through, attributes of modules among them."""
    imports = (item for file in tree.files for item in file.imports)
    found = {old for item in imports for old in tree.legacy.imported(item, tree.index).values()}
    return found | {tree.legacy.named(use.ref)[0] for uses in tree.uses.values() for use in uses}


RULE = Rule(TEXT, find, local=True)
