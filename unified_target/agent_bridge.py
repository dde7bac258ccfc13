"""The bridge between agents and the WebSocket manager: what a run reports reaches the chat thread it belongs to.

    bridge = AgentWebSocketBridge()
    await bridge.ensure_integration()
    await bridge.register_run_thread_mapping(run_id, thread_id)
    await bridge.notify_agent_started(run_id, "triage")      # True: the manager has taken it

An agent must not fail because nobody watches. So every `notify_*` answers True or False and raises nothing but
asyncio.CancelledError; it ends within a deadline even if the manager hangs; what went wrong is logged and counted
(`get_metrics()["events"]`). One bridge serves one event loop at a time, and any number of them one after another.

Numbers name their source: the behaviours A01 and A02 of the class that this one replaces, as listed in the
consolidation's facts, or the measurements in runtime.md.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import weakref
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar, Final, Protocol, cast

from .unified_delivery.runs import (
    SHORTEST_CREDIBLE,
    SUSPICIOUS_WORDS,
    SYSTEM_RUN,
    THREADS_OF_ALL,
    UNRESOLVED,
    USERS_OF_ALL,
    Resolutions,
    is_id,
    thread_in,
)
from .unified_emitter import EmitterContext, EmitterSettings, RunContext, SendsToThread, UnifiedWebSocketEmitter

_logger = logging.getLogger(__name__)

_Data = dict[str, Any]
"""What travels in JSON."""

COMPONENT_ID: Final = "agent_websocket_bridge"
"""The name under which observers hear of the bridge, as with the class it replaces."""

MANAGER_ATTEMPTS: Final = 3
"""How often a manager is asked for; the waits between are 0.05 and 0.1 s (facts A01)."""

MANAGER_RETRY_STEP_S: Final = 0.05
"""Seconds by which each wait for a manager grows (facts A01)."""

FAILURES_BEFORE_RECOVERY: Final = 3
"""Failed health checks in a row after which the bridge recovers by itself (facts A01)."""

HEALTH_BROADCAST_S: Final = 30.0
"""Seconds after which observers hear of a health that has not changed (facts A01)."""

DELIVERED: Final = "delivered"
"""The outcome of an event that the manager has taken; the others say what stood in the way."""


class IntegrationState(Enum):
    """Where the bridge stands."""

    UNINITIALIZED = "uninitialized"
    INITIALIZING = "initializing"
    ACTIVE = "active"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass
class IntegrationConfig:
    """What may be tuned; times in seconds. The defaults are those of the class it replaces (facts A01)."""

    initialization_timeout_s: float = 30
    health_check_interval_s: float = 60
    recovery_max_attempts: int = 3
    recovery_base_delay_s: float = 1.0
    recovery_max_delay_s: float = 30.0
    integration_verification_timeout_s: float = 10
    """Kept for its readers: nothing that is verified can wait."""
    send_timeout_s: float = 5.0
    """For one event from the lookup of its thread to the manager's answer, and for each observer (runtime.md, H2)."""


@dataclass
class HealthStatus:
    """What the last health check found. `uptime_seconds` counts from the integration, 0.0 unless active."""

    state: IntegrationState
    websocket_manager_healthy: bool
    registry_healthy: bool
    last_health_check: datetime
    consecutive_failures: int = 0
    total_recoveries: int = 0
    uptime_seconds: float = 0.0
    error_message: str | None = None


@dataclass
class IntegrationResult:
    """How an integration or a recovery went. `duration_ms` includes the wait for others who do the same."""

    success: bool
    state: IntegrationState
    error: str | None = None
    duration_ms: float = 0.0
    recovery_attempted: bool = False


@dataclass
class IntegrationMetrics:
    """Counts since the bridge was made."""

    total_initializations: int = 0
    successful_initializations: int = 0
    failed_initializations: int = 0
    recovery_attempts: int = 0
    successful_recoveries: int = 0
    health_checks_performed: int = 0
    current_uptime_start: datetime = field(default_factory=lambda: _now())


