"""Every user's log and every connection of one manager: admission, publishing, deadlines, shutdown."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from asyncio import _get_running_loop as running_loop
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from .channel import (
    INTERNAL_ERROR,
    NORMAL_CLOSURE,
    SERVICE_RESTART,
    SLOW_CONSUMER,
    TOO_MANY_TABS,
    TRY_AGAIN_LATER,
    UNAUTHORIZED,
    Channel,
    wake,
)
from .stream import DROPPABLE_EVENTS, DeliverySettings, Event, Message, Resume, UserStream, kind_of
from .wire import EventRejected, SocketAdapter, encode

logger = logging.getLogger(__name__)


class ConnectionRefused(RuntimeError):
    """A connection was not admitted; `code` is the WebSocket close code that its client is told."""

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.code = code


class Clock(Protocol):
    """Where time comes from; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds that only grow; every lifetime and deadline is measured with them."""
        ...

    def time(self) -> float:
        """Seconds since the epoch; only ever shown, never compared."""
        ...


class Observer:
    """What happens, for metrics and traces: subclass and override what is wanted. Called on the hot path: be brief.

    An observer must not raise; one that does is logged and the delivery goes on.
    """

    def published(self, event_type: str, size: int, connections: int) -> None:
        """An event of `size` bytes was appended for a user with this many connections in its audience."""

    def delivered(self, event_type: str, seconds: float) -> None:
        """A socket took an event this long after it was published."""

    def counted(self, counter: str) -> None:
        """One of the counters of `Hub.counters` went up (refused, dropped, slow, timeouts, errors ...)."""


class AuditEntry(NamedTuple):
    """One line of the audit log: `at` in seconds since the epoch."""

    at: float
    action: str
    user_id: str
    connection_id: str
    detail: str


class Receipt(NamedTuple):
    """What became of a published event: its place in the user's log, and the connections it was queued for."""

    epoch: str
    seq: int
    channels: tuple[Channel, ...]

    @property
    def offline(self) -> bool:
        """Whether nobody was there: the event waits in the log for the user to connect."""
        return not self.channels


class Backplane(Protocol):
    """What joins the hubs of several workers (see `backplane`). Called under the hub's lock, but for `handed`."""

    def publish(
        self, stream: UserStream, message: Message, channels: tuple[Channel, ...], connection_id: str | None
    ) -> Receipt:
        """Take over from `Hub.publish` an encoded message for a user; `channels` are those meant here."""
        ...

    def broadcast(self, message: Message, except_user: str | None) -> list[Channel]:
        """Take over from `Hub.broadcast` an encoded message; returns the connections it was queued for here."""
        ...

    def new_stream(self, user_id: str) -> UserStream:
        """Make a user's log."""
        ...

    def handed(self, user_id: str, event: Event) -> None:
        """Note that a socket took an event."""
        ...

    def moved(self) -> None:
        """Note that a connection came, went, or changed its thread."""
        ...


