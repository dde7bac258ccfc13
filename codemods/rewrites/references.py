"""All references of one file to moved definitions, imports and strings together: the file is opened once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from codemods.edits import Applicability, Edit
from codemods.index.facts import FileFacts
from codemods.index.resolve import Resolver
from codemods.rewrites.imports import ImportRewriter
from codemods.rewrites.moves import Moves
from codemods.rewrites.opened import Opened
from codemods.rewrites.outcomes import Rewritten
from codemods.rewrites.strings import StringRewriter


class ReferenceRewriter:
    """Plans the edits of every file that refers to what moves."""

    def __init__(self, moves: Moves, resolver: Resolver) -> None:
        self.resolver = resolver
        self.imports, self.strings = ImportRewriter(moves, resolver), StringRewriter(moves, resolver)

    def may_concern(self, path: str, source: bytes) -> bool:
        """Whether a file may hold a reference: told by its facts and its bytes, without a look at its syntax."""
        return path in self._importing or self.strings.may_concern(source)

    def rewrite(self, path: str, source: bytes) -> Rewritten:
        """The edits of one file of the index whose content is `source`.

        Raises SyntaxError or ValueError when the content is not what the index has read.
        """
        if not self.may_concern(path, source):
            return Rewritten(path)
        known = self._files[path]
        if known.read_by not in {"ast", "libcst"}:
            return _whole(path, f"it names an old module and cannot be read: {known.problem}")
        try:
            return self._rewritten(Opened(known, source))
        except UnicodeEncodeError as error:
            return _whole(path, f"its encoding cannot spell a new name: {error}")

    def _rewritten(self, file: Opened) -> Rewritten:
        path = file.path
        strings = self.strings.rewrite(file)
        if path not in self._importing:
            return strings
        return self.imports.rewrite(file, strings.safe).joined(strings)

    def rewrite_all(self, sources: Mapping[str, bytes]) -> Iterator[Rewritten]:
        """The edits of each of these files."""
        yield from (self.rewrite(path, source) for path, source in sources.items())

    @cached_property
    def _importing(self) -> frozenset[str]:
        return frozenset(self.imports.files)

    @cached_property
    def _files(self) -> Mapping[str, FileFacts]:
        return {file.path: file for file in self.resolver.index.files}


def _whole(path: str, reason: str) -> Rewritten:
    """The answer for a file that no edit can be made in."""
    advice = "look through it by hand"
    return Rewritten(path, (Edit(path, 0, 0, b"", 1, "file", Applicability.MANUAL, reason, advice),))
