"""More than one process: an optional backplane over Redis Streams. Needs the `redis` package and Redis 6.2 or newer.

    publish ─▶ outbox ─▶ Lua: number per user, XADD ─▶ one stream ─▶ every worker's log ─▶ connections
                 │                                                        ▲
                 └─ while Redis is away: local connections are served at once ─┘ (merged when it is back)

    manager = UnifiedWebSocketManager.isolated()
    async with RedisBackplane(manager.hub, "redis://localhost"):   # before the first connection
        ...

Every worker reads the whole stream and appends its events to the same logs with the numbers that Redis gave, so all
tabs of a user agree on one order and a client resumes on any worker, or on one that was just started (it reads back
what the stream keeps: 180 s). `publish` never waits for Redis, and may be called from any thread.

What holds, and what does not
- An event reaches every connection it is meant for once: retries are recognised (each worker counts what it sends, and
  Redis remembers how far it got), as is an event that a client got before it moved to another worker.
- A worker that cannot reach Redis numbers its events itself, tells the clients that resume (`hello`), and holds them in
  its outbox. When Redis is back they get their place in the common order; who had them is not sent them again. Other
  workers' connections get them then. So during an outage, and only for events published in it, tabs on different
  workers may see different orders; the order of each worker's own events is the same everywhere.
- When Redis is restarted, a new generation begins; a resume across it works if Redis kept its data. If it lost them,
  all workers begin anew, and send again what they sent in the last 180 s, for the workers that had not read it. Clients
  that stayed connected go on; one that comes back with what it knew of the lost numbering is told `recovered: false`.
  Lost is what only Redis and a worker that died with it knew.
- `recovered: false` is also the answer where a worker cannot know: to a client that comes during an outage to a worker
  that has read less than it, or missed the last restart of Redis, or was started without Redis.
- When the outbox overflows, droppable events go first. Users whose other events went are told `recovered: false`.
- A connection that cannot resume and moves to another worker may be sent again what it was sent in the last
  `handed_every` seconds before. On one worker, and for one that resumes, that does not happen.
- Limits (3 for a user, 100 in all) hold per worker. A broadcast, and the rule that an event of a thread goes to all of
  the user's tabs only when none is on it, look at who is connected anywhere, some milliseconds ago.

A backplane belongs to the event loop that started it and to one hub for good. Everything in Redis is named
`{prefix}:...`, and must not be evicted. The Redis user needs EVAL, EVALSHA, SCRIPT LOAD, INFO and the commands below.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple

from .channel import Channel, wake
from .hub import Hub, Receipt, meant
from .stream import Event, Message, Resume, UserStream

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackplaneSettings:
    """The limits of the backplane.

    keep_seconds: how long the stream keeps an event (report: TTL of 3 minutes, as the logs do).
    keep_events: entries after which the stream is cut whatever their age (chosen: 550 a second for 180 s).
    outbox_events, outbox_bytes: what waits for Redis, and as much again of what it has taken within `keep_seconds`
        (socket.io's redis-streams adapter keeps 10 000; bytes are eight full logs of `DeliverySettings.ring_bytes`).
    batch_events, batch_bytes: what one round trip carries (chosen; runtime.md c7 has its gain at 50).
    timeout: seconds that a connect or a command may take; within two of them a Redis that hangs is given up (redis-py
        waits 5; measured round trips take 0.0005).
    block: seconds that a read waits for news (below redis-py's default socket timeout of 5, which broke readers:
        runtime.md pain 8).
    read_events: entries per read (chosen: below the 256 that a connection may lag).
    connections: of the pool to Redis (report: CONNECTION_POOL_SIZE 10; two are used).
    first_retry, last_retry: seconds between attempts to connect, doubled each time and spread by half; it never gives
        up (a reconnect storm of ten workers costs Redis 10 connects in 2 s).
    beat: seconds between signs of life; a worker silent for three of them counts as gone (chosen).
    handed_every: seconds between notes to the other workers of what connections were sent (chosen).
    idle_seconds: how long Redis remembers an idle user's numbers (as `DeliverySettings.stream_seconds`).
    drain_seconds: how long `stop` waits for the outbox (chosen).
    """

    keep_seconds: float = 180.0
    keep_events: int = 100_000
    outbox_events: int = 10_000
    outbox_bytes: int = 32 * 1024 * 1024
    batch_events: int = 128
    batch_bytes: int = 1024 * 1024
    timeout: float = 1.0
    block: float = 2.0
    read_events: int = 100
    connections: int = 10
    first_retry: float = 0.05
    last_retry: float = 2.0
    beat: float = 10.0
    handed_every: float = 0.5
    idle_seconds: float = 3600.0
    drain_seconds: float = 2.0

    def __post_init__(self) -> None:
        if min(self.outbox_events, self.outbox_bytes, self.batch_events, self.read_events) < 1:
            raise ValueError("limits are at least 1")
        if self.connections < 2:
            raise ValueError("reading and publishing take a connection each")


COUNTERS: Final = (
    "backplane_connected", "backplane_waiting", "backplane_sent", "backplane_received", "backplane_outages",
    "backplane_dropped", "backplane_lost", "backplane_restarts", "backplane_unreadable",
)  # fmt: skip
"""What it adds to `Hub.counters`: `connected` is 0 or 1 and `waiting` the length of the outbox, now; the others count
events sent and received, outages, droppable and other events that the outbox had no room for, losses of Redis's data,
and entries of the stream that could not be read."""


# ── in Redis ─────────────────────────────────────────────────────────────────────────────────────────────────────────

KEYS: Final = ("log", "users", "active", "floor", "generations", "run", "sent", "workers", "tidied")
"""log: the stream. users: user -> last number. active: users by last use. floor: above every number ever forgotten.
generations: their names, newest last. run: the Redis process they were seen on. sent: worker -> how many it sent.
workers: by last sign of life. tidied: somebody did lately."""

GREET: Final = """
-- ARGV: this Redis process, a fresh name, our worker, our generation, the last entry we read,
-- a generation that cannot be trusted, how many names are kept
local names, ours = redis.call('LRANGE', KEYS[5], 0, -1), false
for _, name in ipairs(names) do ours = ours or name == ARGV[4] end
local lost = #names == 0 or names[#names] == ARGV[6]
if ours and ARGV[5] ~= '0-0' then  -- what we read must be there, or have been trimmed with all that is older
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  local mine = redis.call('XRANGE', KEYS[1], ARGV[5], ARGV[5])
  local older = redis.call('XRANGE', KEYS[1], '-', '(' .. ARGV[5], 'COUNT', 1)
  lost = lost or #newest == 0 or (#mine == 0 and #older > 0)
end
if lost then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7], KEYS[8]) end
if lost or redis.call('GET', KEYS[6]) ~= ARGV[1] then
  redis.call('RPUSH', KEYS[5], ARGV[2])
  redis.call('LTRIM', KEYS[5], -ARGV[7], -1)
  redis.call('SET', KEYS[6], ARGV[1])
  names = redis.call('LRANGE', KEYS[5], 0, -1)
  redis.call('XADD', KEYS[1], '*', 'm', ARGV[2] .. '\\n\\n' .. cjson.encode({'generation', '', 0, names}), 'b', '')
