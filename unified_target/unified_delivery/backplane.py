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

import secrets
from types import TracebackType

from .backplane_link import RedisLink, Source
from .backplane_logs import SharedLogs
from .backplane_notes import Notes, Presence
from .backplane_outbox import Outbox, Record
from .backplane_settings import COUNTERS, BackplaneSettings
from .backplane_stream import Order, SharedEvent, SharedStream
from .channel import Channel
from .hub import Hub, Receipt
from .stream import Event, Message, UserStream

__all__ = ["COUNTERS", "BackplaneSettings", "RedisBackplane", "Source"]


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
        self.presence = Presence(3 * self.settings.beat)
        self._order, self._outbox = Order(self.worker, hub.clock), Outbox(self.settings)
        self._notes = Notes(hub, self.settings, self.presence)
        self._logs = SharedLogs(hub, self._order, self._outbox, self._notes, self.presence)
        self._link = RedisLink(hub, source, prefix, self.settings, self._logs, self._outbox, self._notes)
        hub.counters.update(dict.fromkeys(COUNTERS, 0))

    # ── for applications ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def connected(self) -> bool:
        """Whether Redis is there; if not, local connections are served and the rest waits."""
        return bool(self.hub.counters["backplane_connected"])

    @property
    def generation(self) -> str:
        """The name of what Redis has, as far as it was read; that of this worker before Redis was met."""
        return self._order.generation

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
        await self._link.start()

    async def stop(self) -> None:
        """Leave: send what waits for `drain_seconds` at most, then end. Local connections are served on. Idempotent."""
        await self._link.stop()

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
        record, alone = Record((stream.user_id,), message, connection_id), self._logs.alone
        self._link.put(record)
        return Receipt(self.generation, self._logs.deliver(record) if alone else 0, channels)

    def broadcast(self, message: Message, except_user: str | None) -> list[Channel]:
        """Send an event to everybody who is connected anywhere."""
        reached = [channel for channel in self.hub.channels.values() if channel.user_id != except_user]
        users = {channel.user_id for channel in reached} | self.presence.users()
        record, alone = Record(tuple(users - {except_user or ""}), message), self._logs.alone
        if record.users:
            self._link.put(record)
            if alone:
                self._logs.deliver(record)
        self.hub.announce(message, len(record.users), len(reached))
        return reached

    def new_stream(self, user_id: str) -> SharedStream:
        """A user's log, where its numbers stand."""
        return self._logs.new_stream(user_id)

    def handed(self, user_id: str, event: Event) -> None:
        """Have the other workers told, so that they do not send it to a connection that resumes nothing."""
        if isinstance(event, SharedEvent) and not self._link.stopped:
            self._notes.handed(user_id, event.worker, event.count)

    def moved(self) -> None:
        """Have the other workers told who is here now."""
        self._notes.hurry()
        self._link.rouse()
