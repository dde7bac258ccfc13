"""Every use of an in-tree name in one file: calls with their shape, attributes, annotations, specs, strings.

Inference is local and linear: a name refers to what the last statement above gave it in its scope (an import, a
constructor call, an annotation, a fixture of the same file, an attribute of `self` assigned in the class). What it
cannot know it leaves out, so counts are lower bounds; nothing is guessed from a variable's name.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable

from codemods.index import facts
from codemods.index.declarations import FunctionNode, first_parameter, traits_of
from codemods.index.expressions import branches, dotted
from codemods.index.facts import Use
from codemods.index.modules import absolute
from codemods.index.use_expressions import Expressions
from codemods.index.walking import ClassScope, Reference


def uses_of(
    tree: ast.Module, module: str, package: bool, roots: Collection[str], words: Collection[str]
) -> tuple[Use, ...]:
    """The uses in one file of names below the tree's top-level packages `roots`; `words` are sought in strings."""
    walker = _Uses(module, package, roots, words)
    walker.walk(tree)
    return tuple(walker.found)


class _Uses(Expressions):
    """The statements of one file: they give names their meaning."""

    def walk(self, tree: ast.Module) -> None:
        for node in tree.body:
            if isinstance(node, ast.ClassDef | FunctionNode):
                self.scopes[0][node.name] = f"{self.module}.{node.name}"
        self.fixtures = self._fixtures(tree)
        self.block(tree.body)

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
            if not (empty and isinstance(target, ast.Attribute) and self.is_self(target.value)):
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
        self.scopes.append(ClassScope())
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


_Uses.handlers = {
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