end
local time = redis.call('TIME')
return {names, redis.call('HGET', KEYS[7], ARGV[3]) or '0', redis.call('GET', KEYS[4]) or '0', time[1], time[2]}
"""
"""Find out whether Redis is the one we knew, and has what it had; begin a generation if not."""

SEND: Final = """
-- ARGV: generation, worker, entries kept, ms kept, then for each record: its count, how many users, they, header, text
if redis.call('LINDEX', KEYS[5], -1) ~= ARGV[1] then return redis.error_reply('ANOTHERGENERATION') end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last, at = tonumber(redis.call('HGET', KEYS[7], ARGV[2]) or '0'), 5
while at <= #ARGV do
  local count, users, numbers = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), {}
  if count > last then
    for i = at + 2, at + 1 + users do
      local first = redis.call('HEXISTS', KEYS[2], ARGV[i]) == 0
      if first then redis.call('HSET', KEYS[2], ARGV[i], redis.call('GET', KEYS[4]) or '0') end
      local number = redis.call('HINCRBY', KEYS[2], ARGV[i], 1)
      redis.call('ZADD', KEYS[3], now, ARGV[i])
      numbers[#numbers + 1] = first and -number or number
    end
    local meta = ARGV[1] .. '\\n' .. table.concat(numbers, ',') .. '\\n' .. ARGV[at + 2 + users]
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'm', meta, 'b', ARGV[at + 3 + users])
    redis.call('HSET', KEYS[7], ARGV[2], count)
    last = count
  end
  at = at + users + 4
end
redis.call('ZADD', KEYS[8], now, ARGV[2])
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', now - ARGV[4]))
return last
"""
"""Number records and append them; one that was sent before is skipped. Called by its hash alone: a restarted Redis does
not know it, so whoever was not greeted by this very process of Redis publishes nothing to it."""

TIDY: Final = """
-- ARGV: generation, ms after which a user is idle, ms after which a worker is forgotten
if not redis.call('SET', KEYS[9], '1', 'NX', 'EX', 60) then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[2], 'LIMIT', 0, 1000)
local floor = tonumber(redis.call('GET', KEYS[4]) or '0')
for _, user in ipairs(idle) do
  floor = math.max(floor, tonumber(redis.call('HGET', KEYS[2], user) or '0'))
  redis.call('HDEL', KEYS[2], user)
  redis.call('ZREM', KEYS[3], user)
end
if #idle > 0 then
  redis.call('SET', KEYS[4], string.format('%.0f', floor))
  redis.call('XADD', KEYS[1], '*', 'm', ARGV[1] .. '\\n\\n' .. cjson.encode({'forgotten', '', 0, idle, floor}), 'b', '')
end
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', now - ARGV[3])) do
  redis.call('HDEL', KEYS[7], worker)
  redis.call('ZREM', KEYS[8], worker)
