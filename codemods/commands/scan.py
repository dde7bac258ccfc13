"""`wsconsolidate scan`: read the code base, hold the plan against it, report what must not be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from codemods.analysis.families.document import found_families
from codemods.commands.codebase import Request, read_code_base
from codemods.commands.findings import both_reports
from codemods.commands.show import show
from codemods.errors import UsageError
from codemods.migration.draft import Drafter
from codemods.prove.views import View
from codemods.source.files import write_all
from reports.documents.extraction import ExtractionReport
from reports.documents.mro import MroReport
from reports.formats.plan_toml import render as plan_toml
from reports.sections.extraction import extraction, extraction_summary
from reports.sections.mro import mro_sections
from reports.sections.parts import PLACES_PAGE, plural
from reports.sections.places import places

EXTRACTION, MRO = "extraction_report", "mro_report"


def run(request: Request, out: Path | None, format_: str, terminal: bool) -> str:
    """Scan, write the two reports below `out` if it is given, and return what to print.

    Raises UsageError, ConfigError, OutputError.
    """
    with read_code_base(request) as code:
        report, mro = both_reports(code)
    if out is None:
        blocks = extraction_summary(report) if format_ == "terminal" else extraction(report)
        return show(report, blocks, format_, terminal)
    written = write_all(out, _texts(report, mro, format_))
    return show(report, extraction_summary(report), "terminal", terminal) + "".join(
        f"wrote {path}\n" for path in written
    )


def draft(request: Request, file: Path, about: Sequence[str]) -> str:
    """Write a plan for the families that were found, for a person to complete; return what to print.

    Raises UsageError, ConfigError, OutputError.
    """
    if file.exists():
        raise UsageError(f"--draft-plan: {file} is there already, and may hold your decisions; name another file")
    with read_code_base(replace(request, no_plan=True)) as code:
        families = found_families(code.index, code.resolver)
        view = View(code.index, {})
        plan = Drafter(view, families.concerns, about, code.read).draft()
    if not plan.families:
        raise UsageError("no families of duplicates were found" + (f" about {', '.join(about)}" if about else ""))
    write_all(file.parent, {file.name: plan_toml(plan)})
    classes = plural(sum(len(family.classes) for family in plan.families), "class", "classes")
    return f"wrote {file}: {plural(len(plan.families), 'family', 'families')}, {classes} to be merged\n"


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
