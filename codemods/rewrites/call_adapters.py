"""Call adapters: the code that keeps a class's old calls working on what the unified modules have in its place.

For each class two functions. One makes what the old constructor made, of its old arguments. The other gives an object
the old methods, as attributes of that one object: its type stays the unified class, so isinstance, specs and
annotations hold, and every other object keeps the unified signatures. For shims, a class is written that is called as
the old one and stands for the unified one.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codemods.conventions import (
    UNIFIED,
    ClassConvention,
    Conventions,
    MethodConvention,
    awaitable,
    expression,
    names_in,
    parse_parameters,
    raised_class,
)
from codemods.errors import ConfigError
from codemods.rewrites.adapter_names import adapter_name, class_name, getter_name, initializer_name, maker_name, split
from codemods.rewrites.written import WIDTH, bracketed, double_quoted, from_import, indented, parameters

_RESULTS = {"bool": "bool", "none": "None", "raises": "bool"}
_HEAD = (
    '"""The calls of old, on the unified classes. Generated; goes when nothing calls the old classes any more."""\n\n'
    "from __future__ import annotations"
)
# The classes that type checkers see take what the old ones took, which is the point of them.
_OVERRIDES = '# mypy: disable-error-code="override"\n# pyright: reportIncompatibleMethodOverride=false\n\n'
_BUILTINS = frozenset(dir(builtins))


def adapter_module(conventions: Conventions, dotted: Iterable[str], package: str = "") -> str:
    """The source of a module with the adapters of some classes, and of those that they hand out.

    `package` is where the unified modules are: empty for beside the module, else a dotted path.
    """
    wanted = tuple(_with_handed_out(conventions, dotted))
    body = "\n\n\n".join(_class_adapters(convention) for convention in wanted)
    return f"{_HEAD}\n\n{_imports(wanted, package)}\n\n\n{body}\n"


@dataclass(frozen=True, slots=True)
class OldClass:
    """A class that shims stand for: its old dotted path, and its unified class as a dotted path.

    `inside` are the classes that were nested in it; `getters` the functions that gave an instance: old dotted name and
    unified one.
    """

    dotted: str
    unified: str
    inside: tuple[OldClass, ...] = ()
    getters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Where the runtime of shims is, and what warnings say."""

    runtime: str
    since: str
    removal: str


def legacy_calls(conventions: Conventions, classes: Sequence[OldClass], package: str, deadlines: Deadlines) -> str:
    """The source of the module that keeps the old calls: adapters, and for each class one that is called as it was.

    Raises ConfigError when two classes would be called the same in it.
    """
    every = [inner for item in classes for inner in (*item.inside, item)]
    _must_differ([item.dotted for item in every])
    wanted = tuple(_with_handed_out(conventions, [item.dotted for item in every]))
    typed = indented("\n".join(_typed_class(item, conventions) for item in every))
    bodies = indented("\n\n".join(_adapter_class(item, conventions, deadlines) for item in every))
    more = [*_unified_names(classes, every), *_runtime_names(classes, every, conventions, deadlines.runtime)]
    imports = _imports(wanted, package, more, "TYPE_CHECKING, Any")
    makers = "\n\n\n".join(_class_adapters(convention) for convention in wanted) + _getters(classes)
    before = "\n" if bodies.startswith("    def ") else ""
    head = _HEAD.replace("\n\n", f"\n\n{_OVERRIDES}", 1)
    return f"{head}\n\n{imports}\n\n\n{makers}\n\n\nif TYPE_CHECKING:\n\n{typed}\nelse:\n{before}{bodies}\n"


def _unified_names(classes: Iterable[OldClass], every: Iterable[OldClass]) -> Iterator[tuple[str, str]]:
    """What is imported from the unified modules: classes, and the getters that are adapted."""
    for item in every:
        module, _, name = item.unified.rpartition(".")
        yield module, name
    for old, new in (getter for item in classes for getter in item.getters):
        yield new.rpartition(".")[0], _aliased(old, new)


def _runtime_names(
    classes: Sequence[OldClass], every: Iterable[OldClass], conventions: Conventions, runtime: str
) -> Iterator[tuple[str, str]]:
    """What is imported from the runtime of shims."""
    needed = {
        "adapt_inherited": any(_inherits(item, conventions) for item in every),
        "adapter_class": True,
        "adapting": any(item.getters for item in classes),
        "moved_inside": any(item.inside for item in classes),
    }
    yield from ((runtime, name) for name, is_needed in needed.items() if is_needed)


def _getters(classes: Iterable[OldClass]) -> str:
    lines = [_getter(item.dotted, *getter) for item in classes for getter in item.getters]
    return "\n\n\n" + "\n".join(lines) if lines else ""


def _must_differ(dotted: Iterable[str]) -> None:
    """The names in the generated module are made of a class's name and its module's last part."""
    known: dict[str, str] = {}
    for name in dotted:
        other = known.setdefault(class_name(name), name)
        if other != name:
            raise ConfigError(f"{other} and {name} would both be called {class_name(name)}: migrate one of them first")


