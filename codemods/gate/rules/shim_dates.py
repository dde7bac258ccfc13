"""WSC010: a shim does not say since when and until when it stands, or has stood too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.shims import Shim
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC010",
    "shim-dates",
    "A shim has no dates, or is past its removal",
    "A shim without an end is a second path for ever. With one, everybody who is warned is told until when to change.",
    'moved(__name__, {"Old": "app.unified:New"}, since="2025.9")',
    'moved(__name__, {"Old": "app.unified:New"}, since="2025.9", removal="2026.3")',
    "Say both versions; when the removal has come, delete the shim. The version that is compared is `--release`, else "
    "`release` of `[tool.wsconsolidate]`, else the project's own version.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Each shim whose dates are missing or over, once."""
    for shim in tree.shims:
        if tree.inputs.focus is None or shim.path in tree.inputs.focus:
            problem = _problem(shim, tree.inputs.release)
            if problem:
                yield Finding(
                    TEXT.id,
                    shim.old,
                    fingerprint(shim.old, problem[1]),
                    shim.path,
                    shim.line,
                    shim.line,
                    f"the shim of {shim.old} {problem[0]}",
                    problem[1],
                )


def _problem(shim: Shim, release: str) -> tuple[str, str] | None:
    missing = [word for word, said in (("since", shim.since), ("removal", shim.removal)) if not said]
    if missing:
        return f"does not say {' and '.join(missing)}", f"add {' and '.join(missing)}"
    if release and version(release) >= version(shim.removal):
        return f"was to go in {shim.removal}, and this is {release}", "delete it"
    return None


def version(text: str) -> tuple[int, ...]:
    """The numbers of a version up to the first part that is none, trailing zeros left out: 2026.3 is 2026.03.0."""
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", text.lstrip("v"), maxsplit=1)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


RULE = Rule(TEXT, find, local=True)
