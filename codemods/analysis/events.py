"""The events of a plan: who makes each one, with which keys, over which transport, and who reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from codemods.analysis.usage import ClassUse
from codemods.areas import area_of, is_double
from codemods.index.closeup import CloseUp, Emission, Noted
from codemods.index.code import CodeIndex


@dataclass(frozen=True, slots=True)
class Producer:
    """One method of a planned class that makes an event."""

    owner: str
    path: str
    emission: Emission
    calls: int


@dataclass(frozen=True, slots=True)
class PayloadKey:
    """One payload key of an event and the classes whose payload carries it."""

    key: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A production class outside the plan that names the event."""

    dotted: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class EventFlow:
    """One event from its makers over what carries it to those who name it."""

    event: str
    producers: tuple[Producer, ...]
    keys: tuple[PayloadKey, ...]
    envelopes: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    transports: tuple[tuple[str, Noted], ...]
    mentions: tuple[Mention, ...]

    @property
    def disagreement(self) -> tuple[PayloadKey, ...]:
        """The payload keys that not every producer with a written payload carries."""
        full = {producer.owner for producer in self.producers if producer.emission.payload}
        return tuple(key for key in self.keys if set(key.owners) != full)


def event_flows(
    events: Iterable[str], classes: Iterable[CloseUp], uses: Iterable[ClassUse], index: CodeIndex
) -> list[EventFlow]:
    """The flow of each event, in the plan's order."""
    closeups = list(classes)
    calls: dict[tuple[str, str], int] = {}
    for use in uses:
        if use.kind == "call":
            calls[use.owner, use.member] = calls.get((use.owner, use.member), 0) + 1
    return [_flow(event, closeups, calls, index) for event in events]


def _flow(event: str, closeups: list[CloseUp], calls: dict[tuple[str, str], int], index: CodeIndex) -> EventFlow:
    producers = tuple(
        Producer(item.dotted, item.path, emission, calls.get((item.dotted, emission.member), 0))
        for item in closeups
        for emission in item.emissions
        if emission.event == event and _makes(item, emission)
    )
    keys: dict[str, list[str]] = {}
    for producer in producers:
        for key in producer.emission.payload:
            if producer.owner not in keys.setdefault(key, []):
                keys[key].append(producer.owner)
    rows = tuple(PayloadKey(key, tuple(owners)) for key, owners in sorted(keys.items(), key=lambda k: (-len(k[1]), k[0])))
    owners = {producer.owner for producer in producers}
    transports = tuple((item.dotted, send) for item in closeups if item.dotted in owners for send in _carriers(item))
    mentions = tuple(_mentions(event, index, {item.dotted for item in closeups}))
    return EventFlow(event, producers, rows, _envelopes(producers), transports, mentions)


def _makes(item: CloseUp, emission: Emission) -> bool:
    """A method makes an event when it is called after it, or sends something itself; counters only name it."""
    named_after = emission.member.lower().endswith(emission.event)
    return named_after or any(send.value == emission.member for send in item.sends)


def _carriers(item: CloseUp) -> Iterator[Noted]:
    """The calls by which a class hands a message to another object, each path once."""
    seen: set[str] = set()
    for send in item.sends:
        if send.name.count(".") >= 2 and send.name not in seen:
            seen.add(send.name)
            yield send


def _envelopes(producers: Iterable[Producer]) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    grouped: dict[tuple[str, ...], list[str]] = {}
    for producer in producers:
        if producer.emission.envelope:
            grouped.setdefault(producer.emission.envelope, []).append(producer.owner)
    return tuple((envelope, tuple(dict.fromkeys(owners))) for envelope, owners in grouped.items())


def _mentions(event: str, index: CodeIndex, planned: set[str]) -> Iterator[Mention]:
    quoted = f'"{event}'
    for file, item in index.all_classes():
        dotted = f"{file.module}.{item.qualname}"
        if quoted in item.words and dotted not in planned and area_of(file.path) == "production" and not is_double(dotted):
            yield Mention(dotted, file.path, item.line)
