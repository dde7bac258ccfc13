"""The text of an import statement with other modules and names in it: comments and layout inside are kept.

libcst takes the statement apart and writes it; nothing else of the file is given to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from codemods.rewrites.opened import Around

# Comments that speak to a tool about the line they stand on: where one line becomes two, both need them.
_DIRECTIVE = re.compile(
    r"#\s*(?:noqa|type:\s*ignore|pylint|pyright|mypy|ruff|isort|flake8|fmt|yapf|pragma|nosec|NOSONAR|NOQA)\b"
)
Whitespace = cst.BaseParenthesizableWhitespace


@dataclass(frozen=True, slots=True)
class Target:
    """What one name of a statement becomes: `module` as it is to be written, with dots where it is relative."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class _Item:
    """One name of a from-import: the comment lines above it and the comment behind it belong to it."""

    module: str
    code: str
    above: tuple[str, ...]
    behind: str


def rewritten(statement: str, targets: Sequence[Target | None], around: Around) -> str:
    """The statement with each name that has a target replaced by it; several statements where modules part."""
    module = cst.parse_module(statement)
    line = module.body[0]
    node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else line
    if isinstance(node, cst.Import):
        return module.code_for_node(node.with_changes(names=_renamed(node.names, targets)))
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        raise ValueError(f"no import of names: {statement}")
    own = _module_text(node, module)
    modules = [own if target is None else target.module for target in targets]
    names = _renamed(node.names, targets)
    if len(set(modules)) == 1:
        return module.code_for_node(_from(node, own, modules[0]).with_changes(names=names))
    return _split(node, names, modules, module, around)


def _renamed(aliases: Sequence[cst.ImportAlias], targets: Sequence[Target | None]) -> list[cst.ImportAlias]:
    return [
        alias if target is None else _alias(alias, target.name) for alias, target in zip(aliases, targets, strict=True)
    ]


def _alias(alias: cst.ImportAlias, new: str) -> cst.ImportAlias:
    """The alias importing `new` under the local name it had; the local name is the binding and never changes."""
    local = alias.evaluated_alias or alias.evaluated_name
    if "." in local:  # `import a.b`, which binds `a`
        return alias.with_changes(name=_path(new))
    if local == new:
        keeps_as = alias.asname if alias.evaluated_name == local else None  # `X as X` says that X is exported
        return alias.with_changes(name=_path(new), asname=keeps_as)
    return alias.with_changes(name=_path(new), asname=alias.asname or cst.AsName(cst.Name(local)))


def _path(dotted: str) -> cst.Name | cst.Attribute:
    node: cst.Name | cst.Attribute | None = None
    for part in dotted.split("."):
        node = cst.Name(part) if node is None else cst.Attribute(node, cst.Name(part))
    assert node is not None
    return node


def _from(node: cst.ImportFrom, own: str, module: str) -> cst.ImportFrom:
    if module == own:
        return node
    path = module.lstrip(".")
    dots = [cst.Dot() for _ in range(len(module) - len(path))]
    return node.with_changes(relative=dots, module=_path(path) if path else None)


def _module_text(node: cst.ImportFrom, module: cst.Module) -> str:
    dots = "." * len(node.relative)
    return dots + (re.sub(r"\s", "", module.code_for_node(node.module)) if node.module is not None else "")


def _split(
    node: cst.ImportFrom, names: Sequence[cst.ImportAlias], modules: Sequence[str], module: cst.Module, around: Around
) -> str:
    layout = _Layout(node, module, around)
    items = list(layout.items(names, modules))
    separator = f"{around.newline}{around.indent}" if around.alone else "; "
    groups = _grouped(items, [alias.evaluated_alias or alias.evaluated_name for alias in names])
    texts = [layout.statement(group, first=not n, last=n == len(groups) - 1) for n, group in enumerate(groups)]
    if around.alone and _DIRECTIVE.search(around.comment):
        texts = [*(f"{text}{around.comment.rstrip()}" for text in texts[:-1]), texts[-1]]
    return separator.join(texts)


