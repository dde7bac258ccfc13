"""What a base expression means: names, attributes, brackets, and the few calls that make classes in a known way."""

from __future__ import annotations

import ast
import re
from functools import cache

from codemods.analysis.live import Live
from codemods.analysis.meanings import (
    OBJECT,
    TUPLE,
    TYPE,
    Absent,
    Alias,
    ClassNode,
    Function,
    Meaning,
    Several,
    Special,
    Unsure,
)
from codemods.analysis.scopes import Scopes, Site
from codemods.analysis.trust import Ancestry
from codemods.index import facts
from codemods.index.expressions import MAX_TEXT, branches, dotted, string, text
from codemods.index.external import World

_NOT_RUN = facts.NEVER | facts.TYPING
_NAMED_TUPLES = frozenset({"collections.namedtuple", "typing.NamedTuple"})
_NAME_OF_MADE = re.compile(r"([\w.]+)\(\s*([\"'])(\w+)\2")
# A third-party function of an installed or vendored `six`; what it does is documented and does not change.
_WITH_METACLASS = re.compile(r"(^|\.)(six|future\.utils)\.with_metaclass$")


class BaseExpressions:
    """Answers what base expressions mean; keeps the bases of the classes that calls among them make."""

    def __init__(self, world: World, live: Live, ancestry: Ancestry) -> None:
        self._world = world
        self._ancestry = ancestry
        self.scopes = Scopes(world, live, self.meaning, ancestry)
        self.made: dict[ClassNode, tuple[Meaning, ...]] = {}

    def meaning(self, expression: str, site: Site) -> Meaning:
        """What the source text of an expression means at its place."""
        if expression.isidentifier():
            return self.scopes.name(expression, site)
        node = _parsed(expression)
        return self._value(node, site) if node is not None else self._cut(expression, site)

    def given_by_decorators(self, decorators: tuple[str, ...], site: Site) -> tuple[Meaning, ...]:
        """The base that the standard library's own `@_simple_enum(IntEnum)` gives a class written without one."""
        for decorator in decorators:
            call = _parsed(decorator) if "_simple_enum(" in decorator else None
            if isinstance(call, ast.Call) and _path(self._value(call.func, site)) == "enum._simple_enum":
                return tuple(self._value(base, site) for base in call.args[:1])
        return ()

    def _value(self, node: ast.expr, site: Site) -> Meaning:
        match node:
            case ast.Name():
                return self.scopes.name(node.id, site)
            case ast.Attribute():
                return self.scopes.attribute(self._value(node.value, site), node.attr)
            case ast.Subscript():
                return self._subscripted(self._value(node.value, site))
            case ast.Call():
                return self._called(node, site)
            case ast.IfExp():
                return self._conditional(node, site)
        return Unsure("an expression that only run time can evaluate")

    def _conditional(self, node: ast.IfExp, site: Site) -> Meaning:
        body, orelse = branches(node.test)
        if orelse & _NOT_RUN:
            return self._value(node.body, site)
        if body & _NOT_RUN:
            return self._value(node.orelse, site)
        return Unsure(f"a choice that only run time makes: {text(node.test)}")

    def _subscripted(self, generic: Meaning) -> Meaning:
        match generic:
            case ClassNode():
                return self._in_brackets(generic)
            case Alias() | Special() | Unsure() | Absent():
                return generic
        return Unsure("an element that only run time knows")

    def _in_brackets(self, generic: ClassNode) -> Meaning:
        """`X[...]` of a class: the class itself, an alias of it, or anything where a method of its own decides."""
        for node in self._ancestry(generic)[0]:
            if any(binding.kind == "brackets" for binding in self._own(node)):
                return generic
            if any(method.name == "__class_getitem__" for item in self._statements(node) for method in item.methods):
                return Unsure(f"{node.dotted}.__class_getitem__ makes it at run time")
        return Alias(generic, named=False)

    def _own(self, node: ClassNode) -> tuple[facts.Binding, ...]:
        return self._world.names(node.module, node.qualname).get("__class_getitem__", ()) if node.line else ()

    def _statements(self, node: ClassNode) -> tuple[facts.Class, ...]:
        found = self._world.find(node.module) if node.line else None
        return self._world.statements(found).get(node.qualname, ()) if isinstance(found, facts.FileFacts) else ()

    def _called(self, node: ast.Call, site: Site) -> Meaning:
        maker = self._value(node.func, site)
        written = dotted(node.func)
        if _WITH_METACLASS.search(written if isinstance(maker, Unsure | Absent) else _path(maker)):
            return Several(tuple(self._value(base, site) for base in node.args[1:]) or (OBJECT,))
        name = string(node.args[0]) if node.args else None
        if maker == TYPE and len(node.args) == 3 and isinstance(node.args[1], ast.Tuple) and name:
            return self._made(name, tuple(self._value(base, site) for base in node.args[1].elts), site)
        if isinstance(maker, Unsure | Absent):
            return maker
        return self._known_maker(_path(maker), name or "", site) or Unsure(f"result of {written or 'a call'}(...)")

    def _known_maker(self, path: str, name: str, site: Site) -> Meaning | None:
        if path in _NAMED_TUPLES and name:
            return self._made(name, (TUPLE,), site)
        if path == "typing.TypedDict" and name:
            return self._made(name, (Special("TypedDict"),), site)
        if path == "typing.NewType":
            return Unsure("a NewType, which cannot be inherited from")
        return None

    def _cut(self, expression: str, site: Site) -> Meaning:
        """A call too long to be kept whole: enough of it is there to know a named tuple."""
        start = _NAME_OF_MADE.match(expression)
        if start is not None and len(expression) >= MAX_TEXT:
            made = self._known_maker(_path(self.meaning(start[1], site)), start[3], site)
            if made is not None:
                return made
        return Unsure("an expression that cannot be read by itself")

    def _made(self, name: str, bases: tuple[Meaning, ...], site: Site) -> ClassNode:
        # One line may make several: the name tells them apart.
        node = ClassNode(site.facts.module, name, -site.line)
        self.made[node] = bases
        return node


def _path(maker: Meaning) -> str:
    match maker:
        case Function() | ClassNode():
            return maker.dotted
        case Special():
            return f"typing.{maker.name}"
    return ""


@cache
def _parsed(expression: str) -> ast.expr | None:
    try:
        return ast.parse(expression, mode="eval").body
    except SyntaxError:
        return None  # cut at the length limit, or `*bases`
