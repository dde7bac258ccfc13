"""The link to Redis: greet it, read what it has, publish what waits; made anew whenever it breaks, for ever."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any, Final

from .backplane_logs import Conflict, Lost, SharedLogs
from .backplane_notes import Notes
from .backplane_outbox import Outbox, Record
from .backplane_scripts import GREET, KEYS, SEND, TIDY, WORKER_MS
from .backplane_settings import BackplaneSettings
from .backplane_stream import MOST_GENERATIONS
from .hub import Hub

logger = logging.getLogger(f"{__package__}.backplane")  # one name for all of the backplane

Source = Any
"""Where Redis is: a URL; a `redis.asyncio.Redis`, whose settings are copied and which is not used itself; or a function
that makes one, which is then ours to close. Its `socket_timeout` must be None or above `BackplaneSettings.block`, and
it must not decode responses."""


class RedisLink:
    """Carries the outbox and the notes to Redis, and what Redis has into the logs, in the loop that started it.

    A session begins with a greeting, which tells whether Redis is the one that we knew, and ends when a command fails.
    `stopped`: nothing is sent any more.
    """

    def __init__(
        self, hub: Hub, source: Source, prefix: str, settings: BackplaneSettings,
        logs: SharedLogs, outbox: Outbox, notes: Notes,
    ) -> None:  # fmt: skip
        self._hub, self._settings = hub, settings
        self._worker = logs.order.worker
        self._order, self._logs, self._outbox, self._notes = logs.order, logs, outbox, notes
        self._source, self._keys = source, [f"{{{prefix}}}:{key}" for key in KEYS]
        self._target = self._order.generation  # what we publish to; the order's is that of what was read last
        self._spoilt = ""  # the generation in which a number was given twice
        self._since = float("inf")  # when this session had Redis
        self.stopped = False
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._tried = asyncio.Event()
        self._resting = False
        self._tidy_at = 0.0

    async def start(self) -> None:
        """Begin. Returns when what Redis keeps has been read, or when Redis turns out not to be there."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run(), name="websocket-backplane")
        try:
            await self._tried.wait()
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Send what waits for `drain_seconds` at most, then end. Idempotent."""
        task, self._task = self._task, None
        if task is None or task.done():
            return
        if self._loop is not asyncio.get_running_loop():  # that loop was closed without a word, and its tasks with it
            self._end()
            return
        with self._hub.lock:
            self.put(Record((), None, note=["bye"]))
            self._notes.leaving = True
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                while self._outbox and self._hub.counters["backplane_connected"]:
                    await asyncio.sleep(STOP_STEP)
        except TimeoutError:
            pass
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def put(self, record: Record) -> None:
        """Have it sent; it waits its turn, and Redis. Called under the hub's lock."""
        if self.stopped:
            record.count = self._outbox.count = self._outbox.count + 1
            return
        for gone in self._outbox.put(record):
            critical = gone.message is not None and not gone.message.droppable
            self._hub.count("backplane_lost" if critical else "backplane_dropped")
            if critical:
                self._notes.forgone.update(gone.users)
        self._hub.counters["backplane_waiting"] = len(self._outbox)
        self.rouse()

    def rouse(self) -> None:
        """Look whether there is something to send."""
        if self._resting and self._loop is not None:
            self._resting = False
            try:
                self._loop.call_soon_threadsafe(self._wake.set)
            except RuntimeError:  # its loop was closed without a word; local connections go on
                self._logs.serve_alone()

    # ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────

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
            except Conflict as conflict:
                logger.warning("the backplane begins anew: %s", conflict)
                self._spoilt = self._target
                await asyncio.sleep(self._settings.first_retry)
            except Lost as lost:
                logger.info("the backplane reads anew: %s", lost)
                await asyncio.sleep(self._settings.first_retry)
            except Exception as error:
                if self._now() - self._since < self._settings.timeout:
                    self._give_up(error)
                    delay = min(max(2 * delay, self._settings.first_retry), self._settings.last_retry)
                    await asyncio.sleep(delay * (0.5 + secrets.randbelow(1000) / 1000))
                    continue
                logger.info("the connection of the backplane broke, and is made anew: %s", _said(error))
            delay = 0.0
            self._hub.counters["backplane_connected"] = 0

    def _end(self) -> None:
        with self._hub.lock:
            self._logs.serve_alone()
            self.stopped = True
            left = [record for record in (*self._outbox.flying, *self._outbox.waiting.values()) if record.users]
        if left:
            logger.warning("the backplane stops with %d events that other workers did not get", len(left))
        self._tried.set()

    def _give_up(self, why: BaseException) -> None:
        self._logs.serve_alone(_said(why))
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
                (error for error in errors.exceptions if isinstance(error, Lost)), errors.exceptions[0]
            ) from None
        finally:
            await self._close(client)

    def _client(self) -> Any:
        from redis.asyncio import ConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        own = {
            "socket_timeout": None,  # a reader waits; commands have deadlines of their own
            "socket_connect_timeout": self._settings.timeout,
            "retry": Retry(NoBackoff(), 0),  # the retries are ours: each begins with a greeting
            "max_connections": self._settings.connections,
            "decode_responses": False,
            "protocol": 2,
            "client_name": f"wsc-{self._worker}",
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
        async with asyncio.timeout(self._settings.timeout):
            return await client.execute_command(*command)

    async def _greet(self, client: Any) -> str:
        """Learn what Redis has, adopt it if it is not what we knew, and take back the outbox from where it ends."""
        async with asyncio.timeout(self._settings.timeout):
            run = (await client.info("server")).get("run_id", "")
        answer = await self._call(
            client, "EVAL", GREET, len(KEYS), *self._keys,
            run, secrets.token_hex(4), self._worker, self._order.generation, self._logs.entry, self._spoilt,
            MOST_GENERATIONS,
        )  # fmt: skip
        names, last, floor, seconds, micros = answer
        generations = [name.decode() for name in names]
        loaded = await self._call(client, "SCRIPT", "LOAD", SEND)
        script = str(loaded.decode() if isinstance(loaded, bytes) else loaded)
        anew = self._order.generation not in generations
        with self._hub.lock:
            self._logs.offset = self._now() - int(seconds) - int(micros) / 1e6
            self._outbox.restore(int(last), self._now())
            self._notes.tell_anew()
            if anew:
                self._outbox.show_again()
        self._target = generations[-1]
        kept = (await self._numbers_kept(client), await self._read_all(client)) if anew else None
        await self._send(client, script)
        with self._hub.lock:
            if kept is not None:
                self._logs.adopt(kept[0], int(floor), kept[1], generations)
            else:
                self._logs.rejoin()
            self._since = self._now()
            self._tried.set()
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
            page = await self._call(client, "XRANGE", self._keys[0], since, "+", "COUNT", self._settings.read_events)
            entries += page
            if len(page) < self._settings.read_events:
                return entries

    async def _follow(self, client: Any) -> None:
        """Read the stream, for ever."""
        block, patience = int(self._settings.block * 1000), self._settings.block + 2 * self._settings.timeout
        command = ("XREAD", "COUNT", self._settings.read_events, "BLOCK", block, "STREAMS", self._keys[0])
        while True:
            async with asyncio.timeout(patience):
                answer = await client.execute_command(*command, self._logs.entry)
            if answer:
                with self._hub.lock:
                    self._logs.take_in(_entries(answer))

    # ── publishing ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _publish(self, client: Any, script: str) -> None:
        """Send what waits, for ever; a sign of life now and then."""
        while True:
            await self._rest()
            await self._send(client, script)
            if self._now() >= self._tidy_at:
                self._tidy_at = self._now() + TIDY_EVERY
                idle = int(self._settings.idle_seconds * 1000)
                await self._call(client, "EVAL", TIDY, len(KEYS), *self._keys, self._target, idle, WORKER_MS)

    async def _rest(self) -> None:
        """Wait until there is something to send."""
        while True:
            self._wake.clear()
            with self._hub.lock:
                now = self._now()
                due = self._notes.due()
                if self._outbox.waiting or now >= due:
                    return
                self._resting = True
            try:
                async with asyncio.timeout(min(due, now + self._settings.handed_every) - now):
                    await self._wake.wait()
            except TimeoutError:
                pass

    async def _send(self, client: Any, script: str) -> None:
        """One round trip: the notes that are due and the next records."""
        keep = self._settings
        with self._hub.lock:
            for note in self._notes.take(self._now()):
                self._outbox.put(Record((), None, note=note))
            batch = list(self._outbox.take())
        arguments: list[Any] = []
        for record in batch:
            arguments += self._arguments(record)
        await self._call(
            client, "EVALSHA", script, len(KEYS), *self._keys,
            self._target, self._worker, keep.keep_events, int(keep.keep_seconds * 1000), *arguments,
        )  # fmt: skip
        with self._hub.lock:
            self._outbox.arrived(self._now())
            self._hub.counters["backplane_sent"] += sum(record.message is not None for record in batch)
            self._hub.counters["backplane_waiting"] = len(self._outbox)

    def _arguments(self, record: Record) -> list[Any]:
        try:
            return record.arguments(self._worker)
        except Exception:  # a user that is no text, say: it must not stop the others
            self._hub.count("backplane_lost")
            logger.exception("an event for %r could not be sent to other workers", record.users)
            return []

    def _now(self) -> float:
        return self._hub.clock.monotonic()


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
