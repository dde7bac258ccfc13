"""Findings that the code itself asks to leave out: `# wsconsolidate: ignore[RULE] reason`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from codemods.errors import UsageError
from codemods.gate.fingerprints import fingerprint
from codemods.gate.registry import rule_of
from codemods.gate.rules.suppression import TEXT
from codemods.index.facts import FileFacts, Remark
from reports.documents.check import Finding

_FORM = re.compile(r"ignore\[([^\]]*)\]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What is left of the findings, and how many were left out."""

    findings: tuple[Finding, ...]
    count: int


@dataclass(frozen=True, slots=True)
class _Suppression:
    path: str
    remark: Remark
    rules: frozenset[str]
    problem: str

    def covers(self, finding: Finding) -> bool:
        """Whether it stands on the finding's lines, alone above them, or anywhere for a finding of the whole file."""
        if self.problem or finding.path != self.path or finding.rule not in self.rules:
            return False
        line = self.remark.line
        above = self.remark.alone and line == finding.line - 1
        return not finding.line or finding.line <= line <= finding.end or above


def suppressed(findings: Sequence[Finding], files: Iterable[FileFacts], rules: Collection[str]) -> Suppressed:
    """Leave out what is suppressed, and add findings for suppressions that do nothing; `rules` are those that ran."""
    by_path = {file.path: [_read(file.path, remark) for remark in file.remarks] for file in files if file.remarks}
    used: set[tuple[str, int]] = set()
    left: list[Finding] = []
    for finding in findings:
        covering = [item for item in by_path.get(finding.path, ()) if item.covers(finding)]
        used |= {(item.path, item.remark.line) for item in covering}
        left += [] if covering else [finding]
    own = _complaints(by_path, used, rules) if TEXT.id in rules else ()
    return Suppressed((*left, *own), len(findings) - len(left))


def _read(path: str, remark: Remark) -> _Suppression:
    found = _FORM.fullmatch(remark.text)
    if found is None:
        return _Suppression(path, remark, frozenset(), "is not understood; write ignore[RULE] and the reason")
    words = [word.strip() for word in found[1].split(",") if word.strip()]
    try:
        rules = frozenset(rule_of(word).id for word in words)
    except UsageError as error:
        return _Suppression(path, remark, frozenset(), f"names {error}")
    if not rules:
        return _Suppression(path, remark, rules, "names no rule")
    return _Suppression(path, remark, rules, "" if found[2].strip() else "gives no reason, and so suppresses nothing")


def _complaints(
    by_path: Mapping[str, list[_Suppression]], used: set[tuple[str, int]], rules: Collection[str]
) -> Iterator[Finding]:
    for path, items in by_path.items():
        for item in items:
            judged = item.rules <= set(rules)
            idle = judged and (path, item.remark.line) not in used
            problem = item.problem or ("suppresses nothing" if idle else "")
            if problem:
                line = item.remark.line
                yield Finding(
                    TEXT.id,
                    ",".join(sorted(item.rules)) or "ignore",
                    fingerprint(item.remark.text),
                    path,
                    line,
                    line,
                    f"the suppression {problem}",
                    "delete it" if idle and not item.problem else "write: # wsconsolidate: ignore[RULE] reason",
                )
