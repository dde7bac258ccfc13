"""New code as a careful hand lays it out: one line where it fits, else an item a line."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

WIDTH = 104  # columns before indentation: four levels deep it is 120, as this code base has it


def double_quoted(expression: str) -> str:
    """An expression with its strings in double quotes, where that is all the same; `ast.unparse` gives single ones."""
    quoted = re.sub(r"'([^'\"\\]*)'", r'"\1"', expression)
    try:
        same = ast.dump(ast.parse(quoted)) == ast.dump(ast.parse(expression))
    except SyntaxError:
        return expression
    return quoted if same else expression


def bracketed(head: str, items: Sequence[str], tail: str) -> str:
    """`head` and `tail` with the items between them, such as a call or the head of a function."""
    line = f"{head}{', '.join(items)}{tail}"
    if not items or (len(line) <= WIDTH and "\n" not in line):
        return line
    return f"{head}\n" + "".join(indented(f"{item},\n") for item in items) + tail


def from_import(module: str, names: Sequence[str]) -> str:
    """A from-import as one statement with its line end."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) + 4 <= WIDTH:  # it may come to stand indented
        return f"{line}\n"
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"


def indented(text: str) -> str:
    """The lines of a text one level deeper."""
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def parameters(arguments: ast.arguments, annotation: str = "") -> list[str]:
    """Parameters as they are written in the head of a function, each with the annotation if one is given."""
    first = [*arguments.posonlyargs, *arguments.args]
    without = len(first) - len(arguments.defaults)
    shown = [
        _parameter(arg, None if n < without else arguments.defaults[n - without], annotation)
        for n, arg in enumerate(first)
    ]
    if arguments.posonlyargs:
        shown.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg is not None:
        shown.append("*" + _parameter(arguments.vararg, None, annotation))
    elif arguments.kwonlyargs:
        shown.append("*")
    shown += [_parameter(*pair, annotation) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg is not None:
        shown.append("**" + _parameter(arguments.kwarg, None, annotation))
    return shown


def _parameter(arg: ast.arg, default: ast.expr | None, annotation: str) -> str:
    typed = f"{arg.arg}: {annotation}" if annotation else arg.arg
    if default is None:
        return typed
    value = double_quoted(ast.unparse(default))
    return f"{typed} = {value}" if annotation else f"{typed}={value}"
