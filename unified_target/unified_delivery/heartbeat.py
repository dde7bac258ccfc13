"""Whether a connection is alive: pings that every make of socket can carry, pongs, and a score of health.

A socket with a `ping` of its own is sent protocol pings. One without, such as Starlette's, is sent an application frame
`{"type": "ping", "timestamp": ...}`; a page that answers with a pong is held to answering from then on, one that never
does is judged by its sends alone, so that a page that knows nothing of pings is not taken for dead.
"""

from __future__ import annotations

import asyncio
import functools
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from .channel import SLOW_CONSUMER, Channel
from .hub import Hub

logger = logging.getLogger(__name__)

FULL_HEALTH: Final = 100  # the score a connection starts with, and never exceeds (old manager)
PONG_GAIN: Final = 10  # what a pong adds (old manager)
FAILURE_LOSS: Final = 25  # what a failed ping takes (old manager); at 0 the connection is unhealthy
LATEST: Final = 2.0**53  # seconds since the epoch; beyond it no double is exact, and an int may not become one at all
LONGEST_PING: Final = 30.0  # seconds; a longer round trip is no measurement (old manager)
ALPHA: Final = 0.1  # weight of a new measurement in the average (old manager)
OUTLIER_ALPHA: Final = 0.02  # weight of one more than OUTLIER times the average (old manager)
OUTLIER: Final = 5


@dataclass
class HeartbeatConfig:
    """How often to ping, in seconds, and what to make of silence. The defaults are the old manager's."""

    heartbeat_interval_seconds: int = 30
    heartbeat_timeout_seconds: int = 90
    max_missed_heartbeats: int = 2
    cleanup_interval_seconds: int = 120
    ping_payload_size_limit: int = 125  # bytes; RFC 6455 section 5.5
    environment_optimized: bool = True

    @classmethod
    def for_environment(cls, environment: str = "development") -> HeartbeatConfig:
        """The profile of an environment, as the old manager had them; an unknown one is development."""
        if environment == "staging":
            return cls(30, 90, 2, 120)
        if environment == "production":
            return cls(25, 75, 2, 180)
        return cls(45, 60, 3, 60)


@dataclass
class ConnectionHeartbeat:
    """What is known of one connection's life. Times are seconds since the epoch, for people to read."""

    connection_id: str
    last_ping_sent: float | None = None
    last_pong_received: float | None = None
    missed_heartbeats: int = 0
    is_alive: bool = True
    last_activity: float = 0.0
    health_score: int = FULL_HEALTH
    pending_since: float | None = field(default=None, repr=False)  # monotonic seconds: a ping that waits for its pong

    def __post_init__(self) -> None:
        self.last_activity = self.last_activity or time.time()


def _hub_of_this_process() -> Hub:
    from ..unified_manager import get_websocket_manager

    return get_websocket_manager().hub


