"""What a string means that spells an old dotted path: the name that moved, its module, or neither."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codemods.index.facts import Class
from codemods.index.resolve import Definition, Missing
from codemods.rewrites.moves import Handed, Stays, Successor, Successors

_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?::[A-Za-z_][\w.]*)?")


@dataclass(frozen=True, slots=True)
class Renamed:
    """The first `length` characters of the string name a moved definition; `text` is what to say instead.

    `doubt` tells why a reviewer has to look, "" when nothing is in doubt.
    """

    length: int
    text: str
    successor: Successor
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class OfModule:
    """The string is the path of a module of moved definitions; `new` is the one module they move to, or ""."""

    module: str
    new: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The string names something of an old module that has no new place."""

    reason: str
    advice: str


Meaning = Renamed | OfModule | Broken | None


class StringPaths:
    """Reads strings as dotted paths into the modules that definitions move out of."""

    def __init__(self, successors: Successors) -> None:
        self.successors = successors
        # Longest first: a package and a module in it may both hold moved definitions.
        self._holders = sorted(successors.holders, key=len, reverse=True)
        names = "|".join(map(re.escape, self._holders))
        self._mention = re.compile(rf"(?<![\w.])(?:{names})(?![\w])") if names else None

    def mentions(self, text: str) -> bool:
        """Whether a text spells an old module's path somewhere."""
        return self._mention is not None and self._mention.search(text) is not None

    def is_path(self, text: str) -> bool:
        """Whether a text is one dotted path and nothing else."""
        return _PATH.fullmatch(text) is not None

    def meaning(self, text: str) -> Meaning:
        """What a dotted path says; None when it stays valid as it is, or leads elsewhere."""
        module = next((name for name in self._holders if text == name or text.startswith((f"{name}.", f"{name}:"))), "")
        if not module:
            return None
        if text == module:
            return OfModule(module, self.successors.one_module(module))
        first, *rest = re.split(r"[.:]", text[len(module) + 1 :])
        return self._member(module, first, rest, text)

    def _member(self, module: str, name: str, rest: list[str], text: str) -> Meaning:
        verdict = self.successors.of(module, name)
        match verdict:
            case Successor():
                joint = text[len(module)]
                new = f"{verdict.module}{joint}{verdict.name}"
                return Renamed(len(module) + 1 + len(name), new, verdict, self._doubt(module, name, rest, verdict))
            case Stays():
                return Broken(verdict.reason, verdict.advice)
            case Handed():
                return None  # a patch of the module that hands it on: the binding is kept there
        return self._unmoved(module, name)

    def _unmoved(self, module: str, name: str) -> Meaning:
        if isinstance(self.successors.resolver.name(module, name), Missing):
            return Broken(f"{module}.{name} does not exist today either", "correct or remove it")
        return None

    def _doubt(self, module: str, name: str, rest: list[str], successor: Successor) -> str:
        outcome = self.successors.resolver.name(module, name)
        if isinstance(outcome, Definition) and outcome.module != module and outcome.dotted == successor.old:
            return f"{module} only used {name}; its code has another place now, and may get {name} otherwise"
        return self.member_doubt(rest[0], successor) if rest else ""

    def member_doubt(self, member: str, successor: Successor) -> str:
        """Whether the new class has the member that the path goes on to."""
        outcome = self.successors.resolver.path(successor.dotted)[0]
        found = self.successors.resolver.index.classes.get(getattr(outcome, "dotted", ""))
        if found is None or not _has(found[1], member):
            return f"{successor.dotted} has no `{member}` of its own"
        return ""


def _has(item: Class, member: str) -> bool:
    return member in item.attributes or any(method.name == member for method in item.methods)