end
return #idle
"""
"""Forget idle users and workers. A user who comes back is numbered from `floor` on, so no number means two events."""

WORKER_MS: Final = 86_400_000
"""How long Redis remembers how far a worker got: a day, far longer than what the worker holds to send again."""


MOST_GENERATIONS: Final = 16
"""Generations that are remembered: restarts of Redis that a client may be away for (chosen)."""


class _Lost(Exception):
    """What we knew is not what Redis has now: read everything anew."""


class _Conflict(_Lost):
    """Redis gave a number twice: it lost data and nobody noticed. Nothing of it can be trusted."""


# ── what waits for Redis ─────────────────────────────────────────────────────────────────────────────────────────────


class Record:
    """What a worker sends to all: an event for users, or (`message` is None) a note from worker to worker."""

    __slots__ = ("connection_id", "count", "flown", "message", "note", "users")

    def __init__(
        self, users: tuple[str, ...], message: Message | None, connection_id: str | None = None, note: Any = None
    ) -> None:
        self.users, self.message, self.connection_id, self.note = users, message, connection_id, note
        self.count = 0
        self.flown = False  # it was sent, so it may have a place in the common order, whatever we were answered

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return self.message.size if self.message is not None else 0

    def arguments(self, worker: str) -> list[Any]:
        """What the script SEND is given of it."""
        header: list[Any] = [*self.note[:1], worker, self.count, *self.note[1:]] if self.message is None else [
            "event", worker, self.count, self.users, self.message.kind, self.message.droppable,
            self.message.thread_id, self.connection_id,
        ]  # fmt: skip
        users = [str(user).encode("utf-8", "surrogatepass") for user in self.users]
        text = self.message.text if self.message is not None else ""
        return [self.count, len(users), *users, json.dumps(header, separators=(",", ":")), text]


class Outbox:
    """What this worker has to send, in order, and what it sent lately, should Redis lose it; both bounded.

    Records count from 1. `unseen` are the events that have not come back through the stream yet.
    """

    def __init__(self, settings: BackplaneSettings) -> None:
        self.settings = settings
        self.waiting: OrderedDict[int, Record] = OrderedDict()
        self.flying: list[Record] = []
        self.sent: deque[tuple[float, Record]] = deque()
        self.unseen: dict[int, Record] = {}
        self.bytes = self.sent_bytes = self.count = 0
        self._loose: deque[int] = deque()

    def put(self, record: Record) -> list[Record]:
        """Take one in; what had to go for an event, droppable ones first, then the oldest. Notes are few."""
        self.count += 1
        record.count = self.count
        self.waiting[record.count] = record
        if record.message is None:
            return []
        self.bytes += record.size
        self.unseen[record.count] = record
        if record.message.droppable:
            self._loose.append(record.count)
        gone = []
        while len(self.waiting) > 1 and self._full():
            gone.append(self._drop())
        return gone

    def _full(self) -> bool:
        return len(self.waiting) > self.settings.outbox_events or self.bytes > self.settings.outbox_bytes

    def _skip_gone(self) -> None:
        while self._loose and self._loose[0] not in self.waiting:
            self._loose.popleft()

    def _drop(self) -> Record:
        self._skip_gone()
        record = self.waiting.pop(self._loose.popleft()) if self._loose else self.waiting.popitem(last=False)[1]
        self.bytes -= record.size
        self.unseen.pop(record.count, None)
        return record

    def take(self) -> list[Record]:
        """The next batch; it flies until `arrived` or `restore` is called."""
        size = 0
        while self.waiting and len(self.flying) < self.settings.batch_events:
            record = next(iter(self.waiting.values()))
            if self.flying and size + record.size > self.settings.batch_bytes:
                break
            size += record.size
            self.bytes -= record.size
            self.flying.append(self.waiting.popitem(last=False)[1])
            record.flown = True
        self._skip_gone()
        return self.flying

    def arrived(self, now: float) -> None:
        """What was flying is in Redis."""
        for record in self.flying:
            self._keep(record, now)
        self.flying = []
        self._forget_old(now)

    def _keep(self, record: Record, now: float) -> None:
        if record.message is not None:
            self.sent.append((now, record))
            self.sent_bytes += record.size

    def _forget_old(self, now: float) -> None:
        keep = self.settings
        while self.sent and (
            self.sent[0][0] < now - keep.keep_seconds
            or len(self.sent) > keep.outbox_events
            or self.sent_bytes > keep.outbox_bytes
        ):
            _, record = self.sent.popleft()
            self.sent_bytes -= record.size
            self.unseen.pop(record.count, None)

    def restore(self, last: int, now: float) -> None:
        """Redis says that it has everything up to `last`: what it has not got waits, in its order."""
        self._forget_old(now)
        again, self.flying = self.flying, []
        while self.sent and self.sent[-1][1].count > last:
            _, record = self.sent.pop()
            self.sent_bytes -= record.size
            again.insert(0, record)
        for record in again:
            if record.count <= last:
                self._keep(record, now)
        for record in reversed([record for record in again if record.count > last]):
            self.waiting[record.count] = record
            self.waiting.move_to_end(record.count, last=False)
            self.bytes += record.size
            if record.message is not None and record.message.droppable:
                self._loose.appendleft(record.count)

    def show_again(self) -> None:
        """Nothing of what waits was seen in the stream that Redis has now."""
        self.unseen = {count: record for count, record in self.waiting.items() if record.message is not None}

    def __len__(self) -> int:
        return len(self.waiting) + len(self.flying)


# ── a user's log that several workers share ──────────────────────────────────────────────────────────────────────────


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


class SharedStream(UserStream):
    """One user's log as all workers have it; while Redis is away, it goes on with events of this worker after `base`.

    `starts` are the first numbers of the generations that are seen in it; `lost_alone` is the count of the last event
    after `base` that was evicted.
    """

    __slots__ = ("base", "former", "lost_alone", "plane", "starts")

    def __init__(self, plane: RedisBackplane, user_id: str, next_seq: int, now: float) -> None:
        super().__init__(user_id, plane.hub.settings, now)
        self.plane = plane
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
        self.plane.apart.add(self)
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
        self.touched = self.plane.hub.clock.monotonic()
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
            channel.standing.told = self.plane.generation
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
            whole[channel] = all(event.worker == self.plane.worker for event in missing)
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
        told = told or self.plane.generation
        channel.standing = SharedStanding(prefix, position.has, told, self.plane.hub.clock.monotonic())
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
        order, generation, prefix = self.plane.generations, position.generation, position.prefix
        if prefix < self.lost or position.has.get(self.plane.worker, 0) < self.lost_alone or generation not in order:
            return False
        if generation == self.plane.generation:  # beyond our last number another worker has read further than we
            return True
        names = [name for name, _ in self.starts]
        if generation == self.plane.worker and generation not in names:  # from before we met Redis, which knew more
            return False
        later = [first for name, first in self.starts if name in order and order.index(name) > order.index(generation)]
        return prefix < (later[0] if later else self.last + 1)

    def token(self, channel: Channel) -> str:
        """As `UserStream.token`; see TOKEN."""
        standing = channel.standing
        if not isinstance(standing, SharedStanding):
            return self.plane.generation
        worker, name = self.plane.worker, standing.told or self.plane.generation
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
            if worker not in needed and self.plane.common.get(worker, 0) >= count:
                del standing.has[worker]


def _counts(has: dict[str, int], without: str = "") -> str:
    told = [f"~{worker}.{count}" for worker, count in has.items() if worker != without and count]
    return "".join(told[-MOST_WORKERS:])


# ── who is connected where ───────────────────────────────────────────────────────────────────────────────────────────


class Presence:
    """Which users are connected to the other workers, and on which threads, as those said last."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._pairs: dict[str, set[tuple[str, str | None]]] = {}
        self._users: dict[str, dict[str, int]] = {}
        self._heard: dict[str, float] = {}

    def heard(self, worker: str, now: float) -> None:
        """A worker lives."""
        self._heard[worker] = now

    def update(self, worker: str, came: Iterable[Any], went: Iterable[Any], all_of_them: bool) -> None:
        """Take in what a worker says; with `all_of_them`, it is everything."""
        if all_of_them:
            self._pairs[worker], self._users[worker] = set(), {}
        pairs, users = self._pairs.setdefault(worker, set()), self._users.setdefault(worker, {})
        for user, thread in came:
            if (user, thread) not in pairs:
                pairs.add((user, thread))
                users[user] = users.get(user, 0) + 1
        for user, thread in went:
            if (user, thread) in pairs:
                pairs.discard((user, thread))
                users[user] -= 1
                if not users[user]:
                    del users[user]

    def forget(self, worker: str) -> None:
        """A worker stopped."""
        for table in (self._pairs, self._users, self._heard):
            table.pop(worker, None)

    def forget_silent(self, now: float) -> None:
        """Forget the workers that were not heard for too long."""
        for worker in [name for name, at in self._heard.items() if now - at > self._patience]:
            self.forget(worker)

    def users(self) -> set[str]:
        """Everybody who is connected elsewhere."""
        return {user for users in self._users.values() for user in users}

    def has(self, user_id: str) -> bool:
        """Whether a user is connected elsewhere."""
        return any(user_id in users for users in self._users.values())

    def shows(self, user_id: str, thread_id: str | None) -> bool:
        """Whether a tab elsewhere shows a user's thread."""
        return any((user_id, thread_id) in pairs for pairs in self._pairs.values())