def _aliased(old: str, new: str) -> str:
    return f"{new.rpartition('.')[2]} as unified_{getter_name(old)}"


def _getter(dotted: str, old: str, _new: str) -> str:
    return bracketed(f"{getter_name(old)} = adapting(", [f"unified_{getter_name(old)}", adapter_name(dotted)], ")")


def _typed_class(item: OldClass, conventions: Conventions) -> str:
    """The class as a type checker is to see it: the unified one, with the old constructor and the old methods."""
    convention = conventions.of(item.dotted)
    module, short = split(item.dotted)
    said = f'    """`{short}` of {module}, as its callers call it."""'
    if len(said) > WIDTH:
        said = f'    """`{short}` of\n    {module}, as its callers call it.\n    """'
    lines = [
        f"class {class_name(item.dotted)}({item.unified.rpartition('.')[2]}):",
        said,
        "",
        indented(_stub("def __init__", convention.constructor, "None")),
    ]
    for method in convention.methods:
        lines.append(indented(_stub(f"{'async ' * method.is_async}def {method.name}", method.takes, _returned(method))))
    return "\n".join([*lines, ""])


def _returned(method: MethodConvention) -> str:
    if method.becomes:
        return "Any"
    return class_name(method.adapts) if method.adapts else _RESULTS[method.returns]


def _stub(function: str, signature: str, returns: str) -> str:
    taken = ["self", *parameters(parse_parameters(signature), "Any")]
    return bracketed(f"{function}(", taken, f") -> {returns}: ...")


def _adapter_class(item: OldClass, conventions: Conventions, deadlines: Deadlines) -> str:
    convention = conventions.of(item.dotted)
    (module, short), unified = split(item.dotted), item.unified.rpartition(".")[2]
    arguments = [f'"{short}"', f'"{module}"', unified, maker_name(item.dotted)]
    initializer = _initializer(convention, item.dotted, unified)
    arguments += [initializer_name(item.dotted)] if initializer else []
    if item.inside:
        nested = bracketed("{", [_nested(inner, deadlines) for inner in item.inside], "}")
        arguments.append(f"inside={nested}")
    made = bracketed(f"{class_name(item.dotted)} = adapter_class(", arguments, ")")
    return f"{initializer}\n{made}" if initializer else made


def _inherits(item: OldClass, conventions: Conventions) -> bool:
    """Whether subclasses are made by the old arguments, and called in the old way."""
    convention = conventions.of(item.dotted)
    return bool(convention.methods) and _constructed(convention, item.unified.rpartition(".")[2]) is not None


def _constructed(convention: ClassConvention, unified: str) -> ast.Call | None:
    """The call of the unified constructor that is made in an old one's place; None where something else is made."""
    made = ast.parse(convention.makes, mode="eval").body
    plain = isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == unified
    return made if plain and isinstance(made, ast.Call) else None


def _initializer(convention: ClassConvention, dotted: str, unified: str) -> str:
    """How a subclass that gives the old arguments is made; "" where the class is not made by its constructor."""
    made = _constructed(convention, unified)
    if made is None:
        return ""
    taken = ["self: Any", *parameters(parse_parameters(convention.constructor), "Any")]
    given = ["self", *(double_quoted(ast.unparse(part)) for part in (*made.args, *made.keywords))]
    head = bracketed(f"def {initializer_name(dotted)}(", taken, ") -> None:")
    body = bracketed(f"{unified}.__init__(", given, ")")
    if convention.methods:
        body += "\n" + bracketed("adapt_inherited(", ["self", adapter_name(dotted), unified], ")")
    return f"{head}\n{indented(body)}\n"


def _nested(inner: OldClass, deadlines: Deadlines) -> str:
    module, _, name = inner.unified.rpartition(".")
    deadline = [f'since="{deadlines.since}"', f'removal="{deadlines.removal}"']
    arguments = [f'"{inner.dotted}"', f'"{module}:{name}"', *deadline, f"adapter={class_name(inner.dotted)}"]
    return bracketed(f'"{inner.dotted.rpartition(".")[2]}": moved_inside(', arguments, ")")


def _with_handed_out(conventions: Conventions, dotted: Iterable[str]) -> Iterator[ClassConvention]:
    waiting, seen = list(dotted), set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        convention = conventions.of(name)
        yield convention
        waiting += [method.adapts for method in convention.methods if method.adapts]


def _imports(
    conventions: Iterable[ClassConvention],
    package: str,
    more: Iterable[tuple[str, str]] = (),
    typing: str = "Any",
) -> str:
    modules: dict[str, set[str]] = {}
    for module, name in more:
        modules.setdefault(module, set()).add(name)
    for convention in conventions:
        unified = set(names_in(convention.makes)) - set(convention.parameters) - _BUILTINS
        modules.setdefault(f"{package}.{convention.module}", set()).update(unified)
        for text in filter(None, (convention.undelivered, convention.failed)):
            module, _, name = raised_class(text).rpartition(".")
            modules.setdefault(module, set()).update([name] if module else [])
    lines = "".join(from_import(module, sorted(names)) for module, names in sorted(modules.items()) if names)
    return f"from typing import {typing}\n\n{lines}".rstrip("\n")


