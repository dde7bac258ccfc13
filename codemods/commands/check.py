"""`wsconsolidate check`: the gate that keeps a consolidated code base consolidated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codemods.commands.answer import Answer
from codemods.commands.changed import inside, keep_learned, partial_tree
from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.findings_shown import shown
from codemods.commands.grouping import Group, group_by
from codemods.config import Settings, load_settings
from codemods.errors import UsageError
from codemods.gate.answer import Judged, Known, answer, counted, without_losses
from codemods.gate.baseline import Baseline, entry_of, load, render, updated
from codemods.gate.examine import Examined, examine
from codemods.gate.history import counted as counts_of
from codemods.gate.history import load as load_history
from codemods.gate.history import record
from codemods.gate.losses import is_loss
from codemods.gate.registry import chosen
from codemods.gate.rule import Rule
from codemods.gate.rules.broken_promise import broken
from codemods.gate.runtime import Promise, promises
from codemods.gate.since import Revision, tree_at
from codemods.gate.telemetry import Log, read_logs, told
from codemods.gate.tree import Inputs, Tree
from codemods.plan import load_plan
from codemods.shipped import brought_by
from codemods.source.files import write_all
from codemods.source.vcs import head, uncommitted
from reports.documents.check import CheckReport
from reports.documents.history import HistoryRun


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
    history: Path | None = None
    group_by: str = ""


def run(request: Request, asked: Asked, files: Sequence[str] = ()) -> Answer:
    """Judge the code base, or some of its files. Raises UsageError, ConfigError, OutputError."""
    rules = chosen(asked.select, asked.ignore)
    settings = load_settings(request.root)
    path = asked.baseline or settings.baseline
    _consistent(asked, path, files)
    known = _known(asked, path)
    group = group_by(asked.group_by, request.root, settings.source_roots) if asked.group_by else _no_group
    if files:
        return _files(request, asked, settings, rules, known, inside(request.root, files), group)
    log = read_logs(asked.telemetry) if asked.telemetry else None
    history = asked.history or settings.history
    if history is not None:
        load_history(history)  # a damaged one is told before anything is judged
    with read_code_base(request) as code:
        if code.plan is None:
            raise UsageError("check holds a code base against a plan; --no-plan leaves nothing to check")
        logged = log.places if log else None
        inputs = Inputs(code.plan, asked.release or settings.release, brought_by(code.plan), logged)
        examined = _examined(code, inputs, rules)
        if asked.since:
            known = _revision(code, inputs, rules, asked.since)
        ran = None
        if asked.runtime:
            ran, examined = _ran(code, inputs, rules, examined)
        judged = Judged(code.plan, code.discovery.root, examined, known, rules, ran)
        report, compared = answer(judged, _remarks(log, code, inputs))
        if asked.format == "sarif":
            from codemods.commands.fixes import with_fixes  # planning a migration loads what no other check needs

            report = with_fixes(report, code, code.plan)
    if asked.update and path is not None:
        kept = examined.state.kept if examined.state is not None else ()
        new = updated(known.baseline, without_losses(compared), kept, {rule.id for rule in rules}, asked.add)
        write_all(path.parent, {path.name: render(new)})
        report = _after(report, asked.add)
    if history is not None:
        record(history, _history_run(code.discovery.root, history, examined, rules))
    report = _grouped(report, group)
    return Answer(shown(report, asked.format, asked.show_known, code.discovery.root), _code(report, asked))


def _ran(
    code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...], examined: Examined
) -> tuple[tuple[Promise, ...], Examined]:
    """The promises of the unified modules, run, and what was examined with those that do not hold."""
    if not inputs.plan.shipped:
        raise UsageError("--runtime runs the promises of what is shipped; this plan's targets are your own")
    folder = _folder(code, inputs)
    ran = promises(folder, inputs.shipped, _content(code))
    found = [item for item in broken(ran, folder) if item.rule in {rule.id for rule in rules}]
    return ran, replace(examined, findings=(*examined.findings, *found))


def _files(
    request: Request,
    asked: Asked,
    settings: Settings,
    rules: tuple[Rule, ...],
    known: Known,
    paths: frozenset[str],
    group: Group,
) -> Answer:
    """Judge the files named by the rules that look at one file at a time."""
    plan = load_plan(request.plan or settings.plan)
    inputs = Inputs(plan, asked.release or settings.release, brought_by(plan), focus=paths)
    tree = None if asked.since else partial_tree(request, settings, inputs, paths)
    if tree is not None:
        examined = examine(tree, rules)
    else:
        with read_code_base(request) as code:
            keep_learned(code, _tree(code, replace(inputs, focus=None)))
            examined = examine(_tree(code, inputs), rules)
            if asked.since:
                known = _revision(code, inputs, rules, asked.since)
    report, _ = answer(Judged(plan, request.root, examined, known, rules, None, paths), ())
    report = _grouped(report, group)
    return Answer(shown(report, asked.format, asked.show_known, request.root), _code(report, asked))


def _consistent(asked: Asked, path: Path | None, files: Sequence[str]) -> None:
    if files and (asked.update or asked.runtime or asked.telemetry or asked.history):
        whole = "--update-baseline, --runtime, --telemetry and --history"
        raise UsageError(f"{whole} are about the whole code base; name no files")
    if asked.update and path is None:
        raise UsageError("--update-baseline needs --baseline FILE, or `baseline` in [tool.wsconsolidate]")
    if asked.add and not asked.update:
        raise UsageError("--add says what --update-baseline may do; give both")
    if asked.since and (asked.update or asked.baseline):
        raise UsageError("--since compares with a revision instead of a baseline; give one of them")


def _history_run(root: Path, history: Path, examined: Examined, rules: tuple[Rule, ...]) -> HistoryRun:
    """What is found in the code base as it is; that the history was written makes nothing dirty."""
    place, base = history.resolve(), root.resolve()
    own = place.relative_to(base).as_posix() if place.is_relative_to(base) else ""
    counts = counts_of(examined.findings, (rule.id for rule in rules))
    return HistoryRun(head(root), counts, bool(uncommitted(root, own)))


def _known(asked: Asked, path: Path | None) -> Known:
    if path is None or asked.since:
        return Known()
    if asked.update and asked.add and not path.exists():
        return Known("in the baseline")
    if not path.is_file():
        raise UsageError(f"{path}: no such baseline; record one with --update-baseline --add")
    return Known("in the baseline", load(path))


def _examined(code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...]) -> Examined:
    copies = tuple(inputs.shipped)  # what their copies say is judged, whether or not it is a fact
    said = (
        [rule.id for rule in rules],
        inputs.release,
        inputs.logged,
        hashlib.blake2b(b"".join(inputs.shipped.values())).digest(),
        code.builder.contents(lambda path: path.endswith(copies)),
    )
    return code.remembered(lambda: _examine(code, inputs, rules), "check", said)


def _examine(code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...]) -> Examined:
    tree = _tree(code, inputs)
    examined = examine(tree, rules)
    keep_learned(code, tree)
    return examined


def _tree(code: CodeBase, inputs: Inputs) -> Tree:
    return Tree(inputs, code.index, code.builder.uses(code.builder.studied()), _content(code))


def _content(code: CodeBase) -> Callable[[str], bytes]:
    return lambda path: (code.discovery.root / path).read_bytes()


def _revision(code: CodeBase, inputs: Inputs, rules: tuple[Rule, ...], ref: str) -> Known:
    """What the same rules find in the code base as it was at a revision."""
    revision = Revision(code.discovery, code.builder.reading, ref)
    before = examine(tree_at(revision, _tree(code, inputs)), rules)
    kept = before.state.kept if before.state is not None else ()
    found = tuple(entry_of(finding) for finding in before.findings)
    return Known(f"at {ref}", Baseline(found, kept), tolerant=True)


def _folder(code: CodeBase, inputs: Inputs) -> str:
    """Where the unified modules are, relative to the root."""
    package = code.index.modules.get(inputs.plan.destination)
    return package.path.rpartition("/")[0] if package else inputs.plan.destination.replace(".", "/")


def _remarks(log: Log | None, code: CodeBase, inputs: Inputs) -> tuple[str, ...]:
    if log is None:
        return ()
    shims = (shim.old for shim in _tree(code, inputs).shims)
    return tuple(told(log, shims, code.discovery.files))


def _no_group(_path: str) -> str:
    return ""


def _grouped(report: CheckReport, group: Group) -> CheckReport:
    """The report with the group of each finding, where that is asked for."""
    return replace(report, findings=tuple(replace(item, group=group(item.path)) for item in report.findings))


def _after(report: CheckReport, added: bool) -> CheckReport:
    """The report once the baseline was written: nothing is stale, and what was added is known."""
    left = (item for item in report.findings if not (added and is_loss(item)))
    findings = tuple(replace(item, known=item.known or (added and item.level == "error")) for item in left)
    summary = replace(report.summary, stale=0, compared="in the baseline")
    return counted(replace(report, findings=findings, stale=(), summary=summary))


def _code(report: CheckReport, asked: Asked) -> int:
    open_criteria = any(goal.state != "done" for goal in report.criteria)
    strict = asked.strict and (report.summary.notes > 0 or open_criteria)
    return int(bool(report.failing) or bool(report.stale) or strict)
