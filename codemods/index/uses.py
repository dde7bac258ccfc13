"""Every use of an in-tree name in one file: calls with their shape, attributes, annotations, specs, strings.

Inference is local and linear: a name refers to what the last statement above gave it in its scope (an import, a
constructor call, an annotation, a fixture of the same file, an attribute of `self` assigned in the class). What it
cannot know it leaves out, so counts are lower bounds; nothing is guessed from a variable's name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable

from codemods.index import facts
from codemods.index.declarations import FunctionNode, first_parameter, traits_of
from codemods.index.expressions import WRAPPERS, branches, dotted
from codemods.index.facts import Use
from codemods.index.modules import absolute

# Calls whose first argument may be the dotted path of what they replace or import, by the end of their own path.
_PATCHERS = re.compile(r"(?:^|\.)(?:patch(?:\.object|\.multiple|\.dict)?|monkeypatch\.(?:set|del)attr|import_module)$")
_MOCKS = frozenset({"create_autospec", "Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock"})
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CODE = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.]+))", re.MULTILINE)

Reference = str | None


def uses_of(
    tree: ast.Module, module: str, package: bool, roots: Collection[str], words: Collection[str]
) -> tuple[Use, ...]:
    """The uses in one file of names below the tree's top-level packages `roots`; `words` are sought in strings."""
    walker = _Uses(module, package, roots, words)
    walker.walk(tree)
    return tuple(walker.found)


class _ClassScope(dict[str, Reference]):
    """The names of a class body: functions inside do not see them."""


