"""The first stages of every command: settings, files, index. The disk is read here and nowhere later."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from codemods.areas import TEST_PATH
from codemods.config import Settings, load_settings
from codemods.errors import UsageError
from codemods.index.build import Builder
from codemods.index.cache import Cache
from codemods.index.closeup import CloseUp, close_up
from codemods.index.code import CodeIndex
from codemods.index.reader import Reading, without_collection
from codemods.index.resolve import Resolver
from codemods.index.shipping import Crew
from codemods.index.tolerant import syntax_tree
from codemods.inventory import Inventory
from codemods.plan import Plan, load_plan
from codemods.progress import progress
from codemods.source.discover import Discovery, discover

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asked for, before settings are joined in: None and empty stand for "not said"."""

    root: Path
    plan: Path | None = None
    no_plan: bool = False
    exclude: tuple[str, ...] = ()
    jobs: int = 0
    cache: bool = True
    executor: str = ""  # where files are read: dask://HOST:PORT, or here


class CodeBase:
    """A code base that has been read, and the plan it is held against (None without one)."""

    def __init__(self, plan: Plan | None, discovery: Discovery, builder: Builder, cache: Cache | None) -> None:
        self.plan, self.discovery, self.builder = plan, discovery, builder
        self._cache = cache

    @cached_property
    def index(self) -> CodeIndex:
        """The index of all files."""
        return CodeIndex(self.builder.facts())

    @cached_property
    def resolver(self) -> Resolver:
        """What the names in them mean."""
        return Resolver(self.index)

    def read(self, path: str) -> bytes | None:
        """The content of a file, by its path below the root; None where there is none."""
        place = self.discovery.root / path
        return place.read_bytes() if place.is_file() else None

    def keep(self, what: str, key: bytes, result: object) -> None:
        """Keep something for a run that will not read the whole code base."""
        if self._cache is not None:
            self._cache.remember(what, key, result)

    def remembered(self, compute: Callable[[], Result], what: str = "reports", told: object = None) -> Result:
        """What the last run computed, when not one fact has changed since; a changed comment changes no fact.

        `what` names the kind of result; what it is made of beside facts and plan is `told`.
        """
        if self._cache is None:
            return compute()
        known = self._cache.recall(what, self._key(told))
        if known is not None:
            return cast(Result, known)
        result = compute()
        self._cache.remember(what, self._key(told), result)
        return result

    def _key(self, more: object) -> bytes:
        told = repr((self.plan, self.discovery.left_out, more)).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(told + self.builder.fingerprint()).digest()

    def closeups(self, inventory: Inventory, events: Iterable[str]) -> dict[str, CloseUp]:
        """The planned classes read closely, by their dotted definition."""
        found: dict[str, CloseUp] = {}
        names = tuple(events)
        trees: dict[str, ast.Module] = {}
        for dotted in inventory.targets:
            file, item = self.index.classes[dotted]
            if file.path not in trees:
                trees[file.path] = syntax_tree(file, (self.discovery.root / file.path).read_bytes())
            closeup = close_up(trees[file.path], file.path, file.module, item.qualname, names)
            if closeup is not None:
                found[dotted] = closeup
        return found


@contextmanager
def read_code_base(request: Request) -> Iterator[CodeBase]:
    """Read the code base; what was read is kept for the next run when the work with it ends well.

    Raises UsageError, ConfigError, ClusterError.
    """
    _check(request)
    settings = load_settings(request.root)
    plan = None if request.no_plan else load_plan(request.plan or settings.plan)
    discovery = discover(request.root, (*settings.exclude, *request.exclude))
    if not discovery.files:
        raise UsageError(_nothing_below(discovery))
    reading = _reading(discovery, settings, plan)
    cache = Cache(reading) if request.cache and settings.cache else None
    # Facts live to the end, too: collecting among them takes a third of a warm run for nothing.
    with without_collection(), _crew(request.executor) as crew, progress(len(discovery.files), "Reading") as advance:
        builder = Builder(reading, request.jobs or settings.jobs, cache, advance, crew)
        builder.refresh(discovery.files)
        yield CodeBase(plan, discovery, builder, cache)
        builder.save()


def _crew(executor: str) -> AbstractContextManager[Crew | None]:
    if not executor:
        return nullcontext()
    from codemods.index.cluster import cluster  # loads what no other run needs

    return cluster(executor)


def _check(request: Request) -> None:
    if request.plan is not None and request.no_plan:
        raise UsageError("--plan and --no-plan contradict each other; give one of them")
    if request.root.is_file():
        raise UsageError(f"{request.root}: a file; give the folder that holds the code base")


def _nothing_below(discovery: Discovery) -> str:
    """A scan of nothing is a mistyped path far more often than a wish: it must not pass for a clean code base."""
    reasons = Counter(reason for _, reason in discovery.left_out)
    told = "; ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
    left_out = f" (left out: {told})" if told else ""
    return f"no Python files below {discovery.root}{left_out}; give the folder that holds the code base"


def _reading(discovery: Discovery, settings: Settings, plan: Plan | None) -> Reading:
    roots = {discovery.prefix.partition(".")[0]} if discovery.prefix else set()
    sources = ("", *settings.source_roots)
    for path in () if discovery.prefix else discovery.files:
        root = max((source for source in sources if path.startswith(f"{source}/" if source else "")), key=len)
        roots.add(path[len(root) :].lstrip("/").partition("/")[0].partition(".")[0])
    seek = (*plan.names, *plan.modules, *(getter.rpartition(".")[2] for getter in plan.getters)) if plan else ()
    return Reading(
        str(discovery.root.resolve()),
        sources,
        discovery.prefix,
        TEST_PATH,
        tuple(dict.fromkeys(seek)),
        frozenset(roots),
        tuple(sorted(_target_names(plan))) if plan else (),
    )


def _target_names(plan: Plan) -> set[str]:
    """What the unified classes are called: who uses them is worth a look, too."""
    targets = (*(item.target for item in plan.classes), *(family.target for family in plan.families))
    return {target.rpartition(".")[2] for target in targets}
