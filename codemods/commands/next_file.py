"""`wsconsolidate next`: the files whose migration unblocks most, and why."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from codemods.commands.codebase import CodeBase, Request, read_code_base
from codemods.commands.show import show
from codemods.errors import UsageError
from codemods.gate.tree import Inputs, Tree
from codemods.gate.unblocking import Blocking, Unblocking
from codemods.plan import Plan
from codemods.shipped import brought_by
from codemods.source.owners import owners_of
from reports.documents.next_files import NextFile, NextReport, ShimKept
from reports.sections.next_files import next_files

LISTED = 10


def run(request: Request, format_: str, terminal: bool) -> str:
    """The text of the list. Raises UsageError, ConfigError."""
    with read_code_base(request) as code:
        plan = code.plan
        if plan is None:
            raise UsageError("next needs a plan: it says what is to be migrated")
        report = code.remembered(lambda: _report(code, request.root, plan), "next", str(request.root))
    owners = owners_of(request.root)  # asked anew: no fact of the code tells of them
    if owners is not None:
        report = replace(report, listed=tuple(replace(item, owners=owners.of(item.path)) for item in report.listed))
    return show(report, next_files(report), format_, terminal)


def _report(code: CodeBase, root: Path, plan: Plan) -> NextReport:
    uses = code.builder.uses(code.builder.studied())
    inputs = Inputs(plan, shipped=brought_by(plan))
    unblocking = Unblocking(Tree(inputs, code.index, uses, lambda path: (code.discovery.root / path).read_bytes()))
    ranked = unblocking.ranked()
    listed = tuple(_next_file(item, root) for item in ranked[:LISTED])
    return NextReport(plan.title, len(ranked), len(unblocking.sites), listed)


def _next_file(item: Blocking, root: Path) -> NextFile:
    shares = tuple(ShimKept(module, others) for module, others in item.kept if others)
    freed_files = len({site.path for site in item.freed})
    lines = tuple(site.line for site in item.sites)
    return NextFile(
        item.path, item.line, item.classes, lines, len(item.freed), freed_files, item.ends, shares, _command(item, root)
    )


def _command(item: Blocking, root: Path) -> str:
    """What to run: for what others wait for, its classes; what only uses an old path has a reason to be left."""
    wanted = item.classes or (item.standing if item.freed else ())
    if wanted:
        only = [word for dotted in wanted for word in ("--only", dotted)]
        return shlex.join(["wsconsolidate", "migrate", str(root), *only])
    return shlex.join(["wsconsolidate", "explain", str(root), f"{item.path}:{item.line}"])
