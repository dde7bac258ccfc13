"""Every change of the phases create, rewrite and shims, joined file by file, with what was left and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from codemods.analysis.usage import ClassUse
from codemods.conventions import Conventions
from codemods.crosscheck import Opinion
from codemods.edits import Applicability, Edit, FileChange, one_insertion_each, splice
from codemods.index.facts import Class, FileFacts
from codemods.index.resolve import Definition
from codemods.migration.arrangement import Arrangement, Departure, Leaving
from codemods.migration.binding import Calls
from codemods.migration.calls import NONE, Differences
from codemods.migration.creation import Creation, Read
from codemods.migration.doubts import doubted, unexpected
from codemods.migration.holding import Held
from codemods.migration.import_order import departures_to_blame
from codemods.migration.layout import Layout
from codemods.migration.merging import collisions
from codemods.migration.old_calls import classes_in, path_of_calls, text_of_calls
from codemods.migration.preserved import inside, preserved_in
from codemods.migration.unified import Unified
from codemods.plan import Plan
from codemods.prove.import_runs import first_import_failures
from codemods.prove.measures import FIRST
from codemods.prove.views import Planned, Rereader, View, changed_view
from codemods.rewrites.adapter_names import class_name, getter_name
from codemods.rewrites.call_adapters import OldClass
from codemods.rewrites.departures import StaysError, departure_edits, knows_typing, outside
from codemods.rewrites.imports import RULE as IMPORT
from codemods.rewrites.moves import Moves
from codemods.rewrites.opened import Opened, Span
from codemods.rewrites.outcomes import Rewritten
from codemods.rewrites.references import ReferenceRewriter
from codemods.rewrites.shim_text import MovedName, ShimSpec, block, replaced_module

Review = Callable[[Edit], bool]  # which of the edits to be reviewed are accepted


def nothing(_edit: Edit) -> bool:
    """Accepts no edit that is to be reviewed."""
    return False


@dataclass(frozen=True, slots=True)
class Stuck:
    """A module that its names cannot leave, with the reason; they stay, and so does everybody who imports them."""

    module: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What planning stands on: the plan, its conventions, and what was found of them in one code base."""

    plan: Plan
    conventions: Conventions
    layout: Layout
    creation: Creation
    arrangement: Arrangement
    different: Mapping[str, Differences]
    held: Held
    converted: Mapping[tuple[str, str], tuple[Edit, ...]]
    uses: tuple[ClassUse, ...]
    calls: Calls
    unified: Unified
    staying: Mapping[str, str]  # the classes that do not leave, dotted, each with why


@dataclass(frozen=True, slots=True)
class Planning:
    """The planned changes, and what rewriting said of each file that refers to what moves."""

    planned: tuple[Planned, ...]
    rewritten: tuple[Rewritten, ...]
    arrangement: Arrangement
    moves: Moves
    stuck: tuple[Stuck, ...]


@dataclass(frozen=True, slots=True)
class _Shim:
    """One departure worked out: a whole new text, or edits and the spans that are gone."""

    departure: Departure
    text: bytes | None
    edits: tuple[Edit, ...] = ()
    gone: tuple[Span, ...] = ()
    binds: frozenset[str] = frozenset()  # names whose imports come or go with it


