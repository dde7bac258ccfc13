"""A report of findings in the format asked for, with the lines of code that are shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from codemods import __version__
from codemods.errors import OutputError
from codemods.source.vcs import place_in_repository
from reports.documents.check import CheckReport, Finding

SHOWN_LINES = 3  # of a statement that spans more


def shown(report: CheckReport, format_: str, show_known: bool, root: Path) -> str:
    """The text of a report."""
    return _FORMATS[format_](report, show_known, root)


def _json(report: CheckReport, _show_known: bool, _root: Path) -> str:
    from reports.formats.json import render

    return render(report)


def _text(report: CheckReport, show_known: bool, root: Path) -> str:
    from reports.formats.findings_text import render

    return render(_with_code(report, show_known, root), show_known)


def _sarif(report: CheckReport, show_known: bool, root: Path) -> str:
    from reports.formats.sarif import render

    return render(report, __version__, place_in_repository(root), show_known)


def _github(report: CheckReport, show_known: bool, root: Path) -> str:
    """Commands for the log; the job summary goes to the file that GitHub names."""
    from reports.formats.github import render, summary

    page = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if page:
        try:
            with open(page, "a", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(summary(report))
        except OSError as error:
            raise OutputError(f"GITHUB_STEP_SUMMARY: cannot write {page}: {error.strerror}") from error
    return render(_with_code(report, show_known, root), place_in_repository(root), show_known)


def _gitlab(report: CheckReport, show_known: bool, root: Path) -> str:
    from reports.formats.gitlab import render

    return render(report, place_in_repository(root), show_known)


def _junit(report: CheckReport, show_known: bool, _root: Path) -> str:
    from reports.formats.junit import render

    return render(report, show_known)


_FORMATS: dict[str, Callable[[CheckReport, bool, Path], str]] = {
    "json": _json,
    "text": _text,
    "sarif": _sarif,
    "github": _github,
    "gitlab": _gitlab,
    "junit": _junit,
}


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