# ── the backplane ────────────────────────────────────────────────────────────────────────────────────────────────────

Source = Any
"""Where Redis is: a URL; a `redis.asyncio.Redis`, whose settings are copied and which is not used itself; or a function
that makes one, which is then ours to close. Its `socket_timeout` must be None or above `BackplaneSettings.block`, and
it must not decode responses."""


class RedisBackplane:
    """Joins a hub with those of other workers through Redis; see the module for what holds.

    Start it before the hub has its first connection, and stop it after the manager's shutdown. `source` is a URL, a
    redis-py asyncio client, or a function that makes one (see `Source`); `prefix` keeps applications apart.
    """

    def __init__(
        self, hub: Hub, source: Source, *, prefix: str = "wsc", settings: BackplaneSettings | None = None
    ) -> None:
        self.hub, self.settings = hub, settings or BackplaneSettings()
        self.worker = secrets.token_hex(4)
        self.generation = self.worker  # until Redis says otherwise
        self.generations: list[str] = [self.worker]  # oldest first; ours before we met Redis is older than all
        self.apart: set[SharedStream] = set()
        self.seen: dict[str, tuple[int, float]] = {}  # worker -> the last count of it that was read, ever, and when
        self.common: dict[str, int] = {}  # the same in what Redis has now
        self.presence = Presence(3 * self.settings.beat)
        self._target = self.generation  # what we publish to; `generation` is that of what was read last
        self._source, self._keys = source, [f"{{{prefix}}}:{key}" for key in KEYS]
        self._outbox = Outbox(self.settings)
        self._numbers: dict[str, int] = {}
        self._floor, self._offset = 0, 0.0
        self._entry = "0-0"
        self._alone = True
        self._met = False
        self._spoilt = ""  # the generation in which a number was given twice
        self._since = float("inf")  # when this session had Redis
        self._leaving = self._stopped = False
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._tried = asyncio.Event()
        self._resting = False
        self._moved = True
        self._told: set[tuple[str, str | None]] = set()
        self._told_all = self._beat_at = self._handed_at = self._tidy_at = 0.0
        self._handed: deque[tuple[str, str, int]] = deque(maxlen=self.settings.outbox_events)
        self._forgone: set[str] = set()
        hub.counters.update(dict.fromkeys(COUNTERS, 0))

    # ── for applications ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def connected(self) -> bool:
        """Whether Redis is there; if not, local connections are served and the rest waits."""
        return bool(self.hub.counters["backplane_connected"])

    def elsewhere(self, user_id: str) -> bool:
        """Whether the user is connected to another worker, as far as is known."""
        return self.presence.has(user_id)

    async def start(self) -> None:
        """Join. Returns when what Redis keeps has been read, or when Redis turns out not to be there; it is then looked
        for in the background. Raises RuntimeError when the hub is in use, ImportError without the redis package.
        """
        import redis.asyncio  # noqa: F401 - to fail here rather than in the background

        with self.hub.lock:
            if self.hub.backplane is not None or self.hub.streams:
                raise RuntimeError("a backplane is started once, before the hub has connections or events")
            self.hub.backplane = self
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="websocket-backplane")
        try:
            await self._tried.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Leave: send what waits for `drain_seconds` at most, then end. Local connections are served on. Idempotent."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        if self._loop is not asyncio.get_running_loop():  # that loop was closed without a word, and its tasks with it
            self._end()
            return
        with self.hub.lock:
            self._put(Record((), None, note=["bye"]))
            self._leaving = True
        try:
            async with asyncio.timeout(self.settings.drain_seconds):
                while self._outbox and self.connected:
                    await asyncio.sleep(STOP_STEP)
        except TimeoutError:
            pass
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def __aenter__(self) -> RedisBackplane:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # ── for the hub ──────────────────────────────────────────────────────────────────────────────────────────────────

    def publish(
        self, stream: UserStream, message: Message, channels: tuple[Channel, ...], connection_id: str | None
    ) -> Receipt:
        """Send an event to all workers. The receipt tells of this one's connections; its number is 0 until Redis gives
        one, which happens after this returns.
        """
        record, alone = Record((stream.user_id,), message, connection_id), self._alone
        self._put(record)
        return Receipt(self.generation, self._deliver(record) if alone else 0, channels)

    def broadcast(self, message: Message, except_user: str | None) -> list[Channel]:
        """Send an event to everybody who is connected anywhere."""
        reached = [channel for channel in self.hub.channels.values() if channel.user_id != except_user]
        users = {channel.user_id for channel in reached} | self.presence.users()
        record, alone = Record(tuple(users - {except_user or ""}), message), self._alone
        if record.users:
            self._put(record)
            if alone:
                self._deliver(record)
        self.hub.announce(message, len(record.users), len(reached))
        return reached

    def new_stream(self, user_id: str) -> SharedStream:
        """A user's log, where its numbers stand."""
        number = self._numbers.get(user_id, self._floor)
        return SharedStream(self, user_id, number + 1, self._now())

    def handed(self, user_id: str, event: Event) -> None:
        """Have the other workers told, so that they do not send it to a connection that resumes nothing."""
        if isinstance(event, SharedEvent) and not self._stopped:
            self._handed.append((user_id, event.worker, event.count))

    def moved(self) -> None:
        """Have the other workers told who is here now."""
        self._moved = True
        self._handed_at = 0.0  # who left may connect elsewhere at once
        self._rouse()

    def _put(self, record: Record) -> None:
        if self._stopped:
            record.count = self._outbox.count = self._outbox.count + 1
            return
        for gone in self._outbox.put(record):
            critical = gone.message is not None and not gone.message.droppable
            self.hub.count("backplane_lost" if critical else "backplane_dropped")
            if critical:
                self._forgone.update(gone.users)
        self.hub.counters["backplane_waiting"] = len(self._outbox)
        self._rouse()

    def _rouse(self) -> None:
        if self._resting and self._loop is not None:
            self._resting = False
            try:
                self._loop.call_soon_threadsafe(self._wake.set)
            except RuntimeError:  # its loop was closed without a word; local connections go on
                self._serve_alone()

    # ── into the logs; under the hub's lock ──────────────────────────────────────────────────────────────────────────

    def _deliver(self, record: Record) -> int:
        """Serve the local connections without Redis."""
        message = record.message
        if message is None:
            return 0
        for user in record.users:
            stream = self.hub.stream(user)
            if isinstance(stream, SharedStream):
                event = stream.append_alone(message, self.worker, record.count, record.flown)
                self._show(stream, event, record.connection_id)
        return record.count

    def _show(self, stream: SharedStream, event: SharedEvent, connection_id: str | None) -> None:
        """Wake the connections that an event is meant for: those on its thread, or all if nobody anywhere is on it."""
        stream.pass_over(event)
        channels, message = stream.channels, event.message
        if connection_id is not None or message.thread_id is not None:
            channels = event.audience = self._meant(stream, event, connection_id)
        self.hub.admit(event, channels)
        if stream.overtaken:
            self.hub.close_overtaken(stream)
        wake(stream.channels)  # also whom it is not for: they pass over it

    def _meant(self, stream: SharedStream, event: SharedEvent, connection_id: str | None) -> tuple[Channel, ...]:
        thread_id = event.message.thread_id
        if connection_id is not None and event.worker != self.worker:  # another worker's connection
            return ()
        chosen = meant(stream.channels, thread_id, connection_id)
        here = connection_id is not None or any(channel.thread_id == thread_id for channel in chosen)
        elsewhere = not here and bool(event.generation) and self.presence.shows(stream.user_id, thread_id)
        return () if elsewhere else chosen

    def _serve_alone(self, why: BaseException | None = None) -> None:
        """Redis is away: have the local connections served with what it did not give back, and from now on at once."""
        with self.hub.lock:
            self.hub.counters["backplane_connected"] = 0
            if self._alone:
                return
            self._alone = True
            for record in self._outbox.unseen.values():
                self._deliver(record)
        if why is not None:
            self.hub.count("backplane_outages")
            logger.warning("the backplane lost Redis; local connections are served, the rest waits: %s", _said(why))

    def _take_in(self, entries: Iterable[Any], showing: bool = True) -> None:
        """Take in what was read; without `showing`, connections are not told of it yet."""
        for entry, fields in entries:
            self._entry = entry.decode()
            try:
                self._take(fields, showing)
            except _Lost:
                raise
            except Exception:  # of another version, say; what misses it will see the gap
                self.hub.count("backplane_unreadable")
                logger.exception("entry %s of the stream could not be taken in", self._entry)

    def _take(self, fields: dict[bytes, bytes], showing: bool) -> None:
        generation, numbers, header = fields[b"m"].decode("utf-8", "surrogatepass").split("\n", 2)
        kind, worker, count, *rest = json.loads(header)
        if kind == "generation" and showing:
            self._enter(rest[0])
        self.generation = generation
        if kind == "event":
            self._take_event(numbers, worker, count, rest, fields[b"b"], showing)
        else:
            self._take_note(kind, worker, rest)
        if worker:
            now = self._now()
            self.presence.heard(worker, now)
            self.seen[worker] = max(count, self.seen[worker][0] if worker in self.seen else 0), now
            self.common[worker] = count

    def _take_event(self, numbers: str, worker: str, count: int, header: list[Any], text: bytes, showing: bool) -> None:
        users, kind, droppable, thread_id, connection_id = header
        record = self._outbox.unseen.pop(count, None) if worker == self.worker else None
        message = record.message if record is not None else None
        if message is None:
            at = min(self._now(), int(self._entry.partition("-")[0]) / 1000 + self._offset)
            message = Message(kind, text.decode(), droppable, thread_id, at)
        for user, number in zip(users, map(int, numbers.split(",")), strict=True):
            stream = self._prepared(user, abs(number), number < 0)
            event = stream.append_common(message, self.generation, worker, count)
            self._numbers[user] = abs(number)
            self.hub.counters["backplane_received"] += 1
            if event.handed:
                self.handed(user, event)
            if showing:
                self._show(stream, event, connection_id)

    def _prepared(self, user: str, number: int, first: bool) -> SharedStream:
        """A user's log, ready for the event of this number."""
        if user not in self.hub.streams:
            self._numbers[user] = number - 1
        stream = self.hub.stream(user)
        if not isinstance(stream, SharedStream):
            raise TypeError(f"the log of user {user} was not made by the backplane")
        if not stream.next_seq:
            stream.begin(number)
        elif number < stream.next_seq:
            raise _Conflict(f"user {user} is at {stream.next_seq - 1}, and Redis at {number}")
        elif number > stream.next_seq:
            stream.jump(number, missed=not first)
        return stream

    def _take_note(self, kind: str, worker: str, rest: list[Any]) -> None:
        if kind == "present" and worker != self.worker:
            self.presence.update(worker, *rest)
        elif kind == "bye":
            self.presence.forget(worker)
        elif kind == "handed":
            self._note_handed(rest[0])
        elif kind == "forgone":
            self._note_forgone(worker, rest[0])
        elif kind == "forgotten":
            self._floor = int(rest[1])
            for user in rest[0]:
                self._numbers.pop(user, None)

    def _note_forgone(self, worker: str, users: list[str]) -> None:
        """A worker had no room for events of these users; its own connections had them."""
        for user in users:
            stream = self.hub.stream(user)
            stream.lost = stream.next_seq - 1
            if isinstance(stream, SharedStream) and worker != self.worker:
                for channel in stream.channels:
                    stream.admit_loss(channel)

    def _note_handed(self, handed: list[list[Any]]) -> None:
        for user, worker, counts in handed:
            stream, wanted = self.hub.streams.get(user), set(counts)
            for event in reversed(stream.events.values()) if stream is not None else ():
                if not wanted:
                    break
                if isinstance(event, SharedEvent) and event.worker == worker and event.count in wanted:
                    event.handed = True
                    wanted.discard(event.count)

    def _enter(self, generations: list[str]) -> None:
        """Redis was restarted. Who claims to have more than it has now had something that it lost."""
        if self.generation not in generations:
            raise _Lost("another worker began anew")
        self.generations = [self.worker, *generations]
        for stream in self._streams():
            for channel in stream.channels:
                if channel.cursor > stream.next_seq:
                    channel.move(stream.next_seq)
                    stream.admit_loss(channel)

    def _streams(self) -> list[SharedStream]:
        return [stream for stream in self.hub.streams.values() if isinstance(stream, SharedStream)]

    # ── the connection to Redis ──────────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        """One session after the other, for ever. A connection that broke is made anew at once; when that fails too, or
        the last one was made a moment ago, Redis counts as away.
        """
        try:
            await self._sessions()
        finally:  # stopped, or its loop ends
            self._end()

    async def _sessions(self) -> None:
        delay = 0.0
        while True:
            self._since = float("inf")
            try:
                await self._session()
            except _Conflict as conflict:
                logger.warning("the backplane begins anew: %s", conflict)
                self._spoilt = self._target
                await asyncio.sleep(self.settings.first_retry)
            except _Lost as lost:
                logger.info("the backplane reads anew: %s", lost)
                await asyncio.sleep(self.settings.first_retry)
            except Exception as error:
                if self._now() - self._since < self.settings.timeout:
                    self._give_up(error)
                    delay = min(max(2 * delay, self.settings.first_retry), self.settings.last_retry)
                    await asyncio.sleep(delay * (0.5 + secrets.randbelow(1000) / 1000))
                    continue
                logger.info("the connection of the backplane broke, and is made anew: %s", _said(error))
            delay = 0.0
            self.hub.counters["backplane_connected"] = 0

    def _end(self) -> None:
        with self.hub.lock:
            self._serve_alone()
            self._stopped = True
            left = [record for record in (*self._outbox.flying, *self._outbox.waiting.values()) if record.users]
        if left:
            logger.warning("the backplane stops with %d events that other workers did not get", len(left))
        self._tried.set()

    def _give_up(self, why: BaseException) -> None:
        self._serve_alone(why)
        if not self._tried.is_set():
            logger.warning("the backplane cannot reach Redis; local connections are served: %s", _said(why))
            self._tried.set()

    async def _session(self) -> None:
        """Greet Redis, catch up, then read and publish until one of the two fails."""
        client = self._client()
        try:
            script = await self._greet(client)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow(client), name="websocket-backplane-reader")
                group.create_task(self._publish(client, script), name="websocket-backplane-publisher")
        except BaseExceptionGroup as errors:
            raise next(
                (error for error in errors.exceptions if isinstance(error, _Lost)), errors.exceptions[0]
            ) from None
        finally:
            await self._close(client)

    def _client(self) -> Any:
        from redis.asyncio import ConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        own = {
            "socket_timeout": None,  # a reader waits; commands have deadlines of their own
            "socket_connect_timeout": self.settings.timeout,
            "retry": Retry(NoBackoff(), 0),  # the retries are ours: each begins with a greeting
            "max_connections": self.settings.connections,
            "decode_responses": False,
            "protocol": 2,
            "client_name": f"wsc-{self.worker}",
        }
        if isinstance(self._source, str):
            return Redis(connection_pool=ConnectionPool.from_url(self._source, **own))
        if callable(self._source):
            return self._source()
        pool = self._source.connection_pool
        theirs = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith(POOL_PARTS)}
        return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **{**theirs, **own}))

    async def _close(self, client: Any) -> None:
        try:
            await client.aclose()
            await client.connection_pool.disconnect()
        except Exception as error:  # it is gone, which is what was wanted
            logger.debug("closing a connection to Redis: %r", error)

    async def _call(self, client: Any, *command: Any) -> Any:
        async with asyncio.timeout(self.settings.timeout):
            return await client.execute_command(*command)

    async def _greet(self, client: Any) -> str:
        """Learn what Redis has, adopt it if it is not what we knew, and take back the outbox from where it ends."""
        async with asyncio.timeout(self.settings.timeout):
            run = (await client.info("server")).get("run_id", "")
        answer = await self._call(
            client, "EVAL", GREET, len(KEYS), *self._keys,
            run, secrets.token_hex(4), self.worker, self.generation, self._entry, self._spoilt, MOST_GENERATIONS,
        )  # fmt: skip
        names, last, floor, seconds, micros = answer
        generations = [name.decode() for name in names]
        loaded = await self._call(client, "SCRIPT", "LOAD", SEND)
        script = str(loaded.decode() if isinstance(loaded, bytes) else loaded)
        anew = self.generation not in generations
        with self.hub.lock:
            self._offset = self._now() - int(seconds) - int(micros) / 1e6
            self._outbox.restore(int(last), self._now())
            self._told_all, self._moved = 0.0, True  # a restarted Redis may have forgotten that we are here
            if anew:
                self._outbox.show_again()
        self._target = generations[-1]
        if anew:
            users, entries = await self._numbers_kept(client), await self._read_all(client)
            await self._send(client, script)
            self._adopt(users, int(floor), entries, generations)
        else:
            await self._send(client, script)
            self._rejoin()
        return script

    async def _numbers_kept(self, client: Any) -> dict[str, int]:
        cursor, numbers = b"0", {}
        while True:
            cursor, found = await self._call(client, "HSCAN", self._keys[1], cursor, "COUNT", 1000)
            numbers.update({user.decode("utf-8", "surrogatepass"): int(number) for user, number in found.items()})
            if int(cursor) == 0:
                return numbers

    async def _read_all(self, client: Any) -> list[Any]:
        entries: list[Any] = []
        while True:
            since = b"(" + entries[-1][0] if entries else b"-"
            page = await self._call(client, "XRANGE", self._keys[0], since, "+", "COUNT", self.settings.read_events)
            entries += page
            if len(page) < self.settings.read_events:
                return entries

    def _adopt(self, numbers: dict[str, int], floor: int, entries: list[Any], generations: list[str]) -> None:
        """Take over what Redis has, at the start or after it lost what it had."""
        with self.hub.lock:
            oldest = self._now() - self.settings.keep_seconds  # what was read before that is not sent again
            seen = {worker: count for worker, (count, at) in self.seen.items() if at >= oldest}
            whole = {stream: stream.restart(seen) for stream in self._streams()}
            self.common, self._numbers, self._floor, self._entry = {}, numbers, floor, "0-0"
            self.generations = [self.worker, *generations]
            self.apart.clear()
            self._take_in(entries, showing=False)
            self.generation = generations[-1]
            for stream, had in whole.items():
                news = bool(stream.next_seq) or stream.user_id in numbers
                if not stream.next_seq:
                    stream.begin(numbers.get(stream.user_id, floor) + 1)
                stream.settle(had, self._met)
                if not self._met and not news:  # the numbers from before we met Redis were the only ones
                    stream.starts = [(self.worker, 1)]
            if self._met:
                self.hub.count("backplane_restarts")
            self._connected()

    def _rejoin(self) -> None:
        with self.hub.lock:
            for stream in self.apart:
                stream.rejoin()
            self.apart.clear()
            self._connected()

    def _connected(self) -> None:
        if self._alone:
            logger.info("the backplane has Redis%s", " again" if self._met else "")
        self._alone, self._met, self._since = False, True, self._now()
        self.hub.counters["backplane_connected"] = 1
        self._tried.set()

    async def _follow(self, client: Any) -> None:
        """Read the stream, for ever."""
        block, patience = int(self.settings.block * 1000), self.settings.block + 2 * self.settings.timeout
        command = ("XREAD", "COUNT", self.settings.read_events, "BLOCK", block, "STREAMS", self._keys[0])
        while True:
            async with asyncio.timeout(patience):
                answer = await client.execute_command(*command, self._entry)
            if answer:
                with self.hub.lock:
                    self._take_in(_entries(answer))

    # ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _publish(self, client: Any, script: str) -> None:
        """Send what waits, for ever; a sign of life now and then."""
        while True:
            await self._rest()
            await self._send(client, script)
            if self._now() >= self._tidy_at:
                self._tidy_at = self._now() + TIDY_EVERY
                idle = int(self.settings.idle_seconds * 1000)
                await self._call(client, "EVAL", TIDY, len(KEYS), *self._keys, self._target, idle, WORKER_MS)

    async def _rest(self) -> None:
        """Wait until there is something to send."""
        while True:
            self._wake.clear()
            with self.hub.lock:
                now = self._now()
                due = self._handed_at if self._handed else self._beat_at
                if self._outbox.waiting or self._moved or self._forgone or now >= min(due, self._beat_at):
                    return
                self._resting = True
            try:
                async with asyncio.timeout(min(due, self._beat_at, now + self.settings.handed_every) - now):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _send(self, client: Any, script: str) -> None:
        """One round trip: the notes that are due and the next records."""
        keep = self.settings
        with self.hub.lock:
            for note in self._notes():
                self._outbox.put(Record((), None, note=note))
            batch = list(self._outbox.take())
        arguments: list[Any] = []
        for record in batch:
            arguments += self._arguments(record)
        await self._call(
            client, "EVALSHA", script, len(KEYS), *self._keys,
            self._target, self.worker, keep.keep_events, int(keep.keep_seconds * 1000), *arguments,
        )  # fmt: skip
        with self.hub.lock:
            self._outbox.arrived(self._now())
            self.hub.counters["backplane_sent"] += sum(record.message is not None for record in batch)
            self.hub.counters["backplane_waiting"] = len(self._outbox)

    def _arguments(self, record: Record) -> list[Any]:
        try:
            return record.arguments(self.worker)
        except Exception:  # a user that is no text, say: it must not stop the others
            self.hub.count("backplane_lost")
            logger.exception("an event for %r could not be sent to other workers", record.users)
            return []

    def _notes(self) -> Iterator[list[Any]]:
        now = self._now()
        if self._leaving:
            self._moved = False
            return
        if self._moved or now >= self._beat_at:
            yield self._present(now)
            self._beat_at = now + self.settings.beat
            self.presence.forget_silent(now)
        if self._handed and now >= self._handed_at:
            yield self._handed_note()
            self._handed_at = now + self.settings.handed_every
        if self._forgone:
            yield ["forgone", sorted(self._forgone)]
            self._forgone.clear()

    def _present(self, now: float) -> list[Any]:
        """Who is here: what changed, or everything once in a while."""
        here = {(channel.user_id, channel.thread_id) for channel in self.hub.channels.values()}
        self._moved = False
        everything = now >= self._told_all
        if everything:
            self._told_all, self._told = now + ALL_BEATS * self.settings.beat, set()
        came, went = here - self._told, self._told - here
        self._told = here
        return ["present", list(came), list(went), everything]

    def _handed_note(self) -> list[Any]:
        handed: dict[tuple[str, str], list[int]] = {}
        while self._handed:
            user, worker, count = self._handed.popleft()
            handed.setdefault((user, worker), []).append(count)
        return ["handed", [[user, worker, counts] for (user, worker), counts in handed.items()]]

    def _now(self) -> float:
        return self.hub.clock.monotonic()


def _said(error: BaseException) -> str:
    """An error as the log has it; redis-py's say little of themselves when asked for their `repr`."""
    return f"{type(error).__name__}: {error}"


def _entries(answer: Any) -> Any:
    """The entries of the one stream that was read, in the shape of either protocol of Redis."""
    found = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    return found[0] if isinstance(found[0], list) else found


POOL_PARTS: Final = ("maint_notifications", "orig_")
"""Settings of a redis-py connection (8 and newer) that belong to the pool it is in."""

STOP_STEP: Final = 0.01
"""Seconds between two looks at whether the outbox is empty, when stopping."""

TIDY_EVERY: Final = 60.0
"""Seconds between two attempts to forget idle users; Redis lets one worker a minute do it."""

ALL_BEATS: Final = 6
"""Beats after which a worker says again who all is connected to it, for workers that missed it."""
