"""What code that stays in a module needs of names that leave it: told scope by scope, as Python looks names up."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
# Bases and decorators that do not look at annotations, by the last part of their names; any other one may.
_BASES = frozenset({"object", "ABC", "Protocol", "Generic", "Enum", "Exception", "TypedDict", "NamedTuple"})
_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "property", "cached_property", "setter", "abstractmethod", "overload", "override"}
    | {"contextmanager", "asynccontextmanager", "cache", "lru_cache", "wraps", "final", "deprecated"}
)


class StaysError(Exception):
    """A definition cannot leave; the message says why."""


@dataclass(slots=True)
class Needs:
    """Who needs which of the leaving names.

    `functions`: functions that use them when they are called. `early`: names that are used while the module is
    imported. `annotations`: those that Python evaluates and that only need the names as text.
    """

    functions: dict[Function, set[str]] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)
    annotations: list[ast.expr] = field(default_factory=list)


def needs_of(rest: Iterable[ast.stmt], names: frozenset[str]) -> Needs:
    """What the statements that stay need. Raises StaysError where a name cannot be had in any other way."""
    rest = list(rest)
    for name, line in _bound(rest):
        if name in names:
            raise StaysError(f"line {line} binds {name} again")
    reader = _Reader(names)
    for statement in rest:
        reader.read(statement, names, _Scope())
    return reader.needs


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where code stands: the outermost function around it, and the class if one is directly around it."""

    function: Function | None = None
    owner: ast.ClassDef | None = None


class _Reader:
    def __init__(self, names: frozenset[str]) -> None:
        self.all, self.needs = names, Needs()

    def read(self, node: ast.AST, names: frozenset[str], scope: _Scope) -> None:
        """Collect the needs of a node; `names` are the leaving ones that are not hidden by others there."""
        match node:
            case ast.Name(ctx=ast.Load()) if node.id in names:
                self._name(node.id, scope)
            case ast.Global() if self.all & set(node.names):
                found = ", ".join(sorted(self.all & set(node.names)))
                raise StaysError(f"line {node.lineno} assigns {found} as a global")
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars"), args=[]), slice=ast.Constant(name)):
                if name in self.all:
                    raise StaysError(f"line {node.lineno} looks {name} up among the globals")
            case ast.AnnAssign():
                self._annotated(node, names, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, names, scope)
            case ast.ClassDef():
                inner = _Scope(scope.function, node)
                self._each((part for part in ast.iter_child_nodes(node) if part not in node.body), names, scope)
                self._each(node.body, names, inner)
            case ast.Lambda():
                self._each(_now(node), names, scope)
                self._later(node, [node.body], names - _parameters(node.args), scope)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, names, scope)
            case _:
                self._each(ast.iter_child_nodes(node), names, scope)

    def _each(self, nodes: Iterable[ast.AST], names: frozenset[str], scope: _Scope) -> None:
        for node in nodes:
            self.read(node, names, scope)

    def _name(self, name: str, scope: _Scope) -> None:
        if scope.function is None:
            self.needs.early.add(name)
        else:
            self.needs.functions.setdefault(scope.function, set()).add(name)

    def _annotated(self, node: ast.AnnAssign, names: frozenset[str], scope: _Scope) -> None:
        if scope.function is None or scope.owner is not None:  # Python evaluates none of those in a function's body
            self._annotation(node.annotation, names, scope, scope.owner is not None and _looks(scope.owner))
        self._each([node.target, *([node.value] if node.value is not None else [])], names, scope)

    def _function(self, node: Function, names: frozenset[str], scope: _Scope) -> None:
        looked_at = any(_last_name(decorator) not in _DECORATORS for decorator in node.decorator_list)
        for annotation in [*(arg.annotation for arg in _arguments(node.args)), node.returns]:
            if annotation is not None:
                self._annotation(annotation, names, scope, looked_at)
        self._each(_now(node), names, scope)
        own = names - _parameters(node.args) - {name for name, _ in _bound(node.body)}
        self._each(node.body, own, _Scope(scope.function or node))

    def _annotation(self, node: ast.expr, names: frozenset[str], scope: _Scope, looked_at: bool) -> None:
        """An annotation: it can be text unless somebody `looked_at` it while the module is imported."""
        mentioned = _mentioned([node], names)
        if not mentioned:
            return
        if not looked_at:
            self.needs.annotations.append(node)
            return
        for name in mentioned:
            self._name(name, scope)

    def _comprehension(self, node: _Comprehension, names: frozenset[str], scope: _Scope) -> None:
        first, *others = node.generators
        self.read(first.iter, names, scope)
        targets = {name for part in node.generators for name, _ in _bound([part.target])}
        made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        rest = [*made, *first.ifs, *(part for other in others for part in (other.iter, *other.ifs))]
        if isinstance(node, ast.GeneratorExp):
            self._later(node, rest, names - targets, scope)
        else:
            self._each(rest, names - targets, scope)

    def _later(self, node: ast.expr, parts: list[ast.expr], names: frozenset[str], scope: _Scope) -> None:
        """What runs later and can import nothing by itself: inside a function, the function does it for it."""
        mentioned = _mentioned(parts, names)
        if mentioned and scope.function is None:
            what = "a lambda" if isinstance(node, ast.Lambda) else "a generator"
            raise StaysError(f"line {node.lineno} uses {mentioned[0]} in {what}, which cannot import it when it runs")
        self._each(parts, names, scope)


def _looks(owner: ast.ClassDef) -> bool:
    """Whether a base of a class may evaluate its annotations when the class is made, as pydantic's does."""
    return bool(owner.keywords) or any(_last_name(base) not in _BASES for base in owner.bases)


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _mentioned(nodes: Iterable[ast.AST], names: frozenset[str]) -> list[str]:
    found = {part.id for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)}
    return sorted(found & names)


# ── who binds what ───────────────────────────────────────────────────────────────────────────────────────────────────


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [arg for arg in every if arg is not None]


def _parameters(arguments: ast.arguments) -> set[str]:
    return {arg.arg for arg in _arguments(arguments)}


def _now(node: Function | ast.Lambda) -> list[ast.expr]:
    """What runs where a function is defined: its decorators and defaults."""
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return [*decorators, *node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]


def _bound(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """The names that code binds in its own scope, with their lines; scopes inside it have their own."""
    for node in nodes:
        yield from _bound_by(node)
        yield from _bound(_same_scope(node))


def _bound_by(node: ast.AST) -> Iterator[tuple[str, int]]:
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()):
            yield node.id, node.lineno
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name, node.lineno
        case ast.Import() | ast.ImportFrom():
            yield from (((alias.asname or alias.name).partition(".")[0], node.lineno) for alias in node.names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, node.lineno
        case ast.MatchMapping(rest=str(name)):
            yield name, node.lineno


def _same_scope(node: ast.AST) -> Iterable[ast.AST]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            return _now(node)
        case ast.ClassDef():
            return [*node.decorator_list, *node.bases, *node.keywords]
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return [part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
    return ast.iter_child_nodes(node)
