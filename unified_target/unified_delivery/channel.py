"""One connection: where it stands in its user's log, and the one task that writes to its socket."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio import _get_running_loop as running_loop  # three times cheaper than the public one, on the hot path
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from .stream import Event, Resume, UserStream
from .wire import SocketAdapter

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger(__name__)

# Close codes: RFC 6455 section 7.4 and the IANA registry; 4000 to 4999 are private. The private two are the ones that
# the measured field uses (runtime.md, a: limits and bounded buffers).
NORMAL_CLOSURE: Final = 1000
INTERNAL_ERROR: Final = 1011
SERVICE_RESTART: Final = 1012
TRY_AGAIN_LATER: Final = 1013
UNAUTHORIZED: Final = 3000
SLOW_CONSUMER: Final = 4008
TOO_MANY_TABS: Final = 4009


IDLE: Final = float("inf")
"""When a writer that sends nothing began to."""


class Channel:
    """One connection: a cursor into its user's log and the one task that writes to its socket.

    `numbered` connections asked to be able to resume: they are greeted and their messages carry numbers; `recovered`
    says that a resume was complete. All others are sent every message exactly as it was published.
    """

    __slots__ = (
        "_after", "_busy_since", "_control", "_flight", "_hub", "_last", "_limit", "_replay_until", "_shedding",
        "_task", "_waiter", "bytes_done", "close_code", "close_reason", "connection_id", "cursor", "expires", "loop",
        "numbered", "recovered", "sent", "socket", "stream", "thread_id",
    )  # fmt: skip

    def __init__(
        self,
        hub: Hub,
        stream: UserStream,
        connection_id: str,
        socket: SocketAdapter,
        resume: Resume | None,
        batched: bool,
    ) -> None:
        self._hub, self.stream, self.connection_id, self.socket = hub, stream, connection_id, socket
        self.thread_id: str | None = None
        self.numbered, self._limit = resume is not None, hub.settings.batch if batched else 1
        self.close_code, self.close_reason = 0, ""
        self.expires = 0.0
        self.sent = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._busy_since = IDLE
        self._shedding = False
        self._flight: list[Event] = []
        self._after: list[Coroutine[Any, Any, Any]] = []
        self.recovered = resume is not None and stream.can_resume(resume.epoch, resume.last_seq)
        self.cursor = resume.last_seq + 1 if resume and self.recovered else stream.backlog()
        self._last = self.cursor - 1
        self._replay_until = stream.next_seq
        waiting = stream.events.get(self.cursor)
        self.bytes_done = waiting.bytes_before if waiting is not None else stream.appended_bytes
        self._control: list[str] = [self._hello()] if resume is not None else []

    @property
    def user_id(self) -> str:
        """The only user whose events this connection can be sent."""
        return self.stream.user_id

    @property
    def open(self) -> bool:
        """Whether events are still written to it."""
        return not self.close_code

    @property
    def idle(self) -> bool:
        """Whether it was sent all there is, and nothing is being sent."""
        return self.cursor >= self.stream.next_seq and self._busy_since == IDLE

    def _hello(self) -> str:
        return json.dumps(
            {
                "type": "hello",
                "epoch": self.stream.epoch,
                "stream_seq": self._last,
                "recovered": self.recovered,
            }
        )

    # ── called by the hub, which holds its lock ──────────────────────────────────────────────────────────────────────

    def admit(self, event: Event) -> bool:
        """Make room for an event that was just appended; False when the connection lags too far and must go."""
        settings = self._hub.settings
        lag, lag_bytes = event.seq - self.cursor, event.bytes_before - self.bytes_done
        if lag < settings.queue_events and lag_bytes + event.message.size <= settings.queue_bytes:
            return True
        if not lag:  # a single event larger than the queue: it is all there is
            return True
        self._shedding = True  # what is droppable and waits makes room, the oldest first
        if event.message.droppable:
            return True
        waiting = [
            other for other in self.stream.events.values() if other.seq >= self.cursor and self._must_have(other)
        ]
        return (
            len(waiting) <= settings.queue_events and sum(kept.message.size for kept in waiting) <= settings.queue_bytes
        )

    def _must_have(self, event: Event) -> bool:
        return not event.message.droppable and self._wants(event)

    def wake(self, running: asyncio.AbstractEventLoop | None) -> None:
        """Let the writer go on; when another loop than the caller's is its own, through that loop."""
        if self.loop is running and running is not None:
            waiter = self._waiter
            if waiter is None:
                self._begin(running)
            else:
                self._waiter = None
                if not waiter.done():
                    waiter.set_result(None)
        elif self.loop is not None:
            self._call_its_loop(self.loop, self._wake_here)
        elif running is not None:  # it was attached before any loop ran; this one adopts it
            self.loop = running
            self._begin(running)

    def _wake_here(self) -> None:
        self.wake(self.loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._task is None:
            self._hub.watch(loop)
            self._task = loop.create_task(self._write(), name=f"websocket-writer-{self.connection_id}")

    def _call_its_loop(self, loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(call)
        except RuntimeError:  # that loop is closed, and its sockets with it
            self._hub.forget(self, INTERNAL_ERROR, "its event loop is closed")

    def tell(self, frame: str) -> None:
        """Send a frame that is no event: not numbered, not kept, ahead of the events that wait."""
        self._control.append(frame)
        self.wake(running_loop())

    def stop(self) -> None:
        """Make the writer end: it closes the socket with the code that the hub has set."""
        running = running_loop()
        if self.loop is not None and self.loop is not running:
            self._call_its_loop(self.loop, self._stop_here)
        else:
            self.loop = running
            self._stop_here()

    def _stop_here(self) -> None:
        self.wake(self.loop)
        if self._busy_since != IDLE and self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()  # a send in progress; a writer that waits or has not begun sees for itself

    def overdue(self, now: float) -> bool:
        """Whether the send in progress took longer than its deadline: the socket may or may not have it."""
        return now - self._busy_since >= self._hub.settings.send_deadline

    # ── the writer ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self) -> None:
        loop, stream, send = asyncio.get_running_loop(), self.stream, self.socket.send_encoded
        monotonic = self._hub.clock.monotonic
        try:
            while self.open:
                if self.cursor >= stream.next_seq and not self._control:  # whoever appends after this wakes the waiter
                    self._waiter = loop.create_future()
                    await self._waiter
                elif frame := self._next_frame():
                    self._busy_since = monotonic()
                    await send(frame)
                    self._busy_since = IDLE
                    self._handed()
        except asyncio.CancelledError:
            if self.open:  # not ours: the loop is going down
                self._hub.forget(self, SERVICE_RESTART, "the server stops")
                raise
            asyncio.current_task().uncancel()  # type: ignore[union-attr]  # a writer is a task
        except Exception as error:
            logger.info("connection %s of user %s failed: %r", self.connection_id, self.user_id, error)
            self._hub.count("errors")
            self._hub.forget(self, INTERNAL_ERROR, "send failed")
        await self._close()
        await self._finish()

    def _next_frame(self) -> str:
        """What to send next: a control frame, one event, or several where batches were asked for; else nothing.

        Needs no lock: only the writer moves the cursor, and a lagging connection is closed before its events go.
        """
        if self._control:
            return self._control.pop(0)
        stream, flight = self.stream, self._flight
        while self.cursor < stream.next_seq and len(flight) < self._limit:
            event = stream.events.get(self.cursor)
            self.cursor += 1
            if event is None:  # a droppable one that made room
                continue
            self.bytes_done = event.bytes_before + event.message.size
            if self._wants(event) and not (self._shedding and self._skips(event)):
                flight.append(event)
        if len(flight) > 1:
            return f"[{','.join([self._text(event) for event in flight])}]"
        return self._text(flight[0]) if flight else ""

    def _skips(self, event: Event) -> bool:
        """Whether an event is left out: a droppable one, while the connection lags by more than half a queue.

        So the oldest make room, and the newest, which is the one worth having, is sent.
        """
        settings, stream = self._hub.settings, self.stream
        lag, lag_bytes = stream.next_seq - self.cursor, stream.appended_bytes - self.bytes_done
        self._shedding = 2 * lag > settings.queue_events or 2 * lag_bytes > settings.queue_bytes
        if not self._shedding or not event.message.droppable:
            return False
        self._hub.count("dropped")
        return True

    def _wants(self, event: Event) -> bool:
        if event.seq >= self._replay_until:
            return event.audience is None or self in event.audience
        if event.handed and not self.recovered:  # another connection has it, and this one did not ask for a replay
            return False
        thread_id = event.message.thread_id
        return thread_id is None or self.thread_id is None or thread_id == self.thread_id

    def _text(self, event: Event) -> str:
        if not self.numbered:
            return "{" + event.message.body
        text, self._last = event.text(self._last), event.seq
        return text

    def _handed(self) -> None:
        hub = self._hub
        for event in self._flight:
            event.handed = True
            if event.seq < self._replay_until:
                hub.count("replayed")
            if hub.observer is not None:
                hub.observe_delivered(event)
        self.sent += len(self._flight)
        self._flight.clear()

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(self._hub.settings.close_deadline):
                await self.socket.close(self.close_code, self.close_reason)
        except TimeoutError:
            self._hub.count("close_timeouts")
        except Exception as error:  # a socket that is gone cannot be closed, and need not be
            logger.debug("closing %s: %r", self.connection_id, error)

    def follow_up(self, work: Coroutine[Any, Any, Any]) -> None:
        """Have something done after the socket is closed, by the writer, so that nothing runs unattended."""
        self._after.append(work)

    async def _finish(self) -> None:
        while self._after:
            try:
                await self._after.pop(0)
            except Exception:
                logger.exception("work after the end of connection %s failed", self.connection_id)

    async def closed(self) -> None:
        """Wait until the socket was closed, or given up after the close deadline. Returns at once on another loop."""
        task = self._task
        if task is not None and self.loop is running_loop() and task is not asyncio.current_task():
            await asyncio.wait([task])
