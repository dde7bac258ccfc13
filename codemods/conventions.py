"""How the classes of a plan were called, as data: constructors, argument orders, and what calls gave back."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator
from dataclasses import dataclass

RETURNS = ("bool", "none", "raises")
UNIFIED = "unified"
RESERVED = frozenset({UNIFIED, "self"})  # what adapters have in hand while they read their parameters
MAX_NESTING = 100  # levels of an expression: Python's own ways through a tree end at some three hundred
_KNOWN = frozenset({UNIFIED}) | frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class MethodConvention:
    """One method that was called differently: its old parameters, and what it stands for.

    That is an `event` that it sends; an object that it gives (`adapts`); or what it `becomes`, an expression of the
    parameters and of `unified`, the object in the old one's place, such as `await unified.fetch(key, default=None)`.
    `agent` and `run` name parameters; `gives` are the details of the event, as the keywords of a call; `returns` is one
    of RETURNS; `adapts` the dotted class whose calls the method's result keeps. `awaited`: the old method was async,
    though nothing in `becomes` is awaited.
    """

    name: str
    takes: str
    event: str = ""
    agent: str = ""
    run: str = ""
    gives: str = ""
    returns: str = "bool"
    adapts: str = ""
    becomes: str = ""
    awaited: bool = False

    @property
    def is_async(self) -> bool:
        """Whether callers await it."""
        awaiting = bool(self.becomes) and any(isinstance(node, ast.Await) for node in ast.walk(awaitable(self.becomes)))
        return not self.becomes or self.awaited or awaiting

    @property
    def asks(self) -> frozenset[str]:
        """The members of the unified object that it needs."""
        if not self.becomes:
            return frozenset({self.name if self.adapts else "deliver"})
        nodes = (node for node in ast.walk(awaitable(self.becomes)) if isinstance(node, ast.Attribute))
        return frozenset(n.attr for n in nodes if isinstance(n.value, ast.Name) and n.value.id == UNIFIED)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the old parameters, in order."""
        return parameters(self.takes)

    @property
    def details(self) -> dict[str, str]:
        """Detail of the event -> expression of old parameters."""
        return keywords(self.gives)


