"""One class read closely: every member with its signature, constants, locks, tasks, events and payloads."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

from codemods.index.declarations import FunctionNode, first_parameter, traits_of
from codemods.index.expressions import dotted, string, text
from reports.documents.classes import EventFact, Noted

LOCKS = frozenset({"Lock", "RLock", "Semaphore", "BoundedSemaphore", "Event", "Condition", "Barrier"})
TASKS = frozenset({"create_task", "ensure_future", "run_in_executor", "Thread", "ThreadPoolExecutor", "Timer"})
MAX_VALUE = 60  # characters of a constant shown


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `kind` is positional, keyword, *args or **kwargs; `default` is source text or None."""

    name: str
    kind: str
    annotation: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """One function of a class with its full signature; `implicit` says whether self or cls is passed by itself."""

    name: str
    line: int
    end: int
    traits: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    returns: str
    doc: str

    @property
    def public(self) -> bool:
        """Whether the name invites use from outside."""
        return not self.name.startswith("_")

    @property
    def names(self) -> tuple[str, ...]:
        """The parameter names in order, self and cls left out."""
        return tuple(p.name for p in self.arguments)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """The parameters that a caller gives."""
        implicit = "static" not in self.traits and self.parameters and self.parameters[0].kind == "positional"
        return self.parameters[1:] if implicit else self.parameters

    @property
    def signature(self) -> str:
        """The signature as a caller sees it, in one line."""
        shown = [_shown(p) for p in self.arguments]
        kinds = [p.kind for p in self.arguments]
        if "keyword" in kinds and "*args" not in kinds:
            shown.insert(kinds.index("keyword"), "*")
        return f"({', '.join(shown)})" + (f" -> {self.returns}" if self.returns else "")


@dataclass(frozen=True, slots=True)
class CloseUp:
    """All that one class says of itself."""

    dotted: str
    path: str
    line: int
    end: int
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    members: tuple[Member, ...]
    constants: tuple[Noted, ...]
    attributes: tuple[Noted, ...]
    locks: tuple[Noted, ...]
    tasks: tuple[Noted, ...]
    singleton: tuple[Noted, ...]
    emissions: tuple[EventFact, ...]
    sends: tuple[Noted, ...]
    doc: str

    @property
    def twice(self) -> tuple[str, ...]:
        """Members defined more than once, the last of which wins; property setters and overloads are not that."""
        counted = Counter(m.name for m in self.members if not {"setter", "overload"} & set(m.traits))
        return tuple(name for name, count in counted.items() if count > 1)

    @property
    def effective(self) -> dict[str, Member]:
        """The members that count at run time, by name."""
        return {member.name: member for member in self.members if "setter" not in member.traits}

    @property
    def defined(self) -> frozenset[str]:
        """Every name an instance or the class is known to have: members, constants and attributes."""
        return frozenset([*self.effective, *(c.name for c in self.constants), *(a.name for a in self.attributes)])


def close_up(tree: ast.Module, path: str, module: str, qualname: str, events: Collection[str]) -> CloseUp | None:
    """Read the class `qualname` of a parsed module closely; None when it does not stand there."""
    node = class_node(tree, qualname)
    if node is None:
        return None
    functions = list(_functions(node.body))
    methods = [_Walked(function, tuple(ast.walk(function))) for function in functions]
    members = tuple(_member(function) for function in functions)
    return CloseUp(
        f"{module}.{qualname}",
        path,
        node.lineno,
        node.end_lineno or node.lineno,
        tuple(text(base) for base in node.bases),
        tuple(text(decorator) for decorator in node.decorator_list),
        members,
        tuple(_constants(node.body)),
        tuple(_attributes(methods)),
        (*_class_locks(node.body), *_calls(methods, LOCKS)),
        tuple(_calls(methods, TASKS)),
        tuple(_singleton(node, functions, tree)),
        tuple(emission for method in methods for emission in _emissions(method, events)),
        tuple(_sends(methods)),
        _first_line(ast.get_docstring(node)),
    )


def class_node(tree: ast.Module, qualname: str) -> ast.ClassDef | None:
    """The class of that name in a parsed module, the last one where there are several; None when it is not there."""
    return _find(tree.body, qualname.split("."))


