"""WSC016: a promise of the unified modules does not hold when it is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.runtime import CONFORMANCE, Promise
from codemods.gate.tree import Tree
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC016",
    "broken-promise",
    "A promise of the unified modules does not hold",
    "The unified modules bring checks of what they promise: order, isolation, limits, no loss. `--runtime` runs them "
    "against the copy that is in the code base, apart from the code base, in a Python of its own.",
    "MAX_CONNECTIONS_PER_USER = 300  # in the copy: the fourth tab is let in",
    "MAX_CONNECTIONS_PER_USER = 3",
    "Take the copy back to what is shipped; without `--runtime` this rule finds nothing.",
)


def find(_tree: Tree) -> Iterator[Finding]:
    """Nothing by reading."""
    yield from ()


def broken(promises: Iterable[Promise], folder: str) -> Iterator[Finding]:
    """A finding for each promise that did not hold."""
    for promise in promises:
        if not promise.holds:
            yield Finding(
                TEXT.id,
                promise.promise,
                fingerprint(promise.criterion, promise.promise),
                f"{folder}/{CONFORMANCE}",
                0,
                0,
                f"when run, it does not hold that {promise.promise}: {promise.problem}",
                "take the copy back to what is shipped",
            )


RULE = Rule(TEXT, find)
