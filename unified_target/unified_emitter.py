"""One emitter for the events of one agent run: who may send, what goes on the wire, and where it goes.

    notify_agent_started(run_id, agent_name, ...) -> bool          the methods that agents call
        │ refused unless the run is the emitter's own
        ▼
    details, cleaned        one rule per kind of data: secrets, long text, long lists, home folders, internal keys
        ▼
    event                   {type, run_id, agent_name, timestamp, thread_id, user_id, payload{...}}
        ▼
    route                   a manager, a bridge, an event router or one connection; chosen at construction

Every event carries the user it is for (`user_id`), so that a manager can refuse to show it to anybody else. What the
route answers is the truth about delivery: False, an exception or a missed deadline is a failed event, counted and
logged, and never raised in the agent. Only use after release raises, because that is a mistake of the caller.

Numbers and rules name their source: the behaviours A02, E01 to E03, I02, P01, U01, W01, W02 and W05 in the facts about
the classes that this module replaces, or "our choice" where none of them had one.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Protocol, Self

from .unified_delivery.events import KINDS, Details, EmitterContext, Notice
from .unified_delivery.redaction import Data, clean
from .unified_delivery.routes import Route, is_manager

__all__ = [
    "Delivery",
    "EmitterContext",
    "EmitterPoolConfig",
    "EmitterReleased",
    "EmitterSettings",
    "PoolStatistics",
    "RunContext",
    "SendsToThread",
    "SendsToUser",
    "UnifiedWebSocketEmitter",
    "WebSocketEmitterFactory",
    "WebSocketEmitterPool",
    "create_websocket_event_emitter",
    "get_websocket_emitter_pool",
    "shutdown_websocket_emitter_pool",
    "websocket_event_emitter_scope",
]

logger = logging.getLogger(__name__)


class EmitterReleased(RuntimeError):
    """An emitter was used after it was disposed or given back to its pool (E01 raises RuntimeError)."""


class SendsToThread(Protocol):
    """A manager that delivers by conversation."""

    async def send_to_thread(self, thread_id: str, message: dict[str, Any], /) -> object:
        """Deliver one event to whoever shows the thread; truthy when it was accepted."""
        ...


class SendsToUser(Protocol):
    """A manager that only knows users."""

    async def send_to_user(self, user_id: str, message: dict[str, Any], /) -> object:
        """Deliver one event to every connection of the user; truthy when it was accepted."""
        ...


class RunContext(Protocol):
    """What a request carries: whose it is, which conversation, which run. A `request_id` is used if present."""

    @property
    def user_id(self) -> str:
        """The user; not blank."""
        ...

    @property
    def thread_id(self) -> str:
        """The conversation; not blank."""
        ...

    @property
    def run_id(self) -> str:
        """The run; neither blank nor `registry`, which is the system's own."""
        ...


Manager = SendsToThread | SendsToUser


