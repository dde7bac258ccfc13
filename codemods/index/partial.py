"""An index of which only some files are read now; the facts of the others are the last run's, opened on demand."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping

from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts
from codemods.index.modules import module_name
from codemods.index.reader import Reading, Record


class PartialIndex(CodeIndex):
    """`files` are those read now; what their names mean elsewhere is found through `modules` of all files."""

    def __init__(self, fresh: Iterable[FileFacts], known: Mapping[str, Record], reading: Reading) -> None:
        super().__init__(fresh)
        self.modules = _Modules(self.modules, known, reading)


class _Modules(Mapping[str, FileFacts]):
    """The modules of a code base; one that is not read now is unpickled when it is asked for."""

    def __init__(self, fresh: Mapping[str, FileFacts], known: Mapping[str, Record], reading: Reading) -> None:
        now = {facts.path for facts in fresh.values()}
        self._facts, self._known = dict(fresh), known
        self._paths: dict[str, str] = {}
        for path in known:
            name = module_name(path, reading.source_roots, reading.prefix)
            if path not in now and (not path.endswith(".pyi") or name not in self._paths):
                self._paths[name] = path
        self._names = dict.fromkeys((*self._paths, *fresh))

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
