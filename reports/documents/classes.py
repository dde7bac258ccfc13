"""What one class is and who uses it."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents.common import Counted


@dataclass(frozen=True, slots=True)
class MemberFact:
    """One member: its kind (async, static, property, ...), its signature as a caller sees it, its calls found."""

    name: str
    line: int
    kind: str
    signature: str
    calls: int
    doc: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact and its line: a constant and its value, a lock and who makes it, a way of being a singleton."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class EventFact:
    """One event that a method makes, with the keys of its envelope and payload as far as they are written out."""

    event: str
    member: str
    line: int
    envelope: tuple[str, ...]
    payload: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportSite:
    """One import statement that touches planned classes, or their modules as objects; `forms` in plain words."""

    path: str
    line: int
    end: int
    area: str
    classes: tuple[str, ...]
    modules: tuple[str, ...]
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassUsage:
    """Who uses one class. All calls and attributes are those whose receiver is known: lower bounds."""

    imports: tuple[Counted, ...]  # by area
    import_forms: tuple[Counted, ...]
    constructors: tuple[Counted, ...]  # by shape of the arguments
    getters: tuple[Counted, ...]  # by the function that gives an instance
    calls: tuple[Counted, ...]  # by member
    attributes: tuple[Counted, ...]  # read or written, by member
    class_attributes: tuple[Counted, ...]
    absent: tuple[Counted, ...]  # members used that the class does not have
    subclasses: tuple[Counted, ...]
    checks: tuple[Counted, ...]  # isinstance and issubclass
    specs: tuple[Counted, ...]  # Mock(spec=...), create_autospec
    annotations: tuple[Counted, ...]  # by where; quoted ones apart
    strings: tuple[Counted, ...]  # dotted paths and names in strings, by context
    at_import: tuple[Counted, ...]  # built or called while a module is being imported


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """One planned class: what the plan says, where it stands, what it has, who uses it."""

    name: str
    module: str
    family: str
    status: str
    title: str
    purpose: str
    note: str
    features: tuple[str, ...]
    extract: str
    target: str
    stated: str
    state: str  # found, moved, shim, missing
    path: str
    line: int
    end: int
    difference: str
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    members: tuple[MemberFact, ...]
    twice: tuple[str, ...]
    constants: tuple[Noted, ...]
    attributes: tuple[Noted, ...]
    locks: tuple[Noted, ...]
    tasks: tuple[Noted, ...]
    singleton: tuple[Noted, ...]
    events: tuple[EventFact, ...]
    usage: ClassUsage

    @property
    def dotted(self) -> str:
        """The dotted path the plan gives it."""
        return f"{self.module}.{self.name}"