def _class_adapters(convention: ClassConvention) -> str:
    short = convention.dotted.rpartition(".")[2]
    made = _called(convention.makes)
    if convention.methods:
        made = bracketed(f"{adapter_name(convention.dotted)}(", [made], ")")
    maker = [
        _head(f"def {maker_name(convention.dotted)}", convention.constructor, "Any"),
        f'    """What the constructor of `{short}` made, to be called as it was."""',
        indented(f"return {made}"),
    ]
    if not convention.methods:
        return "\n".join(maker)
    adapter = [
        f"def {adapter_name(convention.dotted)}(unified: Any) -> Any:",
        f'    """Give an object the calls of `{short}`, and their answers."""',
        *_taken_first(convention),
        *(line for method in convention.methods for line in _method(method, convention)),
        "",
        *(f"    unified.{method.name} = {method.name}" for method in convention.methods),
        "    return unified",
    ]
    return "\n".join([*maker, "", "", *adapter])


def _method(method: MethodConvention, convention: ClassConvention) -> Iterator[str]:
    if method.adapts:
        yield ""
        yield indented(_head(f"async def {method.name}", method.takes, "Any"))
        yield f"        made = await {method.name}_unified({', '.join(method.parameters)})"
        yield f"        return {adapter_name(method.adapts)}(made)"
        return
    yield ""
    if method.becomes:
        function = "async def" if method.is_async else "def"
        yield indented(_head(f"{function} {method.name}", method.takes, "Any"))
        yield f"        return {_of_unified(method.becomes, convention)}"
        return
    yield indented(_head(f"async def {method.name}", method.takes, _RESULTS[method.returns]))
    yield from (indented(indented(line)) for line in _delivery(method, convention))


def _taken_first(convention: ClassConvention) -> Iterator[str]:
    """The unified methods that old ones of the same name need, before these take their place."""
    told = {method.name for method in convention.methods}
    names = sorted(told & {name for method in convention.methods for name in method.asks})
    if names:
        yield ""
    yield from (f"    {name}_unified = unified.{name}" for name in names)


def _of_unified(text: str, convention: ClassConvention) -> str:
    """An expression with the unified methods that were taken first in the place of those that are called otherwise."""
    told = frozenset(method.name for method in convention.methods)
    return double_quoted(ast.unparse(_Taken(told).visit(awaitable(text))))


class _Taken(ast.NodeTransformer):
    def __init__(self, names: frozenset[str]) -> None:
        self.names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr in self.names and isinstance(node.value, ast.Name) and node.value.id == UNIFIED:
            return ast.Name(f"{node.attr}_unified", ast.Load())
        self.generic_visit(node)
        return node


def _delivery(method: MethodConvention, convention: ClassConvention) -> Iterator[str]:
    run = [f"run_id={method.run}"] if method.run else []
    details = [f"{name}={value}" for name, value in method.details.items()]
    arguments = [repr(method.event), method.agent or "None", *run, *details]
    arguments = list(map(double_quoted, arguments))
    if convention.quiet_when_released:
        yield "if not unified.is_active:"
        yield "    return" if method.returns == "none" else "    return False"
    if method.returns == "none":
        yield bracketed("await unified.deliver(", arguments, ")")
        return
    yield bracketed("delivery = await unified.deliver(", arguments, ")")
    if method.returns == "raises":
        yield "error = delivery.error"
        yield "if error is not None:"
        yield indented(_raised(convention.failed, method, " from error"))
        yield "if not delivery.sent:"
        yield indented(_raised(convention.undelivered, method))
    yield "return bool(delivery.sent)"


def _raised(text: str, method: MethodConvention, cause: str = "") -> str:
    """The statement that raises, the class by its imported name, with the event as the method sends it."""
    made = expression(text)
    name = raised_class(text).rpartition(".")[2]
    given = map(_Sent(method.event).visit, (*made.args, *made.keywords) if isinstance(made, ast.Call) else ())
    return bracketed(f"raise {name}(", [double_quoted(ast.unparse(part)) for part in given], f"){cause}")


class _Sent(ast.NodeTransformer):
    """Puts the event's name in the place of the word that stands for it."""

    def __init__(self, event: str) -> None:
        self.event = event

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.event) if node.id == "event" else node


def _called(text: str) -> str:
    """An expression on one line; a call with its arguments a line each when they are many."""
    made = expression(text)
    if not isinstance(made, ast.Call):
        return double_quoted(ast.unparse(made))
    given = [double_quoted(ast.unparse(part)) for part in (*made.args, *made.keywords)]
    return bracketed(f"{ast.unparse(made.func)}(", given, ")")


def _head(function: str, signature: str, returns: str) -> str:
    """The head of a function; its parameters are `Any`: what they were annotated with is the old code's business."""
    return bracketed(f"{function}(", parameters(parse_parameters(signature), "Any"), f") -> {returns}:")
