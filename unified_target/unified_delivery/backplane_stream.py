"""One user's log as several workers share it: its numbers, what each connection has of it, and what resumes are told.

While Redis is there, events come with the numbers that it gave. While it is away, the log goes on with events of this
worker, counted as the worker counts what it sends; they leave it, and come back with a common number, when Redis does.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from .channel import Channel, wake
from .hub import Clock
from .stream import DeliverySettings, Event, Message, Resume, UserStream


class SharedEvent(Event):
    """An event that a worker published as its `count`th record, in a generation of Redis; of none: numbered here.

    `doubtful` are those numbered here that may have a common number too, which we were not told.
    """

    __slots__ = ("count", "doubtful", "generation", "worker")

    def __init__(self, message: Message, seq: int, before: int, audience: tuple[Channel, ...] | None) -> None:
        super().__init__(message, seq, before, audience)
        self.generation = self.worker = ""
        self.count, self.doubtful = 0, False

    @property
    def number(self) -> int:
        """What it is numbered on the wire: while Redis is away, by its worker's count, which all workers know it by."""
        return self.seq if self.generation else self.count

    def numbered(self, after: int) -> str:
        """As `Event.numbered`."""
        if self.generation:
            return super().numbered(after)
        inside = self.message.text[1:]
        comma = "" if inside == "}" else ","
        skipped = f'"stream_prev":{after},' if after != self.count - 1 else ""
        return f'{{{skipped}"stream_seq":{self.count}{comma}{inside}'


class SharedStanding:
    """What a connection has: all that lies before its cursor, and of each worker in `has` all up to that count.

    `prefix` is the last common number that it has while its log goes on with numbers of this worker; `told` is the
    generation that its client was told of, empty for this worker's own numbers; `since` is when it connected.
    """

    __slots__ = ("has", "prefix", "since", "told")

    def __init__(self, prefix: int, has: dict[str, int], told: str, since: float) -> None:
        self.prefix, self.has, self.told, self.since = prefix, has, told, since

    def covers(self, event: Event) -> bool:
        """Whether it has this event already."""
        return isinstance(event, SharedEvent) and event.count <= self.has.get(event.worker, 0)

    def take(self, event: Event) -> bool:
        """Note that it passed this event; whether it had not got it before."""
        if self.covers(event):
            return False
        if isinstance(event, SharedEvent) and not event.generation:
            self.has[event.worker] = event.count
        return True

    def turns(self, channel: Channel, event: Event) -> bool:
        """Whether its client must be told of another numbering before it is sent this event."""
        other = channel.numbered and isinstance(event, SharedEvent) and event.generation != self.told
        return other and not self.covers(event)


TOKEN: Final = re.compile(r"([0-9a-f]+)(?:@(\d{1,16})/([0-9a-f]+))?((?:~[0-9a-f]+\.\d{1,16})*)")
"""What clients are told as their epoch, to give back with their last number when they resume: the generation; `@N/W`
when the number is a count of worker W, beyond the common number N; `~W.C` for all of worker W up to its count C."""

SKEW: Final = 1.0
"""Seconds by which the clocks of two workers, seen through that of Redis, are taken to differ at most."""

UNTOLD: Final = "-"
"""What no generation is named: the client is told of the one it is in before its next event."""

MOST_WORKERS: Final = 32
"""Workers in a token; the oldest go first. One is added by an outage, and goes when its events have their numbers."""


class Position(NamedTuple):
    """A token and a number, read: everything up to `prefix` of a generation, and of each worker up to a count."""

    generation: str
    prefix: int
    has: dict[str, int]

    @classmethod
    def read(cls, resume: Resume | None) -> Position | None:
        """What a client says that it has; None when that is nothing we ever said."""
        found = TOKEN.fullmatch(resume.epoch) if resume is not None and isinstance(resume.epoch, str) else None
        if resume is None or found is None:
            return None
        generation, prefix, worker, rest = found.groups()
        has = {name: int(count) for name, _, count in (part.partition(".") for part in rest.split("~")[1:])}
        if worker is None:
            return cls(generation, resume.last_seq, has)
        return cls(generation, int(prefix), {**has, worker: max(has.get(worker, 0), resume.last_seq)})


MOST_GENERATIONS: Final = 16
"""Generations that are remembered: restarts of Redis that a client may be away for (chosen)."""


class Order:
    """What a worker knows of the order that all workers agree on; it changes as the worker reads on.

    `generation` is that of what was read last, `generations` are all that are known, oldest first; `common` is the last
    count of each worker in what Redis has now; `apart` are the logs that went on without Redis.
    """

    def __init__(self, worker: str, clock: Clock) -> None:
        self.worker, self.clock = worker, clock
        self.generation = worker  # until Redis says otherwise
        self.generations: list[str] = [worker]  # ours before we met Redis is older than all
        self.common: dict[str, int] = {}
        self.apart: set[SharedStream] = set()


