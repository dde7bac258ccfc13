"""Where things go in one code base: the destination package, and the place of the shims' runtime."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from codemods.errors import ConfigError
from codemods.index.code import CodeIndex
from codemods.plan import Plan

CALLS = "legacy_calls"
RUNTIME = "unified_shims"


@dataclass(frozen=True, slots=True)
class Layout:
    """The destination as a dotted package and a folder, and the package and folder of the shims' runtime."""

    package: str
    folder: str
    shared: str
    shared_folder: str

    @property
    def runtime(self) -> str:
        """The module that makes shims work."""
        return f"{self.shared}.{RUNTIME}"

    @property
    def calls(self) -> str:
        """The module that keeps the calls of old."""
        return f"{self.package}.{CALLS}"

    def path_of(self, shipped: str) -> str:
        """Where a shipped file goes; the runtime lies beside the packages that use it.

        Old modules import it. In the destination it would make each of them import that whole package first.
        """
        folder = self.shared_folder if shipped == f"{RUNTIME}.py" else self.folder
        return f"{folder}/{shipped}" if folder else shipped

    def dotted(self, target: str) -> str:
        """The full path of a target that the plan gives relative to the destination."""
        return f"{self.package}.{target}"


def layout_of(plan: Plan, index: CodeIndex) -> Layout:
    """The layout for a plan. Raises ConfigError when its destination is no package of this code base."""
    file = index.modules.get(plan.destination)
    if file is None or not file.is_package:
        raise ConfigError(f'destination: "{plan.destination}" is no package of this code base; create it, or name one')
    modules = [module for module in plan.modules if module in index.modules]
    shared = shared_package([plan.destination, *modules], index) or plan.destination
    return Layout(plan.destination, _folder(file.path), shared, _folder(index.modules[shared].path))


def shared_package(modules: Iterable[str], index: CodeIndex) -> str:
    """The innermost package that all of these modules are in or are: it is imported before each of them anyway."""
    split = [module.split(".") for module in modules]
    shared = split[0]
    for parts in split[1:]:
        same = next((n for n, (a, b) in enumerate(zip(shared, parts, strict=False)) if a != b), None)
        shared = shared[: min(len(shared), len(parts)) if same is None else same]
    while shared and not _is_package(".".join(shared), index):
        shared = shared[:-1]
    return ".".join(shared)


def _is_package(module: str, index: CodeIndex) -> bool:
    file = index.modules.get(module)
    return file is not None and file.is_package


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
