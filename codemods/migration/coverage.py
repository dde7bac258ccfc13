"""Whether a class of the code base's own can take an old one's place: every call that worked must go on working.

What is shipped is proven to. Of a class that somebody else wrote only its code tells, so this is strict: each thing
that a caller may ask of the old class is there and taken in the same way, or the plan says how it is asked now.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace

from codemods.analysis.binding import refusal
from codemods.conventions import ClassConvention, MethodConvention
from codemods.index.closeup import Member, Parameter
from codemods.index.use_expressions import shape
from codemods.migration.surfaces import Surface

# Python gives every class these, or they say nothing that callers rely on.
_UNASKED = frozenset({"__init__", "__post_init__", "__new__", "__repr__", "__slots__", "__doc__", "__init_subclass__"})
_TRUTH = frozenset({"__bool__", "__len__"})  # `given or Default()` asks for it, where nobody thinks of it
_CLASS_LEVEL = frozenset({"static", "class"})
_KIND = frozenset({"async", "property", "static", "class", "contextmanager"})


def gaps(
    old: Surface, new: Surface, convention: ClassConvention | None, used: Collection[str], merged: Collection[str] = ()
) -> Iterator[str]:
    """What callers of the old class would miss, each in words.

    `used` are private members that somebody uses; `merged` the ancestors of the old class that become the new one, too.
    """
    yield from (f"its base {base}" for base in old.unread if base not in new.unread)
    lost = [name for name in old.ancestors if name not in {*new.ancestors, *merged}]
    yield from (f"it derives from {name}, which its target does not" for name in lost)
    yield from (f"it is decorated by {name}, its target is not" for name in sorted(old.decorators - new.decorators))
    added = sorted(_TRUTH & new.defined) if not _TRUTH & old.defined else ()
    yield from (f"it is always true, its target may be false: it has {name}" for name in added[:1])
    told = {method.name: method for method in convention.methods} if convention is not None else {}
    yield from _constructor(old, new, convention)
    for name in sorted(old.defined):
        if name not in _UNASKED and (name in used or not _private(name)):
            yield from _member(name, old, new, told.get(name))
    if told and new.fixed:
        yield "its target has __slots__ alone, so that no method can be adapted on an instance"


def _private(name: str) -> bool:
    return name.startswith("_") and not _special(name)


def _special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _unnamed(member: Member) -> Member:
    """A special method as Python calls it: its arguments by position, whatever their names are."""
    renamed = (replace(p, name=f"argument {at}") for at, p in enumerate(member.parameters))
    return replace(member, parameters=tuple(renamed))


# ── the constructor ──────────────────────────────────────────────────────────────────────────────────────────────────


def _constructor(old: Surface, new: Surface, convention: ClassConvention | None) -> Iterator[str]:
    if convention is not None:
        yield from _made(old, new, convention)
    elif old.made or new.made:
        yield "its constructor, or its target's, is not written out: a convention must say what it makes"
    else:
        mine, theirs = (surface.members.get("__init__", _NOTHING) for surface in (old, new))
        yield from (f"its constructor: {problem}" for problem in differs(mine, theirs))


def _made(old: Surface, new: Surface, convention: ClassConvention) -> Iterator[str]:
    init = old.members.get("__init__", _NOTHING)
    if not old.made and init.names != convention.parameters:
        yield f"its constructor takes ({', '.join(init.names)}), its convention ({', '.join(convention.parameters)})"
    made = ast.parse(convention.makes, mode="eval").body
    if not isinstance(made, ast.Call):
        return
    by = made.func.attr if isinstance(made.func, ast.Attribute) else "__init__"
    member = new.members.get(by, _NOTHING if by == "__init__" and not new.made else None)
    if member is None and by != "__init__":
        yield f"its convention makes it by {by}, which its target does not have"
    problem = refusal(member, shape(made)) if member is not None else ""
    if problem:
        yield f"its convention's call of {by} {problem}"


_NOTHING = Member("__init__", 0, 0, (), (Parameter("self", "positional", "", None),), "", "")


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _member(name: str, old: Surface, new: Surface, method: MethodConvention | None) -> Iterator[str]:
    mine, theirs = old.members.get(name), new.members.get(name)
    if method is not None:
        yield from _converted(method, mine, new)
    elif name not in new.defined:
        yield f"{name} is not in its target"
    elif name in old.constants and old.constants[name] != new.constants.get(name, old.constants[name]):
        yield f"{name} is {old.constants[name]}, {new.constants[name]} in its target"
    elif mine is not None and theirs is not None:
        called = map(_unnamed, (mine, theirs)) if _special(name) and name != "__call__" else (mine, theirs)
        yield from (f"{name}: {problem}" for problem in differs(*called))
    elif mine is not None and "property" not in mine.traits:
        yield f"{name} is a method, and an attribute of its target"
    elif theirs is not None and "property" not in theirs.traits:
        yield f"{name} is an attribute, and a method of its target"


def _converted(method: MethodConvention, mine: Member | None, new: Surface) -> Iterator[str]:
    """What is wrong with a convention, given the classes that it speaks of."""
    if mine is None:
        yield f"{method.name} is no method of it, though a convention says how it was called"
        return
    if _CLASS_LEVEL & set(mine.traits) or "property" in mine.traits:
        yield f"{method.name} is called on the class or without parentheses, which no convention can keep"
    if mine.names != method.parameters:
        yield f"{method.name} takes ({', '.join(mine.names)}), its convention ({', '.join(method.parameters)})"
    if ("async" in mine.traits) != method.is_async:
        yield f"{method.name} {'is' if 'async' in mine.traits else 'is not'} awaited, its convention says otherwise"
    if method.name in new.asks_itself:
        yield f"{method.name} is used by its target's own methods, which would meet the old way of calling it"
    for name in sorted(method.asks - new.defined):
        yield f"the convention of {method.name} uses {name}, which its target does not have"


def differs(old: Member, new: Member) -> Iterator[str]:
    """How some call of one member would fail, or mean something else, with the other in its place."""
    kinds = [" and ".join(sorted(_KIND & set(member.traits))) or "a plain method" for member in (old, new)]
    if kinds[0] != kinds[1]:
        yield f"it is {kinds[0]}, and {kinds[1]} in its target"
        return
    mine, theirs = (tuple(p for p in member.arguments if p.kind == "positional") for member in (old, new))
    names, others = (tuple(p.name for p in given) for given in (mine, theirs))
    everything = any(parameter.kind == "*args" for parameter in old.arguments)
    if (others if everything else others[: len(names)]) != names:
        yield f"it takes ({', '.join(names)}), its target ({', '.join(others)})"
        return
    yield from _by_name(old.arguments, new.arguments)


def _by_name(mine: Collection[Parameter], theirs: Collection[Parameter]) -> Iterator[str]:
    for parameter in mine:
        yield from _missing_star(parameter, theirs) if _starred(parameter) else _taken(parameter, theirs)
    known = {parameter.name for parameter in mine}
    new = [parameter for parameter in theirs if parameter.name not in known and not _starred(parameter)]
    yield from (f"its target requires {parameter.name}" for parameter in new if parameter.default is None)
    if any(parameter.kind == "**kwargs" for parameter in mine):
        yield from (
            f"its target takes {parameter.name} for itself" for parameter in new if parameter.default is not None
        )


def _starred(parameter: Parameter) -> bool:
    return parameter.kind.startswith("*")


def _missing_star(parameter: Parameter, theirs: Collection[Parameter]) -> Iterator[str]:
    if parameter.kind not in {other.kind for other in theirs}:
        yield f"its target takes no {parameter.kind}"


def _taken(parameter: Parameter, theirs: Collection[Parameter]) -> Iterator[str]:
    other = next((found for found in theirs if found.name == parameter.name and not _starred(found)), None)
    if other is None:
        yield f"its target takes no {parameter.name}"
    elif parameter.default != other.default and parameter.default is not None:
        yield f"{parameter.name} is {parameter.default} when left out, {other.default or 'required'} in its target"
