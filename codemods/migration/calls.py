"""How the calls of an old class differ from those of what takes its place: its constructor, and which methods."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from codemods.analysis.signatures import positional
from codemods.conventions import ClassConvention, MethodConvention
from codemods.index.closeup import Member
from codemods.migration.unified import Unified


@dataclass(frozen=True, slots=True)
class Differences:
    """Whether the constructor takes other arguments, and the methods that do, or answer in another way."""

    constructor: bool
    methods: frozenset[str]

    @property
    def any(self) -> bool:
        """Whether the old class needs an adapter."""
        return self.constructor or bool(self.methods)


NONE = Differences(False, frozenset())


def differences(
    convention: ClassConvention, conventions: Mapping[str, ClassConvention], unified: Unified
) -> Differences:
    """What differs between a class of the conventions and the unified class that is made in its place."""
    name = made_class(convention)
    members = unified.members(convention, name)
    differing = {m.name for m in convention.methods if not _fits(m, members.get(m.name), conventions, unified)}
    return Differences(not _plain(convention, name), frozenset(differing))


def made_class(convention: ClassConvention) -> str:
    """The unified class that a convention makes, or whose method makes it."""
    made = ast.parse(convention.makes, mode="eval").body
    while isinstance(made, ast.Call | ast.Attribute):
        made = made.func if isinstance(made, ast.Call) else made.value
    return made.id if isinstance(made, ast.Name) else ""


def _fits(
    method: MethodConvention, member: Member | None, conventions: Mapping[str, ClassConvention], unified: Unified
) -> bool:
    """Whether calls of the old method mean the same to the unified one."""
    if method.becomes:
        return False
    if method.adapts:
        return not differences(conventions[method.adapts], conventions, unified).methods
    if member is None or method.returns == "raises":
        return False
    takes = method.parameters
    return positional(member)[: len(takes)] == takes


def _plain(convention: ClassConvention, name: str) -> bool:
    """Whether the old constructor's arguments are the unified one's, in the same order."""
    made = ast.parse(convention.makes, mode="eval").body
    if not isinstance(made, ast.Call) or not isinstance(made.func, ast.Name) or made.func.id != name or made.keywords:
        return False
    given = tuple(argument.id if isinstance(argument, ast.Name) else "" for argument in made.args)
    return given == convention.parameters
