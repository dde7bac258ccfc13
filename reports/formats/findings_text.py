"""Findings as text for a log or a terminal: the place, the rule, the code, what to do; the criteria at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from reports.documents.check import CheckReport, Finding
from reports.wording import one_line, printable

_MARKS = {"done": "[x]", "open": "[ ]", "unknown": "[?]"}


def render(report: CheckReport, show_known: bool = False) -> str:
    """The report as lines; known findings are counted, and told only on request."""
    parts = list(_groups(report.findings, show_known))
    parts += [block for block in (_stale(report), _remarks(report), _criteria(report)) if block]
    return "\n".join([*parts, _summary(report)])


def _groups(findings: Sequence[Finding], show_known: bool) -> Iterator[str]:
    """The findings that are told; where they are grouped, below a line for each group that counts the known, too."""
    groups: dict[str, list[Finding]] = {}
    for item in sorted(findings, key=lambda item: (item.group.startswith("("), item.group)):
        groups.setdefault(item.group, []).append(item)
    for group, items in groups.items():
        told = [_told(item) for item in items if show_known or not item.known]
        yield from ([_head(group, items), *told] if group else told)


def _head(group: str, items: Sequence[Finding]) -> str:
    known = sum(item.known for item in items)
    notes = sum(item.level == "note" and not item.known for item in items)
    counts = ((len(items) - known - notes, "new"), (known, "known"), (notes, "note" if notes == 1 else "notes"))
    title = f"{one_line(group)}: {', '.join(f'{count} {what}' for count, what in counts if count)}"
    return f"{title}\n{'-' * len(title)}\n"


def _told(finding: Finding) -> str:
    return "".join(f"{line}\n" for line in _lines(finding))


def _lines(finding: Finding) -> Iterator[str]:
    known = " (in the baseline)" if finding.known else ""
    note = " note:" if finding.level == "note" else ""
    yield f"{place(finding.path, finding.line)}: {finding.rule}{note} {one_line(finding.message)}{known}"
    width = len(str(finding.line + max(len(finding.code) - 1, 0)))
    for number, line in enumerate(finding.code, finding.line):
        yield f"  {number:>{width}} | {printable(line).rstrip()}".rstrip()
    for other in finding.related:
        yield f"  {place(other.path, other.line)}: {one_line(other.message)}"
    if finding.hint:
        yield f"  help: {one_line(finding.hint)}"


def place(path: str, line: int) -> str:
    """`path:line`, or the path alone for a whole file."""
    shown = one_line(path)
    return f"{shown}:{line}" if line else shown


def _stale(report: CheckReport) -> str:
    if not report.stale:
        return ""
    head = f"Entries of the baseline that nothing answers to any more: {len(report.stale)}. Remove them with"
    lines = [f"  {one_line(item.path)} {item.rule} {one_line(item.name)}" for item in report.stale]
    return "\n".join([f"{head} --update-baseline.", *lines, ""])


def _remarks(report: CheckReport) -> str:
    return "".join(f"note: {one_line(remark)}\n" for remark in report.remarks)


def _criteria(report: CheckReport) -> str:
    if not report.criteria:
        return ""
    width = max(len(goal.text) for goal in report.criteria)
    rows = [f"  {_MARKS[goal.state]} {goal.text:<{width}}  {one_line(goal.evidence)}" for goal in report.criteria]
    return "\n".join(["Success criteria", *rows, ""])


def _summary(report: CheckReport) -> str:
    return f"{summary_line(report)}\n"


def summary_line(report: CheckReport) -> str:
    """The answer in one sentence."""
    found = report.summary
    rules = {rule.id: rule.slug for rule in report.rules}
    counts = sorted(Counter(finding.rule for finding in report.failing).items())
    told = [f"{count} {rule} {rules.get(rule, '')}".rstrip() for rule, count in counts]
    head = f"{found.new} finding{'s' if found.new != 1 else ''}" if found.new else "No findings"
    rest = list(_rest(report))
    detail = f" ({', '.join(told)})" if told else ""
    files = f"{found.files:,} file{'s' if found.files != 1 else ''}"
    return f"{head} in {files}{detail}{'; ' if rest else ''}{', '.join(rest)}."


def _rest(report: CheckReport) -> Iterable[str]:
    found = report.summary
    if found.known:
        yield f"{found.known} known {found.compared}"
    elif found.compared:
        yield f"none known {found.compared}"
    if found.notes:
        yield f"{found.notes} note{'s' if found.notes != 1 else ''}"
    if found.suppressed:
        yield f"{found.suppressed} suppressed"
    if found.stale:
        yield f"{found.stale} stale"
