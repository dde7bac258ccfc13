"""Which files keep an old class: those that call it in a way that the unified one would take for something else.

Their imports stay on the shim, which keeps the old calls. Every other import goes to the unified class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from codemods.analysis.usage import ClassUse
from codemods.conventions import Conventions
from codemods.index.facts import FileFacts
from codemods.index.resolve import Definition, Resolver
from codemods.migration.arrangement import Arrangement
from codemods.migration.calls import NONE, Differences, differences
from codemods.migration.unified import Unified
from codemods.plan import Plan

Held = dict[tuple[str, str], str]


def differing(arrangement: Arrangement, conventions: Conventions, unified: Unified) -> dict[str, Differences]:
    """What differs in the calls of each leaving class, nested ones among them, by its old dotted name."""
    known = {item.dotted: item for item in conventions.classes}
    found: dict[str, Differences] = {}
    for departure in arrangement.departures:
        for one in (*departure.leaving, *departure.nested):
            told = differences(one.convention, known, unified) if one.convention is not None else NONE
            found[f"{departure.module}.{one.name}"] = told
    return found


def held_imports(
    arrangement: Arrangement,
    plan: Plan,
    different: Mapping[str, Differences],
    uses: Iterable[ClassUse],
    converted: Collection[tuple[str, str]] = (),
) -> Held:
    """(path, old name) -> the first use that needs the old class, or what its getter gives.

    `converted`: the files and classes whose constructor calls are rewritten.
    """
    getters = {item.dotted: item.getters for item in plan.classes}
    held: Held = {}
    known = list(uses)
    asked = {(use.path, use.line, use.owner) for use in known if use.kind in _ONLY_ASKING}
    for use in known:
        if use.kind == "value" and (use.path, use.line, use.owner) in asked:
            continue
        if use.kind == "constructor" and (use.path, use.owner) in converted:
            continue
        told = different.get(use.owner, NONE)
        reason = _reason(use, told) if told.any else ""
        makers = getters.get(use.owner, ()) if use.kind in _OF_INSTANCES else ()
        for old in (use.owner, *makers) if reason else ():
            held.setdefault((use.path, old), f"line {use.line} {reason}")
    leaving = arrangement.names
    return {key: reason for key, reason in held.items() if key[1] in leaving}


def handed_outside(different: Mapping[str, Differences], resolver: Resolver) -> Held:
    """The imports by which a file offers an old class to others: in a library, to callers that nobody sees here."""
    reason = "it hands the class on to callers outside, who call it as they did"
    return {
        (file.path, outcome.dotted): reason
        for file in resolver.index.files
        for item in file.imports
        for name, bound in item.names
        if _offers(file, bound)
        and isinstance(outcome := resolver.name(item.module, name), Definition)
        and different.get(outcome.dotted, NONE).any
    }


def _offers(file: FileFacts, name: str) -> bool:
    return name in file.exports if file.exports is not None else file.is_package and not name.startswith("_")


def _reason(use: ClassUse, told: Differences) -> str:
    judge = _JUDGES.get(use.kind)
    return judge(use, told) if judge is not None else ""


def _constructed(_use: ClassUse, told: Differences) -> str:
    # What an old constructor makes is called as it was; a unified one would not be.
    return "constructs it with its old arguments, or calls what it makes in the old order"


def _derived(_use: ClassUse, _told: Differences) -> str:
    return "derives from it"


def _passed(_use: ClassUse, _told: Differences) -> str:
    return "passes the class itself on, to be constructed elsewhere"


def _of_class(use: ClassUse, told: Differences) -> str:
    return (
        ""
        if not told.methods
        else f"calls {use.member} of the class, which makes an object that is called in the old way"
    )


def _of_instance(use: ClassUse, told: Differences) -> str:
    return f"uses {use.member}, which takes other arguments or answers otherwise" if use.member in told.methods else ""


_ONLY_ASKING = frozenset({"isinstance", "issubclass", "spec", "annotation"})
_OF_INSTANCES = frozenset({"call", "read"})
_JUDGES: dict[str, Callable[[ClassUse, Differences], str]] = {
    "constructor": _constructed,
    "base": _derived,
    "value": _passed,
    "class call": _of_class,
    "call": _of_instance,
    "read": _of_instance,
}


def with_bridges(held: Held, resolver: Resolver) -> Held:
    """The same with the modules through which a held file gets the old class: they must hand on the old one, too."""
    index, found = resolver.index, dict(held)
    by_path = {file.path: file for file in index.files}
    waiting = list(held)
    for path, old in waiting:
        for module in _handed_by(by_path[path], old, resolver):
            key = (index.modules[module].path, old)
            if key not in found:
                found[key] = f"{path} takes it from here and needs the old class: {held_reason(found, path, old)}"
                waiting.append(key)
    return found


def held_reason(held: Held, path: str, old: str) -> str:
    """The reason at the end of a chain of modules that hand a class on."""
    return held[path, old].rpartition("needs the old class: ")[2]


def _handed_by(file: FileFacts, old: str, resolver: Resolver) -> Iterator[str]:
    """The modules other than its own that a file takes a class from, by name or by a star."""
    for item in file.imports:
        if item.module not in resolver.index.modules or item.module == old.rpartition(".")[0]:
            continue
        for name, _ in item.names:
            name = old.rpartition(".")[2] if name == "*" else name
            outcome = resolver.name(item.module, name)
            if isinstance(outcome, Definition) and outcome.dotted == old:
                yield item.module
