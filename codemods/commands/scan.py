"""`wsconsolidate scan`: read the code base, hold the plan against it, report what must not be lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from codemods.analysis.extraction import extraction_report
from codemods.analysis.families.document import found_families
from codemods.analysis.mro import Hierarchy
from codemods.analysis.mro_report import Lineage, mro_report
from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.findings import find
from codemods.commands.show import show
from codemods.index.external import Environment
from codemods.source.files import write_all
from reports.documents.extraction import ExtractionReport
from reports.documents.mro import MroReport
from reports.sections.extraction import extraction, extraction_summary
from reports.sections.mro import mro_sections
from reports.sections.parts import PLACES_PAGE
from reports.sections.places import places

EXTRACTION, MRO = "extraction_report", "mro_report"


def run(request: Request, out: Path | None, format_: str, terminal: bool) -> str:
    """Scan, write the two reports below `out` if it is given, and return what to print.

    Raises UsageError, ConfigError, OutputError.
    """
    with read_code_base(request) as code:
        report, mro = code.remembered(lambda: _reports(code))
        summary = replace(report.summary, lines=code.builder.lines)
    report = replace(report, summary=summary)
    if out is None:
        blocks = extraction_summary(report) if format_ == "terminal" else extraction(report)
        return show(report, blocks, format_, terminal)
    written = write_all(out, _texts(report, mro, format_))
    return show(report, extraction_summary(report), "terminal", terminal) + "".join(
        f"wrote {path}\n" for path in written
    )


def _texts(report: ExtractionReport, mro: MroReport, format_: str) -> dict[str, str]:
    """The files to write by name: pages and data, or only what the format asked for."""
    documents = ((EXTRACTION, report, extraction(report)), (MRO, mro, mro_sections(mro)))
    texts: dict[str, str] = {}
    for name, document, blocks in documents:
        if format_ != "json":
            texts[f"{name}.md"] = show(document, blocks, "markdown", False)
        if format_ != "markdown":
            texts[f"{name}.json"] = show(document, blocks, "json", False)
    if format_ != "json":
        texts[PLACES_PAGE] = show(report, places(report), "markdown", False)
    return texts


def _reports(code: CodeBase) -> tuple[ExtractionReport, MroReport]:
    lineage = Lineage(code.index, Hierarchy(code.index, code.resolver, Environment()))
    findings = find(code, lineage)
    families = found_families(code.index, code.resolver)
    report = extraction_report(code.discovery, code.resolver, families, findings)
    return report, mro_report(lineage, findings)