@dataclass(frozen=True)
class EmitterSettings:
    """`deadline_s`: seconds until a route that does not answer counts as failed (W01: 5 s per attempt).

    `wide_results`: show results at length (see `redaction.clean`). `clock`: seconds that only grow; uptime and idleness
    are measured with it. Tests bring their own.
    """

    deadline_s: float = 5.0
    wide_results: bool = False
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one event. `error` is the exception that stopped it; None when the answer was a plain no."""

    sent: bool
    error: Exception | None = None


# ── the emitter ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_run(value: object) -> bool:
    return _is_id(value) and value != "registry"


def _checked(owner: EmitterContext) -> EmitterContext:
    """ValueError for ids that are nobody's: blank ones, and the system's own run (A02)."""
    run = owner.run_id is None or _is_run(owner.run_id)
    if not (run and _is_id(owner.user_id) and _is_id(owner.thread_id)):
        raise ValueError(f"ids of nobody: {owner}")
    return owner


def _owner_of(context: Any, connection_id: str | None) -> EmitterContext:
    """Whose a context is; ValueError if it does not say so or fails its own isolation check (E01)."""
    request_id = getattr(context, "request_id", None)
    verify = getattr(context, "verify_isolation", None)
    try:
        owner = EmitterContext(context.user_id, context.thread_id, context.run_id, request_id, connection_id)
        if verify is not None:
            verify()
    except Exception as error:
        raise ValueError(f"{type(context).__name__} is no context of one user's run: {error}") from error
    if owner.run_id is None:
        raise ValueError(f"{type(context).__name__} names no run")
    return _checked(owner)


class UnifiedWebSocketEmitter:
    """The events of one run of one user.

    Bound for good to (user_id, thread_id, run_id): every event names them, and a call for another run is refused with
    False, counted and logged (E01). `run_id=None` binds to user and thread only; then every call names its run.

    One of these says where events go; without any, every event fails until `set_websocket_manager` is called:

    - `manager`: an object with `send_to_thread` or `send_to_user`; for `connection_id` also `send_to_connection`
    - `bridge`: an object with notify methods as they are here, called by keyword
    - `router`: an object with `route_event` and `broadcast_to_user`
    - `connection`: a socket (`send_json`, `send_text` or `send`), or an object whose `websocket` is one

    `context` is what `get_context` gives back and where a `request_id` comes from; `agent_name` is who speaks where no
    agent is named. ValueError for blank ids, another user's context and a manager that cannot deliver.

    The notify methods say whether the event was delivered. They raise EmitterReleased after `dispose`, and pass
    asyncio.CancelledError on; nothing else. Before that, what stands under the key of a secret, long values and
    internal keys are taken out of all details; a secret inside a sentence is not found.
    Methods may be replaced on an instance: none of them is called from inside.
    """

    def __init__(
        self,
        user_id: str,
        thread_id: str,
        run_id: str | None,
        manager: Manager | None = None,
        *,
        bridge: Any = None,
        router: Any = None,
        connection: Any = None,
        connection_id: str | None = None,
        agent_name: str | None = None,
        context: Any = None,
        settings: EmitterSettings | None = None,
    ) -> None:
        owner = EmitterContext(user_id, thread_id, run_id, getattr(context, "request_id", None), connection_id)
        if getattr(context, "user_id", user_id) != user_id:
            raise ValueError("the context is another user's")
        self._start(agent_name, settings or EmitterSettings())
        self._bind(_checked(owner), context, Route(manager, bridge, router, connection, connection_id, context))

    def _start(self, agent_name: str | None, settings: EmitterSettings) -> None:
        self._settings, self._agent_name, self._released = settings, agent_name, False
        self.events_sent = self.events_failed = self.events_refused = 0
        self.created_at, self._born = datetime.now(UTC), settings.clock()
        self.last_event_time: datetime | None = None
        self._last_used = self._born

    def _bind(self, owner: EmitterContext, context: Any, route: Route) -> None:
        self._owner, self._route = owner, route
        self._context = owner if context is None else context

    @classmethod
    def for_context(
        cls,
        context: RunContext,
        manager: Manager | None = None,
        *,
        router: Any = None,
        connection_id: str | None = None,
        settings: EmitterSettings | None = None,
    ) -> Self:
        """An emitter for the run of a request. ValueError if the context lacks an id or fails its own check."""
        owner = _owner_of(context, connection_id)
        return cls(
            owner.user_id,
            owner.thread_id,
            owner.run_id,
            manager,
            router=router,
            connection_id=connection_id,
            context=context,
            settings=settings,
        )

    @classmethod
    def create_for_user(
        cls, user_id: str, thread_id: str, run_id: str, websocket_manager: Manager | None = None
    ) -> Self:
        """The constructor under its old name."""
        return cls(user_id, thread_id, run_id, websocket_manager)

    @classmethod
    def unbound(cls) -> Self:
        """An emitter of nobody, which sends nothing until `initialize` binds it, once."""
        emitter = cls.__new__(cls)
        emitter._start(None, EmitterSettings())
        emitter._bind(EmitterContext("", "", ""), None, Route())
        return emitter

    def initialize(self, context: RunContext, router: Any, connection_id: str | None = None) -> None:
        """Bind what `unbound` made. RuntimeError if it is bound already: no emitter ever passes to another user."""
        self._require_unreleased()
        if self._owner.user_id:
            raise RuntimeError(f"{self!r} is bound for good")
        route = Route(router=router, connection_id=connection_id)
        self._bind(_owner_of(context, connection_id), context, route)

    async def notify_agent_started(
        self, run_id: str, agent_name: str, context: Data | None = None, trace_context: Data | None = None
    ) -> bool:
        """An agent began; `context` says with what."""
        return await self._notify("agent_started", run_id, agent_name, context, trace_context)

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: int | None = None,
        progress_percentage: float | None = None,
        trace_context: Data | None = None,
    ) -> bool:
        """What an agent thinks, in words for users; progress from 0 to 100."""
        details = (reasoning, step_number, progress_percentage, trace_context)
        return await self._notify("agent_thinking", run_id, agent_name, *details)

    async def notify_tool_executing(
        self, run_id: str, agent_name: str, tool_name: str, parameters: Data | None = None
    ) -> bool:
        """An agent began to use a tool."""
        return await self._notify("tool_executing", run_id, agent_name, tool_name, parameters)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: Data | None = None,
        execution_time_ms: float | None = None,
    ) -> bool:
        """A tool gave its result, after so many milliseconds; one with `success: False` is shown as a failure."""
        return await self._notify("tool_completed", run_id, agent_name, tool_name, result, execution_time_ms)

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: Data | None = None,
        execution_time_ms: float | None = None,
        trace_context: Data | None = None,
    ) -> bool:
        """The answer is there, after so many milliseconds; one with `success: False` is shown as a failure."""
        return await self._notify("agent_completed", run_id, agent_name, result, execution_time_ms, trace_context)

    async def notify_agent_error(
        self,
        run_id: str,
        agent_name: str,
        error: str,
        error_context: Data | None = None,
        trace_context: Data | None = None,
    ) -> bool:
        """An agent failed; of the context only `error_type` and `agent_step` are shown."""
        return await self._notify("agent_error", run_id, agent_name, error, error_context, trace_context)

    async def notify_agent_death(
        self, run_id: str, agent_name: str, death_cause: str, death_context: Data | None = None
    ) -> bool:
        """An agent ended without a word: timeout, no_heartbeat, silent_failure, memory_limit, cancelled or another."""
        return await self._notify("agent_death", run_id, agent_name, death_cause, death_context)

    async def notify_progress_update(self, run_id: str, agent_name: str, progress: Data) -> bool:
        """How far an agent is; seven keys of `progress` are shown, `percentage` from 0 to 100."""
        return await self._notify("progress_update", run_id, agent_name, progress)

    async def notify_custom(self, run_id: str, agent_name: str, notification_type: str, data: Data) -> bool:
        """An event of the caller's own type; the payload is `data`."""
        return await self._notify("custom", run_id, agent_name, notification_type, data)

    async def emit_agent_event(
        self, event_type: str, data: Data, run_id: str | None = None, agent_name: str | None = None
    ) -> bool:
        """Any event; `data` stands beside the ids and is the payload too. Without a run it is the emitter's own."""
        own_run = self._owner.run_id if run_id is None else run_id
        return await self._notify("agent_event", own_run, agent_name, event_type, data)

    emit_agent_started = notify_agent_started
    emit_agent_thinking = notify_agent_thinking
    emit_tool_executing = notify_tool_executing
    emit_tool_completed = notify_tool_completed
    emit_agent_completed = notify_agent_completed

    async def deliver(
        self, kind: str, agent_name: str | None = None, *, run_id: str | None = None, **details: Any
    ) -> Delivery:
        """The door behind all of the above, for adapters of other argument orders and other ways to fail.

        `kind` is the event's type, `custom` or `agent_event`; without `run_id` it is the emitter's own run; details are
        named as the parameters above. Some may have more: thinking `step` and `total_steps`, a completed tool `success`
        and `result_summary`, a completed agent `success`, an error `error_type` and `recoverable`, progress
        `progress_percentage`, `current_step` and `estimated_completion`. KeyError for an unknown kind, TypeError for
        unknown or missing details.
        """
        KINDS[kind].check(details)
        return await self._deliver(kind, self._owner.run_id if run_id is None else run_id, agent_name, details)

    async def _notify(self, kind: str, run_id: str | None, agent_name: str | None, *values: object) -> bool:
        names = (*KINDS[kind].required, *KINDS[kind].optional)
        return (await self._deliver(kind, run_id, agent_name, dict(zip(names, values, strict=True)))).sent

    async def _deliver(self, kind: str, run_id: str | None, agent_name: str | None, details: Details) -> Delivery:
        self._require_unreleased()
        if run_id is None or not self._owns(run_id):
            logger.error("%r refused %s of run %r", self, kind, run_id)
            self.events_refused += 1
            return self._record(Delivery(False))
        try:
            return self._record(await self._send(kind, run_id, self._speaker(kind, agent_name), details))
        except asyncio.CancelledError:
            self._record(Delivery(False))
            raise

    async def _send(self, kind: str, run_id: str, agent_name: str, details: Details) -> Delivery:
        try:
            notice = Notice(kind, self._owner, run_id, agent_name, clean(details, self._settings.wide_results))
            async with asyncio.timeout(self._settings.deadline_s):
                sent = bool(await self._route.send(notice))
        except Exception as error:
            logger.exception("%r could not send %s", self, kind)
            return Delivery(False, error)
        if not sent:
            logger.warning("%r: %s was not delivered", self, kind)
        return Delivery(sent)

    def _record(self, delivery: Delivery) -> Delivery:
        self.events_sent += delivery.sent
        self.events_failed += not delivery.sent
        self.last_event_time, self._last_used = datetime.now(UTC), self._settings.clock()
        return delivery

    def _owns(self, run_id: str) -> bool:
        """Whether events of this run may leave here; an emitter of no run takes any that is somebody's (A02)."""
        return _is_run(run_id) and self._owner.run_id in (None, run_id)

    def _speaker(self, kind: str, agent_name: str | None) -> str:
        """Whoever is named; else the agent that started last, since some old tool events name none."""
        if agent_name and kind == "agent_started":
            self._agent_name = agent_name
        return agent_name or self._agent_name or "agent"

    def set_websocket_manager(self, websocket_manager: Manager | None) -> None:
        """Send through this manager from now on; None: nowhere."""
        self._require_unreleased()
        self._route = Route(websocket_manager, connection_id=self.connection_id)

    def _require_unreleased(self) -> None:
        if self._released:
            raise EmitterReleased(f"{self!r} was released and cannot be used again")

    def reset(self) -> None:
        """End this emitter for good: it forgets where to send. No new beginning; WebSocketEmitterPool says why."""
        self._release()

    async def dispose(self) -> None:
        """The same; may be repeated."""
        self._release()

    cleanup = dispose

    def _release(self) -> None:
        self._released, self._route = True, Route()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._release()

    @property
    def user_id(self) -> str:
        """Whose events these are; empty before `initialize`."""
        return self._owner.user_id

    @property
    def thread_id(self) -> str:
        """The conversation."""
        return self._owner.thread_id

    @property
    def run_id(self) -> str | None:
        """The run; None when every call names its own."""
        return self._owner.run_id

    @property
    def connection_id(self) -> str | None:
        """The one connection that events go to; None: all."""
        return self._owner.websocket_connection_id

    @property
    def is_active(self) -> bool:
        """Bound and not released."""
        return bool(self._owner.user_id) and not self._released

    request_id = property(attrgetter("_owner.request_id"), doc="The request, if a context named one.")
    user_context = property(attrgetter("_context"), doc="The same as `get_context()`.")
    websocket_manager = property(attrgetter("_route.manager"), doc="The manager that events go through, or None.")
    websocket_bridge = property(attrgetter("_route.bridge"), doc="The bridge that events go through, or None.")
    router = property(attrgetter("_route.router"), doc="The event router that events go through, or None.")
    connection = property(attrgetter("_route.connection"), doc="The connection that events go through, or None.")

    @property
    def _websocket_manager(self) -> Any:
        return self._route.manager

    @_websocket_manager.setter
    def _websocket_manager(self, manager: Manager | None) -> None:
        self.set_websocket_manager(manager)

    @property
    def _event_count(self) -> int:
        return self.events_sent + self.events_failed

    def get_context(self) -> Any:
        """The context object that was passed in, else an EmitterContext."""
        return self._context

    def get_event_stats(self) -> Data:
        """Ids, counts, times in ISO 8601, uptime in seconds; refused events count as failed too."""
        return self._state()

    get_emitter_status = get_event_stats

    def get_metrics(self) -> Data:
        """The same with times as datetimes, the context as a dict, and the share of delivered events from 0 to 1."""
        more = {"created_at": self.created_at, "last_event_time": self.last_event_time, "disposed": self._released}
        context = getattr(self._context, "to_dict", self._owner.to_dict)()
        names = {"context_id": self._owner.get_correlation_id(), "user_context": context}
        return {**self._state(), **more, **names, "success_rate": self._success()}

    def get_stats(self) -> Data:
        """The same with a shortened user, and the share of delivered events in percent."""
        return {**self._state(), "user_id": f"{self.user_id[:8]}...", "success_rate": 100 * self._success()}

    def _success(self) -> float:
        return self.events_sent / max(1, self._event_count)

    def _state(self) -> Data:
        owner, last = self._owner, self.last_event_time
        return {
            "user_id": owner.user_id, "thread_id": owner.thread_id, "run_id": owner.run_id,
            "request_id": owner.request_id, "connection_id": owner.websocket_connection_id,
            "events_sent": self.events_sent, "events_failed": self.events_failed,
            "events_refused": self.events_refused, "event_count": self._event_count,
            "events_buffered": 0,  # buffering and replay are the manager's
            "created_at": self.created_at.isoformat(), "last_event_time": last and last.isoformat(),
            "uptime_seconds": self._settings.clock() - self._born,
            "is_active": self.is_active, "is_cleaned": self._released,
            "has_websocket_bridge": self._route.bridge is not None,
            "websocket_manager_available": self._route.manager is not None,
        }  # fmt: skip

    def _is_idle_since(self, moment: float) -> bool:
        return self._released or self._last_used < moment

    def __repr__(self) -> str:
        return f"{type(self).__name__}(user={self.user_id[:8]}..., run_id={self.run_id})"