def _grouped(items: Sequence[_Item], bound: Sequence[str]) -> list[list[_Item]]:
    """The items by module, in order of appearance; where one name is bound twice, the order of all is kept."""
    groups: list[list[_Item]] = []
    ordered = len(set(bound)) < len(bound)
    for item in items:
        candidates = groups[-1:] if ordered else groups
        group = next((group for group in candidates if group[0].module == item.module), None)
        if group is None:
            groups.append([item])
        else:
            group.append(item)
    return groups


class _Layout:
    """How a from-import is laid out: on one line, or in brackets over several with comments."""

    def __init__(self, node: cst.ImportFrom, module: cst.Module, around: Around) -> None:
        assert not isinstance(node.names, cst.ImportStar)
        self.node, self.module, self.around = node, module, around
        self.gaps = list(_gaps(node))
        first, last = self.gaps[0], self.gaps[-1]
        step = "\t" if "\t" in around.indent else "    "
        self.inner = f"{around.indent}{step}"
        if isinstance(first, cst.ParenthesizedWhitespace):
            self.inner = _code(module, first.last_line)
        self.header = _comment(self.gaps[0])
        self.footer = _above(self.gaps[-1], module)
        self.closing = _code(module, last.last_line) if isinstance(last, cst.ParenthesizedWhitespace) else around.indent
        self.multiline = any(isinstance(gap, cst.ParenthesizedWhitespace) for gap in self.gaps)

    def items(self, names: Sequence[cst.ImportAlias], modules: Sequence[str]) -> Iterator[_Item]:
        """Each name with the comments that belong to it."""
        for position, (alias, module) in enumerate(zip(names, modules, strict=True)):
            code = self.module.code_for_node(alias.with_changes(comma=cst.MaybeSentinel.DEFAULT))
            above = _above(self.gaps[position], self.module)
            yield _Item(module, code, above, _comment(self.gaps[position + 1]))

    def statement(self, items: Sequence[_Item], first: bool, last: bool) -> str:
        """One statement that imports the items."""
        head = f"from {items[0].module} import "
        header = self.header if first or _DIRECTIVE.search(self.header) else ""
        footer = self.footer if last else ()
        commented = header or footer or any(item.above or item.behind for item in items)
        if not self.multiline or (len(items) == 1 and not commented):
            return head + ", ".join(item.code for item in items)
        inner = self.inner
        lines = [f"({header and '  ' + header}"]
        for item in items:
            lines += [f"{inner}{comment}" for comment in item.above]
            lines.append(f"{inner}{item.code},{item.behind and '  ' + item.behind}")
        lines += [f"{inner}{comment}" for comment in footer]
        return head + self.around.newline.join([*lines, f"{self.closing})"])


def _gaps(node: cst.ImportFrom) -> Iterator[Whitespace]:
    """The white space before each name and before the closing bracket; a comma's is before what follows it."""
    empty = cst.SimpleWhitespace("")
    yield node.lpar.whitespace_after if node.lpar is not None else empty
    closing = node.rpar.whitespace_before if node.rpar is not None else empty
    aliases = [] if isinstance(node.names, cst.ImportStar) else node.names
    for position, alias in enumerate(aliases):
        after = alias.comma.whitespace_after if isinstance(alias.comma, cst.Comma) else empty
        if position == len(aliases) - 1 and not isinstance(after, cst.ParenthesizedWhitespace):
            after = closing
        yield after


def _comment(gap: Whitespace) -> str:
    """The comment on the line that the gap starts on."""
    comment = gap.first_line.comment if isinstance(gap, cst.ParenthesizedWhitespace) else None
    return comment.value if comment is not None else ""


def _above(gap: Whitespace, module: cst.Module) -> tuple[str, ...]:
    """The comments that have lines of their own in the gap."""
    lines = gap.empty_lines if isinstance(gap, cst.ParenthesizedWhitespace) else ()
    return tuple(line.comment.value for line in lines if line.comment is not None)


def _code(module: cst.Module, node: cst.CSTNode) -> str:
    return module.code_for_node(node)
