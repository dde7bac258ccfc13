"""One connection: where it stands in its user's log, and the one task that writes to its socket."""

from __future__ import annotations

import asyncio
import json
import logging
from asyncio import _get_running_loop as running_loop  # three times cheaper than the public one, on the hot path
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

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


class Standing(Protocol):
    """What a connection has beside all that lies before its cursor: kept by a log that is shared with other workers."""

    def covers(self, event: Event) -> bool:
        """Whether it has this event already."""
        ...

    def take(self, event: Event) -> bool:
        """Note that it passed this event; whether it had not got it before."""
        ...

    def turns(self, channel: Channel, event: Event) -> bool:
        """Whether its client must be told of another numbering before it is sent this event."""
        ...


FRAMES_A_TURN: Final = 64
"""Frames after which a writer lets others run: our choice, a few milliseconds for an ordinary frame and socket."""

NEVER: Final = float("-inf")
"""When a connection that was sent nothing was sent something last, in seconds of the monotonic clock."""

IDLE: Final = float("inf")
"""When a writer that sends nothing began to."""


class Channel:
    """One connection: a cursor into its user's log and the one task that writes to its socket.

    `numbered` connections asked to be able to resume: they are greeted and their messages carry numbers; `recovered`
    says that a resume was complete. All others are sent every message exactly as it was published.
    """

    __slots__ = (
        "_after", "_begun", "_busy_since", "_control", "_flight", "_hub", "_limit", "_shedding", "_task", "_thread_id",
        "_waiter", "bytes_done", "close_code", "close_reason", "connection_id", "cursor", "expires", "last",
        "last_sent", "loop", "numbered", "recovered", "replay_until", "sent", "socket", "standing", "stream",
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
        self._thread_id: str | None = None
        self.numbered, self._limit = resume is not None, hub.settings.batch if batched else 1
        self.close_code, self.close_reason = 0, ""
        self.expires = 0.0
        self.sent = 0
        self.last_sent = NEVER
        self.loop: asyncio.AbstractEventLoop | None = None
        self._begun = False
        self._task: asyncio.Task[None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._busy_since = IDLE
        self._shedding = False
        self._flight: list[Event] = []
        self._after: list[Coroutine[Any, Any, Any]] = []
        self.standing: Standing | None = None  # set by a log that is shared with other workers
        self.recovered, cursor, self.last = stream.place(self, resume)
        self.replay_until = stream.next_seq
        self.move(cursor)
        self._control: list[str] = [self._hello(self.recovered)] if resume is not None else []

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

    @property
    def thread_id(self) -> str | None:
        """The thread it shows; None for all of its user's."""
        return self._thread_id

    @thread_id.setter
    def thread_id(self, thread_id: str | None) -> None:
        self._thread_id = thread_id
        if self._hub.backplane is not None:
            self._hub.backplane.moved()

    def _hello(self, recovered: bool) -> str:
        epoch = self.stream.token(self)
        return json.dumps({"type": "hello", "epoch": epoch, "stream_seq": self.last, "recovered": recovered})

    # ── called by the log, under the hub's lock ──────────────────────────────────────────────────────────────────────

    def move(self, cursor: int) -> None:
        """Put it elsewhere in its user's log."""
        self.cursor = cursor
        waiting = self.stream.events.get(cursor)
        self.bytes_done = waiting.bytes_before if waiting is not None else self.stream.appended_bytes

    def greet(self, recovered: bool) -> None:
        """Tell a client that resumes where it is now, and whether it has everything up to there."""
        if self.numbered:
            self.tell(self._hello(recovered))

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
        before = [other for other in self.stream.events.values() if other is not event and self.waits_for(other)]
        return len(before) < settings.queue_events and sum(kept.message.size for kept in before) <= settings.queue_bytes

    def waits_for(self, event: Event) -> bool:
        """Whether it has yet to be sent an event that may not be left out."""
        return event.seq >= self.cursor and self._must_have(event)

    def _must_have(self, event: Event) -> bool:
        covered = self.standing is not None and self.standing.covers(event)
        return not event.message.droppable and not covered and self._wants(event)

    # ── waking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def wake(self, running: asyncio.AbstractEventLoop | None) -> None:
        """Have its writer send what waits. `running` is the loop of the thread that calls, None without one."""
        if self.loop is running and running is not None:
            if self._begun:
                self._rouse()
            else:
                self._begin(running)
        elif self.loop is not None:
            self._call_its_loop(self.loop, self._wake_here)
        elif running is not None:  # it was attached before any loop ran; this one adopts it
            self.loop = running
            self._begin(running)

    def _rouse(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _wake_here(self) -> None:
        wake((self,))

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._begun:
            self._begun = True  # before the task is made: an eager one runs at once, and may come here again
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
        wake((self,))

    def stop(self) -> None:
        """Make the writer end: it closes the socket with the code that the hub has set."""
        running = running_loop()
        if self.loop is not None and self.loop is not running:
            self._call_its_loop(self.loop, self._stop_here)
        else:
            self.loop = running
            self._stop_here()

    def _stop_here(self) -> None:
        if not self._begun:
            wake((self,))
        self._rouse()
        if self._busy_since == IDLE or self._task is None:
            return  # a writer that waits or has not begun sees for itself
        if self._task is asyncio.current_task():  # the send itself had this closed; if it waits for more, it ends there
            asyncio.get_running_loop().call_soon(self._end_send)
        else:
            self._task.cancel()

    def _end_send(self) -> None:
        if self._busy_since != IDLE and self._task is not None:
            self._task.cancel()

    def overdue(self, now: float) -> bool:
        """Whether the send in progress took longer than its deadline: the socket may or may not have it."""
        return now - self._busy_since >= self._hub.settings.send_deadline

    # ── the writer ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self) -> None:
        try:
            await self._send_until_closed()
        except asyncio.CancelledError as error:
            self._cancelled(error)
        except Exception as error:
            self._failed(error)
        self._busy_since = IDLE
        await self._close()
        await self._finish()

    async def _send_until_closed(self) -> None:
        loop, stream, send = asyncio.get_running_loop(), self.stream, self.socket.send_encoded
        monotonic, frames = self._hub.clock.monotonic, 0
        while self.open:
            if self.cursor >= stream.next_seq and not self._control:  # whoever appends after this look wakes it
                self._waiter, frames = loop.create_future(), 0
                await self._waiter
                continue
            frame = self._next_frame() if self.standing is None else self._next_shared_frame()
            if not frame:
                continue
            self._busy_since = monotonic()
            await send(frame)
            self.last_sent, self._busy_since = monotonic(), IDLE
            while self._flight:
                self._took(self._flight.pop(0))
            frames += 1
            if frames % FRAMES_A_TURN == 0:  # most sockets take a frame without waiting; others want their turn too
                await asyncio.sleep(0)

    def _cancelled(self, error: asyncio.CancelledError) -> None:
        """Tell apart what ended the wait: `_stop_here`, the socket, or the loop, which goes down with all tasks."""
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            self._failed(error)
            return
        task.uncancel()
        self._hub.forget(self, SERVICE_RESTART, "the server stops")

    def _failed(self, error: BaseException) -> None:
        logger.info("connection %s of user %s failed: %r", self.connection_id, self.user_id, error)
        self._hub.count("errors")
        self._hub.forget(self, INTERNAL_ERROR, "send failed")

    def _next_frame(self) -> str:
        """What to send next: a control frame, one event, or several where batches were asked for; else nothing."""
        if self._control:
            return self._control.pop(0)
        flight = self._flight
        while len(flight) < self._limit and (event := self._next_event()) is not None:
            flight.append(event)
        if len(flight) > 1:
            return f"[{','.join([self._text(event) for event in flight])}]"
        return self._text(flight[0]) if flight else ""

    def _next_event(self) -> Event | None:
        """The next event for this connection, the cursor behind it; None when nothing of what waits is.

        Needs no lock: only the writer moves the cursor, and a connection whose events had to go is closed.
        """
        stream = self.stream
        while self.cursor < stream.next_seq:
            event = stream.events.get(self.cursor)
            if self.standing is not None and event is not None and self.standing.turns(self, event):
                return None
            self.cursor += 1
            if event is None:  # a droppable one that made room
                continue
            self.bytes_done = event.bytes_before + event.message.size
            if self.standing is not None and not self.standing.take(event):
                continue
            if self._wants(event) and not (self._shedding and self._skips(event)):
                return event
        return None

    def _next_shared_frame(self) -> str:
        """The same for a log shared with other workers, where the backplane may move the cursor from another thread.

        Where the numbering changes, the client is told before it is sent the first event of the new one.
        """
        with self._hub.lock:
            frame, event = self._next_frame(), self.stream.events.get(self.cursor)
            if not frame and event is not None and self.standing is not None and self.standing.turns(self, event):
                self.stream.turn(self, event)
                return self._hello(True)
            return frame

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
        if event.seq >= self.replay_until:
            return event.audience is None or self in event.audience
        if event.handed and not self.recovered:  # another connection has it, and this one did not ask for a replay
            return False
        if event.message.private and event.audience and event.audience[0].open:  # whom it is for is still there
            return False
        thread_id = event.message.thread_id
        if thread_id is None or self._thread_id in (None, thread_id):
            return True
        return all(other.thread_id != thread_id for other in self.stream.channels)  # as `meant` does for new events

    def _text(self, event: Event) -> str:
        if not self.numbered:
            return event.message.text
        text, self.last = event.numbered(self.last), event.seq if self.standing is None else event.number
        return text

    def _took(self, event: Event) -> None:
        """Take note that the socket has an event."""
        event.handed = True
        self.sent += 1
        hub = self._hub
        if event.seq < self.replay_until:
            hub.count("replayed")
        if hub.backplane is not None:
            hub.backplane.handed(self.user_id, event)
        if hub.observer is not None:
            hub.observe_delivered(event)

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


def wake(channels: Iterable[Channel]) -> None:
    """Have the writers of these connections send what waits; those of other loops are reached through their loops."""
    running = running_loop()
    for channel in channels:
        channel.wake(running)
