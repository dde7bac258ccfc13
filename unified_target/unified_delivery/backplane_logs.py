"""All logs of a worker: what was read from Redis is taken in here; while Redis is away, its own events are, at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from .backplane_notes import Notes, Presence
from .backplane_outbox import Outbox, Record
from .backplane_stream import Order, SharedEvent, SharedStream
from .channel import Channel, wake
from .hub import Hub, meant
from .stream import Message

logger = logging.getLogger(f"{__package__}.backplane")  # one name for all of the backplane


class Lost(Exception):
    """What we knew is not what Redis has now: read everything anew."""


class Conflict(Lost):
    """Redis gave a number twice: it lost data and nobody noticed. Nothing of it can be trusted."""


class SharedLogs:
    """The logs of a hub that is joined with others, and how far they were read. Called under the hub's lock.

    `alone`: what this worker publishes is delivered here at once, for Redis is away, which was `met` before or not.
    `entry` is the last that was read of the stream, `seen` the last count of each worker that ever was, and when;
    `numbers` and `floor` are where users' logs begin that are not here; `offset` is our clock's, from that of Redis.
    """

    def __init__(self, hub: Hub, order: Order, outbox: Outbox, notes: Notes, presence: Presence) -> None:
        self.order = order
        self._hub, self._outbox, self._notes, self._presence = hub, outbox, notes, presence
        self.alone, self.met = True, False
        self.entry, self.offset = "0-0", 0.0
        self.seen: dict[str, tuple[int, float]] = {}
        self.numbers: dict[str, int] = {}
        self.floor = 0

    def new_stream(self, user_id: str) -> SharedStream:
        """A user's log, where its numbers stand."""
        return SharedStream(self.order, user_id, self._hub.settings, self.numbers.get(user_id, self.floor) + 1)

    # ── while Redis is away ──────────────────────────────────────────────────────────────────────────────────────────

    def serve_alone(self, why: str = "") -> None:
        """Redis is away: have the local connections served with what it did not give back, and from now on at once."""
        with self._hub.lock:
            self._hub.counters["backplane_connected"] = 0
            if self.alone:
                return
            self.alone = True
            for record in self._outbox.unseen.values():
                self.deliver(record)
        if why:
            self._hub.count("backplane_outages")
            logger.warning("the backplane lost Redis; local connections are served, the rest waits: %s", why)

    def deliver(self, record: Record) -> int:
        """Serve the local connections without Redis."""
        message = record.message
        if message is None:
            return 0
        for user in record.users:
            stream = self._hub.stream(user)
            if isinstance(stream, SharedStream):
                event = stream.append_alone(message, self.order.worker, record.count, record.flown)
                self._show(stream, event, record.connection_id)
        return record.count

    def _show(self, stream: SharedStream, event: SharedEvent, connection_id: str | None) -> None:
        """Wake the connections that an event is meant for: those on its thread, or all if nobody anywhere is on it."""
        stream.pass_over(event)
        channels, message = stream.channels, event.message
        if connection_id is not None or message.thread_id is not None:
            channels = event.audience = self._meant(stream, event, connection_id)
        self._hub.admit(event, channels)
        if stream.overtaken:
            self._hub.close_overtaken(stream)
        wake(stream.channels)  # also whom it is not for: they pass over it

    def _meant(self, stream: SharedStream, event: SharedEvent, connection_id: str | None) -> tuple[Channel, ...]:
        thread_id = event.message.thread_id
        if connection_id is not None and event.worker != self.order.worker:  # another worker's connection
            return ()
        chosen = meant(stream.channels, thread_id, connection_id)
        here = connection_id is not None or any(channel.thread_id == thread_id for channel in chosen)
        elsewhere = not here and bool(event.generation) and self._presence.shows(stream.user_id, thread_id)
        return () if elsewhere else chosen

    # ── what was read ────────────────────────────────────────────────────────────────────────────────────────────────

    def take_in(self, entries: Iterable[Any], showing: bool = True) -> None:
        """Take in what was read; without `showing`, connections are not told of it yet."""
        for entry, fields in entries:
            self.entry = entry.decode()
            try:
                self._take(fields, showing)
            except Lost:
                raise
            except Exception:  # of another version, say; what misses it will see the gap
                self._hub.count("backplane_unreadable")
                logger.exception("entry %s of the stream could not be taken in", self.entry)

    def _take(self, fields: dict[bytes, bytes], showing: bool) -> None:
        generation, numbers, header = fields[b"m"].decode("utf-8", "surrogatepass").split("\n", 2)
        kind, worker, count, *rest = json.loads(header)
        if kind == "generation" and showing:
            self._enter(rest[0])
        self.order.generation = generation
        if kind == "event":
            self._take_event(numbers, worker, count, rest, fields[b"b"], showing)
        else:
            self._take_note(kind, worker, rest)
        if worker:
            now = self._now()
            self._presence.heard(worker, now)
            self.seen[worker] = max(count, self.seen[worker][0] if worker in self.seen else 0), now
            self.order.common[worker] = count

    def _take_event(self, numbers: str, worker: str, count: int, header: list[Any], text: bytes, showing: bool) -> None:
        users, kind, droppable, thread_id, connection_id = header
        record = self._outbox.unseen.pop(count, None) if worker == self.order.worker else None
        message = record.message if record is not None else None
        if message is None:
            at = min(self._now(), int(self.entry.partition("-")[0]) / 1000 + self.offset)
            message = Message(kind, text.decode(), droppable, thread_id, at)
        for user, number in zip(users, map(int, numbers.split(",")), strict=True):
            stream = self._prepared(user, abs(number), number < 0)
            event = stream.append_common(message, self.order.generation, worker, count)
            self.numbers[user] = abs(number)
            self._hub.counters["backplane_received"] += 1
            if event.handed:
                self._notes.handed(user, worker, count)
            if showing:
                self._show(stream, event, connection_id)

    def _prepared(self, user: str, number: int, first: bool) -> SharedStream:
        """A user's log, ready for the event of this number."""
        if user not in self._hub.streams:
            self.numbers[user] = number - 1
        stream = self._hub.stream(user)
        if not isinstance(stream, SharedStream):
            raise TypeError(f"the log of user {user} was not made by the backplane")
        if not stream.next_seq:
            stream.begin(number)
        elif number < stream.next_seq:
            raise Conflict(f"user {user} is at {stream.next_seq - 1}, and Redis at {number}")
        elif number > stream.next_seq:
            stream.jump(number, missed=not first)
        return stream

    def _take_note(self, kind: str, worker: str, rest: list[Any]) -> None:
        if kind == "present" and worker != self.order.worker:
            self._presence.update(worker, *rest)
        elif kind == "bye":
            self._presence.forget(worker)
        elif kind == "handed":
            self._note_handed(rest[0])
        elif kind == "forgone":
            self._note_forgone(worker, rest[0])
        elif kind == "forgotten":
            self.floor = int(rest[1])
            for user in rest[0]:
                self.numbers.pop(user, None)

    def _note_forgone(self, worker: str, users: list[str]) -> None:
        """A worker had no room for events of these users; its own connections had them."""
        for user in users:
            stream = self._hub.stream(user)
            stream.lost = stream.next_seq - 1
            if isinstance(stream, SharedStream) and worker != self.order.worker:
                for channel in stream.channels:
                    stream.admit_loss(channel)

    def _note_handed(self, handed: list[list[Any]]) -> None:
        for user, worker, counts in handed:
            stream, wanted = self._hub.streams.get(user), set(counts)
            for event in reversed(stream.events.values()) if stream is not None else ():
                if not wanted:
                    break
                if isinstance(event, SharedEvent) and event.worker == worker and event.count in wanted:
                    event.handed = True
                    wanted.discard(event.count)

    def _enter(self, generations: list[str]) -> None:
        """Redis was restarted. Who claims to have more than it has now had something that it lost."""
        if self.order.generation not in generations:
            raise Lost("another worker began anew")
        self.order.generations = [self.order.worker, *generations]
        for stream in self._streams():
            for channel in stream.channels:
                if channel.cursor > stream.next_seq:
                    channel.move(stream.next_seq)
                    stream.admit_loss(channel)

    def _streams(self) -> list[SharedStream]:
        return [stream for stream in self._hub.streams.values() if isinstance(stream, SharedStream)]

    # ── when Redis is met, or met again ──────────────────────────────────────────────────────────────────────────────

    def adopt(self, numbers: dict[str, int], floor: int, entries: list[Any], generations: list[str]) -> None:
        """Take over what Redis has, at the start or after it lost what it had."""
        oldest = self._now() - self._outbox.settings.keep_seconds  # what was read before that is not sent again
        seen = {worker: count for worker, (count, at) in self.seen.items() if at >= oldest}
        whole = {stream: stream.restart(seen) for stream in self._streams()}
        self.order.common, self.numbers, self.floor, self.entry = {}, numbers, floor, "0-0"
        self.order.generations = [self.order.worker, *generations]
        self.order.apart.clear()
        self.take_in(entries, showing=False)
        self.order.generation = generations[-1]
        for stream, had in whole.items():
            news = bool(stream.next_seq) or stream.user_id in numbers
            if not stream.next_seq:
                stream.begin(numbers.get(stream.user_id, floor) + 1)
            stream.settle(had, self.met)
            if not self.met and not news:  # the numbers from before we met Redis were the only ones
                stream.starts = [(self.order.worker, 1)]
        if self.met:
            self._hub.count("backplane_restarts")
        self._meet()

    def rejoin(self) -> None:
        """Go on with Redis as we knew it."""
        for stream in self.order.apart:
            stream.rejoin()
        self.order.apart.clear()
        self._meet()

    def _meet(self) -> None:
        if self.alone:
            logger.info("the backplane has Redis%s", " again" if self.met else "")
        self.alone, self.met = False, True
        self._hub.counters["backplane_connected"] = 1

    def _now(self) -> float:
        return self._hub.clock.monotonic()
