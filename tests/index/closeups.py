"""One method read closely."""

from __future__ import annotations

import ast
import textwrap

from codemods.index.closeup import Member, close_up


def member_of(definition: str) -> Member:
    """The member of a definition's head, with its decorators."""
    source = f"class C:\n{textwrap.indent(definition, '    ')}: ...\n"
    found = close_up(ast.parse(source), "c.py", "c", "C", ())
    assert found is not None
    [member] = found.members
    return member