class Hub:
    """Every stream and every connection of one manager: admission, publishing, deadlines, shutdown.

    `on_detached` is called once for each connection that goes, whatever the reason, under the lock.
    """

    def __init__(
        self,
        settings: DeliverySettings | None = None,
        *,
        clock: Clock = time,
        observer: Observer | None = None,
        audit_entries: int = 1000,
    ) -> None:
        self.settings = settings or DeliverySettings()
        self.clock, self.observer = clock, observer
        self.lock = threading.RLock()
        self.streams: dict[str, UserStream] = {}
        self.channels: dict[str, Channel] = {}
        self.counters: dict[str, int] = dict.fromkeys(COUNTERS, 0)
        self.audit: deque[AuditEntry] = deque(maxlen=audit_entries)
        self.on_detached: Callable[[Channel], None] = lambda channel: None
        self.backplane: Backplane | None = None
        self._timers: dict[asyncio.AbstractEventLoop, asyncio.TimerHandle] = {}
        self._swept = clock.monotonic()
        self._unswept: list[str] = []  # users whose logs are still to be looked at in this round
        self._closed_on: asyncio.AbstractEventLoop | None = None

    # ── connections ──────────────────────────────────────────────────────────────────────────────────────────────────

    def attach(
        self,
        user_id: str,
        connection_id: str,
        socket: SocketAdapter,
        *,
        thread_id: str | None = None,
        resume: Resume | None = None,
        batched: bool = False,
        expires_in: float | None = None,
        limited: bool = True,
    ) -> Channel:
        """Admit a connection and start writing what its user has not got yet. Raises ConnectionRefused.

        Counting and admitting are one step under the lock, so a limit is never exceeded, however many try at once.
        `expires_in` seconds from now the connection is closed with 3000: the end of the token that let it in. Without
        `limited` no limit is looked at: for connections that somebody else has admitted.
        """
        with self.lock:
            if connection_id in self.channels:
                raise ConnectionRefused(f"connection {connection_id} exists already", INTERNAL_ERROR)
            if limited:
                self._refuse_beyond_limits(user_id, connection_id)
            stream = self.stream(user_id)
            self._expire(stream, self.clock.monotonic())
            channel = Channel(self, stream, connection_id, socket, resume, batched)
            channel.thread_id = thread_id
            channel.expires = self.clock.monotonic() + expires_in if expires_in is not None else 0.0
            stream.channels = (*stream.channels, channel)
            self.channels[connection_id] = channel
            if self.backplane is not None:
                self.backplane.moved()
            self.note("connect", channel, "")
            if resume is not None and resume.epoch is not None:
                self.note("resume", channel, "recovered" if channel.recovered else "not recovered")
                self.count("recovered" if channel.recovered else "unrecovered")
            wake((channel,))
            return channel

    def _refuse_beyond_limits(self, user_id: str, connection_id: str) -> None:
        for gone in [channel for channel in self.channels.values() if channel.loop and channel.loop.is_closed()]:
            self.forget(gone, INTERNAL_ERROR, "its event loop is closed")
        if self._closed_on is not None and self._closed_on is running_loop():
            self._refuse(user_id, connection_id, _restart(), SERVICE_RESTART)
        if len(self.channels) >= self.settings.total:
            self._refuse(user_id, connection_id, f"{self.settings.total} connections are open", TRY_AGAIN_LATER)
        stream = self.streams.get(user_id)
        if stream is not None and len(stream.channels) >= self.settings.per_user:
            reason = f"the user has {self.settings.per_user} connections already"
            self._refuse(user_id, connection_id, reason, TOO_MANY_TABS)

    def _refuse(self, user_id: str, connection_id: str, reason: str, code: int) -> None:
        self.count("refused")
        self.audit.append(AuditEntry(self.clock.time(), "refuse", user_id, connection_id, reason))
        raise ConnectionRefused(reason, code)

    def detach(self, channel: Channel, code: int = NORMAL_CLOSURE, reason: str = "") -> bool:
        """Take a connection out and have its socket closed; its slot is free at once. False when it had gone before."""
        with self.lock:
            if not self.forget(channel, code, reason):
                return False
            channel.stop()
            return True

    def forget(self, channel: Channel, code: int, reason: str) -> bool:
        """Take a connection out without touching its socket. A slot is freed exactly once."""
        with self.lock:
            if not channel.open:
                return False
            channel.close_code, channel.close_reason = code, reason
            stream = channel.stream
            stream.channels = tuple(other for other in stream.channels if other is not channel)
            stream.touched = self.clock.monotonic()
            if self.channels.get(channel.connection_id) is channel:
                del self.channels[channel.connection_id]
            self.note("disconnect" if code == NORMAL_CLOSURE else "kick", channel, f"{code} {reason}")
            if self.backplane is not None:
                self.backplane.moved()
            self._tell_detached(channel)
            return True

    def _tell_detached(self, channel: Channel) -> None:
        try:
            self.on_detached(channel)
        except Exception:  # whatever the tables outside are in, the socket must be closed
            self.count("errors")
            logger.exception("what follows the end of connection %s failed", channel.connection_id)

    def all_channels(self) -> tuple[Channel, ...]:
        """The connections of this moment."""
        with self.lock:
            return tuple(self.channels.values())

    def channels_of(self, user_id: str) -> tuple[Channel, ...]:
        """A user's connections of this moment."""
        stream = self.streams.get(user_id)
        return stream.channels if stream is not None else ()

    # ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def publish(
        self,
        user_id: str,
        message: Mapping[str, Any],
        *,
        thread_id: str | None = None,
        connection_id: str | None = None,
        droppable: bool | None = None,
    ) -> Receipt:
        """Append a message to a user's log and wake the connections it is meant for. Never waits.

        With `thread_id`, only the user's connections on that thread are meant, or all of them when none is; with
        `connection_id`, only that connection. Raises EventRejected when the message cannot be encoded or is too large.
        """
        published = self._message(message, thread_id, droppable, private=connection_id is not None)
        with self.lock:
            stream = self.stream(user_id)
            channels, audience = stream.channels, None
            if channels and (thread_id is not None or connection_id is not None):
                channels = audience = meant(channels, thread_id, connection_id)
            if self.backplane is not None:
                self.announce(published, 1, len(channels))
                return self.backplane.publish(stream, published, channels, connection_id)
            event = self._append(stream, published, audience, channels)
            self.announce(published, 1, len(channels))
            everyone = stream.channels
        wake(everyone)  # also whom it is not for: they pass over it
        return Receipt(stream.epoch, event.seq, channels)

    def broadcast(self, message: Mapping[str, Any], *, except_user: str | None = None) -> list[Channel]:
        """Append one message, encoded once, to the log of every user who is connected; returns whom it was queued for.

        Raises EventRejected.
        """
        published = self._message(message)
        reached: list[Channel] = []
        with self.lock:
            if self.backplane is not None:
                return self.backplane.broadcast(published, except_user)
            streams = [stream for stream in self.streams.values() if stream.channels and stream.user_id != except_user]
            for stream in streams:
                reached += stream.channels
                event = stream.append(published, None)
                for channel in stream.channels:
                    if channel.cursor != event.seq:
                        self.admit(event, (channel,))
                if stream.overtaken:
                    self.close_overtaken(stream)
            self.announce(published, len(streams), len(reached))
        wake(reached)
        return reached

    def _message(
        self,
        message: Mapping[str, Any],
        thread_id: str | None = None,
        droppable: bool | None = None,
        private: bool = False,
    ) -> Message:
        try:
            text = encode(message, self.settings.max_event_bytes)
        except EventRejected:
            self.count("rejected")
            raise
        kind = kind_of(message)
        loose = kind in DROPPABLE_EVENTS if droppable is None else droppable
        return Message(kind, text, loose, thread_id, self.clock.monotonic(), private)

    def _append(
        self,
        stream: UserStream,
        message: Message,
        audience: tuple[Channel, ...] | None,
        channels: tuple[Channel, ...],
    ) -> Event:
        event = stream.append(message, audience)
        self.admit(event, channels)
        if stream.overtaken:
            self.close_overtaken(stream)
        return event

    def admit(self, event: Event, channels: tuple[Channel, ...]) -> None:
        """Close those of the connections that lag too far behind for an event that was just appended for them."""
        for channel in channels:
            if channel.cursor != event.seq and not channel.admit(event):
                self._close_slow(channel)

    def close_overtaken(self, stream: UserStream) -> None:
        """Close the connections that wait for an event which is no longer in the log; a resume tells them so."""
        overtaken, stream.overtaken = stream.overtaken, []
        for channel in overtaken:
            if channel.open:
                self._close_slow(channel)

    def _close_slow(self, channel: Channel) -> None:
        self.count("slow")
        self.detach(channel, SLOW_CONSUMER, "too slow; reconnect and resume")

    def announce(self, message: Message, streams: int, connections: int) -> None:
        """Count a published message and tell the observer; sweep a little when it is time."""
        self.counters["published"] += streams
        if self.observer is not None:
            self._observe(lambda observer: observer.published(message.kind, message.size, connections))
        if self._unswept or message.at - self._swept > SWEEP_EVERY:
            self._sweep_some()

    def stream(self, user_id: str) -> UserStream:
        """A user's log; made when first asked for."""
        found = self.streams.get(user_id)
        if found is None:
            if self.backplane is not None:
                found = self.backplane.new_stream(user_id)
            else:
                found = UserStream(user_id, self.settings, self.clock.monotonic())
            self.streams[user_id] = found
        return found

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look after the connections of a loop, from a timer, for as long as there are any."""
        if loop not in self._timers:
            self._timers = {other: timer for other, timer in self._timers.items() if not other.is_closed()}
            tick = min(1.0, self.settings.send_deadline / 5)
            self._timers[loop] = loop.call_later(tick, self._tick, loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        with self.lock:
            self._timers.pop(loop, None)
            self.enforce_deadlines()
            self._sweep_some()
            if any(channel.loop is loop for channel in self.channels.values()):
                self.watch(loop)

    def enforce_deadlines(self) -> None:
        """Close the connections whose send hangs, and those whose token has expired."""
        now = self.clock.monotonic()
        with self.lock:
            for channel in tuple(self.channels.values()):
                if channel.overdue(now):
                    self.count("timeouts")
                    self.detach(channel, SLOW_CONSUMER, "send deadline exceeded")
                elif channel.expires and now >= channel.expires:
                    self.count("expired")
                    self.detach(channel, UNAUTHORIZED, "token expired")

    def sweep(self) -> None:
        """Forget events past their lifetime, and users who have been away for longer than `stream_seconds`."""
        with self.lock:
            self._swept = self.clock.monotonic()
            self._sweep_these(tuple(self.streams))

    def _sweep_some(self) -> None:
        """Begin a round when it is time, and take the next step of it: many users must not hold up one message."""
        now = self.clock.monotonic()
        if not self._unswept and now - self._swept > SWEEP_EVERY:
            self._swept, self._unswept = now, list(self.streams)
        these = self._unswept[-SWEEP_STEP:]
        del self._unswept[-SWEEP_STEP:]
        self._sweep_these(these)

    def _sweep_these(self, user_ids: Iterable[str]) -> None:
        now = self.clock.monotonic()
        for user_id in user_ids:
            stream = self.streams.get(user_id)
            if stream is None:
                continue
            self._expire(stream, now)
            if not stream.channels and not stream.events and now - stream.touched > self.settings.stream_seconds:
                del self.streams[user_id]

    def _expire(self, stream: UserStream, now: float) -> None:
        stream.expire(now)
        if stream.overtaken:
            self.close_overtaken(stream)

    async def shutdown(self) -> None:
        """Refuse new connections, let the present ones catch up for `drain_seconds`, then close them with 1012.

        The reason tells clients a moment to come back at, spread so that they do not all come at once. Idempotent.
        Another event loop, such as the next test's, may connect again.
        """
        self._closed_on = loop = asyncio.get_running_loop()
        deadline = loop.time() + self.settings.drain_seconds
        try:
            while any(not channel.idle for channel in self.all_channels()) and loop.time() < deadline:
                self.enforce_deadlines()
                await asyncio.sleep(DRAIN_STEP)
        finally:  # also when whoever waits has lost patience
            leaving = self.all_channels()
            for channel in leaving:
                self.detach(channel, SERVICE_RESTART, _restart())
        await asyncio.gather(*(channel.closed() for channel in leaving))
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # ── telling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def count(self, counter: str) -> None:
        """Add one to a counter and tell the observer."""
        self.counters[counter] += 1
        if self.observer is not None:
            self._observe(lambda observer: observer.counted(counter))

    def note(self, action: str, channel: Channel, detail: str) -> None:
        """Write a line of the audit log."""
        self.audit.append(AuditEntry(self.clock.time(), action, channel.user_id, channel.connection_id, detail))

    def note_user(self, action: str, user_id: str, detail: str) -> None:
        """Write a line of the audit log that concerns no connection."""
        self.audit.append(AuditEntry(self.clock.time(), action, user_id, "", detail))

    def observe_delivered(self, event: Event) -> None:
        """Tell the observer that a socket took an event just now."""
        seconds = self.clock.monotonic() - event.message.at
        self._observe(lambda observer: observer.delivered(event.message.kind, seconds))

    def _observe(self, tell: Callable[[Observer], None]) -> None:
        if self.observer is None:
            return
        try:
            tell(self.observer)
        except Exception:
            logger.exception("the observer failed; delivery goes on")


COUNTERS: Final = (
    "published", "rejected", "refused", "dropped", "slow", "timeouts", "close_timeouts", "expired", "errors",
    "replayed", "recovered", "unrecovered", "blocked", "unaddressed",
)  # fmt: skip
"""The names in `Hub.counters`."""

SWEEP_EVERY: Final = 30.0
"""Seconds between two sweeps of old events: the old manager's CLEANUP_INTERVAL_SECONDS."""

SWEEP_STEP: Final = 200
"""Logs that one message or one tick looks at: our choice, some tens of microseconds."""

DRAIN_STEP: Final = 0.02
"""Seconds between two looks at whether a shutdown may go on."""


def _restart() -> str:
    """A reason that tells a client when to come back, spread over four seconds."""
    return f"service restart; retry_after={1 + secrets.randbelow(400) / 100:.2f}"


def meant(channels: tuple[Channel, ...], thread_id: str | None, connection_id: str | None) -> tuple[Channel, ...]:
    """Those of a user's connections that an event for a thread, or for one connection, goes to."""
    if connection_id is not None:
        return tuple(channel for channel in channels if channel.connection_id == connection_id)
    shown = [channel for channel in channels if channel._thread_id == thread_id]  # past the property, on the hot path
    return tuple(shown) or channels