def _find(body: Iterable[ast.stmt], path: list[str]) -> ast.ClassDef | None:
    found = [node for node in _flat(body) if isinstance(node, ast.ClassDef) and node.name == path[0]]
    if not found:
        return None
    return found[-1] if len(path) == 1 else _find(found[-1].body, path[1:])


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block and of the conditional blocks in it."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _flat([*node.body, *node.orelse])


def _functions(body: Iterable[ast.stmt]) -> Iterator[FunctionNode]:
    yield from (node for node in _flat(body) if isinstance(node, FunctionNode))


def _member(node: FunctionNode) -> Member:
    returns = text(node.returns) if node.returns is not None else ""
    end = node.end_lineno or node.lineno
    doc = _first_line(ast.get_docstring(node))
    return Member(node.name, node.lineno, end, tuple(traits_of(node).split()), parameters_of(node), returns, doc)


def parameters_of(node: FunctionNode) -> tuple[Parameter, ...]:
    """The parameters of a function in source order."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults
    found = [_parameter(arg, "positional", default) for arg, default in zip(positional, defaults, strict=True)]
    if arguments.vararg:
        found.append(_parameter(arguments.vararg, "*args", None))
    keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found += [_parameter(arg, "keyword", default) for arg, default in keyword]
    if arguments.kwarg:
        found.append(_parameter(arguments.kwarg, "**kwargs", None))
    return tuple(found)


def _parameter(arg: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    annotation = text(arg.annotation) if arg.annotation is not None else ""
    return Parameter(arg.arg, kind, annotation, None if default is None else text(default))


def _shown(parameter: Parameter) -> str:
    stars = {"*args": "*", "**kwargs": "**"}.get(parameter.kind, "")
    annotation = f": {parameter.annotation}" if parameter.annotation else ""
    default = "" if parameter.default is None else f"={parameter.default}"
    return f"{stars}{parameter.name}{annotation}{default}"


def _first_line(doc: str | None) -> str:
    return doc.strip().partition("\n")[0].strip() if doc else ""


def _constants(body: Iterable[ast.stmt]) -> Iterator[Noted]:
    for node in body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield Noted(target.id, text(node.value)[:MAX_VALUE], node.lineno)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield Noted(node.target.id, text(node.value)[:MAX_VALUE] if node.value else "", node.lineno)


class _Walked(NamedTuple):
    """A method with all its nodes: several questions are asked of them, and walking is what costs."""

    function: FunctionNode
    nodes: tuple[ast.AST, ...]

    def calls(self) -> list[ast.Call]:
        """The calls in it, in source order."""
        found = [node for node in self.nodes if isinstance(node, ast.Call)]
        return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _attributes(methods: Iterable[_Walked]) -> Iterator[Noted]:
    """Attributes of the instance, each where it is first assigned."""
    seen: set[str] = set()
    for method in methods:
        owner = "" if "static" in traits_of(method.function) else first_parameter(method.function)
        stores = [node for node in method.nodes if owner and _is_store(node, owner)]
        for node in sorted(stores, key=lambda store: store.lineno):
            if node.attr not in seen:
                yield Noted(node.attr, method.function.name, node.lineno)
            seen.add(node.attr)


def _is_store(node: ast.AST, owner: str) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and dotted(node.value) == owner


def _calls(methods: Iterable[_Walked], names: Collection[str]) -> Iterator[Noted]:
    for method in methods:
        for call in method.calls():
            if _last_name(call.func) in names:
                yield Noted(text(call.func), method.function.name, call.lineno)


def _class_locks(body: Iterable[ast.stmt]) -> Iterator[Noted]:
    """Locks that all instances share: made in the class body."""
    for node in body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Call) and _last_name(value.func) in LOCKS:
            yield Noted(text(value.func), "the class body", node.lineno)


def _last_name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else dotted(function)


def _sends(methods: Iterable[_Walked]) -> Iterator[Noted]:
    """Calls that hand a message on: `self.x.send_...`, `self._emit...`; what carries an event to the wire."""
    for method in methods:
        for call in method.calls():
            if _hands_on(dotted(call.func)):
                yield Noted(dotted(call.func), method.function.name, call.lineno)


_CARRYING = ("send", "emit", "route", "broadcast", "publish", "dispatch", "push", "notify", "deliver")


def _hands_on(path: str) -> bool:
    return "." in path and path.rpartition(".")[2].lstrip("_").startswith(_CARRYING)


def _singleton(node: ast.ClassDef, functions: list[FunctionNode], tree: ast.Module) -> Iterator[Noted]:
    for function in functions:
        if function.name == "__new__":
            yield Noted("__new__", "allocation is intercepted", function.lineno)
        yield from _kept_instance(function, node.name)
    for constant in _constants(node.body):
        if constant.name.lstrip("_") in {"instance", "instances", "shared"}:
            yield Noted(constant.name, f"class attribute = {constant.value}", constant.line)
    for item in tree.body:
        if isinstance(item, FunctionNode):
            yield from _getter(item, node.name)


def _kept_instance(function: FunctionNode, class_name: str) -> Iterator[Noted]:
    """`cls._one = cls(...)`: a method that makes an instance and keeps it on the class."""
    owners = {class_name, first_parameter(function) if "class" in traits_of(function) else class_name}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and dotted(node.value.func) in owners:
            for target in node.targets:
                if isinstance(target, ast.Attribute) and dotted(target.value) in owners:
                    yield Noted(target.attr, f"made and kept by {function.name}()", node.lineno)


def _getter(function: FunctionNode, class_name: str) -> Iterator[Noted]:
    """A module's function that makes the one instance and keeps it in a global."""
    nodes = list(ast.walk(function))
    names = [name for node in nodes if isinstance(node, ast.Global) for name in node.names]
    if names and any(isinstance(node, ast.Call) and dotted(node.func) == class_name for node in nodes):
        yield Noted(", ".join(names), f"module global behind {function.name}()", function.lineno)


