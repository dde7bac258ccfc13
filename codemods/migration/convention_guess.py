"""How the calls of one class might be written on another, guessed from the names of their parameters: for a draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from codemods.conventions import UNIFIED
from codemods.index.closeup import Member, Parameter
from codemods.migration.coverage import differs
from codemods.migration.surfaces import Surface
from reports.documents.draft import DraftConvention, DraftMethod

_STARS = {"*args": "*", "**kwargs": "**"}


def guessed(old: Surface, new: Surface, name: str) -> DraftConvention:
    """A convention for all methods that differ; `name` is the class that takes the old one's place."""
    mine, theirs = (surface.members.get("__init__") for surface in (old, new))
    taken, wanted = (member.arguments if member is not None else () for member in (mine, theirs))
    return DraftConvention(signature(taken), _made(name, _given(taken, wanted)), tuple(_methods(old, new)))


def _methods(old: Surface, new: Surface) -> Iterator[DraftMethod]:
    for name, member in old.members.items():
        other = new.members.get(name)
        if not member.public or {"property", "static", "class"} & set(member.traits):
            continue
        if other is None or any(differs(member, other)):
            yield DraftMethod(name, signature(member.arguments), _call(member, other), _only_old_awaits(member, other))


def _call(old: Member, new: Member | None) -> str:
    """The call of the method of the same name; "" where there is none."""
    if new is None:
        return ""
    awaited = "await " if {"async"} <= set(old.traits) & set(new.traits) else ""
    return _made(f"{awaited}{UNIFIED}.{new.name}", _given(old.arguments, new.arguments))


def _made(what: str, given: Sequence[str]) -> str:
    """A call; "" where arguments by name would stand before a star, which Python takes for something else."""
    stars = [number for number, argument in enumerate(given) if argument.startswith("*") and argument[1] != "*"]
    return "" if any(stars) else f"{what}({', '.join(given)})"


def _only_old_awaits(old: Member, new: Member | None) -> bool:
    return "async" in old.traits and (new is None or "async" not in new.traits)


def _given(old: Sequence[Parameter], new: Sequence[Parameter]) -> list[str]:
    """The arguments of the new call: what has the same name, then the rest in order."""
    known = {parameter.name for parameter in new}
    spare = iter([p for p in new if p.name not in {parameter.name for parameter in old} and not p.kind.startswith("*")])
    found = []
    for parameter in old:
        if parameter.kind.startswith("*"):
            found.append(f"{_STARS[parameter.kind]}{parameter.name}")
        elif parameter.name in known:
            found.append(f"{parameter.name}={parameter.name}")
        elif (other := next(spare, None)) is not None:
            found.append(f"{other.name}={parameter.name}")
    return found


def signature(parameters: Iterable[Parameter]) -> str:
    """Parameters as Python writes them, without annotations: `key, ttl=None, *, strict=False`."""
    written: list[str] = []
    bare = False  # whether what follows is given by name already
    for parameter in parameters:
        if parameter.kind == "keyword" and not bare:
            written.append("*")
            bare = True
        bare = bare or parameter.kind == "*args"
        default = "" if parameter.default is None else f"={parameter.default}"
        written.append(f"{_STARS.get(parameter.kind, '')}{parameter.name}{default}")
    return ", ".join(written)