class _Uses:
    def __init__(self, module: str, package: bool, roots: Collection[str], words: Collection[str]) -> None:
        self.module, self.package = module, package
        self.roots, self.words = roots, words
        self.found: list[Use] = []
        self.scopes: list[dict[str, Reference]] = [{}]
        self.scope = ""
        self.attributes: list[dict[str, Reference]] = []  # of self, one dict per enclosing class
        self.fixtures: dict[str, Reference] = {}
        self.self_names: list[str] = []
        self._in_class = False  # directly in a class body, so that a function here is a method

    def walk(self, tree: ast.Module) -> None:
        for node in tree.body:
            if isinstance(node, ast.ClassDef | FunctionNode):
                self.scopes[0][node.name] = f"{self.module}.{node.name}"
        self.fixtures = self._fixtures(tree)
        self.block(tree.body)

    def block(self, body: Iterable[ast.AST]) -> None:
        for node in body:
            self.visit(node)

    def visit(self, node: ast.AST) -> Reference:
        handler = _HANDLERS.get(node.__class__)
        if handler is not None:
            return handler(self, node)
        for value in node.__dict__.values():
            if value.__class__ is list:
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)
        return None

    # What a name refers to.

    def lookup(self, name: str) -> Reference:
        for scope in reversed(self.scopes):
            if name in scope and (scope is self.scopes[-1] or not isinstance(scope, _ClassScope)):
                return scope[name]
        return None

    def bind(self, target: ast.AST, reference: Reference) -> None:
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = reference
        elif isinstance(target, ast.Attribute):
            if self._is_self(target.value) and self.attributes:
                self.attributes[-1].setdefault(target.attr, reference)
            else:
                self._attribute(target, "store")
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.bind(item, None)
        else:
            self.visit(target)

    def add(self, reference: Reference, kind: str, line: int, detail: str = "") -> None:
        if reference is not None and self._in_tree(reference):
            self.found.append(Use(reference, kind, detail, line, self.scope))

    def _in_tree(self, reference: str) -> bool:
        return reference.partition(".")[0] in self.roots

    def _is_self(self, node: ast.AST) -> bool:
        return bool(self.self_names) and isinstance(node, ast.Name) and node.id == self.self_names[-1]

    # Expressions: each returns what its value refers to.

    def _name(self, node: ast.Name) -> Reference:
        reference = self.lookup(node.id)
        if reference is not None and not reference.endswith(")"):
            self.add(reference, "load", node.lineno)
        return reference

    def _attribute(self, node: ast.Attribute, kind: str = "load") -> Reference:
        if self._is_self(node.value) and self.attributes:
            return self.attributes[-1].get(node.attr)
        owner = self._silently(node.value)
        if owner is None:
            return None
        reference = f"{owner}.{node.attr}"
        self.add(reference, kind if isinstance(node.ctx, ast.Load) else "store", node.lineno)
        return reference

    def _silently(self, node: ast.AST) -> Reference:
        """The reference of a part of a longer chain: `a` of `a.b` is not a use of its own."""
        if isinstance(node, ast.Name):
            return self.lookup(node.id)
        if isinstance(node, ast.Attribute) and not self._is_self(node.value):
            owner = self._silently(node.value)
            return None if owner is None else f"{owner}.{node.attr}"
        return self.visit(node)

    def _named(self, node: ast.AST) -> Reference:
        """What a plain dotted name refers to; for anything else None, and nothing is recorded."""
        return self._silently(node) if dotted(node) else None

    def _call(self, node: ast.Call) -> Reference:
        callee = dotted(node.func)
        reference = self._silently(node.func)
        self.add(reference, "call", node.lineno, shape(node))
        context = callee if _PATCHERS.search(callee) else ""
        for position, argument in enumerate(node.args):
            if position == 0 and isinstance(argument, ast.Constant):
                self._string(argument, context)
            else:
                self.visit(argument)
        for keyword in node.keywords:
            self._keyword(keyword, callee)
        self._special(node, callee)
        if reference is None:
            return self._called_through(node, callee)
        return f"{reference}()"

    def _called_through(self, node: ast.Call, callee: str) -> Reference:
        """`cast(X, value)` and `cast("X", value)` are an X; other unknown calls are unknown."""
        if callee.rpartition(".")[2] != "cast" or len(node.args) != 2:
            return None
        annotated = self._annotation(node.args[0], "cast")
        return annotated and f"{annotated}()"

    def _keyword(self, keyword: ast.keyword, callee: str) -> None:
        reference = self._named(keyword.value) if keyword.arg in {"spec", "spec_set", "autospec"} else None
        if reference is not None:
            self.add(reference, "spec", keyword.value.lineno, callee)
            return
        self.visit(keyword.value)

    def _special(self, node: ast.Call, callee: str) -> None:
        """Calls that say more than that they call: isinstance, create_autospec, Mock(X), patch("...")."""
        last = callee.rpartition(".")[2]
        if last in {"isinstance", "issubclass"} and len(node.args) == 2:
            tested = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
            for item in tested:
                self.add(self._named(item), last, node.lineno)
        elif last in _MOCKS and node.args:
            self.add(self._named(node.args[0]), "spec", node.lineno, callee)

    def _string(self, node: ast.Constant, context: str = "") -> Reference:
        value = node.value
        if not isinstance(value, str):
            return None
        if value in self.words:
            self.found.append(Use(value, "name string", context, node.lineno, self.scope))
        elif _PATH.fullmatch(value) and self._in_tree(value):
            self.found.append(Use(value, "path string", context, node.lineno, self.scope))
        elif "import " in value:
            for match in _CODE.finditer(value):
                self.add(match[1] or match[2], "code string", node.lineno)
        return None

    def _await(self, node: ast.Await | ast.Starred) -> Reference:
        return self.visit(node.value)

    def _either(self, node: ast.BoolOp) -> Reference:
        references = [self.visit(value) for value in node.values]
        return next((reference for reference in references if reference is not None), None)

    def _choice(self, node: ast.IfExp) -> Reference:
        self.visit(node.test)
        body, orelse = self.visit(node.body), self.visit(node.orelse)
        return body or orelse

    def _walrus(self, node: ast.NamedExpr) -> Reference:
        reference = self.visit(node.value)
        self.bind(node.target, reference)
        return reference

    # Statements.

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self.scopes[-1][alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                self.scopes[-1][top] = top

    def _import_from(self, node: ast.ImportFrom) -> None:
        source = absolute(self.module, self.package, node.level, node.module or "")
        for alias in node.names:
            self.scopes[-1][alias.asname or alias.name] = f"{source}.{alias.name}" if source else None

    def _assign(self, node: ast.Assign) -> None:
        reference = self.visit(node.value)
        empty = isinstance(node.value, ast.Constant) and node.value.value is None
        for target in node.targets:
            if not (empty and isinstance(target, ast.Attribute) and self._is_self(target.value)):
                self.bind(target, reference)  # `self.x = None` says nothing of what x will hold

    def _forget(self, node: ast.Delete | ast.AugAssign) -> None:
        """`del x` and `x += y` leave x with nothing known; of `a.b += y` the store is a use."""
        if isinstance(node, ast.AugAssign):
            self.visit(node.value)
        for target in node.targets if isinstance(node, ast.Delete) else [node.target]:
            self.bind(target, None)

    def _capture(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        """A `case` pattern binds its names to what only run time knows."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            self.scopes[-1][name] = None

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.scopes.append({})
        for generator in node.generators:
            self.visit(generator.iter)
            self.bind(generator.target, None)
            self.block(generator.ifs)
        self.block([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scopes.pop()

    def _lambda(self, node: ast.Lambda) -> None:
        self.scopes.append(self._parameters(node, injected=False))
        self.visit(node.body)
        self.scopes.pop()

    def _annotated(self, node: ast.AnnAssign) -> None:
        declared = self._annotation(node.annotation, "variable")
        reference = self.visit(node.value) if node.value is not None else None
        self.bind(node.target, reference or (declared and f"{declared}()"))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            reference = self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, reference)
        self.block(node.body)

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self.bind(node.target, None)
        self.block(node.body)
        self.block(node.orelse)

    def _function(self, node: FunctionNode) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        method = self._in_class
        if node.returns is not None:
            self._annotation(node.returns, "return")
        injected = node.name.startswith("test") or any(_is_fixture(d) for d in node.decorator_list)
        local = self._parameters(node, injected)
        self.scopes[-1][node.name] = f"{self.module}.{node.name}" if len(self.scopes) == 1 else None
        qualname = f"{self.scope}.{node.name}" if self.scope else node.name
        self._enter(node, local, f"{qualname}.<locals>", method)

    def _enter(self, node: FunctionNode, local: dict[str, Reference], scope: str, method: bool) -> None:
        outer, self.scope = self.scope, scope
        in_class, self._in_class = self._in_class, False
        if method:
            self.self_names.append("" if "static" in traits_of(node) else first_parameter(node))
        self.scopes.append(local)
        self.block(node.body)
        self.scopes.pop()
        if method:
            self.self_names.pop()
        self.scope, self._in_class = outer, in_class

    def _parameters(self, node: FunctionNode | ast.Lambda, injected: bool) -> dict[str, Reference]:
        """The parameters by name; `injected` says that pytest gives unannotated ones the fixture of that name."""
        arguments = node.args
        local: dict[str, Reference] = {}
        for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)):
            self.visit(default)
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            annotated = self._annotation(argument.annotation, "parameter") if argument.annotation is not None else None
            given = self.fixtures.get(argument.arg) if injected else None
            local[argument.arg] = f"{annotated}()" if annotated else given
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                local[extra.arg] = None
                if extra.annotation is not None:
                    self._annotation(extra.annotation, "parameter")
        return local

    def _class(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        for base in node.bases:
            if isinstance(base, ast.Subscript):
                self.visit(base.slice)
            self.add(self._silently(base.value if isinstance(base, ast.Subscript) else base), "base", base.lineno)
        self.block(keyword.value for keyword in node.keywords)
        outer, self.scope = self.scope, f"{self.scope}.{node.name}" if self.scope else node.name
        in_class, self._in_class = self._in_class, True
        self.scopes[-1][node.name] = f"{self.module}.{self.scope}"
        self.attributes.append({})
        self.scopes.append(_ClassScope())
        self.block(node.body)
        self.scopes.pop()
        self.attributes.pop()
        self.scope, self._in_class = outer, in_class

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name is not None:
            self.scopes[-1][node.name] = None
        self.block(node.body)

    def _try(self, node: ast.Try) -> None:
        """Names imported in the body stay what they are, whatever the handlers put in their place."""
        self.block(node.body)
        names = {bound for item in node.body for bound in _imported_names(item)}
        imported = {name: self.scopes[-1][name] for name in names & self.scopes[-1].keys()}
        self.block(node.handlers)
        self.scopes[-1].update(imported)
        self.block(node.orelse)
        self.block(node.finalbody)

    def _if(self, node: ast.If) -> None:
        self.visit(node.test)
        body, orelse = branches(node.test)
        if not body & facts.NEVER:
            self.block(node.body)
        if not orelse & facts.NEVER:
            self.block(node.orelse)

    # Annotations.

    def _annotation(self, node: ast.AST, where: str) -> Reference:
        """Record the in-tree names in an annotation; returns the one that its values are instances of, if plain."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._quoted(node, where)
        if isinstance(node, ast.Name | ast.Attribute):
            reference = self._silently(node)
            self.add(reference, "annotation", node.lineno, where)
            return reference
        if isinstance(node, ast.Subscript):
            return self._subscripted(node, where)
        if isinstance(node, ast.BinOp):
            left, right = self._annotation(node.left, where), self._annotation(node.right, where)
            return left or right
        if isinstance(node, ast.Tuple | ast.List):
            found = [self._annotation(item, where) for item in node.elts]
            return next((reference for reference in found if reference is not None), None)
        if isinstance(node, ast.Call):  # Annotated[X, Depends(get_x)]
            self.visit(node)
        return None

    def _subscripted(self, node: ast.Subscript, where: str) -> Reference:
        wrapper = dotted(node.value).rpartition(".")[2]
        if wrapper == "Literal":
            return None
        inner = self._annotation(node.slice, where)
        if wrapper in WRAPPERS:
            return inner
        return self._annotation(node.value, where)

    def _quoted(self, node: ast.Constant, where: str) -> Reference:
        try:
            inner = ast.parse(str(node.value), mode="eval").body
        except (SyntaxError, ValueError):
            return None  # prose in an annotation's place, as in Annotated[int, "seconds"]
        for child in ast.walk(inner):
            ast.copy_location(child, node)
            child.lineno = node.lineno  # type: ignore[attr-defined]
        return self._annotation(inner, f"quoted {where}")

    def _fixtures(self, tree: ast.Module) -> dict[str, Reference]:
        """pytest fixtures of this file, by name, with what their annotation or last return or yield gives."""
        functions = list(_fixture_functions(tree))
        if not functions:
            return {}
        quiet = _Uses(self.module, self.package, (), ())
        quiet.scopes = [dict(self.scopes[0])]
        for node in tree.body:
            for statement in node.body if isinstance(node, ast.Try | ast.If) else (node,):
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    quiet.visit(statement)
        return {function.name: quiet.result_of(function) for function in functions}

    def result_of(self, function: FunctionNode) -> Reference:
        """What a function's annotation, or else its last return or yield, says it gives."""
        if function.returns is not None:
            declared = self._annotation(function.returns, "return")
            if declared is not None:
                return f"{declared}()"
        self.scopes.append({})
        result: Reference = None
        nodes = list(ast.walk(function))
        for node in nodes:
            if isinstance(node, ast.Assign | ast.Import | ast.ImportFrom | ast.With | ast.AsyncWith):
                self.visit(node)
        for node in nodes:
            if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                result = self.visit(node.value)
        self.scopes.pop()
        return result


def _fixture_functions(tree: ast.Module) -> Iterable[FunctionNode]:
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for item in inner:
            if isinstance(item, FunctionNode) and any(_is_fixture(d) for d in item.decorator_list):
                yield item


def _imported_names(node: ast.stmt) -> Iterable[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _is_fixture(decorator: ast.expr) -> bool:
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    return name.rpartition(".")[2] == "fixture"


def shape(node: ast.Call) -> str:
    """The shape of a call's arguments: `2, key=, *, **` means two positional, one keyword and both kinds of stars."""
    positional = sum(not isinstance(argument, ast.Starred) for argument in node.args)
    parts = [str(positional)] if positional else []
    parts += ["*"] if len(node.args) > positional else []
    parts += [f"{keyword.arg}=" for keyword in node.keywords if keyword.arg]
    parts += ["**"] if any(keyword.arg is None for keyword in node.keywords) else []
    return ", ".join(parts)


_HANDLERS: dict[type[ast.AST], Callable[..., Reference]] = {
    ast.Name: _Uses._name,
    ast.Attribute: _Uses._attribute,
    ast.Call: _Uses._call,
    ast.Constant: _Uses._string,
    ast.Await: _Uses._await,
    ast.Starred: _Uses._await,
    ast.BoolOp: _Uses._either,
    ast.IfExp: _Uses._choice,
    ast.NamedExpr: _Uses._walrus,
    ast.Import: _Uses._import,
    ast.ImportFrom: _Uses._import_from,
    ast.Assign: _Uses._assign,
    ast.AugAssign: _Uses._forget,
    ast.Delete: _Uses._forget,
    ast.MatchAs: _Uses._capture,
    ast.MatchStar: _Uses._capture,
    ast.MatchMapping: _Uses._capture,
    ast.ListComp: _Uses._comprehension,
    ast.SetComp: _Uses._comprehension,
    ast.DictComp: _Uses._comprehension,
    ast.GeneratorExp: _Uses._comprehension,
    ast.Lambda: _Uses._lambda,
    ast.AnnAssign: _Uses._annotated,
    ast.With: _Uses._with,
    ast.AsyncWith: _Uses._with,
    ast.For: _Uses._for,
    ast.AsyncFor: _Uses._for,
    ast.FunctionDef: _Uses._function,
    ast.AsyncFunctionDef: _Uses._function,
    ast.ClassDef: _Uses._class,
    ast.ExceptHandler: _Uses._handler,
    ast.If: _Uses._if,
    ast.Try: _Uses._try,
    ast.TryStar: _Uses._try,
}
