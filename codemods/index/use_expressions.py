"""What an expression refers to, and the uses in it: calls, attributes, specs, strings, annotations."""

from __future__ import annotations

import ast
import re

from codemods.index.expressions import WRAPPERS, dotted
from codemods.index.facts import Use
from codemods.index.walking import Reference, Walker

# Calls whose first argument may be the dotted path of what they replace or import, by the end of their own path.
_PATCHERS = re.compile(r"(?:^|\.)(?:patch(?:\.object|\.multiple|\.dict)?|monkeypatch\.(?:set|del)attr|import_module)$")
_MOCKS = frozenset({"create_autospec", "Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock"})
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_CODE = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\b|import\s+([\w.]+))", re.MULTILINE)


class Expressions(Walker):
    """The expressions of one file; each method returns what the value of its node refers to."""

    def bind(self, target: ast.AST, reference: Reference) -> None:
        """Let the target of an assignment refer to something from here on."""
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = reference
        elif isinstance(target, ast.Attribute):
            if self.is_self(target.value) and self.attributes:
                self.attributes[-1].setdefault(target.attr, reference)
            else:
                self._attribute(target, "store")
        elif isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self.bind(item, None)
        else:
            self.visit(target)

    def _name(self, node: ast.Name) -> Reference:
        reference = self.lookup(node.id)
        if reference is not None and not reference.endswith(")"):
            self.add(reference, "load", node.lineno)
        return reference

    def _attribute(self, node: ast.Attribute, kind: str = "load") -> Reference:
        if self.is_self(node.value) and self.attributes:
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
        if isinstance(node, ast.Attribute) and not self.is_self(node.value):
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
        elif _PATH.fullmatch(value) and self.in_tree(value):
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

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        self.scopes.append({})
        for generator in node.generators:
            self.visit(generator.iter)
            self.bind(generator.target, None)
            self.block(generator.ifs)
        self.block([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.scopes.pop()

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


def shape(node: ast.Call) -> str:
    """The shape of a call's arguments: `2, key=, *, **` means two positional, one keyword and both kinds of stars."""
    positional = sum(not isinstance(argument, ast.Starred) for argument in node.args)
    parts = [str(positional)] if positional else []
    parts += ["*"] if len(node.args) > positional else []
    parts += [f"{keyword.arg}=" for keyword in node.keywords if keyword.arg]
    parts += ["**"] if any(keyword.arg is None for keyword in node.keywords) else []
    return ", ".join(parts)
