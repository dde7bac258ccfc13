"""`wsconsolidate scan`: read the code base, hold the plan against it, report what must not be lost."""

from __future__ import annotations

from pathlib import Path

from reports.sections.mro import mro_sections

from codemods.analysis.extraction import Findings, extraction_report
from codemods.analysis.families import find_concerns
from codemods.analysis.mro_report import known_members, mro_report
from codemods.analysis.usage import UsageFinder, files_to_study, find_usage
from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.show import show
from codemods.inventory import take_inventory
from codemods.plan import Plan
from codemods.source.files import write_all
from reports.documents.extraction import ExtractionReport
from reports.documents.mro import MroReport
from reports.sections.extraction import extraction, extraction_summary

EXTRACTION, MRO = "extraction_report", "mro_report"


def run(request: Request, out: Path | None, format_: str, terminal: bool) -> str:
    """Scan, write the two reports below `out` if it is given, and return what to print.

    Raises UsageError, ConfigError, OutputError.
    """
    with read_code_base(request) as code:
        report, mro = _reports(code)
    if out is None:
        blocks = extraction_summary(report) if format_ == "terminal" else extraction(report)
        return show(report, blocks, format_, terminal)
    texts = {}
    for name, document, blocks in ((EXTRACTION, report, extraction(report)), (MRO, mro, mro_sections(mro))):
        texts[f"{name}.md"] = show(document, blocks, "markdown", False)
        texts[f"{name}.json"] = show(document, blocks, "json", False)
    written = write_all(out, texts)
    return show(report, extraction_summary(report), "terminal", terminal) + "".join(
        f"wrote {path}\n" for path in written
    )


def _reports(code: CodeBase) -> tuple[ExtractionReport, MroReport]:
    findings = _findings(code, code.plan) if code.plan is not None else None
    concerns = find_concerns(code.index, code.resolver)
    report = extraction_report(code.discovery, code.resolver, concerns, findings)
    return report, mro_report(code.index, code.resolver, findings)


def _findings(code: CodeBase, plan: Plan) -> Findings:
    inventory = take_inventory(plan, code.index, code.resolver)
    finder = UsageFinder(inventory, code.index, code.resolver, plan.getters)
    sites = finder.sites()
    studied = sorted({*files_to_study(finder, sites), *code.builder.studied()})
    usage = find_usage(finder, sites, code.builder.uses(studied))
    closeups = code.closeups(inventory, (event.name for event in plan.events))
    return Findings(plan, inventory, closeups, usage, known_members(closeups, code.index, code.resolver))
