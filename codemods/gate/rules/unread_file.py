"""WSC014: a file that could not be read as it stands."""

from __future__ import annotations

from collections.abc import Iterator

from codemods.gate.fingerprints import fingerprint
from codemods.gate.rule import Rule
from codemods.gate.tree import Tree
from codemods.index.facts import FileFacts
from reports.documents.check import Finding, RuleText

TEXT = RuleText(
    "WSC014",
    "unread-file",
    "A file could not be read",
    "What cannot be parsed cannot be judged: a legacy import in it is not seen. Python could not run it either, unless "
    "its syntax is newer than the Python that the gate runs on.",
    "def broken(:\n    pass",
    "def whole():\n    pass",
    "Mend the file, leave it out with `exclude`, or run the gate on a newer Python.",
)


def find(tree: Tree) -> Iterator[Finding]:
    """Every such file, once."""
    for file in tree.files:
        if file.problem:
            yield Finding(
                TEXT.id, file.module, fingerprint("unread"), file.path, _line(file), _line(file), _told(file), "mend it"
            )


def _told(file: FileFacts) -> str:
    by = "; its syntax is newer, and was read all the same" if file.read_by == "libcst" else ""
    return f"could not be read: {file.problem}{by}"


def _line(file: FileFacts) -> int:
    first, _, rest = file.problem.partition(":")
    return int(first.removeprefix("line ")) if rest and first.removeprefix("line ").isdigit() else 0


RULE = Rule(TEXT, find, local=True)
