"""What a file declares: its import statements and classes, wherever they stand, and the bindings of each scope.

This runs over every statement of the tree, so it looks at statements only and never into expressions: a tenth of the
nodes, a twentieth of the time that parsing takes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from codemods.index import facts
from codemods.index.bindings import bindings_of
from codemods.index.expressions import branches, dotted, text
from codemods.index.facts import Binding, Class, Import, Method
from codemods.index.modules import absolute
from codemods.index.vocabulary import Words

Block = Sequence[ast.stmt]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_LASTING = facts.TYPING | facts.NEVER  # what holds for the bodies of functions and classes as well

TRAITS = {
    "staticmethod": "static",
    "classmethod": "class",
    "property": "property",
    "cached_property": "property",
    "setter": "setter",
    "deleter": "setter",
    "overload": "overload",
    "abstractmethod": "abstract",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
}


class Declarations:
    """Collects the imports, classes and class-bearing scopes of one module."""

    def __init__(self, module: str, package: bool, lines: Sequence[bytes], words: Words) -> None:
        self.module, self.package = module, package
        self.lines = lines
        self.words = words
        self.imports: list[Import] = []
        self.classes: list[Class] = []
        self.scopes: list[tuple[str, tuple[Binding, ...]]] = []
        self._globals: list[Binding] = []

    def collect(self, tree: ast.Module) -> None:
        """Fill the three lists from a parsed module."""
        self._block(tree.body, "", facts.TOP)
        self.scopes.append(("", (*self._globals, *bindings_of(tree.body, self.module, self.package))))

    def _block(self, block: Block, scope: str, place: int) -> bool:
        """Visit the statements of a block; True when a class stands in it, functions in it included."""
        holds_class = False
        for node in block:
            visit = _VISIT.get(node.__class__)
            if visit is not None and visit(self, node, scope, place):
                holds_class = True
        return holds_class

    def _import(self, node: ast.Import, scope: str, place: int) -> None:
        names = tuple((alias.name, alias.asname or alias.name.partition(".")[0]) for alias in node.names)
        self._add_import(node, "", names, scope, place)

    def _import_from(self, node: ast.ImportFrom, scope: str, place: int) -> None:
        names = tuple((alias.name, alias.asname or alias.name) for alias in node.names)
        self._add_import(node, absolute(self.module, self.package, node.level, node.module or ""), names, scope, place)

    def _add_import(
        self, node: ast.stmt, module: str, names: tuple[tuple[str, str], ...], scope: str, place: int
    ) -> None:
        end = node.end_lineno or node.lineno
        if end > node.lineno:
            place |= facts.MULTILINE
        if any(b"#" in line for line in self.lines[node.lineno - 1 : end]):
            place |= facts.COMMENT
        self.imports.append(Import(node.lineno, end, module, names, place, scope))

    def _class(self, node: ast.ClassDef, scope: str, place: int) -> bool:
        qualname = f"{scope}.{node.name}" if scope else node.name
        inner = tuple(bindings_of(node.body, self.module, self.package, within=qualname))
        self.classes.append(self._class_record(node, qualname, place, inner))
        kept = tuple(b for b in inner if b.kind not in {"value", "function"})
        if kept:
            self.scopes.append((qualname, kept))
        self._block(node.body, qualname, (place & _LASTING) | facts.CLASS)
        return True

    def _class_record(self, node: ast.ClassDef, qualname: str, place: int, inner: tuple[Binding, ...]) -> Class:
        end = node.end_lineno or node.lineno
        return Class(
            qualname,
            node.lineno,
            end,
            tuple(text(base) for base in node.bases),
            tuple((keyword.arg or "**", text(keyword.value)) for keyword in node.keywords),
            tuple(text(decorator) for decorator in node.decorator_list),
            tuple(_methods(node.body)),
            tuple(dict.fromkeys(b.name for b in inner if b.kind in {"value", "alias", "call"})),
            place,
            tuple(parameter.name for parameter in getattr(node, "type_params", ())),
            self.words(node.lineno, end),
        )

    def _function(self, node: FunctionNode, scope: str, place: int) -> bool:
        """A function whose body holds a class, however deep, is a scope that the bases of that class may look into."""
        inner = f"{scope}.{node.name}.<locals>" if scope else f"{node.name}.<locals>"
        if not self._block(node.body, inner, (place & _LASTING) | facts.FUNCTION):
            return False
        parameters = [Binding(name, "value", f"parameter {name}", node.lineno, 0) for name in _parameters(node)]
        local = bindings_of(node.body, self.module, self.package, within=inner)
        self.scopes.append((inner, (*parameters, *local)))
        return True

    def _global(self, node: ast.Global, scope: str, place: int) -> None:
        """A function may give the module a name that no module-level statement does."""
        self._globals += [Binding(name, "value", "", node.lineno, facts.FUNCTION) for name in node.names]

    def _if(self, node: ast.If, scope: str, place: int) -> bool:
        body, orelse = branches(node.test) if not place & facts.FUNCTION else _in_function(node.test)
        first = self._block(node.body, scope, place | body)
        return self._block(node.orelse, scope, place | orelse) or first

    def _try(self, node: ast.Try, scope: str, place: int) -> bool:
        found = self._block(node.body, scope, place | try_place(node))
        for handler in node.handlers:
            found |= self._block(handler.body, scope, place | facts.HANDLER)
        found |= self._block(node.orelse, scope, place)
        return self._block(node.finalbody, scope, place) or found

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: str, place: int) -> bool:
        found = self._block(node.body, scope, place)
        return self._block(node.orelse, scope, place) or found

    def _with(self, node: ast.With | ast.AsyncWith, scope: str, place: int) -> bool:
        return self._block(node.body, scope, place)

    def _match(self, node: ast.Match, scope: str, place: int) -> bool:
        return any([self._block(case.body, scope, place | facts.CONDITION) for case in node.cases])


def try_place(node: ast.Try) -> int:
    """The place flag of a `try` body: an import guarded by ImportError is another thing than one in any other try."""
    return facts.TRY_IMPORT if any(_catches_import_error(handler) for handler in node.handlers) else facts.TRY_OTHER


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught] if caught is not None else []
    return any(dotted(name) in {"ImportError", "ModuleNotFoundError"} for name in names)


def _in_function(test: ast.expr) -> tuple[int, int]:
    """Conditions inside functions are not decided: only TYPE_CHECKING matters there, and deciding all costs a tenth."""
    if dotted(test).rpartition(".")[2] == "TYPE_CHECKING":
        return facts.TYPING, 0
    return facts.CONDITION, facts.CONDITION


def _methods(body: Block) -> list[Method]:
    methods: list[Method] = []
    for node in body:
        if isinstance(node, FunctionNode):
            methods.append(Method(node.name, node.lineno, node.end_lineno or node.lineno, traits_of(node)))
        elif isinstance(node, ast.If):
            methods += _methods(node.body) + _methods(node.orelse)
        elif isinstance(node, ast.Try):
            methods += _methods(node.body)
    return methods


def traits_of(node: FunctionNode) -> str:
    """The traits of a function that its callers feel: async, static, class, property, contextmanager, ..."""
    found = {"async"} if isinstance(node, ast.AsyncFunctionDef) else set()
    if not node.decorator_list:  # as of four functions in five
        return "".join(found)
    for decorator in node.decorator_list:
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]
        if name in TRAITS:
            found.add(TRAITS[name])
    return " ".join(sorted(found))


def first_parameter(node: FunctionNode) -> str:
    """The name of the first positional parameter: what a method calls its instance; "" when there is none."""
    positional = (*node.args.posonlyargs, *node.args.args)
    return positional[0].arg if positional else ""


def _parameters(node: FunctionNode) -> list[str]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [argument.arg for argument in every if argument is not None]


_VISIT: dict[type[ast.stmt], Callable[..., bool | None]] = {
    ast.Import: Declarations._import,
    ast.ImportFrom: Declarations._import_from,
    ast.ClassDef: Declarations._class,
    ast.FunctionDef: Declarations._function,
    ast.AsyncFunctionDef: Declarations._function,
    ast.Global: Declarations._global,
    ast.If: Declarations._if,
    ast.Try: Declarations._try,
    ast.TryStar: Declarations._try,
    ast.For: Declarations._loop,
    ast.AsyncFor: Declarations._loop,
    ast.While: Declarations._loop,
    ast.With: Declarations._with,
    ast.AsyncWith: Declarations._with,
    ast.Match: Declarations._match,
}
