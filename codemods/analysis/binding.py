"""Whether a call of a known shape binds to a signature, as far as the shape tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codemods.index.closeup import Member, Parameter

_OPEN = frozenset({"property", "contextmanager"})


class Shape(NamedTuple):
    """What a call gives: how many by position, which by name, and whether stars may bring more."""

    given: int
    names: list[str]
    stars: bool


def refusal(member: Member, shape: str) -> str:
    """Why the signature refuses a call of this shape, such as `2, key=, *, **`; "" when it binds, or may."""
    if _OPEN & set(member.traits):
        return ""
    return next(_refusals(member, read_shape(shape)), "")


def binds(member: Member, shape: str) -> bool:
    """Whether Python would accept a call of this shape, whatever kind of member it is."""
    return next(_refusals(member, read_shape(shape)), None) is None


def accepts(member: Member, shape: str) -> bool:
    """Whether Python would accept the call, or may, since stars bring what cannot be seen."""
    return read_shape(shape).stars or binds(member, shape)


def read_shape(shape: str) -> Shape:
    """A shape as uses record it, such as `2, key=, **`."""
    words = [word for word in shape.split(", ") if word]
    given = next((int(word) for word in words if word.isdigit()), 0)
    return Shape(given, [word[:-1] for word in words if word.endswith("=")], not {"*", "**"}.isdisjoint(words))


def _refusals(member: Member, call: Shape) -> Iterator[str]:
    kinds = {parameter.kind for parameter in member.arguments}
    positional = [parameter.name for parameter in member.arguments if parameter.kind == "positional"]
    if call.given > len(positional) and "*args" not in kinds:
        yield f"gives {call.given} arguments by position; at most {len(positional)} are taken"
    named = [parameter for parameter in member.arguments if parameter.kind in {"positional", "keyword"}]
    unknown = set(call.names) - {parameter.name for parameter in named}
    if unknown and "**kwargs" not in kinds:
        yield f"gives {_told(call.names, unknown)}, which it does not take"
    filled = set(positional[: call.given])
    if filled & set(call.names):
        yield f"gives {_told(call.names, filled)} twice"
    missing = _missing(named, filled | set(call.names))
    if missing and not call.stars:
        yield f"lacks {', '.join(missing)}"


def _told(names: list[str], wanted: set[str]) -> str:
    return ", ".join(name for name in names if name in wanted)


def _missing(named: list[Parameter], filled: set[str]) -> list[str]:
    return [parameter.name for parameter in named if parameter.default is None and parameter.name not in filled]
