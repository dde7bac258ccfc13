"""The classes that a plan preserves exactly as they are: no byte of them is edited."""

from __future__ import annotations

from codemods.index.code import CodeIndex
from codemods.index.facts import Class
from codemods.plan import Plan


def preserved_in(path: str, plan: Plan, index: CodeIndex) -> tuple[Class, ...]:
    """The preserved classes that stand in a file."""
    found = (index.classes[item.dotted] for item in plan.preserved if item.dotted in index.classes)
    return tuple(item for file, item in found if file.path == path)


def inside(line: int, classes: tuple[Class, ...]) -> Class | None:
    """The one of the classes that a line belongs to."""
    return next((item for item in classes if item.line <= line <= item.end), None)