# ── the factory ───────────────────────────────────────────────────────────────────────────────────────────────────────


class WebSocketEmitterFactory:
    """Makes emitters for requests (E03)."""

    @staticmethod
    async def create_emitter(
        user_context: RunContext, websocket_manager: Manager | None = None
    ) -> UnifiedWebSocketEmitter:
        """An emitter for this request, through the manager of this process if none is given.

        ValueError if the context lacks an id or there is no manager that can deliver.
        """
        manager = _manager_of_this_process() if websocket_manager is None else websocket_manager
        return UnifiedWebSocketEmitter.for_context(user_context, manager)

    @staticmethod
    @asynccontextmanager
    async def create_scoped_emitter(
        user_context: RunContext, websocket_manager: Manager | None = None
    ) -> AsyncIterator[UnifiedWebSocketEmitter]:
        """The same for the length of a block, disposed at its end whatever happens."""
        async with await WebSocketEmitterFactory.create_emitter(user_context, websocket_manager) as emitter:
            yield emitter


create_websocket_event_emitter = WebSocketEmitterFactory.create_emitter
websocket_event_emitter_scope = WebSocketEmitterFactory.create_scoped_emitter


def _manager_of_this_process() -> Manager:
    from .unified_manager import get_websocket_manager

    try:
        return get_websocket_manager()
    except Exception as error:
        raise ValueError(f"there is no manager to send through: {error}") from error