def _emissions(method: _Walked, events: Collection[str]) -> Iterator[EventFact]:
    """The events a method sends: named in its body, or by its own name (`notify_agent_started`)."""
    function = method.function
    docstring = _docstring(function)
    body = [node for node in method.nodes if node is not docstring]
    compared = {id(side) for node in body if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)}
    spoken = [
        string(node) for node in body if id(node) not in compared
    ]  # a comparison asks for an event, it sends none
    named = {value for value in spoken if value is not None and value in events}
    by_name = {event for event in events if function.name.lower().endswith(event)}
    envelope, payload = _keys(method.nodes)
    for event in sorted(named | by_name):
        yield EventFact(event, function.name, function.lineno, envelope, payload)


def _docstring(function: FunctionNode) -> ast.expr | None:
    first = function.body[0]
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


PAYLOADS = ("payload", "data", "metadata_payload")


def _keys(nodes: Iterable[ast.AST]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of the envelope (a dict with a `type`, or with a payload in it) and of the payload, as written out."""
    envelope: list[str] = []
    payload: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Dict) and _is_message(node):
            envelope += _literal_keys(node)
            payload += _inner_payload(node)
        else:
            payload += [key for item in _named_payloads(node) if not _is_message(item) for key in _literal_keys(item)]
    return tuple(dict.fromkeys(envelope)), tuple(dict.fromkeys(payload))


def _named_payloads(node: ast.AST) -> list[ast.Dict]:
    """Dict literals that are payloads by where they stand: assigned to or passed as `payload`, or sent with a name."""
    if isinstance(node, ast.Call):
        return _message_argument(node)
    value = getattr(node, "value", None)
    if not isinstance(value, ast.Dict):
        return []
    names = [node.arg or ""] if isinstance(node, ast.keyword) else []
    if isinstance(node, ast.Assign | ast.AnnAssign):
        names = [dotted(target) for target in (node.targets if isinstance(node, ast.Assign) else [node.target])]
    return [value] if any(name.rpartition(".")[2] in PAYLOADS for name in names) else []


def _message_argument(call: ast.Call) -> list[ast.Dict]:
    """Dict literals given straight to a call that names the event: `send("agent_started", {...})`."""
    named = any(string(argument) is not None for argument in call.args)
    return [argument for argument in call.args if isinstance(argument, ast.Dict)] if named else []


def _is_message(node: ast.Dict) -> bool:
    return bool(_inner_payload(node)) or not {"type", "event_type"}.isdisjoint(_literal_keys(node))


def _inner_payload(node: ast.Dict) -> list[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is not None and string(key) in PAYLOADS and isinstance(value, ast.Dict):
            return _literal_keys(value)
    return []


def _literal_keys(node: ast.Dict) -> list[str]:
    return [value for key in node.keys if key is not None and (value := string(key)) is not None]
