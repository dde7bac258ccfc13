"""One user's log of events: numbered, bounded, and long enough to replay to a connection that comes back."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .channel import Channel

FIVE_EVENTS: Final = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
"""The mission-critical events of the extraction report, in the order of a run. They are never dropped."""

DROPPABLE_EVENTS: Final = frozenset({"progress_update", "typing", "presence", "heartbeat", "stats_update"})
"""Event types of which only the newest is worth having; a slow connection skips them. Everything else is kept."""


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """The limits of delivery. Where no source is given, a number is our choice, and nothing hangs on it exactly.

    per_user, total: connections at a time (report: 3 and 100).
    ring_events, ring_seconds, ring_bytes: what a user's log keeps for replay; whichever is reached first evicts the
        oldest (512 as Discord and Centrifugo keep hundreds; 180 s is the report's TTL of 3 minutes; 4 MiB is four
        full queues).
    queue_events, queue_bytes: how far a connection may lag behind its log before it is closed with 4008 (Centrifugo's
        1 MiB; Home Assistant's bounded queue).
    send_deadline, close_deadline: seconds one send or the closing handshake may take.
    max_event_bytes: a larger event is refused (16 MiB: uvicorn's default for a message).
    batch: events in one frame for a connection that asked for batches (Centrifugo: 16).
    drain_seconds: how long a shutdown waits for connections to catch up.
    stream_seconds: how long an idle user's numbering is remembered (longer than its events, as Centrifugo does).
    """

    per_user: int = 3
    total: int = 100
    ring_events: int = 512
    ring_seconds: float = 180.0
    ring_bytes: int = 4 * 1024 * 1024
    queue_events: int = 256
    queue_bytes: int = 1024 * 1024
    send_deadline: float = 5.0
    close_deadline: float = 1.0
    max_event_bytes: int = 16 * 1024 * 1024
    batch: int = 16
    drain_seconds: float = 5.0
    stream_seconds: float = 3600.0

    def __post_init__(self) -> None:
        if self.queue_events > self.ring_events or self.queue_bytes > self.ring_bytes:
            raise ValueError("a connection may not lag further than its user's log reaches")
        if min(self.per_user, self.total, self.queue_events, self.batch) < 1:
            raise ValueError("limits are at least 1")


class Message:
    """A message as it was published, encoded once however many users and connections it goes to.

    `text` is its JSON object, `size` in bytes, `at` in seconds of the monotonic clock; `private`: it is for one
    connection, not for what its user has open beside it.
    """

    __slots__ = ("at", "droppable", "kind", "private", "size", "text", "thread_id")

    def __init__(
        self, kind: str, text: str, droppable: bool, thread_id: str | None, at: float, private: bool = False
    ) -> None:
        self.kind, self.text, self.droppable, self.thread_id, self.at = kind, text, droppable, thread_id, at
        self.private = private
        self.size = len(text) if text.isascii() else len(text.encode())


class Event:
    """A message's place in one user's log.

    `bytes_before` counts what was appended to the log before it: two of them tell how far apart events are, without
    walking between. `audience` is None for every connection of the user; `handed` says that some socket took it.
    """

    __slots__ = ("audience", "bytes_before", "handed", "message", "seq")

    def __init__(self, message: Message, seq: int, bytes_before: int, audience: tuple[Channel, ...] | None) -> None:
        self.message = message
        self.seq = seq
        self.bytes_before = bytes_before
        self.audience = audience
        self.handed = False

    @property
    def number(self) -> int:
        """What it is numbered on the wire."""
        return self.seq

    def numbered(self, after: int) -> str:
        """The message as JSON with its number, for a connection that was sent the number `after` last.

        `stream_prev` says that what lies between was not meant for this connection, so a client sees a real gap.
        """
        inside = self.message.text[1:]
        comma = "" if inside == "}" else ","
        skipped = f'"stream_prev":{after},' if after != self.seq - 1 else ""
        return f'{{{skipped}"stream_seq":{self.seq}{comma}{inside}'


class UserStream:
    """One user's log: numbered from 1 without gaps within an `epoch`, bounded in events, bytes and age."""

    __slots__ = (
        "appended_bytes", "bytes", "channels", "epoch", "events", "first", "loose", "lost", "next_seq", "overtaken",
        "settings", "touched", "user_id",
    )  # fmt: skip

    def __init__(self, user_id: str, settings: DeliverySettings, now: float) -> None:
        self.user_id, self.settings, self.touched = user_id, settings, now
        self.epoch = secrets.token_hex(6)
        self.events: dict[int, Event] = {}
        self.first = self.next_seq = 1
        self.bytes = self.appended_bytes = 0
        self.lost = 0  # the last event that was evicted although somebody might still want it
        self.loose: deque[int] = deque()  # numbers of the droppable events that are here, oldest first
        self.channels: tuple[Channel, ...] = ()
        self.overtaken: list[Channel] = []  # those that have not sent an event which had to go; the hub closes them

    def append(self, message: Message, audience: tuple[Channel, ...] | None) -> Event:
        """Number a message and keep it; evict what no longer fits, droppable events first."""
        seq = self.next_seq
        event = self.events[seq] = Event(message, seq, self.appended_bytes, audience)
        self.next_seq = seq + 1
        self.bytes += message.size
        self.appended_bytes += message.size
        self.touched = message.at
        if message.droppable:
            self.loose.append(seq)
        if len(self.events) > self.settings.ring_events or self.bytes > self.settings.ring_bytes:
            self._make_room()
        return event

    def _make_room(self) -> None:
        while self.loose and self._full():
            self._evict(self.loose[0])
        while len(self.events) > 1 and self._full():  # the newest event always stays, however large
            self._evict(self._oldest())

    def expire(self, now: float) -> None:
        """Forget what is older than `ring_seconds`."""
        while self.events and self.events[self._oldest()].message.at < now - self.settings.ring_seconds:
            self._evict(self._oldest())

    def backlog(self) -> int:
        """Where a connection starts that says nothing of what it has: at the first event nobody was handed yet."""
        return next((seq for seq, event in self.events.items() if not event.handed), self.next_seq)

    def can_resume(self, epoch: str | None, last_seq: int) -> bool:
        """Whether everything after `last_seq` is still here, so that a replay would be complete."""
        return epoch == self.epoch and self.lost <= last_seq < self.next_seq

    def place(self, channel: Channel, resume: Resume | None) -> tuple[bool, int, int]:
        """Where a new connection begins: whether its resume is complete, its cursor, and the last number it has."""
        recovered = resume is not None and self.can_resume(resume.epoch, resume.last_seq)
        cursor = resume.last_seq + 1 if resume and recovered else self.backlog()
        return recovered, cursor, cursor - 1

    def token(self, channel: Channel) -> str:
        """The epoch that a connection is told; it gives it back, with its last number, to resume."""
        return self.epoch

    def turn(self, channel: Channel, event: Event) -> None:
        """Prepare a connection to be told of the numbering that begins with an event; a log of one process has one."""

    def _full(self) -> bool:
        return len(self.events) > self.settings.ring_events or self.bytes > self.settings.ring_bytes

    def _oldest(self) -> int:
        while self.first not in self.events:
            self.first += 1
        return self.first

    def _evict(self, seq: int) -> None:
        while self.loose and self.loose[0] <= seq:  # all ways to evict go from the oldest on
            self.loose.popleft()
        event = self.events.pop(seq, None)
        if event is None:
            return
        self.bytes -= event.message.size
        if event.message.droppable:
            return
        self.lost = seq
        self.overtaken += [channel for channel in self.channels if channel.waits_for(event)]


@dataclass(frozen=True, slots=True)
class Resume:
    """What a client that reconnects knows: the epoch and the last number it received. 0 and None: nothing yet.

    Both come from the client: ValueError for anything else than a text and a whole number that is not negative.
    """

    epoch: str | None = None
    last_seq: int = 0

    def __post_init__(self) -> None:
        if self.epoch is not None and not isinstance(self.epoch, str):
            raise ValueError(f"an epoch is a text, not {type(self.epoch).__name__}")
        if type(self.last_seq) is not int or self.last_seq < 0:  # True is an int, too
            raise ValueError(f"a sequence number is a whole number from 0, not {self.last_seq!r:.40}")


def kind_of(message: Mapping[str, Any]) -> str:
    """The type of a message: the `type` field, or the empty text."""
    kind = message.get("type", "")
    return kind if isinstance(kind, str) else str(getattr(kind, "value", kind))