# ── the pool ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class EmitterPoolConfig:
    """Sizes in emitters, times in seconds (P01); ValueError if they contradict each other.

    `cleanup_interval_s` 0: no sweep. `idle_timeout_s` 0: no emitter is taken away.
    """

    initial_size: int = 20
    max_size: int = 200
    cleanup_interval_s: float = 300.0
    idle_timeout_s: float = 60.0

    def __post_init__(self) -> None:
        if not 0 <= self.initial_size <= self.max_size:
            raise ValueError(f"sizes must be 0 <= initial <= max, not {self.initial_size} and {self.max_size}")
        if min(self.cleanup_interval_s, self.idle_timeout_s) < 0:
            raise ValueError("times must not be negative")

    @classmethod
    def of(cls, settings: Any) -> Self:
        """The settings themselves, the defaults for None, or those of an object that calls them otherwise.

        Such an object has pool_initial_size, pool_max_size, pool_cleanup_interval and pool_reuse_timeout.
        """
        if settings is None or isinstance(settings, cls):
            return settings or cls()
        sizes = settings.pool_initial_size, settings.pool_max_size
        return cls(*sizes, settings.pool_cleanup_interval, settings.pool_reuse_timeout)


@dataclass(frozen=True)
class PoolStatistics:
    """What a pool has done and how it stands. `total_temporary` were made beyond its size; the rate is from 0 to 1."""

    total_acquired: int
    total_released: int
    total_created: int
    total_reset: int
    total_temporary: int
    current_active: int
    current_pooled: int
    peak_active: int
    average_acquisition_time_ms: float
    cache_hit_rate: float


