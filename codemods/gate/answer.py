"""What was found held against what is known: the report, and what a new baseline would be made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.gate.baseline import Baseline, Comparison, Entry, compare
from codemods.gate.criteria import Evidence, criteria
from codemods.gate.examine import Examined, in_order
from codemods.gate.losses import is_loss, losses
from codemods.gate.rule import Rule
from codemods.gate.runtime import Promise
from codemods.plan import Plan
from reports.documents.check import CheckReport, CheckSummary, Finding, Stale
from reports.documents.extraction import Goal


@dataclass(frozen=True, slots=True)
class Known:
    """What the findings are compared with: a baseline or a revision, and in which words that is told.

    `tolerant` of entries that nothing answers to: a revision cannot be pruned.
    """

    words: str = ""
    baseline: Baseline | None = None
    tolerant: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """All that the answer is made of. `focus` are the files that were judged, None for all."""

    plan: Plan
    root: Path
    examined: Examined
    known: Known
    rules: tuple[Rule, ...]
    ran: tuple[Promise, ...] | None
    focus: frozenset[str] | None = None


def answer(judged: Judged, remarks: tuple[str, ...]) -> tuple[CheckReport, Comparison]:
    """The report, and how the findings compare."""
    known = judged.known
    baseline = known.baseline or Baseline((), ())
    findings = in_order(_findings(judged, baseline))
    compared = compare(findings, _relevant(judged, baseline), lambda path: (judged.root / path).exists())
    stale = () if known.tolerant else tuple(_stale(judged, compared))
    summary = CheckSummary(judged.examined.files, 0, 0, 0, judged.examined.suppressed, len(stale), known.words)
    texts = tuple(rule.text for rule in judged.rules)
    report = CheckReport(summary, compared.findings, stale, _goals(judged, compared), texts, remarks)
    return counted(report), compared


def _findings(judged: Judged, baseline: Baseline) -> Iterator[Finding]:
    """What was found, and what was lost; what is about the new alone is a note while nothing is compared with."""
    relative = {rule.id for rule in judged.rules if rule.relative and not judged.known.words}
    for item in judged.examined.findings:
        yield replace(item, level="note") if item.rule in relative else item
    if judged.examined.state is not None:
        yield from losses(baseline.kept, judged.examined.state, {rule.id for rule in judged.rules})


def _stale(judged: Judged, compared: Comparison) -> Iterator[Stale]:
    for entry in compared.stale:
        if judged.focus is None or entry.path in judged.focus:
            yield Stale(entry.path, entry.rule, entry.name)


def _relevant(judged: Judged, baseline: Baseline) -> list[Entry]:
    """The entries of rules that ran, and of files that were judged or are gone."""
    focus = judged.focus
    ids = {rule.id for rule in judged.rules if focus is None or rule.local}
    return [
        entry
        for entry in baseline.allowed
        if entry.rule in ids and (focus is None or entry.path in focus or not (judged.root / entry.path).exists())
    ]


def _goals(judged: Judged, compared: Comparison) -> tuple[Goal, ...]:
    state = judged.examined.state
    return () if state is None else criteria(Evidence(judged.plan, state, compared.findings, judged.ran))


def counted(report: CheckReport) -> CheckReport:
    """The report with its findings in numbers."""
    known = sum(finding.known for finding in report.findings)
    new = len(report.failing)
    notes = len(report.findings) - known - new
    return replace(report, summary=replace(report.summary, new=new, notes=notes, known=known))


def without_losses(compared: Comparison) -> Comparison:
    """A loss is not tolerated but recorded: the present state takes the place of what was to stay."""
    return replace(compared, findings=tuple(item for item in compared.findings if not is_loss(item)))
