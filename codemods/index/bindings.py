"""Which statements of one block give which name a meaning, in order: what name resolution needs, and no more."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from codemods.index import facts
from codemods.index.expressions import branches, dotted, text
from codemods.index.facts import Binding
from codemods.index.modules import absolute

# Calls that make a class: their text is kept, since a class may inherit from the result.
CLASS_MAKERS = frozenset(
    {"namedtuple", "NamedTuple", "TypedDict", "type", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NewType"}
)


def bindings_of(body: Sequence[ast.stmt], module: str, package: bool, within: str = "") -> Iterator[Binding]:
    """The bindings that the statements of one scope make, nested blocks included, nested scopes not."""
    return _Bindings(module, package, within).block(body, facts.TOP)


class _Bindings:
    def __init__(self, module: str, package: bool, within: str) -> None:
        self.module, self.package, self.within = module, package, within

    def block(self, body: Sequence[ast.stmt], place: int) -> Iterator[Binding]:
        for node in body:
            bind = _BIND.get(node.__class__)
            if bind is not None:
                yield from bind(self, node, place)

    def _definition(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, place: int) -> Iterator[Binding]:
        target = f"{self.within}.{node.name}" if self.within else node.name
        if isinstance(node, ast.ClassDef):
            yield Binding(node.name, "class", target, node.lineno, place)
            return
        # Only calls of a module's functions are followed to what they return; most functions are methods.
        returns = text(node.returns) if node.returns is not None and not self.within else ""
        kind = "brackets" if node.name == "__class_getitem__" and _gives_itself(node) else "function"
        yield Binding(node.name, kind, returns, node.lineno, place)

    def _import(self, node: ast.Import, place: int) -> Iterator[Binding]:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            yield Binding(bound, "module", alias.name if alias.asname else bound, node.lineno, place)

    def _import_from(self, node: ast.ImportFrom, place: int) -> Iterator[Binding]:
        source = absolute(self.module, self.package, node.level, node.module or "")
        for alias in node.names:
            if alias.name == "*":
                yield Binding("*", "star", source, node.lineno, place)
            else:
                yield Binding(alias.asname or alias.name, "import", f"{source}:{alias.name}", node.lineno, place)

    def _assign(self, node: ast.Assign, place: int) -> Iterator[Binding]:
        kind, target = _meaning(node.value)
        for destination in node.targets:
            for name in _names(destination):
                simple = isinstance(destination, ast.Name)
                yield Binding(name, kind if simple else "value", target if simple else "", node.lineno, place)

    def _annotated(self, node: ast.AnnAssign, place: int) -> Iterator[Binding]:
        if isinstance(node.target, ast.Name):
            kind, target = _meaning(node.value) if node.value is not None else ("value", "")
            yield Binding(node.target.id, kind, target, node.lineno, place)

    def _delete(self, node: ast.Delete, place: int) -> Iterator[Binding]:
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield Binding(target.id, "delete", "", node.lineno, place)

    def _type_alias(self, node: ast.AST, place: int) -> Iterator[Binding]:
        yield Binding(node.name.id, "value", "type alias", node.lineno, place)  # type: ignore[attr-defined]

    def _if(self, node: ast.If, place: int) -> Iterator[Binding]:
        body, orelse = branches(node.test)
        yield from self.block(node.body, place | body)
        yield from self.block(node.orelse, place | orelse)

    def _try(self, node: ast.Try, place: int) -> Iterator[Binding]:
        yield from self.block(node.body, place | facts.TRY_IMPORT)
        for handler in node.handlers:
            yield from self.block(handler.body, place | facts.HANDLER)
        yield from self.block(node.orelse, place | facts.TRY_IMPORT)
        yield from self.block(node.finalbody, place)

    def _loop(self, node: ast.For | ast.While, place: int) -> Iterator[Binding]:
        if not isinstance(node, ast.While):
            for name in _names(node.target):
                yield Binding(name, "value", "", node.lineno, place)
        yield from self.block(node.body, place)
        yield from self.block(node.orelse, place)

    def _with(self, node: ast.With, place: int) -> Iterator[Binding]:
        for item in node.items:
            for name in _names(item.optional_vars) if item.optional_vars is not None else ():
                yield Binding(name, "value", "", node.lineno, place)
        yield from self.block(node.body, place)

    def _match(self, node: ast.Match, place: int) -> Iterator[Binding]:
        for case in node.cases:
            for name in _captures(case.pattern):
                yield Binding(name, "value", "", node.lineno, place)
            yield from self.block(case.body, place | facts.CONDITION)


def _captures(pattern: ast.pattern) -> Iterator[str]:
    """The names that a `case` pattern binds."""
    for node in ast.walk(pattern):
        name = node.rest if isinstance(node, ast.MatchMapping) else getattr(node, "name", None)
        if name is not None:
            yield name


def _meaning(value: ast.expr) -> tuple[str, str]:
    """What an assigned expression makes of the name: an alias, the result of a class-making call, or just a value."""
    path = dotted(value)
    if path:
        return "alias", path
    if isinstance(value, ast.Call):
        maker = dotted(value.func)
        if maker.rpartition(".")[2] in CLASS_MAKERS:
            return "call", text(value)
        return "value", f"{maker}(...)" if maker else ""
    if isinstance(value, ast.Subscript):
        return "alias", text(value)
    return "value", "None" if isinstance(value, ast.Constant) and value.value is None else ""


def _gives_itself(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a `__class_getitem__` only returns its class, which then counts as the base that `X[int]` means."""
    last = node.body[-1]
    parameters = [*node.args.posonlyargs, *node.args.args]
    returned = dotted(last.value) if isinstance(last, ast.Return) and last.value is not None else ""
    plain = all(isinstance(item, ast.Expr) for item in node.body[:-1])  # a docstring
    return plain and bool(parameters) and returned == parameters[0].arg


def _names(target: ast.AST) -> Iterator[str]:
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from _names(item)
    elif isinstance(target, ast.Starred):
        yield from _names(target.value)


_BIND: dict[type[ast.AST], Callable[..., Iterator[Binding]]] = {
    ast.ClassDef: _Bindings._definition,
    ast.FunctionDef: _Bindings._definition,
    ast.AsyncFunctionDef: _Bindings._definition,
    ast.Import: _Bindings._import,
    ast.ImportFrom: _Bindings._import_from,
    ast.Assign: _Bindings._assign,
    ast.AnnAssign: _Bindings._annotated,
    ast.Delete: _Bindings._delete,
    ast.If: _Bindings._if,
    ast.Try: _Bindings._try,
    ast.TryStar: _Bindings._try,
    ast.For: _Bindings._loop,
    ast.AsyncFor: _Bindings._loop,
    ast.While: _Bindings._loop,
    ast.With: _Bindings._with,
    ast.AsyncWith: _Bindings._with,
    ast.Match: _Bindings._match,
}
if hasattr(ast, "TypeAlias"):  # `type X = ...`, Python 3.12
    _BIND[ast.TypeAlias] = _Bindings._type_alias
