"""The rewrite of imports as a codemod that LibCST itself runs, in an editor or beside a project's other codemods.

python -m libcst.tool codemod -x codemods.export.consolidate_imports.ConsolidateImportsCommand --plan FILE PATH ...
"""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path

import libcst
from libcst.codemod import CodemodCommand, CodemodContext, SkipFile

from codemods.errors import WsConsolidateError
from codemods.export.alone import Alone
from codemods.plan import load_plan


class ConsolidateImportsCommand(CodemodCommand):
    """Rewrites the references of one file to the classes of a plan, as `wsconsolidate migrate` does."""

    DESCRIPTION = "Rewrite imports of the classes of a consolidation plan to those that take their place."

    @staticmethod
    def add_args(arg_parser: argparse.ArgumentParser) -> None:
        """The options of the codemod."""
        arg_parser.add_argument("--plan", metavar="FILE", default=None, help="A plan file; the shipped one without it.")
        arg_parser.add_argument(
            "--root", metavar="FOLDER", default=".", help="Where the names of modules start; the current folder."
        )

    def __init__(self, context: CodemodContext, plan: str | None = None, root: str = ".") -> None:
        super().__init__(context)
        self._plan, self._root = plan, root

    def transform_module_impl(self, tree: libcst.Module) -> libcst.Module:
        """The file with what is certain rewritten; what is not is warned of, with its line."""
        try:
            alone = _alone(self._plan, self._root)
            after, left = alone.rewritten(self._path(alone), tree.bytes)
        except (WsConsolidateError, SyntaxError) as error:
            raise SkipFile(str(error)) from error
        for edit in left:
            self.warn(f"line {edit.line}: {edit.reason}; {edit.advice}")
        return tree if after == tree.bytes else libcst.parse_module(after, tree.config_for_parsing)

    def _path(self, alone: Alone) -> str:
        """The file relative to the root; one that is elsewhere, or standard input, has no package around it."""
        path = Path(self.context.filename or "standard_input.py").resolve()
        return path.relative_to(alone.root).as_posix() if path.is_relative_to(alone.root) else path.name


@cache
def _alone(plan: str | None, root: str) -> Alone:
    """One for all files of a process: the plan's modules are read once."""
    return Alone(load_plan(Path(plan) if plan else None), Path(root).resolve())
