"""WSC011: a shim that nothing uses any more."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.rules import legacy_path
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC011",
    "shim-unused",
    "Nothing uses a shim any more",
    "A shim that neither this code nor production uses can go before its date. Reading shows the uses in the code; "
    "`--telemetry FILE` adds those that shims logged where WSCONSOLIDATE_SHIM_LOG was set.",
    'moved(__name__, {"Old": "app.unified:New"}, since="2025.9", removal="2026.3")  # and nobody imports Old',
    "# the shim is deleted",
    "Delete the shim. Without telemetry this is a note, since programs outside this code may still use it.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Shims that no import and no string of the tree leads through, nor the log of production."""
    used = legacy_path.used(tree) if tree.shims else set()
    logged = tree.inputs.logged
    for shim in tree.shims:
        if shim.old not in used and shim.old not in (logged or ()):
            told = "nothing in this code uses it" if logged is None else "neither this code nor production uses it"
            yield Finding(
                TEXT.id,
                shim.old,
                fingerprint(shim.old),
                shim.path,
                shim.line,
                shim.line,
                f"the shim of {shim.old} can go: {told}",
                "delete it" if logged is not None else "look at production with --telemetry, then delete it",
                "note" if logged is None else "error",
            )


RULE = Rule(TEXT, find)