class HealthObserver(Protocol):
    """Who wants to hear of the bridge's health."""

    async def on_component_health_change(self, component_id: str, health_data: _Data, /) -> None:
        """Take note; what it raises is logged and counted, and concerns nobody else."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


def _default_manager() -> object:
    from .unified_manager import get_websocket_manager

    return get_websocket_manager()


# ── the bridge ───────────────────────────────────────────────────────────────────────────────────────────────────────


class AgentWebSocketBridge:
    """Integration, health and delivery between agents and a WebSocket manager.

    Many may exist; `get_agent_websocket_bridge` hands out one for all. `_websocket_manager` and `_thread_registry` may
    be set from outside.
    """

    _instance: ClassVar[AgentWebSocketBridge | None] = None

    def __init__(self) -> None:
        self.config = IntegrationConfig()
        self.metrics = IntegrationMetrics()
        self.state = IntegrationState.UNINITIALIZED
        self.health_status = HealthStatus(self.state, False, False, _now())
        self._websocket_manager: SendsToThread | None = None
        self._thread_registry: Any = THREADS_OF_ALL
        self._supervisor: object = None
        self._registry: object = None
        self._monitor_observers: list[HealthObserver] = []
        self._health_broadcast_interval = HEALTH_BROADCAST_S
        self._last_health_broadcast = 0.0
        self._last_broadcasted_state: IntegrationState | None = None
        self._health_check_task: asyncio.Task[None] | None = None
        self._shutdown = False
        self._initialized = True
        self._events: Counter[str] = Counter()
        self._resolutions = Resolutions()
        self._locks: dict[asyncio.AbstractEventLoop, defaultdict[str, asyncio.Lock]] = {}
        self._clock: Callable[[], float] = time.monotonic
        self._sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
        self._active_since = self._clock()

    def _lock(self, purpose: str) -> asyncio.Lock:
        """The lock of the running loop: one that waited in a dead loop would be of no use in the next."""
        for loop in list(self._locks):
            if loop.is_closed():
                self._locks.pop(loop, None)
        return self._locks.setdefault(asyncio.get_running_loop(), defaultdict(asyncio.Lock))[purpose]

    # ── integration ──────────────────────────────────────────────────────────────────────────────────────────────

    async def ensure_integration(
        self, supervisor: Any = None, registry: Any = None, force_reinit: bool = False
    ) -> IntegrationResult:
        """Find the manager and watch its health, unless that is done; any number may call at once, one does it.

        `supervisor` and `registry` are remembered; a registry with an empty `websocket_manager` fails the integration.
        A manager set from outside is kept, unless `force_reinit` asks for a new one. Never raises.
        """
        self._shutdown = False
        return await self._integrate(supervisor, registry, force_reinit)

    async def _integrate(self, supervisor: object, registry: object, force: bool) -> IntegrationResult:
        started = time.perf_counter()
        async with self._lock("integration"):
            error = await self._integrate_alone(supervisor, registry, force)
        return IntegrationResult(error is None, self.state, error, 1000 * (time.perf_counter() - started))

    async def _integrate_alone(self, supervisor: object, registry: object, force: bool) -> str | None:
        """What stood in the way, None for nothing."""
        if self._shutdown:
            return "the bridge is shut down"
        if self.state is IntegrationState.ACTIVE and not force:
            self._start_monitoring()
            return None
        before, self.state = self.state, IntegrationState.INITIALIZING
        self.metrics.total_initializations += 1
        try:
            async with asyncio.timeout(self.config.initialization_timeout_s):
                await self._set_up(supervisor, registry, force)
        except Exception as error:
            return self._integration_failed(error)
        else:
            self._integrated()
            return None
        finally:
            if self.state is IntegrationState.INITIALIZING:  # cancelled
                self.state = before

    async def _set_up(self, supervisor: object, registry: object, force: bool) -> None:
        self._supervisor = supervisor or self._supervisor
        self._registry = registry or self._registry
        if self._thread_registry is None:
            self._thread_registry = THREADS_OF_ALL
        if force or not self._has_manager():
            await self._initialize_websocket_manager()
        if not self._is_registry_ready():
            raise RuntimeError("Integration verification failed: the agent registry has no WebSocket manager")
        self._start_monitoring()

    async def _initialize_websocket_manager(self) -> None:
        """Ask for the manager, up to three times. Raises RuntimeError."""
        for attempt in range(MANAGER_ATTEMPTS):
            if attempt:
                await self._sleep(MANAGER_RETRY_STEP_S * attempt)
            manager = self._asked_for_manager()
            if manager is not None:
                self._websocket_manager = manager
                return
        raise RuntimeError(f"WebSocket manager initialization failed after {MANAGER_ATTEMPTS} attempts")

    def _asked_for_manager(self) -> SendsToThread | None:
        try:
            manager = _default_manager()
        except Exception:
            self._events["manager_lookup_failed"] += 1
            _logger.exception("the WebSocket manager cannot be had")
            return None
        if callable(getattr(manager, "send_to_thread", None)):
            return cast("SendsToThread", manager)
        self._events["manager_lookup_failed"] += 1
        _logger.warning("a %s is no WebSocket manager: it cannot send_to_thread", type(manager).__name__)
        return None

    def _integrated(self) -> None:
        self.state = IntegrationState.ACTIVE
        self.metrics.successful_initializations += 1
        self.metrics.current_uptime_start = _now()
        self._active_since = self._clock()

    def _integration_failed(self, error: Exception) -> str:
        self.state = IntegrationState.FAILED
        self.metrics.failed_initializations += 1
        message = f"Integration initialization failed: {str(error) or type(error).__name__}"
        _logger.error("%s", message, exc_info=error)
        return message

    async def recover_integration(self) -> IntegrationResult:
        """Integrate anew, in up to `recovery_max_attempts` attempts with growing waits between.

        Who comes while another recovers shares the outcome of a success. Gives up when the bridge is shut down.
        """
        seen = self.metrics.successful_recoveries
        async with self._lock("recovery"):
            if self.metrics.successful_recoveries != seen:
                return IntegrationResult(True, self.state, recovery_attempted=True)
            self.metrics.recovery_attempts += 1
            return await self._recover()

    async def _recover(self) -> IntegrationResult:
        for attempt in range(self.config.recovery_max_attempts):
            if attempt:
                await self._sleep(self._recovery_delay(attempt))
            result = await self._integrate(None, None, True)
            if result.success:
                self.metrics.successful_recoveries += 1
                self.health_status.total_recoveries += 1
                return IntegrationResult(True, self.state, None, result.duration_ms, recovery_attempted=True)
            if self._shutdown:
                return IntegrationResult(False, self.state, result.error, recovery_attempted=True)
        self.state = IntegrationState.FAILED
        error = f"Recovery failed after {self.config.recovery_max_attempts} attempts"
        return IntegrationResult(False, self.state, error, recovery_attempted=True)

    def _recovery_delay(self, attempt: int) -> float:
        """Seconds to wait before the second attempt (1) and later ones: 1, 2, 4 ... 30 (facts A01)."""
        return min(self.config.recovery_base_delay_s * 2.0 ** (attempt - 1), self.config.recovery_max_delay_s)

    async def shutdown(self) -> None:
        """Stop watching and let go of manager, registries and observers; again and again without harm.

        Nothing runs on afterwards. What was let go of is not shut down: others use it. `ensure_integration` begins anew
        with what it finds.
        """
        self._shutdown = True
        await self._stop_monitoring()
        async with self._lock("integration"):
            self._websocket_manager = self._thread_registry = self._supervisor = self._registry = None
            self._monitor_observers.clear()
            self._last_health_broadcast, self._last_broadcasted_state = 0.0, None
            self.state = IntegrationState.UNINITIALIZED

    # ── health ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_monitoring(self) -> None:
        """Watch in the running loop, unless a loop that runs does already."""
        task = self._health_check_task
        if task is None or task.done() or not task.get_loop().is_running():
            self._health_check_task = asyncio.create_task(self._monitor(weakref.ref(self)))

    async def _stop_monitoring(self) -> None:
        task = self._health_check_task
        if task is None or task.done() or task is asyncio.current_task():
            return
        loop = task.get_loop()
        if loop is asyncio.get_running_loop():
            task.cancel()
            await asyncio.wait({task})
        elif loop.is_running():
            loop.call_soon_threadsafe(task.cancel)

    @staticmethod
    async def _monitor(bridge_ref: weakref.ref[AgentWebSocketBridge]) -> None:
        """Check health at intervals, as long as somebody else holds the bridge."""
        while (bridge := bridge_ref()) is not None and not bridge._shutdown:
            pause = bridge._sleep(bridge.config.health_check_interval_s)
            del bridge
            await pause
            if (bridge := bridge_ref()) is not None:
                await bridge._watch()

    async def _watch(self) -> None:
        try:
            health = await self.health_check()
            unwell = health.state in {IntegrationState.DEGRADED, IntegrationState.FAILED}
            if unwell and health.consecutive_failures >= FAILURES_BEFORE_RECOVERY:
                await self.recover_integration()
        except Exception:
            self._events["monitoring_failed"] += 1
            _logger.exception("the health of the bridge cannot be told")

    def _has_manager(self) -> bool:
        return callable(getattr(self._websocket_manager, "send_to_thread", None))

    def _is_registry_ready(self) -> bool:
        """Whether the agent registry, if there is one and it wants a manager, has one."""
        return bool(getattr(self._registry, "websocket_manager", True))

    async def health_check(self) -> HealthStatus:
        """Look at manager and agent registry, adjust the state, and tell the observers."""
        self.metrics.health_checks_performed += 1
        self.health_status = self._examined()
        await self._tell_observers()
        return self.health_status

    def _examined(self) -> HealthStatus:
        has_manager, is_registry_ready = self._has_manager(), self._is_registry_ready()
        is_healthy = has_manager and is_registry_ready
        self._adjust_state(is_healthy)
        faults = [] if has_manager else ["WebSocket manager unavailable"]
        faults += [] if is_registry_ready else ["agent registry without WebSocket manager"]
        return HealthStatus(
            state=self.state,
            websocket_manager_healthy=has_manager,
            registry_healthy=is_registry_ready,
            last_health_check=_now(),
            consecutive_failures=0 if is_healthy else self.health_status.consecutive_failures + 1,
            total_recoveries=self.health_status.total_recoveries,
            uptime_seconds=self._uptime(),
            error_message="; ".join(faults) or None,
        )

    def _adjust_state(self, is_healthy: bool) -> None:
        if is_healthy and self.state in {IntegrationState.DEGRADED, IntegrationState.FAILED}:
            self.state = IntegrationState.ACTIVE
        elif not is_healthy:
            self._degrade()

    def _degrade(self) -> None:
        if self.state is IntegrationState.ACTIVE:
            self.state = IntegrationState.DEGRADED
            _logger.warning("the bridge is degraded")

    def _uptime(self) -> float:
        return self._clock() - self._active_since if self.state is IntegrationState.ACTIVE else 0.0

    def register_monitor_observer(self, observer: HealthObserver) -> None:
        """Have `observer.on_component_health_change(component_id, health_data)` awaited; twice is once.

        It is told after a health check that found another state, or came 30 s after the last news.
        """
        if observer not in self._monitor_observers:
            self._monitor_observers.append(observer)

    def remove_monitor_observer(self, observer: HealthObserver) -> None:
        """Tell an observer no more; one that was not registered is no mistake."""
        if observer in self._monitor_observers:
            self._monitor_observers.remove(observer)

    async def _tell_observers(self) -> None:
        has_changed = self.health_status.state is not self._last_broadcasted_state
        now = self._clock()
        is_due = now - self._last_health_broadcast >= self._health_broadcast_interval
        if not self._monitor_observers or not (has_changed or is_due):
            return
        self._last_health_broadcast, self._last_broadcasted_state = now, self.health_status.state
        news = {
            **self._health_report(),
            "component_id": COMPONENT_ID,
            "change_type": "health_change" if has_changed else "periodic_update",
        }
        for observer in tuple(self._monitor_observers):
            await self._tell(observer, dict(news))

    async def _tell(self, observer: HealthObserver, news: _Data) -> None:
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                await observer.on_component_health_change(COMPONENT_ID, news)
        except Exception:
            self._events["observer_failed"] += 1
            _logger.exception("a %s did not take the news of the bridge's health", type(observer).__name__)

    def _health_report(self) -> _Data:
        health = self.health_status
        return {
            **asdict(health),
            "healthy": health.websocket_manager_healthy and health.registry_healthy,
            "state": health.state.value,
            "last_health_check": health.last_health_check.isoformat(),
            "timestamp": time.time(),
        }

    async def get_health_status(self) -> _Data:
        """Check health and describe it: `healthy`, `state`, `timestamp` (seconds since 1970) and what led to them."""
        await self.health_check()
        return self._health_report()

    async def get_metrics(self) -> _Data:
        """Everything counted. `events` tells what became of events: delivered, refused, unresolved, timed_out ..."""
        counts = self._counts()
        attempts = self.metrics.recovery_attempts
        return {
            **counts,
            "recovery_success_rate": self.metrics.successful_recoveries / attempts if attempts else 1.0,
            "current_state": self.state.value,
            "current_uptime_seconds": self._uptime(),
            "uptime_start": self.metrics.current_uptime_start.isoformat(),
            "registered_observers": len(self._monitor_observers),
            "last_health_broadcast": self._last_health_broadcast,
            "health_broadcast_interval": self._health_broadcast_interval,
            **self._dependencies(),
            "events": dict(self._events),
            "metrics_timestamp": time.time(),
        }

    async def get_status(self) -> _Data:
        """Check health and describe the bridge: state, health, metrics, config, dependencies."""
        await self.health_check()
        return {
            "state": self.state.value,
            "health": self._health_report(),
            "metrics": self._counts(),
            "config": {
                "initialization_timeout_s": self.config.initialization_timeout_s,
                "health_check_interval_s": self.config.health_check_interval_s,
                "recovery_max_attempts": self.config.recovery_max_attempts,
            },
            "dependencies": self._dependencies(),
        }

    def _counts(self) -> _Data:
        counts = asdict(self.metrics)
        del counts["current_uptime_start"]
        return {
            **counts,
            "success_rate": counts["successful_initializations"] / max(1, counts["total_initializations"]),
        }

    def _dependencies(self) -> dict[str, bool]:
        return {
            "websocket_manager_available": self._websocket_manager is not None,
            "supervisor_available": self._supervisor is not None,
            "registry_available": self._registry is not None,
        }

    # ── runs and threads ─────────────────────────────────────────────────────────────────────────────────────────

    async def register_run_thread_mapping(self, run_id: str, thread_id: str, metadata: _Data | None = None) -> bool:
        """Let the events of a run go to a thread. False if there is no registry or it refuses.

        With a `user_id` in the metadata the run's events name that user, so that nobody else is shown them and they
        can be kept while the user is away.
        """
        registered = bool(await self._ask_registry("register", run_id, thread_id, metadata))
        if registered:
            user_id = metadata.get("user_id") if isinstance(metadata, Mapping) else None
            if is_id(user_id):
                USERS_OF_ALL.put(run_id, user_id)
        return registered

    async def unregister_run_mapping(self, run_id: str) -> bool:
        """Forget a run that is over. False if it was not known."""
        USERS_OF_ALL.pop(run_id)
        return bool(await self._ask_registry("unregister_run", run_id))

    async def get_thread_registry_status(self) -> _Data | None:
        """What the registry says of itself, None if there is none."""
        return cast("_Data | None", await self._ask_registry("get_status"))

    async def _ask_registry(self, member: str, *arguments: object) -> object:
        """What the registry answers, None if there is none, it fails, or takes longer than an event may."""
        if self._thread_registry is None:
            return None
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                answer: object = await getattr(self._thread_registry, member)(*arguments)
                return answer
        except Exception as error:
            self._resolutions.failed("thread_registry", repr(error))
            _logger.exception("the thread registry failed to %s", member)
            return None

    async def _resolve_thread_id_from_run_id(self, run_id: str) -> str | None:
        """The thread of a run: registered, or carried by the run id; None if neither."""
        started = time.perf_counter()
        source, thread_id = await self._found_thread(run_id)
        if thread_id is None:
            self._resolutions.failed(source, f"no thread is known for run {run_id!r}")
        else:
            self._resolutions.succeeded(source, 1000 * (time.perf_counter() - started))
        return thread_id

    async def _found_thread(self, run_id: str) -> tuple[str, str | None]:
        if not is_id(run_id):
            return UNRESOLVED, None
        registered = await self._ask_registry("get_thread", run_id)
        if is_id(registered):
            return "thread_registry", registered
        carried = self._extract_thread_from_standardized_run_id(run_id)
        return (UNRESOLVED, None) if carried is None else ("pattern_extraction", carried)

    def _extract_thread_from_standardized_run_id(self, run_id: str) -> str | None:
        return thread_in(run_id.strip()) if is_id(run_id) else None

    def get_resolution_metrics(self) -> _Data:
        """How often a run's thread was found, where, how fast (milliseconds), and what failed."""
        return self._resolutions.report()

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def notify_agent_started(
        self, run_id: str, agent_name: str, context: _Data | None = None, trace_context: _Data | None = None
    ) -> bool:
        """An agent began; `context` says with what. True if the manager has taken the event; so for all of these."""
        return await self._notify("agent_started", run_id, agent_name, context=context, trace_context=trace_context)

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: int | None = None,
        progress_percentage: float | None = None,
        trace_context: _Data | None = None,
    ) -> bool:
        """What an agent thinks, in words for users; progress from 0 to 100."""
        steps = {"step_number": step_number, "progress_percentage": progress_percentage}
        return await self._notify(
            "agent_thinking", run_id, agent_name, reasoning=reasoning, trace_context=trace_context, **steps
        )

    async def notify_tool_executing(
        self, run_id: str, agent_name: str, tool_name: str, parameters: _Data | None = None
    ) -> bool:
        """An agent began to use a tool; secrets among the parameters are redacted."""
        return await self._notify("tool_executing", run_id, agent_name, tool_name=tool_name, parameters=parameters)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: _Data | None = None,
        execution_time_ms: float | None = None,
    ) -> bool:
        """A tool gave its result, after so many milliseconds."""
        details = {"tool_name": tool_name, "result": result, "execution_time_ms": execution_time_ms}
        return await self._notify("tool_completed", run_id, agent_name, **details)

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: _Data | None = None,
        execution_time_ms: float | None = None,
        trace_context: _Data | None = None,
    ) -> bool:
        """The answer is there, after so many milliseconds."""
        details = {"result": result, "execution_time_ms": execution_time_ms, "trace_context": trace_context}
        return await self._notify("agent_completed", run_id, agent_name, **details)

    async def notify_agent_error(
        self,
        run_id: str,
        agent_name: str,
        error: str,
        error_context: _Data | None = None,
        trace_context: _Data | None = None,
    ) -> bool:
        """An agent failed; home folders are masked, of the context only `error_type` and `agent_step` are shown."""
        details = {"error": error, "error_context": error_context, "trace_context": trace_context}
        return await self._notify("agent_error", run_id, agent_name, **details)

    async def notify_agent_death(
        self, run_id: str, agent_name: str, death_cause: str, death_context: _Data | None = None
    ) -> bool:
        """An agent ended without a word: timeout, no_heartbeat, silent_failure, memory_limit, cancelled or another."""
        details = {"death_cause": death_cause, "death_context": death_context}
        return await self._notify("agent_death", run_id, agent_name, **details)

    async def notify_progress_update(self, run_id: str, agent_name: str, progress: _Data) -> bool:
        """How far an agent is; seven keys of `progress` are shown, `percentage` from 0 to 100."""
        return await self._notify("progress_update", run_id, agent_name, progress=progress)

    async def notify_custom(self, run_id: str, agent_name: str, notification_type: str, data: _Data) -> bool:
        """An event of the caller's own type; the payload is `data`."""
        return await self._notify("custom", run_id, agent_name, notification_type=notification_type, data=data)

    async def emit_agent_event(
        self, event_type: str, data: _Data, run_id: str | None = None, agent_name: str | None = None
    ) -> bool:
        """Any event of a run; without one it would be nobody's, and is refused. `data` is the payload."""
        return await self._notify("agent_event", run_id, agent_name, event_type=event_type, data=data)

    async def _notify(self, kind: str, run_id: str | None, agent_name: str | None, **details: Any) -> bool:
        """Send one event within the deadline; what became of it is counted, and logged unless all is well."""
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                outcome = await self._outcome(kind, run_id, agent_name, details)
        except TimeoutError:
            outcome = "timed_out"
        except Exception:
            _logger.exception("%s of run %r cannot be sent", kind, run_id)
            outcome = "failed"
        self._events[outcome] += 1
        if outcome != DELIVERED:
            _logger.warning("%s of run %r is not delivered: %s", kind, run_id, outcome)
        return outcome == DELIVERED

    async def _outcome(self, kind: str, run_id: str | None, agent_name: str | None, details: Mapping[str, Any]) -> str:
        """What became of an event. Its shape and its cleaning are the emitter's, so that they stand once."""
        manager = self._websocket_manager
        if run_id is None or not self._validate_event_context(run_id, kind, agent_name):
            return "refused"
        if manager is None or not self._has_manager():
            self._degrade()
            return "no_manager"
        thread_id = await self._resolve_thread_id_from_run_id(run_id)
        if thread_id is None:
            return "unresolved"
        delivery = await self._emitter(manager, thread_id, run_id).deliver(kind, agent_name, **details)
        if isinstance(delivery.error, TimeoutError):
            return "timed_out"
        if delivery.error is not None:
            return "failed"
        return DELIVERED if delivery.sent else "not_taken"

    def _emitter(self, manager: SendsToThread, thread_id: str, run_id: str) -> UnifiedWebSocketEmitter:
        """An emitter for one event: mappings may change between two."""
        settings = EmitterSettings(deadline_s=self.config.send_timeout_s)
        user_id = USERS_OF_ALL.get(run_id)
        if user_id is None:
            return UnifiedWebSocketEmitter("unknown", thread_id, run_id, _WithoutUser(manager), settings=settings)
        return UnifiedWebSocketEmitter(user_id, thread_id, run_id, manager, settings=settings)

    def _validate_event_context(self, run_id: str | None, event_type: str, agent_name: str | None = None) -> bool:
        """Whether an event has a user's run to go to; ids that look like a test's or a system's are only logged."""
        if not is_id(run_id) or run_id.strip() == SYSTEM_RUN:
            return False
        if self._is_suspicious_run_id(run_id):
            _logger.warning("%s of agent %r has the suspicious run id %r", event_type, agent_name, run_id)
        return True

    def _is_suspicious_run_id(self, run_id: str) -> bool:
        if not is_id(run_id) or len(run_id.strip()) < SHORTEST_CREDIBLE:
            return True
        return not SUSPICIOUS_WORDS.isdisjoint(run_id.lower().replace("-", "_").split("_"))

    # ── emitters ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_user_emitter(self, user_context: RunContext) -> UnifiedWebSocketEmitter:
        """An emitter for a context's user, thread and run. ValueError if it lacks one, or there is no manager."""
        if not self._has_manager():
            try:
                await self._initialize_websocket_manager()
            except RuntimeError as error:
                raise ValueError(str(error)) from error
        return UnifiedWebSocketEmitter.for_context(user_context, self._websocket_manager)

    @classmethod
    async def create_user_emitter_from_ids(
        cls, user_id: str, thread_id: str, run_id: str, websocket_connection_id: str | None = None
    ) -> UnifiedWebSocketEmitter:
        """The same from ids, none of them blank. The connection is noted; events go to the whole thread."""
        context = EmitterContext(user_id, thread_id, run_id, websocket_connection_id=websocket_connection_id)
        return await cls().create_user_emitter(cast(RunContext, context))

    @staticmethod
    @asynccontextmanager
    async def create_scoped_emitter(user_context: RunContext) -> AsyncIterator[UnifiedWebSocketEmitter]:
        """The same for the length of an `async with`; disposed at its end whatever happens."""
        async with await AgentWebSocketBridge().create_user_emitter(user_context) as emitter:
            yield emitter


class _WithoutUser:
    """A manager for the events of a run whose user was never named: they do not claim one."""

    def __init__(self, manager: SendsToThread) -> None:
        self._manager = manager

    async def send_to_thread(self, thread_id: str, message: _Data, /) -> object:
        del message["user_id"]
        return await self._manager.send_to_thread(thread_id, message)


_instance_lock: Final = threading.Lock()


async def get_agent_websocket_bridge() -> AgentWebSocketBridge:
    """The bridge for all, made at the first call; `AgentWebSocketBridge._instance = None` has another one made."""
    with _instance_lock:
        if AgentWebSocketBridge._instance is None:
            AgentWebSocketBridge._instance = AgentWebSocketBridge()
        return AgentWebSocketBridge._instance
