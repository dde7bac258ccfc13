"""`wsconsolidate explain`: why one line is migrated as it is, or is not, by the same planning that `migrate` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.show import show
from codemods.commands.verdicts import Verdicts, verdicts
from codemods.edits import Applicability, Edit, whole_lines
from codemods.errors import UsageError
from codemods.gate.legacy import Key
from codemods.gate.tree import Inputs, Tree
from codemods.index.facts import FileFacts
from codemods.index.resolve import Definition, External, Missing, Module
from codemods.plan import Plan
from codemods.shipped import brought_by
from reports.documents.explanation import Chain, Explanation, Reason, Verdict
from reports.sections.explanation import explanation
from reports.wording import printable

_WORDS: dict[Applicability, Verdict] = {
    Applicability.SAFE: "SAFE",
    Applicability.REVIEW: "REVIEW",
    Applicability.MANUAL: "MANUAL",
}
_WEIGHT: dict[Verdict, int] = {"NOTHING TO DO": 0, "SAFE": 1, "REVIEW": 2, "MANUAL": 3}
_SHIM = "an earlier run has moved it, and the shim hands it on with its old calls; migrate left here who makes those"


def run(request: Request, place: str, format_: str, terminal: bool) -> str:
    """The answer for `PATH:LINE`. Raises UsageError for a place that is not in the code base, ConfigError."""
    path, line = _place(request.root, place)
    with read_code_base(request) as code:
        if code.plan is None:
            raise UsageError("explain needs a plan: it says what is to be migrated")
        answer = _Explainer(code, code.plan, path).explain(line)
    return show(answer, explanation(answer), format_, terminal)


def _place(root: Path, place: str) -> tuple[str, int]:
    """The file relative to the root, and the line; the path may be relative to the root or to the current folder."""
    name, _, number = place.rpartition(":")
    if not name or not (number.isascii() and number.isdigit() and 0 < int(number) < 10**9):
        raise UsageError(f"{printable(place)}: expected PATH:LINE, as in app/page.py:12")
    base = root.resolve()
    for found in ((root / name).resolve(), Path(name).resolve()):
        if found.is_file() and found.is_relative_to(base):
            return found.relative_to(base).as_posix(), int(number)
    raise UsageError(f"{printable(name)}: no such file below {root}; give the path from there, or from here")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a file that is in the code base."""

    file: FileFacts
    number: int

    def within(self, first: int, last: int) -> bool:
        return first <= self.number <= max(first, last)


