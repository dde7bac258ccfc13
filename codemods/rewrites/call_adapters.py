"""Call adapters: the code that keeps a class's old calls working on what the unified modules have in its place.

For each class two functions. One makes what the old constructor made, of its old arguments. The other gives an emitter
the old methods, as attributes of that one object: its type stays the unified class, so isinstance, specs and
annotations hold, and every other emitter keeps the unified signatures.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from codemods.conventions import ClassConvention, Conventions, MethodConvention, names_in, parse_parameters

_RESULTS = {"bool": "bool", "none": "None", "raises": "bool"}
_BUILTINS = frozenset({"str", "bool", "None", "True", "False"})


def adapter_module(conventions: Conventions, dotted: Iterable[str], package: str = "") -> str:
    """The source of a module with the adapters of some classes, and of those that they hand out.

    `package` is where the unified modules are: empty for beside the module, else a dotted path.
    """
    wanted = tuple(_with_handed_out(conventions, dotted))
    body = "\n\n\n".join(_class_adapters(convention) for convention in wanted)
    head = (
        '"""The calls of old, on the unified classes. Generated; goes when nothing calls the old classes any more."""'
    )
    return f"{head}\n\nfrom __future__ import annotations\n\n{_imports(wanted, package)}\n\n\n{body}\n"


def maker_name(dotted: str) -> str:
    """The function that makes what the constructor of a class made."""
    return f"make_{_snake(dotted)}"


def adapter_name(dotted: str) -> str:
    """The function that gives an object the old calls of a class."""
    return f"adapt_{_snake(dotted)}"


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


def _snake(dotted: str) -> str:
    """The last module and the class: three classes of the plan have one name."""
    module, name = re.findall(r"(\w+)\.([A-Z][\w.]*)$", dotted)[0]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(".")[2])
    return f"{words.lower()}_of_{module}"


def _imports(conventions: Iterable[ClassConvention], package: str) -> str:
    modules: dict[str, set[str]] = {}
    for convention in conventions:
        unified = set(names_in(convention.makes)) - set(convention.parameters) - _BUILTINS
        modules.setdefault(f"{package}.{convention.module}", set()).update(unified)
        for expression in (convention.undelivered, convention.failed):
            if expression:
                module, _, name = expression.partition("(")[0].rpartition(".")
                modules.setdefault(module, set()).add(name)
    lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(modules.items())]
    return "\n".join(["from typing import Any", "", *lines])


def _class_adapters(convention: ClassConvention) -> str:
    short = convention.dotted.rpartition(".")[2]
    made = convention.makes
    if convention.methods:
        made = f"{adapter_name(convention.dotted)}({made})"
    maker = [
        f"def {maker_name(convention.dotted)}({_annotated(convention.constructor)}) -> Any:",
        f'    """What `{short}({convention.constructor})` made, to be called as it was."""',
        f"    return {made}",
    ]
    if not convention.methods:
        return "\n".join(maker)
    adapter = [
        f"def {adapter_name(convention.dotted)}(emitter: Any) -> Any:",
        f'    """Give an emitter the calls of `{short}`: its orders of arguments, and what they gave back."""',
        *(line for method in convention.methods for line in _method(method, convention)),
        "",
        *(f"    emitter.{method.name} = {method.name}" for method in convention.methods),
        "    return emitter",
    ]
    return "\n".join([*maker, "", "", *adapter])


def _method(method: MethodConvention, convention: ClassConvention) -> Iterator[str]:
    if method.adapts:
        yield ""
        yield f"    {method.name}_unified = emitter.{method.name}"
        yield ""
        yield f"    async def {method.name}({_annotated(method.takes)}) -> Any:"
        yield f"        made = await {method.name}_unified({', '.join(method.parameters)})"
        yield f"        return {adapter_name(method.adapts)}(made)"
        return
    yield ""
    yield f"    async def {method.name}({_annotated(method.takes)}) -> {_RESULTS[method.returns]}:"
    yield from (f"        {line}" for line in _delivery(method, convention))


def _delivery(method: MethodConvention, convention: ClassConvention) -> Iterator[str]:
    run = [f"run_id={method.run}"] if method.run else []
    details = [f"{name}={expression}" for name, expression in method.details.items()]
    arguments = ", ".join([f'"{method.event}"', method.agent or "None", *run, *details])
    call = f"await emitter.deliver({arguments})"
    if convention.quiet_when_released:
        yield "if not emitter.is_active:"
        yield "    return" if method.returns == "none" else "    return False"
    if method.returns == "none":
        yield call
        return
    yield f"delivery = {call}"
    if method.returns == "raises":
        yield "error = delivery.error"
        yield "if error is not None:"
        yield f"    raise {_raised(convention.failed, method)} from error"
        yield "if not delivery.sent:"
        yield f"    raise {_raised(convention.undelivered, method)}"
    yield "return bool(delivery.sent)"


def _raised(expression: str, method: MethodConvention) -> str:
    """The exception, its class by its imported name, with the event as the method sends it."""
    path, _, arguments = expression.partition("(")
    return re.sub(r"\bevent\b(?!_)", f'"{method.event}"', f"{path.rpartition('.')[2]}({arguments}")


def _annotated(signature: str) -> str:
    """The parameters with `Any`: what they were annotated with is the old code's business."""
    arguments = parse_parameters(signature)
    for argument in (node for node in ast.walk(arguments) if isinstance(node, ast.arg)):
        argument.annotation = ast.Name("Any")
    return ast.unparse(arguments)
