"""The changes by which `migrate` would end findings, for formats that can carry them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from codemods.commands.codebase import CodeBase
from codemods.commands.verdicts import survey_of
from codemods.edits import Applicability, Edit
from codemods.gate.rules.legacy_path import TEXT
from codemods.plan import Plan
from reports.documents.check import CheckReport, Finding, Fix, Replacement

_Fixes = Mapping[str, tuple[Edit, ...]]  # by path: a file is changed as a whole, since its edits need each other


def with_fixes(report: CheckReport, code: CodeBase, plan: Plan) -> CheckReport:
    """The report with a fix for each new finding that `migrate` would end.

    Before the unified modules are in place there is none: what imports them would not run.
    """
    wanted = [item for item in report.failing if item.rule == TEXT.id]
    known = code.remembered(lambda: _fixes(code, plan), "fixes") if wanted and _in_place(code, plan) else {}
    return replace(report, findings=tuple(_fixed(item, known, code.read) for item in report.findings))


def _in_place(code: CodeBase, plan: Plan) -> bool:
    return any(f"{plan.destination}.{item.file.removesuffix('.py')}" in code.index.modules for item in plan.targets)


def _fixes(code: CodeBase, plan: Plan) -> _Fixes:
    survey, view = survey_of(code, plan)
    planning = survey.planner(view).plan(frozenset({"rewrite"}))
    return {item.path: tuple(item.edits) for item in planning.planned if item.edits}


def _fixed(finding: Finding, known: _Fixes, read: Callable[[str], bytes | None]) -> Finding:
    edits = known.get(finding.path, ()) if finding.rule == TEXT.id and not finding.known else ()
    safe = [edit for edit in edits if edit.applicability is Applicability.SAFE]
    if not any(finding.line <= edit.line <= finding.end for edit in safe):
        return finding
    return replace(finding, fix=Fix("as migrate would do it", tuple(_replacements(read(finding.path) or b"", safe))))


def _replacements(source: bytes, edits: Iterable[Edit]) -> Iterator[Replacement]:
    for edit in edits:
        text = edit.replacement.decode("utf-8", "replace")
        yield Replacement(*_position(source, edit.start), *_position(source, edit.end), text)


def _position(source: bytes, place: int) -> tuple[int, int]:
    """The line and column of a byte, both from 1; columns count code points."""
    start = source.rfind(b"\n", 0, place) + 1
    return source.count(b"\n", 0, place) + 1, len(source[start:place].decode("utf-8", "replace")) + 1