class HeartbeatMonitor:
    """The heartbeats of a manager's connections: of the process's manager, when no hub is given.

    All calls are safe for connections that have gone.
    """

    def __init__(self, config: HeartbeatConfig | None = None, hub: Hub | None = None) -> None:
        self._hub = _hub_of_this_process() if hub is None else hub
        self.config = config or HeartbeatConfig()
        self.heartbeats: dict[str, ConnectionHeartbeat] = {}
        self.stats: dict[str, float] = {
            "pings_sent": 0,
            "pongs_received": 0,
            "timeouts_detected": 0,
            "connections_dropped": 0,
            "avg_ping_time": 0.0,
            "resurrection_count": 0,
        }
        self._task: asyncio.Task[None] | None = None

    # ── a task that pings ────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Ping every connection of the manager each interval, until `stop`. Starting twice is starting once."""
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.create_task(self._beat(), name="websocket-heartbeat")

    async def stop(self) -> None:
        """Stop pinging. Idempotent."""
        task, self._task = self._task, None
        if task is not None and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait([task])

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.config.heartbeat_interval_seconds)
            await self.beat_once()

    async def beat_once(self) -> None:
        """One round: count what was missed, drop who missed too much, ping the others, forget who has gone."""
        self._prune()
        for channel in list(self._hub.channels.values()):
            self._count_missed(channel)
            if not self._drops(channel):
                await self.ping(channel.connection_id)

    def _count_missed(self, channel: Channel) -> None:
        heartbeat = self.of(channel.connection_id)
        if heartbeat.pending_since is None or heartbeat.last_pong_received is None:
            return
        if self._hub.clock.monotonic() - heartbeat.pending_since >= self.config.heartbeat_interval_seconds:
            heartbeat.pending_since = None
            heartbeat.missed_heartbeats += 1
            self.stats["timeouts_detected"] += 1
            self.weaken(channel.connection_id)

    def _drops(self, channel: Channel) -> bool:
        heartbeat = self.of(channel.connection_id)
        if heartbeat.is_alive and heartbeat.missed_heartbeats < self.config.max_missed_heartbeats:
            return False
        self.stats["connections_dropped"] += 1
        return self._hub.detach(channel, SLOW_CONSUMER, "no heartbeat")

    # ── what happens to one connection ───────────────────────────────────────────────────────────────────────────────

    def of(self, connection_id: str) -> ConnectionHeartbeat:
        """What is known of a connection; made when first asked for."""
        found = self.heartbeats.get(connection_id)
        if found is None:
            if len(self.heartbeats) >= 2 * self._hub.settings.total:  # ids that never were connections
                self._prune()
            found = self.heartbeats[connection_id] = ConnectionHeartbeat(
                connection_id, last_activity=self._hub.clock.time()
            )
        return found

    def _prune(self) -> None:
        self.heartbeats = {name: beat for name, beat in self.heartbeats.items() if name in self._hub.channels}

    async def register_connection(self, connection_id: str) -> None:
        """Begin to keep a connection's heartbeat; it would begin by itself at the first ping."""
        self.of(connection_id)

    async def unregister_connection(self, connection_id: str) -> None:
        """Forget a connection's heartbeat."""
        self.forget(connection_id)

    def forget(self, connection_id: str) -> None:
        """Drop what is known of a connection."""
        self.heartbeats.pop(connection_id, None)

    async def ping(self, connection_id: str, payload: bytes = b"") -> bool:
        """Send a ping; False when the payload is too large, the connection is gone, or the socket refuses.

        While an answer is awaited no second ping is sent. A protocol ping may take at most 5 seconds, or half the
        interval (old manager).
        """
        channel = self._hub.channels.get(connection_id)
        if channel is None or len(payload) > self.config.ping_payload_size_limit or not channel.socket.is_connected:
            return False
        heartbeat, now = self.of(connection_id), self._hub.clock.monotonic()
        if (
            heartbeat.pending_since is not None
            and now - heartbeat.pending_since < self.config.heartbeat_interval_seconds
        ):
            return True
        try:
            await self._send(channel, payload)
        except Exception as error:
            logger.info("ping of connection %s failed: %r", connection_id, error)
            self.weaken(connection_id)
            return False
        heartbeat.pending_since, heartbeat.last_ping_sent = now, self._hub.clock.time()
        self.stats["pings_sent"] += 1
        return True

    async def _send(self, channel: Channel, payload: bytes) -> None:
        ping: Callable[[bytes], Any] | None = getattr(channel.socket.websocket, "ping", None)
        if ping is None:
            channel.tell(json.dumps({"type": "ping", "timestamp": self._hub.clock.time()}))
            return
        async with asyncio.timeout(min(5.0, self.config.heartbeat_interval_seconds / 2)):
            answer = await ping(payload)
        if asyncio.isfuture(answer):  # the websockets library's, done when the pong has come
            answer.add_done_callback(functools.partial(self._answered, channel.connection_id))

    def _answered(self, connection_id: str, answer: asyncio.Future[Any]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self.pong(connection_id)

    def pong(self, connection_id: str, ping_timestamp: Any = None) -> None:
        """Take note of an answer; `ping_timestamp` (seconds since the epoch) gives the round trip.

        It comes from the client, so anything may be in it; what is no number gives no round trip.
        """
        if connection_id not in self._hub.channels:
            return
        heartbeat, now = self.of(connection_id), self._hub.clock.time()
        if not heartbeat.is_alive:
            self.stats["resurrection_count"] += 1
        heartbeat.last_pong_received = heartbeat.last_activity = now
        heartbeat.missed_heartbeats, heartbeat.pending_since, heartbeat.is_alive = 0, None, True
        heartbeat.health_score = min(FULL_HEALTH, heartbeat.health_score + PONG_GAIN)
        self.stats["pongs_received"] += 1
        if isinstance(ping_timestamp, int | float) and abs(ping_timestamp) < LATEST:
            self._average(now - ping_timestamp)

    def _average(self, seconds: float) -> None:
        if not 0 < seconds <= LONGEST_PING:
            return
        average = self.stats["avg_ping_time"]
        alpha = OUTLIER_ALPHA if seconds > average * OUTLIER else ALPHA
        self.stats["avg_ping_time"] = alpha * seconds + (1 - alpha) * average if average else seconds

    def weaken(self, connection_id: str) -> None:
        """Take note of a failure; at a score of 0 the connection is unhealthy."""
        if connection_id not in self._hub.channels:
            return
        heartbeat = self.of(connection_id)
        heartbeat.health_score = max(0, heartbeat.health_score - FAILURE_LOSS)
        heartbeat.is_alive = heartbeat.is_alive and heartbeat.health_score > 0

    def healthy(self, connection_id: str) -> bool:
        """Whether the connection is there, its socket open, and its score above 0."""
        channel = self._hub.channels.get(connection_id)
        if channel is None or not channel.socket.is_connected:
            return False
        known = self.heartbeats.get(connection_id)
        return known is None or known.is_alive

    def report(self, connection_id: str) -> dict[str, Any]:
        """What is known of a connection, as plain data."""
        return asdict(self.of(connection_id))