@dataclass(frozen=True, slots=True)
class ClassConvention:
    """One class: its old constructor, what is made in its place, and the methods that were called differently.

    `makes` is an expression of the constructor's parameters and of names of the unified `module`; `undelivered` and
    `failed` are the exceptions of methods that return `raises`, as expressions of `event`, `unified`, `error` and the
    method's parameters, with the dotted path of their class. `quiet_when_released`: calls after the object was released
    came to nothing, where the unified one raises.
    """

    dotted: str
    module: str
    makes: str
    constructor: str = ""
    undelivered: str = ""
    failed: str = ""
    quiet_when_released: bool = False
    methods: tuple[MethodConvention, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the old constructor's parameters, in order."""
        return parameters(self.constructor)


@dataclass(frozen=True, slots=True)
class Conventions:
    """All classes of one plan whose calls must be kept."""

    classes: tuple[ClassConvention, ...]

    def of(self, dotted: str) -> ClassConvention:
        """The convention of a class. Raises KeyError for one that has none."""
        found = {convention.dotted: convention for convention in self.classes}
        return found[dotted]


def parameters(signature: str) -> tuple[str, ...]:
    """The names of parameters written as Python writes them. Raises SyntaxError."""
    arguments = parse_parameters(signature)
    return tuple(argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def keywords(arguments: str) -> dict[str, str]:
    """The keywords of a call and their expressions. Raises SyntaxError for anything but keywords."""
    call = expression(f"f({arguments})")
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise SyntaxError("only keywords are expected")
    if any(given.arg is None for given in call.keywords):
        raise SyntaxError("only keywords are expected")
    return {str(given.arg): ast.unparse(given.value) for given in call.keywords}


def names_in(text: str) -> tuple[str, ...]:
    """The names that an expression reads, each once, in order. Raises SyntaxError."""
    read = [node for node in ast.walk(awaitable(text)) if isinstance(node, ast.Name)]
    return tuple(dict.fromkeys(node.id for node in sorted(read, key=lambda node: node.col_offset)))


def expression(text: str, flags: int = 0) -> ast.expr:
    """An expression as a tree. Raises SyntaxError, also for what only the compiler sees, and for deep nesting."""
    try:
        tree: ast.Expression = compile(text, "<plan>", "eval", flags | ast.PyCF_ONLY_AST)
        if _depth(tree) > MAX_NESTING:
            raise SyntaxError("nested too deeply")
        compile(tree, "<plan>", "eval", flags)
    except (ValueError, RecursionError, MemoryError) as error:  # a null character, thousands of brackets
        raise SyntaxError(str(error) or "nested too deeply") from error
    return tree.body


def awaitable(text: str) -> ast.expr:
    """An expression that may await. Raises SyntaxError."""
    return expression(text, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def raised_class(text: str) -> str:
    """The class, dotted or built in, of the exception that an expression makes. Raises SyntaxError for another one."""
    made = expression(text)
    dotted = ast.unparse(made.func) if isinstance(made, ast.Call) else ""
    if not _is_path(dotted, 2) and not hasattr(builtins, dotted):
        raise SyntaxError("a call of a class by its dotted path is expected")
    return dotted


def _depth(tree: ast.AST) -> int:
    levels = 0
    level: list[ast.AST] = [tree]
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        levels += 1
    return levels


def _is_path(text: str, least: int = 1) -> bool:
    parts = text.split(".")
    return len(parts) >= least and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def parse_parameters(signature: str) -> ast.arguments:
    """Parameters written as Python writes them, as a tree. Raises SyntaxError."""
    function = expression(f"lambda {signature}: None" if signature else "lambda: None")
    if not isinstance(function, ast.Lambda) or not isinstance(function.body, ast.Constant):
        raise SyntaxError("no list of parameters")
    return function.args


def problems_of(conventions: Conventions) -> Iterator[str]:
    """What cannot be turned into code, with the class and the method."""
    known = [convention.dotted for convention in conventions.classes]
    for dotted in dict.fromkeys(dotted for dotted in known if known.count(dotted) > 1):
        yield f"{dotted}: stands twice"
    for convention in conventions.classes:
        for problem in _class_problems(convention, known):
            yield f"{convention.dotted}: {problem}"


def _class_problems(convention: ClassConvention, known: list[str]) -> Iterator[str]:
    yield from _paths(convention)
    yield from _parameter_problems("constructor", convention.constructor)
    yield from _syntax("makes", convention.makes, expression)
    for key in ("undelivered", "failed"):
        if getattr(convention, key):
            yield from _syntax(key, getattr(convention, key), raised_class)
    for method in convention.methods:
        for problem in _method_problems(method, convention, known):
            yield f"{method.name}: {problem}"


def _paths(convention: ClassConvention) -> Iterator[str]:
    if not _is_path(convention.dotted, 2):
        yield "is not a dotted path of a class"
    if not _is_path(convention.module):
        yield f'module: "{convention.module}" is not a dotted path'
    for method in convention.methods:
        if not _is_path(method.name) or "." in method.name:
            yield f'"{method.name}" is not a name that a method can have'


def _parameter_problems(key: str, signature: str) -> Iterator[str]:
    broken = list(_syntax(key, signature, parameters))
    yield from broken
    for name in sorted(RESERVED.intersection(() if broken else parameters(signature))):
        yield f'{key}: "{name}" is a name that the adapter uses itself'


def _method_problems(method: MethodConvention, convention: ClassConvention, known: list[str]) -> Iterator[str]:
    broken = [*_parameter_problems("takes", method.takes), *_syntax("gives", method.gives, keywords)]
    broken += _syntax("becomes", method.becomes, awaitable) if method.becomes else ()
    yield from broken
    if broken:
        return
    own = set(method.parameters)
    expressions = [*method.details.values(), *([method.becomes] if method.becomes else [])]
    used = {name for expression in expressions for name in names_in(expression)} - _KNOWN
    for name in sorted((used | {method.agent, method.run} - {""}) - own):
        yield f'"{name}" is none of its parameters'
    if method.returns not in RETURNS:
        yield f'returns: "{method.returns}" is none of {", ".join(RETURNS)}'
    if method.returns == "raises" and not (convention.undelivered and convention.failed):
        yield "raises, but the class does not say what (undelivered, failed)"
    if sum(map(bool, (method.event, method.adapts, method.becomes))) != 1:
        yield "stands for an event, adapts what it returns, or becomes an expression; one of the three"
    if method.adapts and method.adapts not in known:
        yield f'adapts: "{method.adapts}" is not among the classes'


def _syntax(key: str, text: str, read: object) -> Iterator[str]:
    try:
        read(text)  # type: ignore[operator]
    except SyntaxError as error:
        yield f"{key}: {error.msg}: {text}"
