"""A report of findings in the format asked for, with the lines of code that are shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reports.documents.check import CheckReport, Finding

SHOWN_LINES = 3  # of a statement that spans more


def shown(report: CheckReport, format_: str, show_known: bool, root: Path) -> str:
    """The text of a report."""
    if format_ == "json":
        from reports.formats.json import render as as_json

        return as_json(report)
    from reports.formats.findings_text import render

    return render(_with_code(report, show_known, root), show_known)


def _with_code(report: CheckReport, show_known: bool, root: Path) -> CheckReport:
    """The same with the lines of the findings that are told."""
    lines: dict[str, list[str]] = {}
    found: list[Finding] = []
    for finding in report.findings:
        if finding.line and (show_known or not finding.known):
            if finding.path not in lines:
                lines[finding.path] = _lines(root / finding.path)
            end = min(finding.end, finding.line + SHOWN_LINES - 1)
            finding = replace(finding, code=tuple(lines[finding.path][finding.line - 1 : end]))
        found.append(finding)
    return replace(report, findings=tuple(found))


def _lines(path: Path) -> list[str]:
    """The lines of a file as they can be shown; none of one that is gone."""
    try:
        return path.read_bytes().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
