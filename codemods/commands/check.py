"""`wsconsolidate check`: the gate that keeps a consolidated code base consolidated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.findings_shown import shown
from codemods.config import load_settings
from codemods.errors import UsageError
from codemods.gate.baseline import Baseline, Comparison, compare, entry_of, load, render, updated
from codemods.gate.criteria import Evidence, criteria
from codemods.gate.examine import Examined, examine, in_order
from codemods.gate.losses import is_loss, losses
from codemods.gate.registry import chosen
from codemods.gate.rule import Rule
from codemods.gate.runtime import Promise, promises
from codemods.gate.since import Revision, tree_at
from codemods.gate.telemetry import Log, read_logs, told
from codemods.gate.tree import Inputs, Tree
from codemods.shipped import shipped_files
from codemods.source.files import write_all
from reports.documents.check import CheckReport, CheckSummary, Finding, Stale
from reports.documents.extraction import Goal


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asked of the gate, beside what every command is asked."""

    format: str = "text"
    baseline: Path | None = None
    update: bool = False
    add: bool = False
    since: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    show_known: bool = False
    strict: bool = False
    runtime: bool = False
    telemetry: tuple[Path, ...] = ()
    release: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to print, and the exit code: 0 clean, 1 findings."""

    text: str
    code: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What the findings are compared with: entries and facts of a baseline or of a revision."""

    words: str = ""
    baseline: Baseline | None = None
    tolerant: bool = False  # of entries that nothing answers to: a revision is not pruned


def run(request: Request, asked: Asked) -> Answer:
    """Judge the code base. Raises UsageError, ConfigError, OutputError."""
    rules = chosen(asked.select, asked.ignore)
    settings = load_settings(request.root)
    path = asked.baseline or settings.baseline
    _consistent(asked, path)
    log = read_logs(asked.telemetry) if asked.telemetry else None
    known = _known(asked, path)
    with read_code_base(request) as code:
        if code.plan is None:
            raise UsageError("check holds a code base against a plan; --no-plan leaves nothing to check")
        inputs = Inputs(code.plan, asked.release or settings.release, shipped_files(), log.places if log else None)
        examined = _examined(code, inputs, rules)
        if asked.since:
            known = _revision(code, inputs, rules, asked.since)
        ran = _run(code, inputs) if asked.runtime else None
        report, compared = _report(code, examined, known, rules, ran, _remarks(log, code, inputs))
    if asked.update and path is not None:
        kept = examined.state.kept if examined.state is not None else ()
        new = updated(known.baseline, _without_losses(compared), kept, {rule.id for rule in rules}, asked.add)
        write_all(path.parent, {path.name: render(new)})
        report = _after(report, asked.add)
    return Answer(shown(report, asked.format, asked.show_known, code.discovery.root), _code(report, known, asked))


def _consistent(asked: Asked, path: Path | None) -> None:
    if asked.update and path is None:
        raise UsageError("--update-baseline needs --baseline FILE, or `baseline` in [tool.wsconsolidate]")
    if asked.add and not asked.update:
        raise UsageError("--add says what --update-baseline may do; give both")
    if asked.since and (asked.update or asked.baseline):
        raise UsageError("--since compares with a revision instead of a baseline; give one of them")


def _known(asked: Asked, path: Path | None) -> _Known:
    if path is None or asked.since:
        return _Known()
    if asked.update and asked.add and not path.exists():
        return _Known("in the baseline")
    if not path.is_file():
        raise UsageError(f"{path}: no such baseline; record one with --update-baseline --add")
    return _Known("in the baseline", load(path))


def _examined(code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...]) -> Examined:
    said = (
        [rule.id for rule in rules],
        inputs.release,
        inputs.logged,
        {name: len(content) for name, content in inputs.shipped.items()},
        code.builder.contents(inputs.plan.destination.replace(".", "/")),
    )
    return code.remembered(lambda: examine(_tree(code, inputs), rules), "check", said)


def _tree(code: CodeBase, inputs: Inputs) -> Tree:
    return Tree(inputs, code.index, code.builder.uses(code.builder.studied()), _content(code))


def _content(code: CodeBase) -> Callable[[str], bytes]:
    return lambda path: (code.discovery.root / path).read_bytes()


def _revision(code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...], ref: str) -> _Known:
    """What the same rules find in the code base as it was at a revision."""
    revision = Revision(code.discovery, code.builder.reading, ref)
    before = examine(tree_at(revision, _tree(code, inputs)), rules)
    kept = before.state.kept if before.state is not None else ()
    found = tuple(entry_of(finding) for finding in before.findings)
    return _Known(f"at {ref}", Baseline(found, kept), tolerant=True)


def _run(code: CodeBase, inputs: Inputs) -> tuple[Promise, ...]:
    package = code.index.modules.get(inputs.plan.destination)
    folder = package.path.rpartition("/")[0] if package else inputs.plan.destination.replace(".", "/")
    return promises(folder, inputs.shipped, _content(code))


def _remarks(log: Log | None, code: CodeBase, inputs: Inputs) -> tuple[str, ...]:
    if log is None:
        return ()
    shims = (shim.old for shim in _tree(code, inputs).shims)
    return tuple(told(log, shims, code.discovery.files))


def _report(
    code: CodeBase,
    examined: Examined,
    known: _Known,
    rules: tuple[Rule, ...],
    ran: tuple[Promise, ...] | None,
    remarks: tuple[str, ...],
) -> tuple[CheckReport, Comparison]:
    ids = {rule.id for rule in rules}
    findings: Iterable[Finding] = examined.findings
    baseline = known.baseline or Baseline((), ())
    if examined.state is not None:
        findings = (*findings, *losses(baseline.kept, examined.state, ids))
    allowed = [entry for entry in baseline.allowed if entry.rule in ids]
    compared = compare(in_order(findings), allowed, lambda path: (code.discovery.root / path).exists())
    goals: tuple[Goal, ...] = ()
    if examined.state is not None and code.plan is not None:
        goals = criteria(Evidence(code.plan, examined.state, compared.findings, ran))
    stale = () if known.tolerant else tuple(Stale(entry.path, entry.rule, entry.name) for entry in compared.stale)
    summary = CheckSummary(examined.files, 0, 0, 0, examined.suppressed, len(stale), known.words)
    texts = tuple(rule.text for rule in rules)
    return _counted(CheckReport(summary, compared.findings, stale, goals, texts, remarks)), compared


def _without_losses(compared: Comparison) -> Comparison:
    """A loss is not tolerated but recorded: the present state takes the place of what was to stay."""
    return replace(compared, findings=tuple(item for item in compared.findings if not is_loss(item)))


def _counted(report: CheckReport) -> CheckReport:
    known = sum(finding.known for finding in report.findings)
    new = len(report.failing)
    notes = len(report.findings) - known - new
    return replace(report, summary=replace(report.summary, new=new, notes=notes, known=known))


def _after(report: CheckReport, added: bool) -> CheckReport:
    """The report once the baseline was written: nothing is stale, and what was added is known."""
    left = (item for item in report.findings if not (added and is_loss(item)))
    findings = tuple(replace(item, known=item.known or (added and item.level == "error")) for item in left)
    summary = replace(report.summary, stale=0, compared="in the baseline")
    return _counted(replace(report, findings=findings, stale=(), summary=summary))


def _code(report: CheckReport, known: _Known, asked: Asked) -> int:
    open_criteria = any(goal.state != "done" for goal in report.criteria)
    strict = asked.strict and (report.summary.notes > 0 or open_criteria)
    return int(bool(report.failing) or bool(report.stale) or strict)
