"""Findings as GitHub workflow commands, so that they show on the lines of a pull request; and as a job summary.

GitHub shows ten annotations of a level for a step and drops the rest without a word (actions/toolkit#734). So
findings that are more than that are told together, and the log holds every one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports.documents.check import CheckReport, Finding
from reports.formats.findings_text import place, summary_line
from reports.formats.findings_text import render as as_text
from reports.wording import one_line

CAP = 10  # annotations of one level that GitHub shows for one step
NAMED = 40  # places told in one annotation; the log has all
SUMMARY_BYTES = 1024 * 1024  # what GitHub takes as one step's summary
_MARKS = {"done": "✅", "open": "❌", "unknown": "❔"}


def render(report: CheckReport, prefix: str = "", show_known: bool = False) -> str:
    """Workflow commands, then the whole text in a group of the log."""
    titles = {rule.id: f"{rule.id} {rule.slug}" for rule in report.rules}
    lines: list[str] = []
    for level, command in (("error", "error"), ("note", "notice")):
        found = [item for item in report.findings if item.level == level and not item.known]
        lines += [_command(command, group, titles, prefix) for group in _grouped(found)]
    if report.stale:
        entries = [f"{item.path} {item.rule} {item.name}" for item in report.stale]
        told = f"{len(entries)} entries of the baseline answer to nothing any more: {_some(entries)}"
        lines.append(f"::warning title=stale baseline::{_data(told)}")
    text = "".join(f"{_harmless(line)}\n" for line in as_text(report, show_known).splitlines())
    return "".join(f"{line}\n" for line in lines) + f"::group::wsconsolidate check\n{text}::endgroup::\n"


def _grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Each alone while they are few; else by what they are about, else by rule, else all that is left together."""
    keys = (
        [(item.path, str(item.line), item.rule, str(number)) for number, item in enumerate(findings)],
        [(item.rule, item.name) for item in findings],
        [(item.rule,) for item in findings],
    )
    for key in keys:
        groups: dict[tuple[str, ...], list[Finding]] = {}
        for name, finding in zip(key, findings, strict=True):
            groups.setdefault(name, []).append(finding)
        if len(groups) <= CAP:
            return list(groups.values())
    ordered = sorted(groups.values(), key=len, reverse=True)
    return [*ordered[: CAP - 1], [finding for group in ordered[CAP - 1 :] for finding in group]]


def _command(command: str, group: Sequence[Finding], titles: dict[str, str], prefix: str) -> str:
    first = group[0]
    title = ", ".join(dict.fromkeys(titles.get(item.rule, item.rule) for item in group))
    told = f"{first.message}\n{first.hint}".strip()
    if len(group) > 1:
        others = [place(item.path, item.line) for item in group[1:]]
        told = f"{told}\nand in {len(others)} more places: {_some(others)}"
    fields = {"file": prefix + first.path, "line": str(max(first.line, 1)), "endLine": str(max(first.end, 1))}
    fields["title"] = title
    said = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    return f"::{command} {said}::{_data(told)}"


def _some(told: Sequence[str]) -> str:
    more = f" and {len(told) - NAMED} more, all in the log and the job summary" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more


def _data(text: str) -> str:
    shown = "\n".join(one_line(line) for line in text.split("\n"))
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(line: str) -> str:
    """A line of the log that the runner does not take for a command: `::` at its start, `##[` anywhere."""
    quoted = line.replace("##[", "# #[")
    return f"| {quoted}" if quoted.lstrip().startswith("::") else quoted


def summary(report: CheckReport) -> str:
    """The report as Markdown for the job's page; what does not fit is said."""
    lines = ["## wsconsolidate", "", summary_line(report), ""]
    if report.criteria:
        lines += ["| | success criterion | evidence |", "| --- | --- | --- |"]
        lines += [f"| {_MARKS[goal.state]} | {_cell(goal.text)} | {_cell(goal.evidence)} |" for goal in report.criteria]
        lines.append("")
    lines += _table(report)
    lines += [f"- baseline: `{item.path}` {item.rule} {_cell(item.name)} is stale" for item in report.stale]
    return _cut(lines)


def _table(report: CheckReport) -> Iterable[str]:
    new = [item for item in report.findings if not item.known]
    if new:
        yield from ("| rule | place | finding |", "| --- | --- | --- |")
    for item in new:
        yield f"| {item.rule} | {_cell(place(item.path, item.line))} | {_cell(item.message)} |"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", one_line(text))


def _cut(lines: Sequence[str]) -> str:
    kept: list[str] = []
    left = SUMMARY_BYTES - 200  # for the sentence that says what was cut
    for number, line in enumerate(lines):
        left -= len(line.encode("utf-8", "replace")) + 1
        if left < 0:
            kept += ["", f"{len(lines) - number} more lines were cut, since GitHub takes 1 MiB; the log has all."]
            break
        kept.append(line)
    return "\n".join(kept) + "\n"
