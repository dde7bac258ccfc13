"""What holds between classes: members side by side, signatures that conflict, events, order, broken links."""

from __future__ import annotations

from dataclasses import dataclass

from reports.documents.classes import EventFact, Noted
from reports.documents.common import Place


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One member name and the classes that define it."""

    member: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to call a method: its parameters in order, how many are required, its kind, and who has it so."""

    parameters: tuple[str, ...]
    required: int
    kind: str
    returns: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A method that means different calls. `silent`: a positional call of one fits another, and fills other names."""

    member: str
    variants: tuple[Variant, ...]
    silent: bool


@dataclass(frozen=True, slots=True)
class Producer:
    """One method of a planned class that makes an event, and how many calls of it are known."""

    owner: str
    path: str
    emission: EventFact
    calls: int


@dataclass(frozen=True, slots=True)
class KeyOwners:
    """One payload key of an event and the classes whose payload carries it."""

    key: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One set of top-level message keys and the classes that send it."""

    keys: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transport:
    """A call by which a producer hands a message on."""

    owner: str
    path: str
    call: Noted


@dataclass(frozen=True, slots=True)
class Mention:
    """A production class outside the plan that names the event: a reader, a check or a further producer."""

    name: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class EventFlow:
    """One event from its producers over their transports to those who name it."""

    event: str
    meaning: str
    producers: tuple[Producer, ...]
    keys: tuple[KeyOwners, ...]
    disagreement: tuple[KeyOwners, ...]
    envelopes: tuple[Envelope, ...]
    transports: tuple[Transport, ...]
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Classes that can be merged once all earlier steps are done; several in one step need each other."""

    number: int
    classes: tuple[str, ...]
    needs: tuple[str, ...]
    circular: bool


@dataclass(frozen=True, slots=True)
class Dangling:
    """One imported name that nothing in the tree binds.

    `guarded`: an ImportError there is caught, or never raised. `elsewhere`: its top-level folder has no `__init__.py`,
    so that an installed package of that name could provide it after all.
    """

    path: str
    line: int
    module: str
    name: str
    area: str
    guarded: bool
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Helper:
    """Another name of a planned class's module that other files import: why the module cannot just be deleted."""

    module: str
    name: str
    kind: str
    statements: int
    files: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Trap:
    """A class that bears the name of a planned one but is another."""

    name: str
    path: str
    line: int
    qualname: str
    why: str
