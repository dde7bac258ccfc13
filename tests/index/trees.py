"""Small helpers for the tests of uses: one file read, its uses as plain triples."""

from __future__ import annotations

import ast
import textwrap

from codemods.index.uses import uses_of

Found = tuple[str, str, str]  # reference, kind, detail
START = "from app.core import Manager, get_manager\n"


def uses(source: str, module: str = "app.web.page", words: tuple[str, ...] = ("Manager",)) -> list[Found]:
    """The uses of one file, in the order found."""
    tree = ast.parse(textwrap.dedent(source))
    return [(use.ref, use.kind, use.detail) for use in uses_of(tree, module, False, {"app"}, words)]


def of_manager(source: str) -> list[Found]:
    """The uses in a source that begins by importing Manager and get_manager."""
    return uses(START + textwrap.dedent(source))


def calls(source: str) -> list[str]:
    """The references called in a source that begins by importing Manager and get_manager."""
    return [ref for ref, kind, _ in of_manager(source) if kind == "call"]