class WebSocketEmitterPool:
    """Hands out emitters, knows which are in use, and takes back those that nobody uses.

    What is pooled are places, not objects. Every acquisition makes a new emitter, bound for good, because a handle that
    somebody kept after `release` must never speak for the next user, and a reset object under the old handle does just
    that. Making one costs microseconds, so nothing is lost. A released handle raises EmitterReleased.

    `initial_size` places are there at once, up to `max_size` are added as needed; emitters beyond that are temporary
    and work the same. An emitter that has sent nothing for `idle_timeout_s` is released by the next sweep (its last
    event counts, not its acquisition, so that a long run keeps its emitter). The sweep is a timer on each event loop
    that acquires, and only while emitters are in use; the constructor needs no loop. Methods may be called from any
    thread.
    """

    def __init__(self, config: EmitterPoolConfig | None = None, *, settings: EmitterSettings | None = None) -> None:
        self.config = EmitterPoolConfig.of(config)
        self._settings = settings or EmitterSettings()
        self._lock = threading.Lock()
        self._active: dict[UnifiedWebSocketEmitter, bool] = {}  # and whether it has one of the places
        self._free, self._peak, self._acquiring_s, self._shut = self.config.initial_size, 0, 0.0, False
        self._counts = Counter(created=self.config.initial_size)
        self._sweeps: dict[asyncio.AbstractEventLoop, asyncio.TimerHandle] = {}

    async def acquire(
        self, context: RunContext, router: Any, connection_id: str | None = None
    ) -> UnifiedWebSocketEmitter:
        """A new emitter for this run, through an event router or a manager.

        ValueError if the context lacks an id, RuntimeError after `shutdown`.
        """
        began = self._settings.clock()
        manager, router = (router, None) if is_manager(router) else (None, router)
        emitter = UnifiedWebSocketEmitter.for_context(
            context, manager, router=router, connection_id=connection_id, settings=self._settings
        )
        with self._lock:
            self._admit(emitter)
            self._plan_sweep(asyncio.get_running_loop())
            self._acquiring_s += self._settings.clock() - began
        return emitter

    async def release(self, emitter: UnifiedWebSocketEmitter | None) -> None:
        """End an emitter and free its place. None, or one that is not in use here, is left alone."""
        with self._lock:
            if emitter is not None and emitter in self._active:
                self._counts["released"] += 1
                self._retire(emitter)

    def get_statistics(self) -> PoolStatistics:
        """How things stand; a copy."""
        with self._lock:
            counts, acquired = self._counts, self._counts["acquired"]
            return PoolStatistics(
                total_acquired=acquired,
                total_released=counts["released"],
                total_created=counts["created"],
                total_reset=counts["reset"],
                total_temporary=counts["temporary"],
                current_active=len(self._active),
                current_pooled=self._free,
                peak_active=self._peak,
                average_acquisition_time_ms=1000 * self._acquiring_s / max(1, acquired),
                cache_hit_rate=counts["hits"] / max(1, acquired),
            )

    async def cleanup_inactive_emitters(self) -> int:
        """Release what was disposed or idle for too long; how many those were."""
        with self._lock:
            return self._retire_idle()

    async def shutdown(self) -> None:
        """Release all and hand out nothing any more; may be repeated."""
        with self._lock:
            self._shut = True
            for emitter in list(self._active):
                self._retire(emitter)
            self._free = 0
            sweep = self._sweeps.pop(asyncio.get_running_loop(), None)
        if sweep is not None:
            sweep.cancel()

    def __str__(self) -> str:
        sizes = f"active: {len(self._active)}, pooled: {self._free}, max_size: {self.config.max_size}"
        return f"{type(self).__name__}({sizes})"

    def _admit(self, emitter: UnifiedWebSocketEmitter) -> None:
        if self._shut:
            raise RuntimeError("the pool is shut down")
        if not self._has_place():
            self._retire_idle()
        how = "hits" if self._free else "created" if self._has_place() else "temporary"
        if how == "temporary":
            logger.warning("all %d places of the pool are taken; the emitter is temporary", self.config.max_size)
        self._active[emitter] = how != "temporary"
        self._free -= how == "hits"
        self._peak = max(self._peak, len(self._active))
        self._counts.update(("acquired", how))

    def _has_place(self) -> bool:
        return self._free > 0 or sum(self._active.values()) < self.config.max_size

    def _retire(self, emitter: UnifiedWebSocketEmitter) -> None:
        self._free += self._active.pop(emitter)
        self._counts["reset"] += 1
        emitter._release()

    def _retire_idle(self) -> int:
        limit = self._settings.clock() - (self.config.idle_timeout_s or math.inf)
        idle = [emitter for emitter in self._active if emitter._is_idle_since(limit)]
        for emitter in idle:
            logger.info("%r is idle and released", emitter)
            self._retire(emitter)
        return len(idle)

    def _plan_sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweeps = {known: sweep for known, sweep in self._sweeps.items() if not known.is_closed()}
        if self.config.cleanup_interval_s and loop not in self._sweeps:
            self._sweeps[loop] = loop.call_later(self.config.cleanup_interval_s, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._sweeps.pop(loop, None)
            self._retire_idle()
            if self._active:
                self._plan_sweep(loop)


_global_pool: WebSocketEmitterPool | None = None
_global_lock = threading.Lock()


async def get_websocket_emitter_pool(config: EmitterPoolConfig | None = None) -> WebSocketEmitterPool:
    """The pool of this process; `config` counts only where this call makes it."""
    global _global_pool
    with _global_lock:
        if _global_pool is None:
            _global_pool = WebSocketEmitterPool(config)
        return _global_pool


async def shutdown_websocket_emitter_pool() -> None:
    """Shut the pool of this process down; the getter then makes a new one."""
    global _global_pool
    with _global_lock:
        pool, _global_pool = _global_pool, None
    if pool is not None:
        await pool.shutdown()
