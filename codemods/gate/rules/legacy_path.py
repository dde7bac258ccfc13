"""WSC002: an import, or a dotted name in a string, leads through a legacy path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
_STRINGS = frozenset({"path string", "name string", "code string"})  # a planned module's name is sought as a name


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
    olds = sorted(set(taken.values()))
    bound = sorted((name, bound) for name, bound in item.names if name in taken or name == "*")
    return Finding(
        TEXT.id,
        ",".join(olds),
        fingerprint("import", item.scope, *olds, bound),
        file.path,
        item.line,
        item.end,
        f"imports {', '.join(taken)} through the legacy {_path(olds)}",
        _hint(tree, olds),
    )


def _strings(tree: Tree, file: FileFacts) -> Iterator[Finding]:
    seen: set[tuple[str, int]] = set()
    for use in tree.uses.get(file.path, ()):
        old, behind = tree.legacy.named(use.ref) if use.kind in _STRINGS else ("", "")
        if old and (use.ref, use.line) not in seen:
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
        f"{what} names {use.ref}, a legacy path",
        _hint(tree, [old]),
    )


def _path(olds: list[str]) -> str:
    return f"path{'s' if len(olds) > 1 else ''} {', '.join(olds)}"


def _hint(tree: Tree, olds: Iterable[str]) -> str:
    """Where each of them is to be taken from instead."""
    return "; ".join(f"take {old.rpartition('.')[2]} from {tree.legacy.successors[old]}" for old in olds)


RULE = Rule(TEXT, find, local=True)
