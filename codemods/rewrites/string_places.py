"""Where the strings of a file stand: as the target of which call, in a computed string, or anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from codemods.index.expressions import dotted

PATCH, MULTIPLE, SETATTR, LOAD, IMPORT, LOGGER = "patch", "patch.multiple", "setattr", "load", "import_module", "logger"
SURE = frozenset({PATCH, SETATTR, LOAD})

# The end of a call's dotted path -> what its first argument is, and by which keyword it may be given.
_CALLS: Mapping[str, tuple[str, str]] = {
    "patch": (PATCH, "target"),
    "patch.multiple": (MULTIPLE, "target"),
    "patch.dict": (PATCH, "in_dict"),
    "setattr": (SETATTR, "target"),
    "delattr": (SETATTR, "target"),
    "resolve_name": (LOAD, "name"),
    "locate": (LOAD, "path"),
    "import_module": (IMPORT, "name"),
    "__import__": (IMPORT, "name"),
    "getLogger": (LOGGER, "name"),
    "get_logger": (LOGGER, "name"),
    "assertLogs": (LOGGER, "logger"),
    "assertNoLogs": (LOGGER, "logger"),
}
_MOCK = frozenset({"unittest.mock", "unittest", "mock", "asynctest", "asynctest.mock"})
_FIXTURES = frozenset({"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"})
_MONKEYPATCH = frozenset({"monkeypatch", "MonkeyPatch", "mp", "monkey_patch", "monkeypatch_session"})
_LOADERS = frozenset({"pkgutil", "pydoc"})
_OPTIONS = frozenset({"target", "spec", "create", "spec_set", "autospec", "new_callable"})


@dataclass(frozen=True, slots=True)
class Place:
    """One string constant; `kind` says of which known call it is the target, "" of none."""

    node: ast.Constant
    kind: str
    call: ast.Call | None
    computed: bool


def places(tree: ast.Module) -> Iterator[Place]:
    """Every string constant of a file with its place."""
    heads = dict(_imported_heads(tree))
    targets: dict[int, tuple[str, ast.Call]] = {}
    computed: set[int] = set()
    constants: list[ast.Constant] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found = _target(node, heads)
            if found is not None:
                targets[id(found[1])] = (found[0], node)
        elif isinstance(node, ast.JoinedStr):
            computed.update(id(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            constants.append(node)
    for constant in constants:
        kind, call = targets.get(id(constant), ("", None))
        yield Place(constant, kind, call, id(constant) in computed)


def patched_names(call: ast.Call | None) -> tuple[str, ...] | None:
    """The names that `patch.multiple` patches; None when it is given some by `**`."""
    if call is None or any(keyword.arg is None for keyword in call.keywords):
        return None
    return tuple(keyword.arg for keyword in call.keywords if keyword.arg and keyword.arg not in _OPTIONS)


def _target(call: ast.Call, heads: Mapping[str, str]) -> tuple[str, ast.expr] | None:
    """The kind of a known call and the expression that is its target."""
    path = dotted(call.func)
    if not path:
        return None
    known = _known(path, heads)
    if known is None:
        return None
    kind, keyword = known
    given = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == keyword), None)
    if kind == SETATTR and len(call.args) > 2:
        return None  # `setattr(object, name, value)`: the target is no path
    return (kind, given) if given is not None else None


def _known(path: str, heads: Mapping[str, str]) -> tuple[str, str] | None:
    first, _, rest = path.partition(".")
    full = f"{heads[first]}.{rest}".rstrip(".") if first in heads else path
    owner, _, last = full.rpartition(".")
    if last in {"multiple", "dict"}:
        owner, last = owner.rpartition(".")[0], f"{owner.rpartition('.')[2]}.{last}"
    if last not in _CALLS or not _owned(owner, last):
        return None
    return _CALLS[last]


def _owned(owner: str, last: str) -> bool:
    """Whether the call is what its name says: a `patch` of unittest.mock or a fixture, not one of an HTTP client."""
    kind = _CALLS[last][0]
    if kind in {PATCH, MULTIPLE}:
        return owner in _MOCK or owner.rpartition(".")[2] in _FIXTURES
    if kind == SETATTR:
        return owner.rpartition(".")[2] in _MONKEYPATCH
    return kind != LOAD or owner in _LOADERS


def _imported_heads(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What the names mean that a file imports from outside, wherever it does: local name -> dotted path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)