class _Explainer:
    """Explains lines of one file."""

    def __init__(self, code: CodeBase, plan: Plan, path: str) -> None:
        self.code, self.plan, self.path = code, plan, path

    def explain(self, number: int) -> Explanation:
        """The answer for one line."""
        file = next((file for file in self.code.index.files if file.path == self.path), None)
        if file is None:
            raise UsageError(f"{self.path}: not among the files that are read: no Python, ignored, or excluded")
        lines = self._source.decode("utf-8", "replace").splitlines()
        if number > len(lines):
            raise UsageError(f"{self.path}:{number}: the file has {len(lines)} lines")
        line = _Line(file, number)
        reasons = tuple(dict.fromkeys(self._reasons(line)))
        verdict = max((reason.verdict for reason in reasons), key=_WEIGHT.__getitem__)
        return Explanation(self.path, number, lines[number - 1].strip(), verdict, tuple(self._chains(line)), reasons)

    @cached_property
    def _source(self) -> bytes:
        return (self.code.discovery.root / self.path).read_bytes()

    @cached_property
    def _verdicts(self) -> Verdicts:
        return verdicts(self.code, self.plan)

    @cached_property
    def _tree(self) -> Tree:
        uses = self.code.builder.uses(self.code.builder.studied())
        root = self.code.discovery.root
        inputs = Inputs(self.plan, shipped=brought_by(self.plan))
        return Tree(inputs, self.code.index, uses, lambda path: (root / path).read_bytes())

    # ── reasons ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _reasons(self, line: _Line) -> Iterator[Reason]:
        """Everything that planning says of the line; what it says nothing of has nothing to be done about it."""
        found = [*self._edits(line), *self._holding(line), *self._handed(line), *self._kept(line), *self._classes(line)]
        yield from found or [*self._uses(line)] or [self._nothing(line)]

    @property
    def _planned(self) -> tuple[Edit, ...]:
        rewritten = self._verdicts.rewritten.get(self.path)
        return rewritten.edits if rewritten is not None else ()

    def _edits(self, line: _Line) -> Iterator[Reason]:
        for edit in self._planned:
            if line.within(edit.line, self._last(edit)):
                yield self._of_edit(edit)

    def _holding(self, line: _Line) -> Iterator[Reason]:
        """A use that keeps the file on the old class."""
        for edit in self._planned:
            if f": line {line.number} " in edit.reason and edit.applicability is Applicability.MANUAL:
                yield Reason("MANUAL", edit.rule, f"the import in line {edit.line} stays because of it", edit.advice)

    def _last(self, edit: Edit) -> int:
        return self._source.count(b"\n", 0, edit.end) + 1

    def _of_edit(self, edit: Edit) -> Reason:
        refused = self._verdicts.refused.get(self.path)
        if refused and edit.applicability is not Applicability.MANUAL:
            return Reason("MANUAL", edit.rule, f"{edit.reason}, but the proof leaves the file out: {refused}")
        if edit.applicability is Applicability.MANUAL:
            return Reason("MANUAL", edit.rule, edit.reason, edit.advice)
        before, after = (text.decode("utf-8", "replace") for text in whole_lines(self._source, edit))
        return Reason(_WORDS[edit.applicability], edit.rule, edit.reason, edit.advice, before, after)

    def _handed(self, line: _Line) -> Iterator[Reason]:
        rewritten = self._verdicts.rewritten.get(self.path)
        for item in rewritten.handed_on if rewritten is not None else ():
            if any(line.within(one.line, one.end) and one.line == item.line for one in line.file.imports):
                why = f"it takes {item.old} from {item.by}, which hands it on and changes in its place"
                yield Reason("NOTHING TO DO", "import", why)

    def _kept(self, line: _Line) -> Iterator[Reason]:
        """What keeps the shim of an earlier run alive, unless planning has a word of its own on it."""
        told = any(line.within(edit.line, self._last(edit)) for edit in self._planned)
        for edit in self._verdicts.kept if not told else ():
            if edit.path == self.path and edit.line == line.number:
                yield Reason("MANUAL", edit.rule, f"{edit.reason}: {_SHIM}", edit.advice)

    def _classes(self, line: _Line) -> Iterator[Reason]:
        """The planned class whose statement begins on the line."""
        here = {f"{line.file.module}.{item.qualname}" for item in line.file.classes if item.line == line.number}
        for planned in self.plan.classes:
            if planned.dotted in here:
                yield self._of_class(planned.dotted, planned.module)

    def _of_class(self, dotted: str, module: str) -> Reason:
        if dotted in {item.dotted for item in self.plan.preserved}:
            return Reason("NOTHING TO DO", "", f"the plan preserves {dotted} exactly as it is")
        stuck = {item.module: item.reason for item in self._verdicts.stuck}
        stays = self._verdicts.staying.get(dotted) or stuck.get(module)
        if stays:
            return Reason("MANUAL", "shim", f"{dotted} stays: {stays}")
        moves = {
            f"{item.module}.{one.name}": one.new
            for item in self._verdicts.departures
            for one in (*item.leaving, *item.nested)
        }
        if dotted in moves:
            return Reason("SAFE", "shim", f"{dotted} leaves, a shim hands on {moves[dotted]} in its place")
        return Reason("NOTHING TO DO", "", f"{dotted} does not leave: it only hands on what takes its place")

    def _uses(self, line: _Line) -> Iterator[Reason]:
        for use in self._verdicts.uses.get(self.path, ()):
            if use.line == line.number:
                what = f"{use.kind}{f' {use.member}' if use.member else ''} of {use.owner}"
                why = f"{what}: what becomes of it is decided where the file imports it{self._import_of(use.owner)}"
                yield Reason("NOTHING TO DO", "", why)

    def _import_of(self, owner: str) -> str:
        file = next(file for file in self.code.index.files if file.path == self.path)
        for item in file.imports:
            for name, _ in item.names:
                found = self.code.resolver.name(item.module, name) if item.module and name != "*" else None
                if isinstance(found, Definition) and found.dotted == owner:
                    return f", in line {item.line}"
        return ""

    def _nothing(self, line: _Line) -> Reason:
        if line.file.module in self._tree.unified_modules:
            return Reason("NOTHING TO DO", "", f"{line.file.module} is one of the unified modules")
        return Reason("NOTHING TO DO", "", "nothing on this line leads to a class of the plan")

    # ── chains ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _chains(self, line: _Line) -> Iterator[Chain]:
        """What the names of an import, or the dotted paths of strings, lead to."""
        for item in line.file.imports:
            if line.within(item.line, item.end):
                legacy = self._tree.legacy.taken(item, self.code.index)
                yield from (self._chain(key) for key in dict.fromkeys(legacy.values()))
                names = [name for name, _ in item.names if item.module and name != "*" and name not in legacy]
                yield from self._plain(item.module, names)
        for use in self._tree.uses.get(self.path, ()):
            key, _ = self._tree.legacy.key(use.ref) if use.line == line.number and "string" in use.kind else (None, "")
            if key is not None:
                yield self._chain(key)

    def _chain(self, key: Key) -> Chain:
        names = tuple(".".join(filter(None, one)) for one in self._tree.legacy.chain(key))
        return Chain(names, self._tree.legacy.successors.get(self._tree.legacy.old(key), ""))

    def _plain(self, module: str, names: Iterable[str]) -> Iterator[Chain]:
        """Names that lead through no legacy path."""
        for name in names:
            found = self.code.resolver.name(module, name)
            written = f"{module}.{name}"
            match found:
                case Definition() if found.dotted != written:
                    yield Chain((written, found.dotted))
                case Missing():
                    yield Chain((written, "nothing: no such name is there"))
                case External():
                    yield Chain((written, "outside this code base"))
                case Module() | Definition():
                    yield Chain((written,))
                case _:
                    yield Chain((written, "made at run time"))
