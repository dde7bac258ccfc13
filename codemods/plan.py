"""A consolidation plan: which classes do one job, what each must not lose, what they become. Data, not code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from codemods.conventions import ClassConvention, Conventions, problems_of
from codemods.errors import ConfigError
from codemods.tables import load_toml, read_bytes, read_table
from reports.wording import one_line

SHIPPED = "websocket.toml"
MEASURES = frozenset({"single-target", "events", "isolation", "preserved", "event-loss", "tests", "file-count"})


@dataclass(frozen=True, slots=True)
class Family:
    """Classes that do one job, and what they become."""

    name: str
    title: str
    target: str


@dataclass(frozen=True, slots=True)
class PlannedClass:
    """One legacy class: where the plan saw it, and what is to become of it.

    `stated` is the line or lines as the plan's author wrote them, which the tree may contradict; `getters` are dotted
    functions known to return an instance. `unneeded` are members that nobody uses, as a person vouches: a target of the
    code base's own may lack them.
    """

    module: str
    qualname: str
    line: int
    family: str
    status: str
    target: str
    stated: str = ""
    title: str = ""
    purpose: str = ""
    note: str = ""
    extract: str = ""
    features: tuple[str, ...] = ()
    getters: tuple[str, ...] = ()
    unneeded: tuple[str, ...] = ()

    @property
    def dotted(self) -> str:
        """The dotted path of the class."""
        return f"{self.module}.{self.qualname}"


@dataclass(frozen=True, slots=True)
class Event:
    """A message that must arrive, and what a person sees by it."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that must hold; `constants` are the names it bears in code."""

    name: str
    value: float
    unit: str
    source: str
    constants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preserved:
    """A class that stays exactly as it is, and why."""

    dotted: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetFile:
    """One file of the target architecture."""

    file: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Risk:
    """What may go wrong; `level` is a word such as high."""

    level: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the consolidation and its steps."""

    title: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A success criterion; `measure` names what computes its state, as `kind` or `kind:family` (see MEASURES)."""

    text: str
    measure: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name beside the classes whose counterpart has another name; `new` is relative to the destination."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a consolidation needs to know of one code base.

    `shipped` says that the targets come with wsconsolidate and are copied into the destination; without it they are
    the code base's own, and stand there already. `since` and `removal` are the versions or dates that deprecation
    warnings name: when a name moved, when it goes. `conventions` tell how classes were called, where that differs from
    how their targets are. `library`: code that is not in this tree imports from it, so what packages and `__all__` hand
    on keeps the old calls.
    """

    title: str
    destination: str
    families: tuple[Family, ...]
    classes: tuple[PlannedClass, ...]
    shipped: bool = False
    library: bool = False
    since: str = ""
    removal: str = ""
    renamed: tuple[Renamed, ...] = ()
    date: str = ""
    mission: str = ""
    summary: str = ""
    events: tuple[Event, ...] = ()
    limits: tuple[Limit, ...] = ()
    preserved: tuple[Preserved, ...] = ()
    targets: tuple[TargetFile, ...] = ()
    extraction: tuple[str, ...] = ()
    risks: tuple[Risk, ...] = ()
    mitigation: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    next_steps: tuple[str, ...] = ()
    conventions: tuple[ClassConvention, ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules of the classes, each once, in the plan's order."""
        return tuple(dict.fromkeys(item.module for item in self.classes))

    @property
    def names(self) -> tuple[str, ...]:
        """The simple names of the classes, each once."""
        return tuple(dict.fromkeys(item.qualname.rpartition(".")[2] for item in self.classes))

    @property
    def getters(self) -> dict[str, str]:
        """The class that each known getter returns an instance of, both dotted."""
        return {getter: item.dotted for item in self.classes for getter in item.getters}


def load_plan(path: Path | None = None) -> Plan:
    """The plan in a file, or the shipped one. Raises ConfigError naming file, key, and what was expected."""
    if path is None:
        content, name = files("codemods.plans").joinpath(SHIPPED).read_bytes(), SHIPPED
    else:
        content, name = read_bytes(path), str(path)
    plan = read_table(load_toml(content, name), Plan, name)
    problems = list(_contradictions(plan))
    if problems:
        raise ConfigError("\n".join(f"{name}: {one_line(problem)}" for problem in problems))
    return plan


def _contradictions(plan: Plan) -> Iterator[str]:
    """What each key allows but the whole does not."""
    families = {family.name for family in plan.families}
    for number, item in enumerate(plan.classes):
        if item.family not in families:
            yield f'classes[{number}].family: "{item.family}" is not among the families ({", ".join(sorted(families))})'
        if item.dotted == f"{plan.destination}.{item.target}":
            yield f"classes[{number}]: {item.dotted} is its own target; a class that stays is no class to be merged"
    getters = [
        (f"classes[{n}].getters[{m}]", g) for n, item in enumerate(plan.classes) for m, g in enumerate(item.getters)
    ]
    for key, getter in getters:
        if "." not in getter or not all(part.isidentifier() for part in getter.split(".")):
            yield f'{key}: "{getter}" is not a dotted path'
    yield from _repeated(getters)
    yield from _repeated((f"classes[{n}]", item.dotted) for n, item in enumerate(plan.classes))
    yield from _repeated((f"families[{n}].name", family.name) for n, family in enumerate(plan.families))
    yield from _repeated((f"events[{n}].name", event.name) for n, event in enumerate(plan.events))
    yield from (f"conventions: {problem}" for problem in problems_of(Conventions(plan.conventions)))
    for number, criterion in enumerate(plan.criteria):
        yield from (f"criteria[{number}].measure: {problem}" for problem in _unmeasurable(criterion.measure, families))


def _unmeasurable(measure: str, families: set[str]) -> Iterator[str]:
    kind, _, family = measure.partition(":")
    if kind not in MEASURES:
        yield f'"{measure}" is not a measure; expected one of {", ".join(sorted(MEASURES))}'
    elif kind == "single-target" and family not in families:
        yield f'"{family}" is not among the families ({", ".join(sorted(families))})'


def _repeated(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for key, name in named:
        if name in first:
            yield f'{key}: "{name}" stands already at {first[name]}'
        first.setdefault(name, key)
