"""`wsconsolidate migrate`: plan, prove, then write all or nothing; in one step, or a step for each module."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from codemods.commands.answer import Answer
from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.show import show
from codemods.conventions import Conventions
from codemods.crosscheck import Opinion
from codemods.edits import FileChange
from codemods.errors import EXIT_FOUND, EXIT_OK, ProofError, UsageError
from codemods.inventory import take_inventory
from codemods.migration.changes import breaking_changes, migration_guide
from codemods.migration.cleanup import Cleaner, Cleanup
from codemods.migration.creation import Read
from codemods.migration.layout import layout_of
from codemods.migration.planning import Planner, Planning
from codemods.migration.report import cleanup_report, joined, migration_report, with_renamed
from codemods.migration.survey import Survey, chosen, paths_to_study
from codemods.migration.uses_renamed import Renamed, UseRenamer
from codemods.patch import as_patch
from codemods.prove.proof import Proof, prove
from codemods.prove.views import Rereader, View, changed_view
from codemods.rewrites.mentions import SUFFIXES
from codemods.source.discover import discover
from codemods.source.files import write_all
from codemods.source.journal import Journal, opened
from codemods.source.vcs import commit, place_in_repository, uncommitted
from codemods.surroundings import of_the_user
from reports.documents.migration import MigrationReport, StepResult
from reports.sections.changes import breaking_changes as breaking_section
from reports.sections.changes import migration_guide as guide_section
from reports.sections.migration import migration, migration_summary
from reports.sections.parts import plural

PHASES = ("create", "rewrite", "shims")
CLEANUP = "cleanup"
REPORT = "migration_report"
SHOWN_PATHS = 5
OUTPUT_LINES = 40  # of a failed test command; its end says most


@dataclass(frozen=True, slots=True)
class Asked:
    """What a user asked for beside the code base."""

    phases: tuple[str, ...] = PHASES
    only: tuple[str, ...] = ()
    diff: bool = False
    review: bool = False
    test: str = ""
    commit: bool = False
    allow_dirty: bool = False
    strict: bool = False
    docs: bool = False
    cross_check: bool = False
    rename_uses: bool = False
    out: Path | None = None
    format: str = "terminal"


@dataclass(frozen=True, slots=True)
class _Step:
    """One set of changes that is written together."""

    title: str
    phases: tuple[str, ...]
    only: tuple[str, ...]


@dataclass(slots=True)
class _Done:
    """One step that was planned, with what became of it."""

    planner: Planner
    planning: Planning
    proof: Proof
    result: StepResult = field(default_factory=lambda: StepResult("", ""))


def run(request: Request, asked: Asked, terminal: bool) -> Answer:
    """Migrate, and return what to print: a report, or with `diff` a patch.

    Raises UsageError, ConfigError, ConflictError, OutputError, and ProofError when nothing may be written.
    """
    if asked.diff:
        with read_code_base(request) as code:
            return _Migration(code, asked, terminal).patch()
    with opened(request.root) as journal:
        journal.recover()  # before anything is read: what was cut short is no code base
        _refuse_dirty(request.root, asked.allow_dirty)
        with read_code_base(request) as code:
            return _Migration(code, asked, terminal).run(journal)


class _Migration:
    """One run of the command over one code base."""

    def __init__(self, code: CodeBase, asked: Asked, terminal: bool) -> None:
        if code.plan is None:
            raise UsageError("migrate needs a plan: it says what the classes become")
        self.code, self.asked, self.terminal, self.plan = code, asked, terminal, code.plan
        self.root = code.discovery.root
        self.only = chosen(asked.only, self.plan)
        self.rereader = Rereader(code.builder.reading)
        self.survey = Survey(self.plan, Conventions(self.plan.conventions), self.rereader, self.read)
        studied = sorted({*paths_to_study(self.plan, View(code.index, {})), *code.builder.studied()})
        self.view = View(code.index, code.builder.uses(studied))

    def read(self, path: str) -> bytes | None:
        """The content of a file; None when there is none."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def patch(self) -> Answer:
        """What the phases would change, as a patch; nothing is written."""
        if CLEANUP in self.asked.phases:
            changes = self._cleaned()[2]
        else:
            planned = self._planned(self._planner(self.only), _Step("", self.asked.phases, self.only))
            changes = self._with_renamed(list(planned.proof.changes))
        return Answer("", EXIT_OK, as_patch(changes, place_in_repository(self.root)))

    def run(self, journal: Journal) -> Answer:
        """Carry out the phases that are asked for; cleanup stands alone."""
        if CLEANUP in self.asked.phases:
            return self._clean_up(journal)
        if self.asked.test:
            self._pass_before()
        documents = self._documents_for_people() if self.asked.out is not None else {}
        done = [self._step(step, journal) for step in self._steps()]
        report = joined([self._report(item) for item in done], [item.result for item in done])
        if self.asked.rename_uses:
            report = self._renamed(report, journal)
        failed = any(item.result.state == "rolled back" for item in done)
        left = self.asked.strict and bool(report.left or report.refused or report.stuck)
        return Answer(self._shown(report, documents), EXIT_FOUND if failed or left else EXIT_OK)

    # ── renaming the uses ────────────────────────────────────────────────────────────────────────────────────────────

    def _renamed(self, report: MigrationReport, journal: Journal) -> MigrationReport:
        """One more step, after all others."""
        renamed, proof = self._renaming(self.view, self.read)
        title = "Call the unified classes by their names"
        journal.write(proof.changes, title)
        self._go_on(proof)
        if self.asked.commit and proof.changes:
            commit(self.root, [change.path for change in proof.changes], f"{title}\n")
        return with_renamed(report, renamed, proof)

    def _renaming(self, view: View, read: Read) -> tuple[Renamed, Proof]:
        renamed = UseRenamer(layout_of(self.plan, view.index), view, read).rename()
        proof = prove(view, renamed.planned, self.rereader, lambda _view, _sources: ())
        if not proof.holds:
            raise ProofError("nothing was renamed, since something would get worse")
        return renamed, proof

    def _with_renamed(self, changes: list[FileChange]) -> list[FileChange]:
        """The changes as they are with the uses renamed, for a patch of all of it."""
        if not self.asked.rename_uses:
            return changes
        after = {change.path: change for change in changes}
        view = changed_view(self.view, changes, self.rereader.read(changes))

        def read(path: str) -> bytes | None:
            return after[path].after if path in after else self.read(path)

        for change in self._renaming(view, read)[1].changes:
            before = after[change.path].before if change.path in after else change.before
            after[change.path] = replace(change, before=before)
        return list(after.values())

    def _documents_for_people(self) -> dict[str, str]:
        """What changes for callers, and what they write instead: told of the code base as it was."""
        facts = self._planner(self.only).facts
        inventory = take_inventory(self.plan, self.view.index, self.view.resolver)
        changes = breaking_changes(facts, self.code.closeups(inventory, ()), facts.uses)
        guide = migration_guide(facts)
        return {
            "breaking_changes.md": show(changes, breaking_section(changes), "markdown", False),
            "breaking_changes.json": show(changes, (), "json", False),
            "migration_guide.md": show(guide, guide_section(guide), "markdown", False),
        }

    # ── cleanup ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _clean_up(self, journal: Journal) -> Answer:
        cleanup, proof, changes = self._cleaned()
        journal.write(changes, "migrate: cleanup")
        if self.asked.commit and changes:
            title = f"Remove {plural(len(cleanup.gone), 'shim')} that nothing uses any more"
            commit(self.root, [change.path for change in changes], f"{title}\n")
        report = cleanup_report(self.plan, cleanup, proof, bool(changes))
        left = bool(report.left or report.refused)
        return Answer(self._shown(report), EXIT_FOUND if left and self.asked.strict else EXIT_OK)

    def _cleaned(self) -> tuple[Cleanup, Proof, list[FileChange]]:
        """The cleanup, its proof, and all changes: documents among them, which are no code to be proven."""
        if self.asked.phases != (CLEANUP,):
            raise UsageError("--phase cleanup removes what the other phases still need; run it alone, later")
        layout = layout_of(self.plan, self.view.index)
        cleaner = Cleaner(self.plan, self.survey.conventions, layout, self.view, self.read)
        cleanup = cleaner.clean(self._documents(), self.asked.docs)
        mentioned = {edit.path for edit in cleanup.mentions}
        code = [item for item in cleanup.planned if item.path not in mentioned]
        proof = prove(self.view, code, self.rereader, lambda _view, _sources: ())
        texts = [item.change for item in cleanup.planned if item.path in mentioned]
        return cleanup, proof, [*proof.changes, *texts]

    def _documents(self) -> dict[str, bytes]:
        """The files that are no Python and may speak of old paths."""
        paths = discover(self.root, (), SUFFIXES).files
        contents = {path: self.read(path) for path in paths if not path.endswith((".py", ".pyi"))}
        return {path: content for path, content in contents.items() if content is not None}

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _steps(self) -> Iterator[_Step]:
        """One step for all; one for each module where each is to be tested or committed."""
        if not (self.asked.test or self.asked.commit):
            yield _Step(f"migrate: {', '.join(self.asked.phases)}", self.asked.phases, self.only)
            return
        if "create" in self.asked.phases:
            yield _Step(f"Put the unified modules into {self.plan.destination}", ("create",), self.only)
        rest = tuple(phase for phase in self.asked.phases if phase != "create")
        for module in self.plan.modules if rest else ():
            classes = [item for item in self.plan.classes if item.module == module]
            wanted = tuple(item.dotted for item in classes if not self.only or item.dotted in self.only)
            if wanted:
                names = " and ".join(item.qualname for item in classes)
                yield _Step(f"Migrate {names} of {module}", rest, wanted)

    def _step(self, step: _Step, journal: Journal) -> _Done:
        planner = self._planner(step.only)
        done = self._planned(planner, step)
        if not done.proof.changes:
            done.result = StepResult(step.title, "nothing to do")
            return done
        written = journal.write(done.proof.changes, step.title)
        failure = self._tested() if written is not None and self.asked.test else ""
        if written is not None and failure:
            journal.take_back(written)
            done.result = StepResult(step.title, "rolled back", failure)
            return done
        self._go_on(done.proof)
        if self.asked.commit:
            commit(self.root, [change.path for change in done.proof.changes], _message(step, done.proof))
        done.result = StepResult(step.title, "done")
        return done

    def _planner(self, only: Collection[str]) -> Planner:
        return self.survey.planner(self.view, only, self.asked.review, self._opinion)

    @cached_property
    def _opinion(self) -> Opinion | None:
        """Rope's, of the code base as it was before the first step."""
        return self.survey.second_opinion(self.view, self.root) if self.asked.cross_check else None

    def _planned(self, planner: Planner, step: _Step) -> _Done:
        planning = planner.plan(frozenset(step.phases))
        again = planner.again
        proof = prove(
            self.view, planning.planned, self.rereader, lambda view, sources: again(planning.moves, view, sources)
        )
        calls = planner.facts.calls.difference(planner.facts.held)
        if not proof.holds or calls.come:
            worse = "; ".join(f"{item.name}: {item.come[0]}" for item in (*proof.differences, calls) if item.come)
            raise ProofError(f"nothing was written, since something would get worse: {worse}")
        return _Done(planner, planning, proof)

    def _go_on(self, proof: Proof) -> None:
        """The code base as it is once the changes are written."""
        read = self.rereader.read(proof.changes)
        self.view = changed_view(self.view, proof.changes, read)

    # ── the user's tests ─────────────────────────────────────────────────────────────────────────────────────────────

    def _pass_before(self) -> None:
        failure = self._tested()
        if failure:
            raise UsageError(f"--test: the command fails before anything is changed, so it cannot judge:\n{failure}")

    def _tested(self) -> str:
        """Run the user's command; the end of its output when it fails."""
        command = shlex.split(self.asked.test)
        try:
            done = subprocess.run(
                command, cwd=self.root, env=of_the_user(), capture_output=True, check=False, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            raise UsageError(f"--test: {command[0]}: {error.strerror}") from error
        if not done.returncode:
            return ""
        said = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
        return "\n".join(said[-OUTPUT_LINES:]) or f"exit code {done.returncode}, without a word"

    # ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _report(self, done: _Done) -> MigrationReport:
        written = done.result.state == "done"
        return migration_report(done.planner.facts, done.planning, done.proof, self.asked.phases, written)

    def _shown(self, report: MigrationReport, documents: Mapping[str, str] | None = None) -> str:
        if self.asked.out is None:
            blocks = migration_summary(report) if self.asked.format == "terminal" else migration(report)
            return show(report, blocks, self.asked.format, self.terminal)
        texts = {
            f"{REPORT}.md": show(report, migration(report), "markdown", False),
            f"{REPORT}.json": show(report, (), "json", False),
            **(documents or {}),
        }
        written = write_all(self.asked.out, texts)
        summary = show(report, migration_summary(report), "terminal", self.terminal)
        return summary + "".join(f"wrote {path}\n" for path in written)


def _refuse_dirty(root: Path, allowed: bool) -> None:
    """Changes mixed with a person's own can be told apart by nobody."""
    changed = uncommitted(root) if root.is_dir() else []
    if allowed or changed == []:
        return
    if changed is None:
        raise UsageError(
            f"{root} is not in a git repository, so the changes could not be looked through; "
            "run `git init` and commit, or give --allow-dirty (`wsconsolidate undo` works all the same)"
        )
    named = ", ".join(changed[:SHOWN_PATHS]) + (f" and {len(changed) - SHOWN_PATHS} more" if len(changed) > 5 else "")
    raise UsageError(f"uncommitted changes in {named}; commit or stash them first, or give --allow-dirty")


def _message(step: _Step, proof: Proof) -> str:
    """A commit message: what was done, how much of it, and what was proven."""
    created = sum(change.before is None for change in proof.changes)
    edited = len(proof.changes) - created
    sets = ", ".join(f"{item.name} {item.before} -> {item.after}" for item in proof.differences)
    body = f"{plural(created, 'file')} created, {plural(edited, 'file')} edited by wsconsolidate.\nProven: {sets}."
    return f"{step.title}\n\n{body}\n"
