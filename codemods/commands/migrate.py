"""`wsconsolidate migrate`: plan, prove, then write all or nothing; in one step, or a step for each module."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from codemods.commands.answer import Answer
from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.committing import message, refuse_dirty
from codemods.commands.grouping import by_number, group_by, part_of
from codemods.commands.reviewing import Conversation, accepted, ask, everything, questions
from codemods.commands.sharding import patch_name, refuse_later_part, refuse_shard, title_of
from codemods.commands.show import show
from codemods.commands.trying import failure_of, pass_before
from codemods.conventions import Conventions
from codemods.crosscheck import Opinion
from codemods.edits import FileChange
from codemods.errors import EXIT_FOUND, EXIT_OK, ProofError, UsageError
from codemods.inventory import take_inventory
from codemods.migration.changes import breaking_changes, migration_guide
from codemods.migration.cleanup import Cleaner, Cleanup
from codemods.migration.creation import Read
from codemods.migration.layout import layout_of
from codemods.migration.parts import FIRST, Part, parts_of, together
from codemods.migration.planning import Planner, Planning, Review, nothing
from codemods.migration.report import cleanup_report, joined, migration_report, with_owners, with_renamed
from codemods.migration.survey import Survey, chosen, paths_to_study
from codemods.migration.uses_renamed import Renamed, UseRenamer
from codemods.patch import as_patch
from codemods.prove.proof import Proof, prove
from codemods.prove.views import Rereader, View, changed_view
from codemods.rewrites.mentions import SUFFIXES
from codemods.source.answers import load_answers, save_answers
from codemods.source.discover import discover
from codemods.source.files import write_all
from codemods.source.journal import Journal, opened
from codemods.source.owners import owners_of
from codemods.source.vcs import commit, place_in_repository
from reports.documents.migration import MigrationReport, StepResult
from reports.sections.changes import breaking_changes as breaking_section
from reports.sections.changes import migration_guide as guide_section
from reports.sections.migration import migration, migration_summary
from reports.sections.parts import plural

PHASES = ("create", "rewrite", "shims")
CLEANUP = "cleanup"
REPORT = "migration_report"


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
    shard: str = ""
    person: Conversation | None = None  # whom to ask what is to be reviewed; nobody: all of it is accepted


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
    refuse_shard(asked.shard, asked.diff, asked.out is not None, asked.commit or bool(asked.test))
    if asked.shard and (asked.rename_uses or CLEANUP in asked.phases):
        raise UsageError("--shard divides what the phases create, rewrite and shims do; run the other apart, later")
    if asked.diff:
        with read_code_base(request) as code:
            return _Migration(code, asked, terminal).patch()
    with opened(request.root) as journal:
        journal.recover()  # before anything is read: what was cut short is no code base
        refuse_dirty(request.root, asked.allow_dirty)
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
        self.review: Review = everything if asked.review and asked.person is None else nothing
        self.rereader = Rereader(code.builder.reading)
        self.survey = Survey(self.plan, Conventions(self.plan.conventions), self.rereader, self.read)
        studied = sorted({*paths_to_study(self.plan, View(code.index, {})), *code.builder.studied()})
        self.view = View(code.index, code.builder.uses(studied))

    def read(self, path: str) -> bytes | None:
        """The content of a file as it is now; None when there is none."""
        return self.code.read(path)

    def patch(self) -> Answer:
        """What the phases would change, as a patch; nothing is written."""
        if CLEANUP in self.asked.phases:
            changes = self._cleaned()[2]
        elif self.asked.shard:
            return self._patches()
        else:
            changes = self._with_renamed(list(self._whole().proof.changes))
        return Answer("", EXIT_OK, as_patch(changes, place_in_repository(self.root)))

    def run(self, journal: Journal) -> Answer:
        """Carry out the phases that are asked for; cleanup stands alone."""
        if CLEANUP in self.asked.phases:
            return self._clean_up(journal)
        if self.asked.test:
            pass_before(self.asked.test, self.root)
        documents = self._documents_for_people() if self.asked.out is not None else {}
        if self.asked.review and self.asked.person is not None:
            self.review = self._reviewed(self.asked.person)
        report = self._in_parts(journal) if self.asked.shard else self._in_steps(journal)
        if self.asked.rename_uses:
            report = self._renamed(report, journal)
        failed = any(step.state == "rolled back" for step in report.steps)
        left = self.asked.strict and bool(report.left or report.refused or report.stuck)
        return Answer(self._shown(report, documents), EXIT_FOUND if failed or left else EXIT_OK)

    def _reviewed(self, person: Conversation) -> Review:
        """Ask what was not answered before; the answers are kept at once, whatever becomes of the migration."""
        planning = self._planner(self.only).plan(frozenset(self.asked.phases))
        known = load_answers(self.root)
        answers = ask(questions(planning.rewritten, self.read), known, person)
        if answers != known:
            save_answers(self.root, answers)
        return accepted(answers, self.read)

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
            raise ProofError(
                "nothing was renamed, since something would get worse; leave --rename-uses out, and please report this"
            )
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

    def _in_steps(self, journal: Journal) -> MigrationReport:
        done = [self._step(step, journal) for step in self._steps()]
        return joined([self._report(item) for item in done], [item.result for item in done])

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
        done.result = self._carried_out(step.title, done.proof, journal)
        return done

    def _carried_out(self, title: str, proof: Proof, journal: Journal) -> StepResult:
        """Write what was proven, try it and commit it, as far as that is asked for."""
        written = journal.write(proof.changes, title)
        failure = failure_of(self.asked.test, self.root) if written is not None and self.asked.test else ""
        if written is not None and failure:
            journal.take_back(written)
            return StepResult(title, "rolled back", failure)
        self._go_on(proof)
        if self.asked.commit:
            commit(self.root, [change.path for change in proof.changes], message(title, proof))
        return StepResult(title, "done")

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _whole(self) -> _Done:
        return self._planned(self._planner(self.only), _Step("", self.asked.phases, self.only))

    def _parts(self, whole: _Done) -> list[Part]:
        """The parts of a migration that was proven as a whole; with N/M the first and the one asked for."""
        numbers = part_of(self.asked.shard)
        if numbers is None:
            group = group_by(self.asked.shard, self.root, self.code.builder.reading.source_roots)
            return list(parts_of(whole.proof.accepted, whole.planner.facts, whole.planning, group))
        refuse_later_part(self.asked.shard, whole.planner.facts)
        parts = parts_of(whole.proof.accepted, whole.planner.facts, whole.planning, by_number(numbers[1]))
        return [part for part in parts if part.name in {FIRST, str(numbers[0])}]

    def _in_parts(self, journal: Journal) -> MigrationReport:
        """Each part proven on what the former have left, then carried out; without the first there is no other."""
        whole, proofs, results = self._whole(), [], []
        for part in self._parts(whole):
            proof = self._proven(whole, part)
            results.append(self._carried_out(title_of(part, self.asked.shard), proof, journal))
            if results[-1].state == "done":
                proofs.append(proof)
            elif part.name == FIRST:
                break
        whole.result = StepResult("", "done" if proofs else "nothing to do")
        whole.proof = together(whole.proof, proofs)
        return replace(self._report(whole), steps=tuple(results))

    def _proven(self, whole: _Done, part: Part) -> Proof:
        again, moves = whole.planner.again, whole.planning.moves
        proof = prove(self.view, part.planned, self.rereader, lambda view, sources: again(moves, view, sources))
        if proof.refused or not proof.holds:
            reason = proof.refused[0].reason if proof.refused else "something would get worse"
            raise ProofError(f"{part.name}: this part cannot stand alone: {reason}; migrate without --shard")
        return proof

    def _patches(self) -> Answer:
        """A patch for each part, to be applied in the order of their names; of N/M it can be printed."""
        whole, patches, place = self._whole(), {}, place_in_repository(self.root)
        for number, part in enumerate(self._parts(whole), 1):
            proof = self._proven(whole, part)
            self._go_on(proof)
            patches[patch_name(number, part)] = as_patch(proof.changes, place)
        if self.asked.out is None:
            return Answer("", EXIT_OK, b"".join(patches.values()))
        return Answer("".join(f"wrote {path}\n" for path in write_all(self.asked.out, patches)), EXIT_OK)

    def _planner(self, only: Collection[str]) -> Planner:
        return self.survey.planner(self.view, only, self.review, self._opinion)

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
            raise ProofError(
                f"nothing was written, since something would get worse; try --only, class by class: {worse}"
            )
        return _Done(planner, planning, proof)

    def _go_on(self, proof: Proof) -> None:
        """The code base as it is once the changes are written."""
        read = self.rereader.read(proof.changes)
        self.view = changed_view(self.view, proof.changes, read)

    # ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _report(self, done: _Done) -> MigrationReport:
        written = done.result.state == "done"
        return migration_report(done.planner.facts, done.planning, done.proof, self.asked.phases, written)

    def _shown(self, report: MigrationReport, documents: Mapping[str, str] | None = None) -> str:
        owners = owners_of(self.root)
        if owners is not None:
            report = with_owners(report, owners.group)
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
