"""Which classes can be a duplicate of a role at all, and each one's role, subject and kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from codemods.analysis.families.ancestry import Ancestry
from codemods.analysis.families.model import Member
from codemods.analysis.families.words import (
    ADJECTIVE_ENDINGS,
    INTERFACES,
    QUALIFIERS,
    ROLES,
    merged,
    snake_words,
    tokens,
)
from codemods.areas import area_of, is_double
from codemods.index import facts as place
from codemods.index.code import CodeIndex
from codemods.index.facts import Class, FileFacts
from codemods.index.resolve import Resolver
from codemods.inventory import forwarding_base

# Bases and decorators, by their last name, of classes that hold values: the standard library's and the common
# libraries' (pydantic, attrs, msgspec, SQLAlchemy, Django).
DATA_BASES = frozenset(
    {"BaseModel", "RootModel", "BaseSettings", "TypedDict", "NamedTuple", "Struct", "DeclarativeBase", "Model"}
    | {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "Exception", "BaseException", "Warning"}
)
DATA_DECORATORS = frozenset({"dataclass", "dataclasses", "define", "frozen", "attrs", "attr", "s"})
_ERROR_ENDINGS = ("Error", "Exception", "Warning")
# Statements that never are the definition a program runs with: fallbacks of failed imports, dead branches.
_SECOND_HAND = place.HANDLER | place.NEVER | place.TYPING


@dataclass(frozen=True, slots=True)
class Naming:
    """What a class name says: the role it ends in, its subject in order, and whether only the shape is declared."""

    role: str
    subject: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A class of production code that does work."""

    dotted: str
    facts: FileFacts
    item: Class
    name: str
    role: str
    subject: tuple[str, ...]
    context: frozenset[str]  # the words of its module's path

    @property
    def member(self) -> Member:
        """The candidate as the report shows it."""
        return member_of(self.facts, self.item)


@dataclass
class Parts:
    """Every class of the index by the part it can take."""

    work: list[Candidate] = field(default_factory=list)
    shims: dict[str, tuple[str, FileFacts, Class]] = field(default_factory=dict)  # by path, with what they forward to
    data: list[tuple[FileFacts, Class]] = field(default_factory=list)
    others: list[tuple[FileFacts, Class]] = field(default_factory=list)  # doubles, tests, scripts, fallbacks


def member_of(facts: FileFacts, item: Class, remark: str = "") -> Member:
    """A class as the report shows it."""
    return Member(f"{facts.module}.{item.qualname}", facts.path, item.line, item.end - item.line + 1, remark)


class Sorting:
    """Sorts classes and reads their names in the light of how the production code writes its words."""

    def __init__(self, index: CodeIndex, resolver: Resolver, ancestry: Ancestry) -> None:
        self._index, self._resolver, self._ancestry = index, resolver, ancestry
        self._written = snake_words(
            part for facts in index.files if area_of(facts.path) == "production" for part in facts.module.split(".")
        )
        self._namings: dict[str, Naming] = {}

    def sort(self) -> Parts:
        """All classes of the index, each once; of two statements for one name the last one counts."""
        found = Parts()
        for dotted, (facts, item) in self._index.classes.items():
            self._place(found, dotted, facts, item)
        found.work.sort(key=lambda candidate: candidate.dotted)
        return found

    def _place(self, found: Parts, dotted: str, facts: FileFacts, item: Class) -> None:
        name = item.qualname.rpartition(".")[2]
        if area_of(facts.path) != "production" or is_double(name) or item.place & _SECOND_HAND:
            found.others.append((facts, item))
        elif self._is_data(dotted, name, item):
            found.data.append((facts, item))
        elif works(item):
            found.work.append(self._candidate(dotted, facts, item, name))
        elif not item.attributes:  # with attributes of its own it is a variant, not a second name
            target = forwarding_base(facts, item, self._resolver)
            if target:
                found.shims[dotted] = (target, facts, item)

    def _candidate(self, dotted: str, facts: FileFacts, item: Class, name: str) -> Candidate:
        naming = self.naming(name, _is_interface(item))
        context = frozenset(merged(tokens(facts.module), self._written))
        return Candidate(dotted, facts, item, name, naming.role, naming.subject, context)

    def _is_data(self, dotted: str, name: str, item: Class) -> bool:
        if any(DATA_DECORATORS.intersection(text.partition("(")[0].split(".")) for text in item.decorators):
            return True
        if name.endswith(_ERROR_ENDINGS):
            return True
        return not DATA_BASES.isdisjoint(self._ancestry.outside(dotted))

    def naming(self, name: str, interface: bool) -> Naming:
        """Role and subject of a class name; the role of an interface is that of what it describes, marked so."""
        if name not in self._namings:
            self._namings[name] = self._read(name)
        found = self._namings[name]
        return Naming(f"{found.role} interface", found.subject) if interface else found

    def _read(self, name: str) -> Naming:
        words = [word for word in merged(tokens(name), self._written) if word not in INTERFACES]
        known = [word for at, word in enumerate(words) if not _qualifies(word, words[at + 1 : at + 2])]
        if not known:
            return Naming("", tuple(words))
        return Naming(ROLES.get(known[-1], known[-1]), tuple(dict.fromkeys(known[:-1])))


def _qualifies(word: str, following: list[str]) -> bool:
    return word in QUALIFIERS or word in ADJECTIVE_ENDINGS or not ADJECTIVE_ENDINGS.isdisjoint(following)


def _is_interface(item: Class) -> bool:
    """Whether a class only declares a shape: a Protocol, or an abstract class without work of its own."""
    if is_protocol(item):
        return True
    own = [method for method in item.methods if not is_dunder(method.name)]
    return bool(own) and all("abstract" in method.traits for method in own)


def is_protocol(item: Class) -> bool:
    """Whether a class is a typing Protocol by its own bases; a class that implements one is not."""
    return any(base.partition("[")[0].rpartition(".")[2] == "Protocol" for base in item.bases)


def works(item: Class) -> bool:
    """Whether a class does anything: at least one method besides constructors, operators and properties."""
    return any(not is_dunder(method.name) and "property" not in method.traits for method in item.methods)


def is_dunder(name: str) -> bool:
    """Whether Python itself gives the name its meaning."""
    return name.startswith("__") and name.endswith("__")
