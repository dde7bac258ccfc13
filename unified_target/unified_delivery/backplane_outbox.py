"""What a worker has to send through Redis, and what it sent lately; both bounded. Knows nothing of connections."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from typing import Any

from .backplane_settings import BackplaneSettings
from .stream import Message


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
