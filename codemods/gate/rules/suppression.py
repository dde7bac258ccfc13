"""WSC015: a suppression that suppresses nothing, or does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC015",
    "suppression",
    "A suppression suppresses nothing, or gives no reason",
    "A suppression outlives what it was written for, and then hides the next finding on its line. Without a reason "
    "nobody can tell whether it still holds.",
    "from app.old import Old  # wsconsolidate: ignore[WSC002]",
    "from app.old import Old  # wsconsolidate: ignore[WSC002] until the vendor's client is updated",
    "Delete it, or say why it is there: `# wsconsolidate: ignore[RULE] reason`, on the line of the finding or alone "
    "above it.",
)


def find(_tree: Tree) -> Iterator[Finding]:
    """Nothing by itself: whether a suppression is used is known when all other findings are (see `suppress.py`)."""
    yield from ()


RULE = Rule(TEXT, find, local=True)
