"""What a name or an expression can mean to a class that inherits from it: a closed set of outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ClassNode(NamedTuple):
    """One class: a statement at `line` of a file, or, at line 0, a class of our own interpreter.

    The line is part of the identity: `class X(X)` is a class and another one of the same name.
    """

    module: str
    qualname: str
    line: int

    @property
    def dotted(self) -> str:
        """The path `module.qualname`, as `__module__` and `__qualname__` tell it at run time."""
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, slots=True)
class Space:
    """A module or package."""

    name: str


@dataclass(frozen=True, slots=True)
class Alias:
    """A class in brackets, `List[int]`; `named` for the aliases of `typing`, which bring Generic along."""

    node: ClassNode
    named: bool


@dataclass(frozen=True, slots=True)
class Special:
    """A base that Python replaces by another: NamedTuple, TypedDict."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function; a few of them make classes."""

    dotted: str


@dataclass(frozen=True, slots=True)
class Several:
    """The bases that a call such as `six.with_metaclass(M, A, B)` stands for."""

    bases: tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Unsure:
    """Something that only run time knows, or that could be one of several; says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing: using the name fails. Says what is missing."""

    reason: str


Meaning = ClassNode | Space | Alias | Special | Function | Several | Unsure | Absent

NONE = Unsure("None")
OBJECT = ClassNode("builtins", "object", 0)
GENERIC = ClassNode("typing", "Generic", 0)
PROTOCOL = ClassNode("typing", "Protocol", 0)
TUPLE = ClassNode("builtins", "tuple", 0)
DICT = ClassNode("builtins", "dict", 0)
TYPE = ClassNode("builtins", "type", 0)


def told(meaning: Meaning) -> str:
    """The meaning in a few words, for a reason."""
    match meaning:
        case ClassNode():
            return f"{meaning.dotted} (line {meaning.line})" if meaning.line else meaning.dotted
        case Alias():
            return f"{meaning.node.dotted}[...]"
        case Function():
            return meaning.dotted
        case Space() | Special():
            return meaning.name
        case Several():
            return ", ".join(told(base) for base in meaning.bases)
    return meaning.reason