class Planner:
    """Plans the phases that are asked for; `view` is the code base with the unified modules in place."""

    def __init__(
        self,
        facts: Facts,
        before: View,
        view: View,
        rereader: Rereader,
        read: Read,
        review: Review = nothing,
        opinion: Opinion | None = None,
    ) -> None:
        self.facts, self.before, self.view, self.rereader, self.read = facts, before, view, rereader, read
        self.opinion = opinion
        self._concerned: list[str] | None = None
        self.review = review

    def plan(self, phases: frozenset[str]) -> Planning:
        """All changes of these phases, without the departures that would break the order of imports."""
        stuck: tuple[Stuck, ...] = ()
        while True:
            planning = self._plan(phases, stuck)
            new = self._out_of_order(planning)
            if not new:
                return planning
            stuck = (*stuck, *new)

    def _out_of_order(self, planning: Planning) -> tuple[Stuck, ...]:
        """The departures by which a module that can be imported first could be so no more."""
        changes = [item.change for item in planning.planned]
        after = changed_view(self.before, changes, self.rereader.read(changes)).index
        known = FIRST.of(self.before)
        failures = first_import_failures(after)
        new = {m: f for m, f in failures.items() if (after.modules[m].path, f.module, f.name) not in known}
        blamed = departures_to_blame(new, planning.arrangement, self.before.index, after)
        return tuple(Stuck(module, after.modules[module].path, reason) for module, reason in blamed.items())

    def _plan(self, phases: frozenset[str], stuck: tuple[Stuck, ...]) -> Planning:
        shims: dict[str, _Shim] = {}
        if "shims" in phases:
            shims, more = self._shims({item.module for item in stuck})
            stuck = (*stuck, *more)
        lost = {item.module for item in stuck}
        # Without their shims, old classes would work on beside the unified ones: two managers in one process.
        able = [d for d in self.facts.arrangement.departures if d.gone or "shims" in phases]
        arrangement = Arrangement(tuple(d for d in able if d.module not in lost))
        moves = Moves(arrangement.names, arrangement.replaced, self.facts.held, frozenset(arrangement.handed_on))
        rewritten = self._rewritten(moves) if "rewrite" in phases else ()
        created = self.facts.creation.changes if "create" in phases else ()
        exports = self.facts.creation.exports if "create" in phases else ()
        calls = self._calls(arrangement) if "shims" in phases else None
        files = (Planned(change) for change in (*created, *((calls,) if calls is not None else ())))
        planned = (*files, *self._changed(shims, rewritten, exports))
        return Planning(tuple(planned), rewritten, arrangement, moves, stuck)

    def again(self, moves: Moves, view: View, sources: Mapping[str, bytes]) -> Iterator[Edit]:
        """What a second run would still change in these files."""
        for found in ReferenceRewriter(moves, view.resolver).rewrite_all(sources):
            yield from self._sparing(found, view).edits

    # ── references ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _rewritten(self, moves: Moves) -> tuple[Rewritten, ...]:
        """What rewriting says of each file; a later round, with fewer moves, concerns none that the first did not."""
        rewriter = ReferenceRewriter(moves, self.view.resolver)
        paths = self._concerned if self._concerned is not None else [file.path for file in self.view.index.files]
        every = (self._of_file(path, rewriter) for path in paths)
        rewritten = tuple(found for found in every if found is not None and (found.edits or found.handed_on))
        if self._concerned is None:
            self._concerned = [found.path for found in rewritten]
        return (*rewritten, *self._unexpected(rewritten))

    def _unexpected(self, rewritten: Iterable[Rewritten]) -> Iterator[Rewritten]:
        """What the second opinion sees, and nobody else."""
        homes = [departure.path for departure in self.facts.arrangement.departures]
        answered = {found.path: found for found in rewritten}
        edits = unexpected(self.opinion, answered, homes) if self.opinion is not None else ()
        yield from (Rewritten(edit.path, (edit,)) for edit in edits)

    def _of_file(self, path: str, rewriter: ReferenceRewriter) -> Rewritten | None:
        source = self.read(path) if path != path_of_calls(self.facts.layout) else None  # that one is our own
        if source is None or not rewriter.may_concern(path, source):
            return None
        found = self._sparing(rewriter.rewrite(path, source), self.view)
        if self.opinion is not None:
            found = doubted(found, self.opinion, self.opinion.lines)
        found = self._converted(found)
        return found.joined(Rewritten(path, tuple(self._collisions(path, source, rewriter.imports.moves))))

    def _collisions(self, path: str, source: bytes, moves: Moves) -> Iterator[Edit]:
        """Where a file tells apart two classes that become one."""
        facts = self._by_path[path]
        bound = {
            name: moves.names[outcome.dotted]
            for item in facts.imports
            for given, name in item.names
            if isinstance(outcome := self.view.resolver.name(item.module, given), Definition)
            and outcome.dotted in moves.names
        }
        if len(set(bound.values())) < len(bound):
            yield from collisions(Opened(facts, source), bound)

    @cached_property
    def _by_path(self) -> Mapping[str, FileFacts]:
        return {file.path: file for file in self.view.index.files}

    def _converted(self, found: Rewritten) -> Rewritten:
        """The same with the constructor calls of the classes whose imports are rewritten, and not held."""
        mine = [key for key in self.facts.converted if key[0] == found.path and self._imports_unified(found, key[1])]
        edits = tuple(edit for key in mine for edit in self.facts.converted[key])
        return found.joined(Rewritten(found.path, edits)) if edits else found

    def _imports_unified(self, found: Rewritten, old: str) -> bool:
        """Whether an edit of the file makes it import the unified class in the place of the old one."""
        return any(edit.rule == IMPORT and self._applied(edit) and old in edit.reason.split() for edit in found.edits)

    def _applied(self, edit: Edit) -> bool:
        return edit.applicability is Applicability.SAFE or (
            edit.applicability is Applicability.REVIEW and self.review(edit)
        )

    def _sparing(self, found: Rewritten, view: View) -> Rewritten:
        """The same without edits inside what the plan preserves exactly as it is: they are told instead."""
        kept = preserved_in(found.path, self.facts.plan, view.index)
        if not kept:
            return found
        edits = (self._told(edit, kept) for edit in found.edits)
        return replace(found, edits=tuple(edits))

    def _told(self, edit: Edit, kept: tuple[Class, ...]) -> Edit:
        owner = inside(edit.line, kept)
        if owner is None or edit.applicability is Applicability.MANUAL:
            return edit
        reason = f"{owner.qualname} is preserved exactly as it is; {edit.reason}"
        advice = "nothing to do: the old path keeps working"
        return replace(edit, replacement=b"", applicability=Applicability.MANUAL, reason=reason, advice=advice)

    # ── shims ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _shims(self, lost: Collection[str]) -> tuple[dict[str, _Shim], tuple[Stuck, ...]]:
        shims: dict[str, _Shim] = {}
        stuck = []
        for departure in self.facts.arrangement.departures:
            if departure.gone or departure.module in lost:
                continue
            try:
                shims[departure.path] = self._shim(departure)
            except StaysError as error:
                stuck.append(Stuck(departure.module, departure.path, str(error)))
        return shims, tuple(stuck)

    def _shim(self, departure: Departure) -> _Shim:
        facts = self.view.index.modules[departure.module]
        spec = ShimSpec(
            departure.module,
            tuple(self._moved_names(departure)),
            self.facts.layout.runtime,
            self.facts.plan.since,
            self.facts.plan.removal,
            facts.exports,
        )
        file = Opened(facts, self.read(departure.path) or b"")
        if departure.replaced:
            return _Shim(departure, replaced_module(spec).replace("\n", file.newline).encode())
        imports = {item.name: self._import(departure, item) for item in departure.leaving}
        edits, gone = departure_edits(file, imports, block(spec, knows_typing(file)))
        inside = {bound for item in file.facts.imports if _within(file, item.line, gone) for _, bound in item.names}
        adapters = {item.adapter.rpartition(":")[2] for item in spec.names}
        binds = inside | adapters | departure.names | {"_moved", "TYPE_CHECKING"}
        return _Shim(departure, None, edits, gone, frozenset(binds))

    def _moved_names(self, departure: Departure) -> Iterator[MovedName]:
        for item in departure.leaving:
            yield MovedName(item.name, _colon(item.new), _colon(self._adapter(departure, item)))
        for name, place in departure.handed_on:
            yield MovedName(name, _colon(place))

    def _adapter(self, departure: Departure, item: Leaving) -> str:
        old = f"{departure.module}.{item.name}"
        if old in self._adapted_getters:
            return f"{self.facts.layout.calls}.{getter_name(old)}"
        return f"{self.facts.layout.calls}.{class_name(old)}" if self.facts.different[old].any else ""

    @cached_property
    def _adapted_getters(self) -> frozenset[str]:
        """The functions that give objects whose methods were called differently."""
        odd = (item for item in self.facts.plan.classes if self.facts.different.get(item.dotted, NONE).methods)
        return frozenset(getter for item in odd for getter in item.getters)

    def _import(self, departure: Departure, item: Leaving) -> str:
        """The statement by which the module's own code reaches a name that has left."""
        module, _, name = (self._adapter(departure, item) or item.new).rpartition(".")
        return f"from {module} import {name}" + (f" as {item.name}" if name != item.name else "")

    def _calls(self, arrangement: Arrangement) -> FileChange | None:
        """The module that keeps the old calls; None when no class needs it."""
        path = path_of_calls(self.facts.layout)
        before = self.read(path)
        classes = [item for departure in arrangement.departures for item in self._old_classes(departure)]
        if not classes:
            return None
        new = {item.dotted for item in classes}
        earlier = classes_in(before or b"", self.facts.plan, self.facts.layout)
        classes += [item for item in earlier if item.dotted not in new]
        text = text_of_calls(classes, self.facts.plan, self.facts.conventions, self.facts.layout)
        return FileChange(path, before, text)

    def _old_classes(self, departure: Departure) -> Iterator[OldClass]:
        for item in departure.leaving:
            old = f"{departure.module}.{item.name}"
            if self.facts.different[old].any:
                inner = (one for one in departure.nested if one.name.rpartition(".")[0] == item.name)
                inside = tuple(OldClass(f"{departure.module}.{one.name}", one.new) for one in inner)
                yield OldClass(old, item.new, inside, tuple(self._getters(departure, old)))

    def _getters(self, departure: Departure, dotted: str) -> Iterator[tuple[str, str]]:
        known = {getter for item in self.facts.plan.classes if item.dotted == dotted for getter in item.getters}
        for item in departure.leaving:
            old = f"{departure.module}.{item.name}"
            if old in known & self._adapted_getters:
                yield old, item.new

    # ── file by file ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _changed(
        self, shims: Mapping[str, _Shim], rewritten: Iterable[Rewritten], exports: Sequence[Edit]
    ) -> Iterator[Planned]:
        found = {item.path: item for item in rewritten}
        package = self.view.index.modules[self.facts.layout.package].path
        exported = frozenset(family.target.rpartition(".")[2] for family in self.facts.plan.families)
        for path in sorted({*found, *shims, *({package} if exports else ())}):
            shim, before = shims.get(path), self.read(path)
            if before is None:
                continue
            if shim is not None and shim.text is not None:
                yield Planned(FileChange(path, before, shim.text))
                continue
            mine = exports if path == package else ()
            edits = self._edits(found.get(path), shim, mine)
            binds = (shim.binds if shim is not None else frozenset()) | (exported if mine else frozenset())
            if edits:
                yield Planned(FileChange(path, before, splice(before, edits)), edits, binds)

    def _edits(self, found: Rewritten | None, shim: _Shim | None, exports: Sequence[Edit]) -> tuple[Edit, ...]:
        references = list(filter(self._applied, found.edits)) if found is not None else []
        if shim is not None:
            references = list(outside(tuple(references), shim.gone))
        return one_insertion_each((*references, *exports, *(shim.edits if shim is not None else ())))


def _within(file: Opened, line: int, spans: Iterable[Span]) -> bool:
    start = file.line_start(line)
    return any(first <= start < last for first, last in spans)


def _colon(dotted: str) -> str:
    """`module:name` of a dotted name."""
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}" if dotted else ""


def with_created(view: View, creation: Creation, rereader: Rereader) -> View:
    """The code base with the unified modules in place, where names that move are looked up."""
    return changed_view(view, creation.changes, rereader.read(creation.changes))
