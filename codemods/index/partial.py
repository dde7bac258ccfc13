"""An index of which only some files are read now; the facts of the others are the last run's, opened on demand."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping

from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.reader import Record


class PartialIndex(CodeIndex):
    """`files` are those read now; what their names mean elsewhere is found through `modules` of all files.

    `paths` tells the file of each module as the last run over all of them found it.
    """

    def __init__(self, fresh: Iterable[FileFacts], known: Mapping[str, Record], paths: Mapping[str, str]) -> None:
        super().__init__(fresh)
        self.modules = _Modules(self.modules, known, paths)


class _Modules(Mapping[str, FileFacts]):
    """The modules of a code base; one that is not read now is unpickled when it is asked for."""

    def __init__(self, fresh: Mapping[str, FileFacts], known: Mapping[str, Record], paths: Mapping[str, str]) -> None:
        self._facts, self._known, self._paths = dict(fresh), known, paths
        self._names = dict.fromkeys((*paths, *fresh))

    def __getitem__(self, name: str) -> FileFacts:
        if name not in self._facts:
            self._facts[name] = pickle.loads(self._known[self._paths[name]].facts)
        return self._facts[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
