"""The events of a plan: who makes each one, with which keys, over which transport, and who else names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codemods.areas import area_of, is_double
from codemods.index.closeup import CloseUp
from codemods.index.code import CodeIndex
from reports.documents.across import Envelope, EventFlow, KeyOwners, Mention, Producer, Transport
from reports.documents.classes import EventFact

Calls = dict[tuple[str, str], int]


def event_flow(event: str, meaning: str, closeups: list[CloseUp], calls: Calls, index: CodeIndex) -> EventFlow:
    """The flow of one event; `calls` counts the known calls by (class, member)."""
    producers = tuple(
        Producer(item.dotted, item.path, emission, calls.get((item.dotted, emission.member), 0))
        for item in closeups
        for emission in item.emissions
        if emission.event == event and makes(item, emission)
    )
    keys = tuple(_keys(producers))
    complete = {producer.owner for producer in producers if producer.emission.payload}
    disagreement = tuple(key for key in keys if set(key.owners) != complete)
    owners = {producer.owner for producer in producers}
    transports = tuple(carrier for item in closeups if item.dotted in owners for carrier in _carriers(item))
    mentions = tuple(_mentions(event, index, {item.dotted for item in closeups}))
    return EventFlow(event, meaning, producers, keys, disagreement, tuple(_envelopes(producers)), transports, mentions)


def makes(item: CloseUp, emission: EventFact) -> bool:
    """A method makes an event when it is called after it, or sends something itself; counters only name it."""
    named_after = emission.member.lower().endswith(emission.event)
    return named_after or any(send.value == emission.member for send in item.sends)


def _keys(producers: Iterable[Producer]) -> Iterator[KeyOwners]:
    owners: dict[str, dict[str, None]] = {}
    for producer in producers:
        for key in producer.emission.payload:
            owners.setdefault(key, {})[producer.owner] = None
    for key, found in sorted(owners.items(), key=lambda item: (-len(item[1]), item[0])):
        yield KeyOwners(key, tuple(found))


def _carriers(item: CloseUp) -> Iterator[Transport]:
    """The calls by which a class hands a message to another object, each path once."""
    first = {send.name: send for send in reversed(item.sends) if send.name.count(".") >= 2}
    for send in sorted(first.values(), key=lambda send: send.line):
        yield Transport(item.dotted, item.path, send)


def _envelopes(producers: Iterable[Producer]) -> Iterator[Envelope]:
    owners: dict[tuple[str, ...], dict[str, None]] = {}
    for producer in producers:
        if producer.emission.envelope:
            owners.setdefault(producer.emission.envelope, {})[producer.owner] = None
    for keys, found in owners.items():
        yield Envelope(keys, tuple(found))


def _mentions(event: str, index: CodeIndex, planned: set[str]) -> Iterator[Mention]:
    quoted = f'"{event}'
    for file, item in index.all_classes():
        dotted = f"{file.module}.{item.qualname}"
        if quoted in item.words and dotted not in planned and _counts(file.path, item.qualname):
            yield Mention(dotted, file.path, item.line)


def _counts(path: str, qualname: str) -> bool:
    return area_of(path) == "production" and not is_double(qualname)
