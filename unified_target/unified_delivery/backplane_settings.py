"""The limits of the backplane, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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
