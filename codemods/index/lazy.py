"""The names that a module makes on demand in its `__getattr__` (PEP 562), as far as they are written out.

Three ways are written out: imports inside `__getattr__`, tables that map names to modules for `importlib`, and the
tables of the shims that a migration leaves (`moved(__name__, {"Old": "new.module:Name"}, ...)`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from codemods.index import facts
from codemods.index.expressions import dotted, string, strings
from codemods.index.facts import Binding
from codemods.index.modules import absolute

_SPLITTERS = frozenset({"rsplit", "rpartition"})
SHIMS = "unified_shims"  # the module whose `moved` keeps old paths working
SOURCES = (b"__getattr__", SHIMS.encode())  # what a file says that makes names on demand


def lazy_bindings(tree: ast.Module, module: str, package: bool) -> tuple[Binding, ...]:
    """The bindings of kind `lazy`, target `module:name`, that a module-level `__getattr__` gives."""
    finder = _Lazy(module, package)
    found: dict[str, Binding] = {}
    for binding in finder.bindings(tree):
        found.setdefault(binding.name, binding)
    return tuple(found.values())


class _Lazy:
    def __init__(self, module: str, package: bool) -> None:
        self.module, self.package = module, package

    def bindings(self, tree: ast.Module) -> Iterator[Binding]:
        """Every lazy name as written, in source order; a name may come twice."""
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
                yield from self._imports(node.body)
                yield from self._tables(tree, node)
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                yield from self._attached(node, node.value)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                yield from self._moved(node.value)

    def _moved(self, call: ast.Call) -> Iterator[Binding]:
        """`moved(__name__, {"Old": "new.module:Name"}, since=...)`, as it stands at the end of a shim."""
        if dotted(call.func).rpartition(".")[2].lstrip("_") != "moved" or len(call.args) < 2:
            return
        table = call.args[1]
        for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
            source, _, name = (string(value) or "").partition(":")
            old = string(key) if key is not None else None
            if old and source and name:
                yield Binding(old, "lazy", f"{source}:{name}", value.lineno, facts.TOP)

    def _imports(self, body: list[ast.stmt], asked: str = "") -> Iterator[Binding]:
        """Imports below `if name == "X":` give X; others give what the import, or an assignment of it, is called."""
        names = _names_given(body)
        for node in body:
            if isinstance(node, ast.ImportFrom):
                source = absolute(self.module, self.package, node.level, node.module or "")
                for alias in node.names:
                    bound = alias.asname or alias.name
                    yield self._binding(names.get(bound, asked or alias.name), source, alias.name, node.lineno)
            for name, block in _blocks(node):
                yield from self._imports(block, name or asked)

    def _tables(self, tree: ast.Module, getter: ast.FunctionDef) -> Iterator[Binding]:
        used = {node.id for node in ast.walk(getter) if isinstance(node, ast.Name)}
        style = _Style(getter)
        for node in tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and target.id in used and isinstance(value, ast.Dict):
                for key, item in zip(value.keys, value.values, strict=True):
                    yield from self._row(string(key) if key is not None else None, item, style)

    def _row(self, key: str | None, value: ast.expr, style: _Style) -> Iterator[Binding]:
        if key is None:
            return
        place, members = string(value), strings(value)
        if place is not None:
            yield self._placed(key, place, style, value.lineno)
        elif isinstance(value, ast.Tuple) and len(value.elts) == 2:
            yield from self._pair(key, string(value.elts[0]), string(value.elts[1]), style, value.lineno)
        elif members is not None:
            source = self._source(key, True)
            yield from (self._binding(name, source, name, value.lineno) for name in members)

    def _pair(self, key: str, first: str | None, second: str | None, style: _Style, line: int) -> Iterator[Binding]:
        """(".module", "attribute"), or (a package that is computed, ".module")."""
        if first is not None and second is not None and not second.startswith("."):
            yield self._binding(key, self._source(first, style.relative), second, line)
        elif second is not None and second.startswith("."):
            yield self._binding(key, self._source(second, True), key, line)

    def _placed(self, key: str, place: str, style: _Style, line: int) -> Binding:
        source, colon, name = place.partition(":")
        if colon:
            return self._binding(key, self._source(source, style.relative), name, line)
        source, dot, name = place.rpartition(".")
        if source.strip(".") and dot and (name == key or style.splits):
            return self._binding(key, self._source(source, style.relative), name, line)
        return self._binding(key, self._source(place, style.relative), key, line)

    def _attached(self, node: ast.Assign, call: ast.Call) -> Iterator[Binding]:
        """`__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, {"sub"}, {"mod": ["A"]})`."""
        if dotted(call.func).rpartition(".")[2] != "attach":
            return
        given = dict(zip(("package", "submodules", "submod_attrs"), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        for name in strings(given.get("submodules", node)) or ():
            yield self._binding(name, self.module, name, node.lineno)
        table = given.get("submod_attrs")
        for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
            source = self._source(string(key) or "", True) if key is not None else ""
            yield from (self._binding(name, source, name, node.lineno) for name in strings(value) or ())

    def _source(self, written: str, relative: bool) -> str:
        """The absolute module of a written one; without a leading dot it is absolute unless `relative` says not."""
        path = written.lstrip(".")
        level = len(written) - len(path)
        root = self.module.partition(".")[0]
        if level or (relative and path.partition(".")[0] != root):
            # import_module(".x", __name__) counts from the module itself, whether or not it is a package
            return absolute(self.module, True, max(level, 1), path)
        return path

    def _binding(self, name: str, source: str, original: str, line: int) -> Binding:
        return Binding(name, "lazy", f"{source}:{original}", line, facts.TOP)


class _Style:
    """How a `__getattr__` uses its table: whether it adds the leading dot itself, and splits off the last part."""

    def __init__(self, getter: ast.FunctionDef) -> None:
        said = {id(part) for node in ast.walk(getter) if isinstance(node, ast.Raise) for part in ast.walk(node)}
        nodes = [node for node in ast.walk(getter) if id(node) not in said]
        self.splits = any(isinstance(node, ast.Attribute) and node.attr in _SPLITTERS for node in nodes)
        self.relative = any(_adds_dot(node) for node in nodes)


def _adds_dot(node: ast.AST) -> bool:
    """`"." + x`, `f".{x}"` or `f"{__name__}.{x}"`."""
    match node:
        case ast.BinOp(op=ast.Add(), left=ast.Constant(value=".")):
            return True
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return start.startswith(".")
        case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__name__")), ast.Constant(value="."), *_]):
            return True
    return False


def _blocks(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The blocks inside a statement, an `if name == "X"` body with the X."""
    if isinstance(node, ast.If):
        yield _asked(node.test), node.body
        yield "", node.orelse
    elif isinstance(node, ast.Try | ast.With):
        yield "", node.body


def _asked(test: ast.expr) -> str:
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and isinstance(test.ops[0], ast.Eq):
        return string(test.comparators[0]) or ""
    return ""


def _names_given(body: list[ast.stmt]) -> dict[str, str]:
    """`Y = z` after `from .x import Y as z`: the names under which imported ones are kept."""
    return {
        node.value.id: node.targets[0].id
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and isinstance(node.targets[0], ast.Name)
    }
