"""The text of shims: what an old module says once names have left it, so that the old path keeps working."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from codemods.rewrites.written import WIDTH, from_import, indented

MARK = "# Names that have left this module, found where they are now when somebody uses them here."


@dataclass(frozen=True, slots=True)
class MovedName:
    """One name of a shim: `new` is where it is, `adapter` the class that keeps the old calls, as `module:name`."""

    name: str
    new: str
    adapter: str = ""

    @property
    def typed(self) -> str:
        """What a type checker is to see in the name's place."""
        return self.adapter or self.new


@dataclass(frozen=True, slots=True)
class ShimSpec:
    """All that a shim says; `runtime` is the module that makes it work, `exports` the old `__all__` if it had one."""

    module: str
    names: tuple[MovedName, ...]
    runtime: str
    since: str
    removal: str
    exports: tuple[str, ...] | None = None


def replaced_module(spec: ShimSpec) -> str:
    """The whole text of a module that every class and function has left."""
    there = {item.name for item in spec.names}
    public = there & set(spec.exports) if spec.exports is not None else {n for n in there if not n.startswith("_")}
    listed = "\n" + "".join(f'    "{name}",\n' for name in sorted(public)) if public else ""
    imports = f"from typing import TYPE_CHECKING\n\nfrom {spec.runtime} import moved\n"
    head = "__all__" if public else "__all__: list[str]"
    return f"{_docstring(spec)}\n\n{imports}\n{_body(spec, 'moved')}\n{head} = [{listed}]\n"


def block(spec: ShimSpec, typing_known: bool) -> str:
    """What stands at the end of a module that some names have left. `typing_known`: TYPE_CHECKING is imported there."""
    typing = "" if typing_known else "from typing import TYPE_CHECKING\n\n"
    imported = f"from {spec.runtime} import moved as _moved\n"
    return f"{MARK}\n{typing}{imported}\n{_body(spec, '_moved')}"


def _docstring(spec: ShimSpec) -> str:
    places = sorted({item.new.partition(":")[0] for item in spec.names})
    where = " and ".join(places) if len(places) < 3 else f"{', '.join(places[:-1])} and {places[-1]}"
    first = f'"""What was here is in {where}.'
    if len(first) > WIDTH:
        first = '"""What was here is elsewhere; the table below says where.'
    since = f" since {spec.since}" if spec.since else ""
    goes = f", goes in {spec.removal}" if spec.removal else ""
    return (
        f"{first}\n\nThe old path keeps working: each use gives the object as it is there, and a warning that names\n"
        f'the line to write instead. Deprecated{since}{goes}. Written by wsconsolidate.\n"""'
    )


def _body(spec: ShimSpec, function: str) -> str:
    adapted = {item.name: item for item in spec.names if item.adapter}
    functions: dict[str, str] = {}
    for name in adapted:  # a class and a function may differ in their capitals only
        functions[name] = function_of(name)
        while list(functions.values()).count(functions[name]) > 1:
            functions[name] += "_"
    makers = (_adapter_function(functions[name], item) for name, item in adapted.items())
    parts = [_type_checking(spec), *makers, _call(spec, function, functions)]
    return "\n\n".join(parts) if adapted else "\n".join(parts)


def _type_checking(spec: ShimSpec) -> str:
    modules: dict[str, list[str]] = {}
    for item in sorted(spec.names, key=lambda item: item.name):
        module, _, name = item.typed.partition(":")
        modules.setdefault(module, []).append(f"{name} as {item.name}")
    return "if TYPE_CHECKING:\n" + "".join(indented(from_import(*item)) for item in sorted(modules.items()))


def function_of(name: str) -> str:
    """The function of a shim that gives the adapter of a name."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return f"_adapted_{words.lower()}"


def _adapter_function(function: str, item: MovedName) -> str:
    module, _, name = item.adapter.partition(":")
    return f"def {function}() -> object:\n{indented(from_import(module, [name]))}\n    return {name}\n"


def _call(spec: ShimSpec, function: str, adapters: Mapping[str, str]) -> str:
    lines = [f"{function}(", "    __name__,", "    {"]
    lines += [_entry(item.name, item.new) for item in spec.names]
    lines += ["    },", f'    since="{spec.since}",']
    lines += [f'    removal="{spec.removal}",'] if spec.removal else []
    if adapters:
        lines += ["    adapters={", *(f'        "{name}": {maker},' for name, maker in adapters.items()), "    },"]
    return "\n".join([*lines, ")", ""])


def _entry(name: str, new: str) -> str:
    """A row of the table of moves; one that is too long has its value below it."""
    line = f'        "{name}": "{new}",'
    return line if len(line) <= WIDTH + 16 else f'        "{name}": (\n            "{new}"\n        ),'
