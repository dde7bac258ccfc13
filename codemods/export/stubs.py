"""Stubs beside shims: type checkers see the old names with their new types, and classes among them as deprecated.

A shim makes its names when they are asked for, which no type checker follows into a warning. Its `if TYPE_CHECKING`
block says what each name is; the stub says it again with PEP 702's mark. A module that keeps code of its own gets
none: a stub would have to repeat that code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from codemods.analysis.families.candidates import is_protocol
from codemods.gate.shims import Shim
from codemods.index import facts as place
from codemods.index.code import CodeIndex
from codemods.index.facts import Class, FileFacts
from codemods.index.resolve import Definition, Resolver
from codemods.rewrites.shim_text import function_of
from codemods.rewrites.written import from_import
from codemods.source.discover import STUB

_HEAD = f'"""Old names with their new types; goes with the shim beside it. {STUB}"""\n'
_DEFINING = frozenset({"class", "function"})
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})  # with members they have no subclasses


@dataclass(frozen=True, slots=True)
class _Name:
    """One old name: what it is to a type checker, as module and name there, and where it is to be imported from."""

    name: str
    module: str
    there: str
    new: str


def stubs(shims: Iterable[Shim], resolver: Resolver) -> dict[str, str]:
    """The text of the stub for each file that is nothing but a shim, by the path of the stub."""
    by_file: dict[str, dict[str, str]] = {}
    for shim in shims:
        by_file.setdefault(shim.path, {})[shim.old.rpartition(".")[2]] = shim.new
    files = {file.path: file for file in resolver.index.files}
    return {
        f"{path.removesuffix('.py')}.pyi": _stub(list(_names(files[path], new)), resolver)
        for path, new in sorted(by_file.items())
        if path.endswith(".py") and _is_nothing_else(files[path])
    }


def _is_nothing_else(file: FileFacts) -> bool:
    """Whether none of a module's own code is left; the functions that give adapters are the shim's."""
    own = {item.name for scope, found in file.scopes if not scope for item in found if item.kind in _DEFINING}
    return all(name.startswith(function_of("")) for name in own)


def _names(file: FileFacts, new: Mapping[str, str]) -> Iterator[_Name]:
    for item in file.imports:
        if item.place & place.TYPING and not item.scope:
            yield from (_Name(bound, item.module, name, new[bound]) for name, bound in item.names if bound in new)


def _stub(names: list[_Name], resolver: Resolver) -> str:
    classes = [item for item in names if _extensible(item, resolver)]
    handed: dict[str, list[str]] = {"typing_extensions": ["deprecated"]} if classes else {}
    for item in names:
        if item not in classes:
            handed.setdefault(item.module, []).append(f"{item.there} as {item.name}")
    # Whole modules: mypy takes `from m import X as _X` in a file with an X of its own for a use of that one.
    modules = {item.module for item in classes} | {"typing" for item in classes if _protocol(item, resolver)}
    imports = [f"import {module}\n" for module in sorted(modules)]
    imports += [from_import(module, sorted(found)) for module, found in sorted(handed.items())]
    return "\n".join([_HEAD, "".join(imports), *(_class(item, resolver) for item in classes)]).rstrip("\n") + "\n"


def _class(item: _Name, resolver: Resolver) -> str:
    module, _, name = item.new.rpartition(".")
    told = json.dumps(f"{item.name} has moved; write `from {module} import {name}`")
    more = ", typing.Protocol" if _protocol(item, resolver) else ""
    return f"@deprecated({told})\nclass {item.name}({item.module}.{item.there}{more}): ...\n"


def _extensible(item: _Name, resolver: Resolver) -> bool:
    """Whether the name is a class that can have a subclass, which alone can bear the mark."""
    found = _definition(item, resolver)
    return found is not None and _ENUMS.isdisjoint(base.rpartition(".")[2] for base in found.bases)


def _protocol(item: _Name, resolver: Resolver) -> bool:
    """A subclass of a protocol is one only if it says so again."""
    found = _definition(item, resolver)
    return found is not None and is_protocol(found)


def _definition(item: _Name, resolver: Resolver) -> Class | None:
    outcome = resolver.name(item.module, item.there)
    index: CodeIndex = resolver.index
    known = index.classes.get(outcome.dotted) if isinstance(outcome, Definition) else None
    return known[1] if known is not None else None
