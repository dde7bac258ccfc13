"""Dotted paths in strings: targets of patches, module names for importlib and logging, source code in text.

certain -> SAFE: the target argument of a known call names a moved definition at the module that defines it.
likely -> REVIEW: the whole string is such a path, or the path of its module, anywhere else.
unknown -> MANUAL, told and not touched: text that only mentions one, computed strings, embedded source code.

A patch of a module that only uses a moved name stays valid, since the import there keeps its binding: not touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from codemods.edits import Applicability, Edit
from codemods.index.resolve import Resolver
from codemods.rewrites.moves import Moves, Successor, Successors
from codemods.rewrites.opened import Opened, Span
from codemods.rewrites.outcomes import Rewritten
from codemods.rewrites.string_paths import Broken, OfModule, Renamed, StringPaths
from codemods.rewrites.string_places import MULTIPLE, SURE, Place, patched_names, places

RULE = "string"
_LITERAL = re.compile(r"([rRbBuU]{0,2})('''|\"\"\"|'|\")(.*)\2", re.DOTALL)
_CODE = re.compile(r"^\s*(?:>>> )?(?:from\s+[\w.]+\s+import\b|import\s+[\w.]+)", re.MULTILINE)
_BY_HAND = "write the new path where it is meant"


class StringRewriter:
    """Rewrites the strings that spell an old dotted path, file by file."""

    def __init__(self, moves: Moves, resolver: Resolver) -> None:
        self.successors = Successors(moves, resolver)
        self.paths = StringPaths(self.successors)

    def may_concern(self, source: bytes) -> bool:
        """Whether a file's bytes spell an old module's path at all; no other needs to be opened."""
        return any(holder.encode() in source for holder in self.successors.holders)

    def rewrite(self, file: Opened) -> Rewritten:
        """The edits of one file."""
        if not self._beyond_imports(file):
            return Rewritten(file.path)
        edits = [edit for place in places(file.tree) for edit in self._edits(file, place)]
        return Rewritten(file.path, tuple(sorted(edits, key=lambda edit: (edit.start, edit.end))))

    def _beyond_imports(self, file: Opened) -> bool:
        """Whether an old module is spelled elsewhere than in import statements: most files need no further look."""
        lines = file.source.splitlines()
        spent = {number for item in file.facts.imports for number in range(item.line - 1, item.end)}
        rest = (line for number, line in enumerate(lines) if number not in spent or b"'" in line or b'"' in line)
        return self.may_concern(b"\n".join(rest))

    def _edits(self, file: Opened, place: Place) -> Iterator[Edit]:
        text = str(place.node.value)
        if not self.paths.mentions(text):
            return
        if place.computed:
            yield _told(file, place, "a computed string names an old module", _BY_HAND)
        elif not self.paths.is_path(text):
            reason = "source code in a string" if _CODE.search(text) else "a text that mentions an old path"
            yield _told(file, place, reason, _BY_HAND)
        else:
            yield from self._path(file, place, text)

    def _path(self, file: Opened, place: Place, text: str) -> Iterator[Edit]:
        meaning = self.paths.meaning(text)
        match meaning:
            case Renamed():
                yield self._renamed(file, place, text[: meaning.length], meaning)
            case OfModule():
                yield self._module(file, place, meaning)
            case Broken():
                yield _told(file, place, meaning.reason, meaning.advice)

    def _renamed(self, file: Opened, place: Place, old: str, meaning: Renamed) -> Edit:
        doubt = meaning.doubt
        if place.kind == MULTIPLE:
            doubt = doubt or self._keyword_doubt(place, meaning)
        elif place.kind not in SURE:
            doubt = doubt or "it is the path of what moved; whether it is meant as one cannot be told"
        return _edit(file, place, old, meaning.text, doubt)

    def _keyword_doubt(self, place: Place, meaning: Renamed) -> str:
        """`patch.multiple("pkg.old.Class", method=...)`: whether the class has every member that is named."""
        doubts = (self.paths.member_doubt(name, meaning.successor) for name in patched_names(place.call) or ("**",))
        return next(filter(None, doubts), "")

    def _module(self, file: Opened, place: Place, meaning: OfModule) -> Edit:
        if place.kind == MULTIPLE:
            return self._multiple(file, place, meaning)
        if not meaning.new:
            return _told(file, place, f"the names of {meaning.module} move to several modules", _BY_HAND)
        said = f" in {place.kind}" if place.kind else ""
        doubt = f"the path of the module{said}: what is taken from it cannot be told"
        return _edit(file, place, meaning.module, meaning.new, doubt)

    def _multiple(self, file: Opened, place: Place, meaning: OfModule) -> Edit:
        """`patch.multiple("pkg.old", name=...)`: certain when all names go to one module and keep their spelling."""
        names = patched_names(place.call)
        verdicts = [self.successors.of(meaning.module, name) for name in names or ()]
        moved = [verdict for verdict in verdicts if isinstance(verdict, Successor)]
        modules = {verdict.module for verdict in moved}
        if names is None or len(moved) != len(verdicts) or len(modules) != 1:
            reason = f"patches of {meaning.module} that do not all move to one module"
            return _told(file, place, reason, "patch each name in its new module")
        if [verdict.name for verdict in moved] != list(names):
            return _told(file, place, "the names that it patches are called otherwise now", "rename the keywords too")
        return _edit(file, place, meaning.module, modules.pop(), "")


def _edit(file: Opened, place: Place, old: str, new: str, doubt: str) -> Edit:
    """Replace the first part of a string; a literal in pieces or with escapes is told instead."""
    span = _inner(file, place)
    if span is None:
        return _told(file, place, f"{old} is {new} now, but it is written in pieces", _BY_HAND)
    start, end = span[0], span[0] + len(old.encode(file.encoding))
    applicability = Applicability.REVIEW if doubt else Applicability.SAFE
    reason = f"{old} is {new} now"
    content = new.encode(file.encoding)
    return Edit(file.path, start, end, content, place.node.lineno, RULE, applicability, reason, doubt)


def _inner(file: Opened, place: Place) -> Span | None:
    """The bytes between the quotes, when they are the string's value letter by letter."""
    start, end = file.span(place.node)
    literal = _LITERAL.fullmatch(file.text((start, end)))
    if literal is None or literal[3] != place.node.value:
        return None
    opening = len((literal[1] + literal[2]).encode(file.encoding))
    return start + opening, end - len(literal[2])


def _told(file: Opened, place: Place, reason: str, advice: str) -> Edit:
    span = file.span(place.node)
    return Edit(file.path, *span, b"", place.node.lineno, RULE, Applicability.MANUAL, reason, advice)