class SharedStream(UserStream):
    """One user's log as all workers have it; while Redis is away, it goes on with events of this worker after `base`.

    `starts` are the first numbers of the generations that are seen in it; `lost_alone` is the count of the last event
    after `base` that was evicted.
    """

    __slots__ = ("base", "former", "lost_alone", "order", "starts")

    def __init__(self, order: Order, user_id: str, settings: DeliverySettings, next_seq: int) -> None:
        super().__init__(user_id, settings, order.clock.monotonic())
        self.order = order
        self.base: int | None = None
        self.lost_alone = 0
        self.former: dict[tuple[str, int], Event] = {}  # taken out of the log; they come back with another number
        self.begin(next_seq)

    def begin(self, next_seq: int) -> None:
        """The next event is this one, and nothing earlier is here."""
        self.next_seq = self.first = next_seq
        self.lost = next_seq - 1
        self.starts = list[tuple[str, int]]()

    @property
    def last(self) -> int:
        """The last common number."""
        return self.next_seq - 1 if self.base is None else self.base

    # ── growing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def append_common(self, message: Message, generation: str, worker: str, count: int) -> SharedEvent:
        """Append what Redis has given the next number."""
        if not self.starts or self.starts[-1][0] != generation:
            self.starts = [*self.starts[1 - MOST_GENERATIONS :], (generation, self.next_seq)]
        event = self._append(message, worker, count, generation)
        before = self.former.pop((worker, count), None) if self.former else None
        event.handed = before is not None and before.handed
        return event

    def append_alone(self, message: Message, worker: str, count: int, doubtful: bool) -> SharedEvent:
        """Append what Redis will number later."""
        if self.base is None:
            self._part()
        for channel, standing in self.standings() if doubtful else ():
            if standing.prefix > self.last and not count <= standing.has.get(worker, 0):
                standing.prefix = self.last  # it had events of others that we had not read, and perhaps this one
                self.admit_loss(channel)
        event = self._append(message, worker, count, "")
        event.doubtful = doubtful
        return event

    def _part(self) -> None:
        self.base = self.last
        self.order.apart.add(self)
        for channel, standing in self.standings():
            standing.prefix = max(self.base, channel.cursor - 1)
            if channel.cursor > self.next_seq:  # another worker was ahead of us
                channel.move(self.next_seq)

    def _append(self, message: Message, worker: str, count: int, generation: str) -> SharedEvent:
        seq = self.next_seq
        event = SharedEvent(message, seq, self.appended_bytes, None)
        event.worker, event.count, event.generation = worker, count, generation
        self.events[seq] = event
        self.next_seq = seq + 1
        self.bytes += message.size
        self.appended_bytes += message.size
        self.touched = self.order.clock.monotonic()
        if message.droppable:
            self.loose.append(seq)
        if self._full():
            self._make_room()
        return event

    def pass_over(self, event: SharedEvent) -> None:
        """Move the connections on that wait for the event just appended, and have had it."""
        for channel, standing in self.standings():
            if standing.has and channel.cursor == event.seq and standing.covers(event):
                channel.move(event.seq + 1)

    def jump(self, seq: int, missed: bool) -> None:
        """Go on at a later number: events were `missed`, or the numbers between were never given."""
        if missed:
            self.lost = seq - 1
        idle = [channel for channel in self.channels if missed or channel.cursor == self.next_seq]
        if not self.events:
            self.first = seq
        self.next_seq = seq
        for channel in idle:
            channel.move(seq)
            if missed:
                self.admit_loss(channel)

    def admit_loss(self, channel: Channel) -> None:
        """Tell a client that something before its present place may have been lost."""
        if isinstance(channel.standing, SharedStanding):
            channel.standing.told = self.order.generation
        channel.last, channel.recovered = channel.cursor - 1, False
        channel.greet(False)

    def expire(self, now: float) -> None:
        """As `UserStream.expire`."""
        super().expire(now)
        if self.former:
            oldest = now - self.settings.ring_seconds
            self.former = {key: event for key, event in self.former.items() if event.message.at >= oldest}

    def _evict(self, seq: int) -> None:
        event, lost = self.events.get(seq), self.lost
        super()._evict(seq)
        if isinstance(event, SharedEvent) and not event.generation:
            self.lost = lost
            if not event.message.droppable:
                self.lost_alone = event.count

    # ── joining and parting ──────────────────────────────────────────────────────────────────────────────────────────

    def rejoin(self) -> None:
        """Redis is back: what was numbered here leaves the log, and comes back with a common number."""
        base = self.base
        if base is None:
            return
        for seq in [seq for seq in self.events if seq > base]:
            self._set_aside(seq)
        self.loose = deque(seq for seq in self.loose if seq <= base)
        self.next_seq, self.first = base + 1, min(self.first, base + 1)
        self.base, self.lost_alone = None, 0
        for channel, standing in self.standings():
            channel.move(max(base, standing.prefix) + 1 if channel.cursor > base else channel.cursor)
            channel.replay_until = min(channel.replay_until, self.next_seq)

    def _set_aside(self, seq: int) -> None:
        event = self.events.pop(seq)
        self.bytes -= event.message.size
        if isinstance(event, SharedEvent):
            self.former[event.worker, event.count] = event

    def restart(self, seen: dict[str, int]) -> dict[Channel, bool]:
        """Redis has lost its data: empty the log; for each connection whether it had got everything of it."""
        whole = {}
        for channel, standing in self.standings():
            ahead = [event for event in self.events.values() if event.seq >= channel.cursor]
            missing = [event for event in ahead if isinstance(event, SharedEvent) and not standing.covers(event)]
            whole[channel] = all(event.worker == self.order.worker for event in missing)
            for worker, count in seen.items():
                first = min((event.count for event in missing if event.worker == worker), default=count + 1)
                standing.has[worker] = max(standing.has.get(worker, 0), first - 1)
        for seq in list(self.events):
            self._set_aside(seq)
        self.loose, self.base, self.lost_alone, self.next_seq = deque(), None, 0, 0
        return whole

    def settle(self, whole: dict[Channel, bool], met: bool) -> None:
        """Put the connections at the beginning of the log that was read anew.

        When Redis was not `met` before, they are owed what came after they connected, and what nobody took.
        """
        for channel, standing in self.standings():
            owed = (seq for seq, event in self.events.items() if event.message.at >= standing.since - SKEW)
            channel.move(self.first)
            channel.replay_until = self.next_seq if met else next(owed, self.next_seq)
            channel.last, channel.recovered = self.first - 1, whole[channel] and met
            standing.prefix, standing.told = self.first - 1, UNTOLD
            if not whole[channel]:
                self.admit_loss(channel)
            wake((channel,))

    def standings(self) -> Iterator[tuple[Channel, SharedStanding]]:
        """The connections and what each has."""
        for channel in self.channels:
            if isinstance(channel.standing, SharedStanding):
                yield channel, channel.standing

    # ── where connections are ────────────────────────────────────────────────────────────────────────────────────────

    def place(self, channel: Channel, resume: Resume | None) -> tuple[bool, int, int]:
        """As `UserStream.place`; a client may come from any worker, and know more than this one has read."""
        position = Position.read(resume)
        if position is None or not self._reaches(position) or self._doubts(position):
            cursor = self.backlog()
            position, recovered = Position("", min(cursor - 1, self.last), self._counts_before(cursor)), False
        else:
            cursor, recovered = min(position.prefix, self.last if self.base is not None else position.prefix) + 1, True
        waiting = self.events.get(cursor)
        told = waiting.generation if isinstance(waiting, SharedEvent) else ""
        prefix = max(position.prefix, self.last) if self.base is not None else position.prefix
        told = told or self.order.generation
        channel.standing = SharedStanding(prefix, position.has, told, self.order.clock.monotonic())
        return recovered, cursor, position.prefix

    def _doubts(self, position: Position) -> bool:
        """Whether a client that knows more than we do may have events that we do not know the numbers of."""
        if self.base is None or position.prefix <= self.base:
            return False
        ours = [event for event in self.events.values() if isinstance(event, SharedEvent) and event.doubtful]
        return any(event.count > position.has.get(event.worker, 0) for event in ours)

    def _counts_before(self, cursor: int) -> dict[str, int]:
        alone = [event for event in self.events.values() if event.seq < cursor and isinstance(event, SharedEvent)]
        return {event.worker: event.count for event in alone if not event.generation}

    def _reaches(self, position: Position) -> bool:
        """Whether all that a client has not got is here, or will be."""
        known, generation, prefix = self.order.generations, position.generation, position.prefix
        if prefix < self.lost or position.has.get(self.order.worker, 0) < self.lost_alone or generation not in known:
            return False
        if generation == self.order.generation:  # beyond our last number another worker has read further than we
            return True
        names = [name for name, _ in self.starts]
        if generation == self.order.worker and generation not in names:  # from before we met Redis, which knew more
            return False
        later = [first for name, first in self.starts if name in known and known.index(name) > known.index(generation)]
        return prefix < (later[0] if later else self.last + 1)

    def token(self, channel: Channel) -> str:
        """As `UserStream.token`; see TOKEN."""
        standing = channel.standing
        if not isinstance(standing, SharedStanding):
            return self.order.generation
        worker, name = self.order.worker, standing.told or self.order.generation
        if standing.told:
            self._prune(standing, channel.cursor)
            return name + _counts(standing.has)
        return f"{name}@{standing.prefix}/{worker}" + _counts(standing.has, worker)

    def turn(self, channel: Channel, event: Event) -> None:
        """As `UserStream.turn`: the client is told that it has everything before the event."""
        if isinstance(channel.standing, SharedStanding) and isinstance(event, SharedEvent):
            channel.standing.told, channel.last = event.generation, event.number - 1

    def _prune(self, standing: SharedStanding, cursor: int) -> None:
        """Drop the counts that no event still to come can be below."""
        ahead = [event for event in self.events.values() if event.seq >= cursor and standing.covers(event)]
        needed = {event.worker for event in ahead if isinstance(event, SharedEvent)}
        for worker, count in list(standing.has.items()):
            if worker not in needed and self.order.common.get(worker, 0) >= count:
                del standing.has[worker]


def _counts(has: dict[str, int], without: str = "") -> str:
    told = [f"~{worker}.{count}" for worker, count in has.items() if worker != without and count]
    return "".join(told[-MOST_WORKERS:])
