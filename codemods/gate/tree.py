"""The code base as the rules see it: facts, meanings, contents, and what several rules ask for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from codemods.analysis.families.candidates import works
from codemods.gate.legacy import LegacyPaths, legacy_paths
from codemods.gate.shims import Shim, shims_of
from codemods.index.closeup import CloseUp, close_up
from codemods.index.code import CodeIndex
from codemods.index.facts import FileFacts, Use
from codemods.index.resolve import Definition, Resolver
from codemods.index.tolerant import syntax_tree
from codemods.inventory import Inventory, take_inventory
from codemods.plan import Plan, PlannedClass


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is given beside the code base.

    `release` is the version that shims' removal is held against, `shipped` the unified modules as they are shipped,
    `logged` the old names that shims were asked for in production (None when no log was given). `focus` are the files
    to judge, None for all.
    """

    plan: Plan
    release: str = ""
    shipped: Mapping[str, bytes] = field(default_factory=dict)
    logged: Mapping[str, tuple[str, ...]] | None = None
    focus: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What only the whole code base tells, kept so that changed files can be judged without reading it again."""

    shims: tuple[Shim, ...]
    legacy: LegacyPaths
    targets: Mapping[str, str]  # the unified classes that are in the tree, with the plan's word for each
    merged: Mapping[str, str]  # unified and legacy classes by their definition, with the unified one of each
    closeups: Mapping[str, CloseUp]


class Tree:
    """One state of a code base, read once; everything that rules share is computed when first asked for."""

    def __init__(
        self,
        inputs: Inputs,
        index: CodeIndex,
        uses: Mapping[str, tuple[Use, ...]],
        content: Callable[[str], bytes],
        learned: Learned | None = None,
    ) -> None:
        self.inputs, self.plan = inputs, inputs.plan
        self.index, self.uses, self.content = index, uses, content
        self._learned = learned

    @cached_property
    def resolver(self) -> Resolver:
        """What the names mean."""
        return Resolver(self.index)

    @cached_property
    def inventory(self) -> Inventory:
        """The plan held against the code base."""
        return take_inventory(self.plan, self.index, self.resolver)

    @cached_property
    def files(self) -> tuple[FileFacts, ...]:
        """The files to judge."""
        focus = self.inputs.focus
        return tuple(file for file in self.index.files if focus is None or file.path in focus)

    @cached_property
    def learned(self) -> Learned:
        """What the whole code base tells."""
        if self._learned is not None:  # of the files read now, their shims are as they are now
            fresh = {file.path for file in self.files}
            kept = [shim for shim in self._learned.shims if shim.path not in fresh]
            now = [shim for file in self.files for shim in shims_of(file, self.content)]
            return replace(self._learned, shims=(*kept, *now))
        shims = tuple(shim for file in self.index.files for shim in shims_of(file, self.content))
        legacy = legacy_paths(self.plan, self.index, self.standing, {shim.old: shim.new for shim in shims})
        closeups = {item.dotted: item for item in self._closeups()}
        return Learned(shims, legacy, self._targets, dict(self._merged()), closeups)

    def _merged(self) -> Iterator[tuple[str, str]]:
        yield from ((dotted, dotted) for dotted in self._targets)
        yield from ((dotted, f"{self.plan.destination}.{item.target}") for dotted, item in self.standing.items())

    @property
    def shims(self) -> tuple[Shim, ...]:
        """Every old name that the tree's shims keep alive."""
        return self.learned.shims

    @property
    def legacy(self) -> LegacyPaths:
        """The paths that nothing may use."""
        return self.learned.legacy

    @property
    def closeups(self) -> Mapping[str, CloseUp]:
        """The planned classes and the unified ones, read closely."""
        return self.learned.closeups

    @property
    def targets(self) -> Mapping[str, str]:
        """The unified classes that are in the tree, by their definition, with the plan's word for each."""
        return self._learned.targets if self._learned is not None else self._targets

    @cached_property
    def standing(self) -> Mapping[str, PlannedClass]:
        """The planned classes that are still implemented outside their targets, by their definition.

        What the plan preserves is none of them: it stays.
        """
        entries = [entry for entry in self.inventory.entries if entry.state in {"found", "moved"}]
        return {
            entry.definition: entry.planned
            for entry in entries
            if entry.planned.dotted not in self.preserved
            and not self.is_unified(entry.definition)
            and (entry.state == "found" or works(self.index.classes[entry.definition][1]))
        }

    def is_unified(self, dotted: str) -> bool:
        """Whether a class stands in one of the unified modules, or is a target of the plan elsewhere."""
        return dotted in self.targets or self.index.classes[dotted][0].module in self.unified_modules

    @cached_property
    def unified_modules(self) -> frozenset[str]:
        """The modules that hold what is shipped, by their names in the tree."""
        names = (path.removesuffix(".py").removesuffix("/__init__") for path in self.inputs.shipped)
        return frozenset(f"{self.plan.destination}.{name.replace('/', '.')}" for name in names)

    @cached_property
    def preserved(self) -> frozenset[str]:
        """The classes that stay as they are."""
        return frozenset(item.dotted for item in self.plan.preserved)

    @cached_property
    def _targets(self) -> Mapping[str, str]:
        """A target may be handed on by the module that the plan names; a planned class handed on is no target."""
        planned = {item.dotted for item in self.plan.classes}
        named = [*(item.target for item in self.plan.classes), *(family.target for family in self.plan.families)]
        found: dict[str, str] = {}
        for target in dict.fromkeys(named):
            outcome, rest = self.resolver.path(f"{self.plan.destination}.{target}")
            if not isinstance(outcome, Definition) or rest or outcome.dotted in planned:
                continue
            if outcome.dotted in self.index.classes:
                found.setdefault(outcome.dotted, target)
        return found

    @property
    def family_targets(self) -> frozenset[str]:
        """The unified classes that families become."""
        families = {family.target for family in self.plan.families}
        return frozenset(dotted for dotted, target in self.targets.items() if target in families)

    def _closeups(self) -> Iterator[CloseUp]:
        preserved = [dotted for dotted in sorted(self.preserved) if dotted in self.index.classes]
        events = tuple(event.name for event in self.plan.events)
        for dotted in dict.fromkeys((*self.inventory.targets, *self.targets, *preserved)):
            file, item = self.index.classes[dotted]
            found = close_up(self.syntax(file), file.path, file.module, item.qualname, events)
            if found is not None:
                yield found

    def syntax(self, file: FileFacts) -> ast.Module:
        """The syntax tree of a file that could be read."""
        if file.path not in self._syntax:
            self._syntax[file.path] = syntax_tree(file, self.content(file.path))
        return self._syntax[file.path]

    @cached_property
    def _syntax(self) -> dict[str, ast.Module]:
        return {}
