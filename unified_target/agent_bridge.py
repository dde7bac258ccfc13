"""The bridge between agents and the WebSocket manager: what a run reports reaches the chat thread it belongs to.

    bridge = AgentWebSocketBridge()
    await bridge.ensure_integration()
    await bridge.register_run_thread_mapping(run_id, thread_id)
    await bridge.notify_agent_started(run_id, "triage")      # True: the manager has taken it

An agent must not fail because nobody watches. So every `notify_*` answers True or False and raises nothing but
asyncio.CancelledError; it ends within a deadline even if the manager hangs; what went wrong is logged and counted
(`get_metrics()["events"]`). One bridge serves one event loop at a time, and any number of them one after another.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
import weakref
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, cast

from . import unified_emitter as wire

if TYPE_CHECKING:
    from .unified_emitter import UnifiedWebSocketEmitter

_logger = logging.getLogger(__name__)

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

MAX_MAPPINGS: Final = 10_000
"""Runs whose thread is remembered: the `max_mappings` that the replaced registry declared and never enforced."""

RECENT_ERRORS: Final = 10
"""Errors kept per place where the search for a thread failed, as with the class it replaces."""


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


class ThreadSender(Protocol):
    """All that the bridge asks of a manager."""

    def send_to_thread(self, thread_id: str, message: dict[str, Any], /) -> Awaitable[bool]:
        """Deliver to every connection of a thread, or keep for it; False if neither is possible."""


class HealthObserver(Protocol):
    """Who wants to hear of the bridge's health."""

    async def on_component_health_change(self, component_id: str, health_data: dict[str, Any], /) -> None:
        """Take note; what it raises is logged and counted, and concerns nobody else."""


# ── which thread a run belongs to ────────────────────────────────────────────────────────────────────────────────────


class RunThreadRegistry:
    """The threads of the runs that were registered last; the one used longest ago makes room.

    The stand-in for a `ThreadRunRegistry` with the same members; anything else that has them may be put into
    `AgentWebSocketBridge._thread_registry`, and stays its owner's to shut down.
    """

    def __init__(self, max_mappings: int = MAX_MAPPINGS) -> None:
        self._max_mappings = max_mappings
        self._threads: OrderedDict[str, str] = OrderedDict()
        self._registrations = 0

    async def register(self, run_id: str, thread_id: str, metadata: Mapping[str, Any] | None = None) -> bool:
        """Remember a run's thread; `metadata` is not kept. False for ids that are blank or no text."""
        if not (_is_id(run_id) and _is_id(thread_id)):
            return False
        known = self._threads.get(run_id, thread_id)
        if known != thread_id:
            _logger.warning("run %r moves from thread %r to %r", run_id, known, thread_id)
        self._threads[run_id] = thread_id
        self._threads.move_to_end(run_id)
        self._registrations += 1
        while len(self._threads) > self._max_mappings:
            self._threads.popitem(last=False)
        return True

    async def get_thread(self, run_id: str) -> str | None:
        """The thread of a run, None if it is not known (any more)."""
        thread_id = self._threads.get(run_id)
        if thread_id is not None:
            self._threads.move_to_end(run_id)
        return thread_id

    async def unregister_run(self, run_id: str) -> bool:
        """Forget a run. False if it was not known."""
        return self._threads.pop(run_id, None) is not None

    async def get_status(self) -> dict[str, Any]:
        """How full it is."""
        return {
            "registry_healthy": True,
            "active_mappings": len(self._threads),
            "total_registrations": self._registrations,
            "memory_usage_percentage": 100.0 * len(self._threads) / self._max_mappings,
            "config": {"max_mappings": self._max_mappings},
            "timestamp": _now().isoformat(),
        }


_registry_of_all: Final = RunThreadRegistry()
"""Shared, because a run is registered on one bridge and reports through others."""

_WORDS: Final = r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*"
_EMBEDDED: Final = tuple(
    re.compile(shape)
    for shape in (
        rf"thread_(?:thread_)*({_WORDS})_run_\d+_[0-9A-Fa-f]{{8}}",
        rf"run_(?:thread_)*({_WORDS})_[0-9A-Fa-f]{{8}}",
        rf"thread_({_WORDS})",
    )
)


def thread_in(run_id: str) -> str | None:
    """The thread id that a run id carries, None if it carries none.

    `thread_X_run_<milliseconds>_<8 hex>`, `run_X_<8 hex>` and `thread_X` all belong to thread `thread_X`. X is made of
    letters and digits, with single `_` or `-` between; `_run_` is reserved: what could be read in two ways is not read.
    """
    for shape in _EMBEDDED:
        found = shape.fullmatch(run_id)
        if found is not None and "_run_" not in found[1]:
            return f"thread_{found[1]}"
    return None


UNRESOLVED: Final = "complete_failure"
"""The failure source of runs that no source knew, as with the class it replaces."""


class _Resolutions:
    """How the searches for a thread went, and where."""

    def __init__(self) -> None:
        self._milliseconds: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0.0])  # source -> count, sum
        self._failed: Counter[str] = Counter()
        self._errors: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_ERRORS))

    def succeeded(self, source: str, milliseconds: float) -> None:
        entry = self._milliseconds[source]
        entry[0] += 1
        entry[1] += milliseconds

    def failed(self, source: str, error: str) -> None:
        self._failed[source] += 1
        self._errors[source].append(error)

    def report(self) -> dict[str, Any]:
        found, failures = self._milliseconds, self._failed[UNRESOLVED]
        successes = int(sum(count for count, _ in found.values()))
        total = successes + failures
        return {
            "total_resolutions": total,
            "successful_resolutions": successes,
            "failed_resolutions": failures,
            "success_rate": successes / total if total else 1.0,
            "avg_resolution_time_ms": sum(spent for _, spent in found.values()) / max(1, successes),
            "resolution_sources": {
                source: {"count": int(count), "avg_time_ms": spent / count, "success_rate": count / total}
                for source, (count, spent) in found.items()
            },
            "failure_sources": {
                source: {"count": self._failed[source], "recent_errors": list(errors)}
                for source, errors in self._errors.items()
            },
            "metrics_available": total > 0,
            "last_updated": _now().isoformat(),
        }


# ── run ids ──────────────────────────────────────────────────────────────────────────────────────────────────────────

SYSTEM_RUN: Final = "registry"
"""The run id of what is no user's run; events of it would be nobody's (facts A02)."""

SUSPICIOUS_WORDS: Final = frozenset(
    "system global broadcast admin root default test mock fake dummy placeholder example null none undefined empty "
    "debug dev local temp temporary sys".split()
)
"""Parts of a run id, between `_` and `-`, that no user's run should have (facts A02)."""

SHORTEST_CREDIBLE: Final = 3
"""Characters of the shortest run id that is not suspicious (facts A02)."""

DEATHS: Final = {
    "timeout": "took too long and was stopped. Please try again.",
    "no_heartbeat": "is out of reach: Lost connection. Please refresh the page.",
    "silent_failure": "stopped unexpectedly. Please refresh the page.",
    "memory_limit": "ran out of resources. Please try a smaller request.",
    "cancelled": "was cancelled. You can start anew.",
}
"""What the user reads when an agent died, by cause."""

UNKNOWN_DEATH: Final = "met a serious problem. Please refresh and try again."


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _now() -> datetime:
    return datetime.now(timezone.utc)


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
        self._websocket_manager: ThreadSender | None = None
        self._thread_registry: Any = _registry_of_all
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
        self._resolutions = _Resolutions()
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
            self._thread_registry = _registry_of_all
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

    def _asked_for_manager(self) -> ThreadSender | None:
        try:
            manager = _default_manager()
        except Exception:
            self._events["manager_lookup_failed"] += 1
            _logger.exception("the WebSocket manager cannot be had")
            return None
        if callable(getattr(manager, "send_to_thread", None)):
            return cast("ThreadSender", manager)
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
        message = f"Integration initialization failed: {error or type(error).__name__}"
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
        return min(self.config.recovery_base_delay_s * 2 ** (attempt - 1), self.config.recovery_max_delay_s)

    async def shutdown(self) -> None:
        """Stop watching and let go of manager, registries and observers; again and again without harm.

        Nothing runs on afterwards. What was let go of is not shut down: others use it. `ensure_integration` begins anew.
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

    async def _tell(self, observer: HealthObserver, news: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                await observer.on_component_health_change(COMPONENT_ID, news)
        except Exception:
            self._events["observer_failed"] += 1
            _logger.exception("a %s did not take the news of the bridge's health", type(observer).__name__)

    def _health_report(self) -> dict[str, Any]:
        health = self.health_status
        return {
            "healthy": health.websocket_manager_healthy and health.registry_healthy,
            "state": health.state.value,
            "timestamp": time.time(),
            "websocket_manager_healthy": health.websocket_manager_healthy,
            "registry_healthy": health.registry_healthy,
            "consecutive_failures": health.consecutive_failures,
            "uptime_seconds": health.uptime_seconds,
            "last_health_check": health.last_health_check.isoformat(),
            "error_message": health.error_message,
            "total_recoveries": health.total_recoveries,
        }

    async def get_health_status(self) -> dict[str, Any]:
        """Check health and describe it: `healthy`, `state`, `timestamp` (seconds since 1970) and what led to them."""
        await self.health_check()
        return self._health_report()

    async def get_metrics(self) -> dict[str, Any]:
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

    async def get_status(self) -> dict[str, Any]:
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

    def _counts(self) -> dict[str, Any]:
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

    async def register_run_thread_mapping(
        self, run_id: str, thread_id: str, metadata: dict[str, Any] | None = None
    ) -> bool:
        """Let the events of a run go to a thread. False if there is no registry or it refuses."""
        return bool(await self._ask_registry("register", run_id, thread_id, metadata))

    async def unregister_run_mapping(self, run_id: str) -> bool:
        """Forget a run that is over. False if it was not known."""
        return bool(await self._ask_registry("unregister_run", run_id))

    async def get_thread_registry_status(self) -> dict[str, Any] | None:
        """What the registry says of itself, None if there is none."""
        return cast("dict[str, Any] | None", await self._ask_registry("get_status"))

    async def _ask_registry(self, member: str, *arguments: object) -> object:
        """What the registry answers, None if there is none, it fails, or takes longer than an event may."""
        if self._thread_registry is None:
            return None
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                return cast(object, await getattr(self._thread_registry, member)(*arguments))
        except Exception as error:
            self._resolutions.failed("thread_registry", repr(error))
            _logger.exception("the thread registry failed to %s", member)
            return None

    async def _resolve_thread_id_from_run_id(self, run_id: str) -> str | None:
        """The thread of a run: registered, or carried by the run id; None if neither."""
        started = time.perf_counter()
        thread_id: object = None
        source = "thread_registry"
        if _is_id(run_id):
            run_id = run_id.strip()
            thread_id = await self._ask_registry("get_thread", run_id)
            if not _is_id(thread_id):
                thread_id, source = self._extract_thread_from_standardized_run_id(run_id), "pattern_extraction"
        if thread_id is None:
            self._resolutions.failed(UNRESOLVED, f"no thread is known for run {run_id!r}")
            return None
        self._resolutions.succeeded(source, 1000 * (time.perf_counter() - started))
        return cast(str, thread_id)

    def _extract_thread_from_standardized_run_id(self, run_id: str) -> str | None:
        return thread_in(run_id.strip()) if _is_id(run_id) else None

    def get_resolution_metrics(self) -> dict[str, Any]:
        """How often a run's thread was found, where, how fast (milliseconds), and what failed."""
        return self._resolutions.report()

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def notify_agent_started(
        self,
        run_id: str,
        agent_name: str,
        context: dict[str, Any] | None = None,
        trace_context: dict[str, Any] | None = None,
    ) -> bool:
        """Tell that an agent began. True if the manager has taken the event; so for every `notify_*`."""
        return await self._notify(
            "agent_started",
            run_id,
            agent_name,
            lambda: {
                "status": "started",
                "context": context or {},
                "message": f"{agent_name} has started processing your request",
            },
            trace_context,
        )

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: int | None = None,
        progress_percentage: float | None = None,
        trace_context: dict[str, Any] | None = None,
    ) -> bool:
        """Show what an agent thinks; `progress_percentage` is 0 to 100."""
        return await self._notify(
            "agent_thinking",
            run_id,
            agent_name,
            lambda: {
                "status": "thinking",
                "reasoning": reasoning,
                "thought": reasoning,
                "step_number": step_number,
                "progress_percentage": progress_percentage,
            },
            trace_context,
        )

    async def notify_tool_executing(
        self, run_id: str, agent_name: str, tool_name: str, parameters: dict[str, Any] | None = None
    ) -> bool:
        """Show which tool an agent uses; secrets among the parameters are redacted."""
        return await self._notify(
            "tool_executing",
            run_id,
            agent_name,
            lambda: {
                "status": "executing",
                "tool_name": tool_name,
                "parameters": wire.sanitize_parameters(parameters),
                "message": f"{agent_name} is using {tool_name}",
            },
        )

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: dict[str, Any] | None = None,
        execution_time_ms: float | None = None,
    ) -> bool:
        """Show what a tool gave, shortened, and how long it took (milliseconds)."""
        return await self._notify(
            "tool_completed",
            run_id,
            agent_name,
            lambda: {
                "status": "completed",
                "tool_name": tool_name,
                "result": wire.sanitize_result(result),
                "execution_time_ms": execution_time_ms,
                "message": f"{agent_name} completed {tool_name}",
            },
        )

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: dict[str, Any] | None = None,
        execution_time_ms: float | None = None,
        trace_context: dict[str, Any] | None = None,
    ) -> bool:
        """Hand over what an agent found, shortened, and how long it took (milliseconds)."""
        return await self._notify(
            "agent_completed",
            run_id,
            agent_name,
            lambda: {
                "status": "completed",
                "result": wire.sanitize_result(result),
                "execution_time_ms": execution_time_ms,
                "message": f"{agent_name} has completed processing your request",
            },
            trace_context,
        )

    async def notify_agent_error(
        self,
        run_id: str,
        agent_name: str,
        error: str,
        error_context: dict[str, Any] | None = None,
        trace_context: dict[str, Any] | None = None,
    ) -> bool:
        """Tell that an agent failed, without its host's paths."""
        return await self._notify(
            "agent_error",
            run_id,
            agent_name,
            lambda: {
                "status": "error",
                "error_message": wire.sanitize_error(error),
                "error_context": wire.sanitize_error_context(error_context),
                "message": f"{agent_name} encountered an issue processing your request",
            },
            trace_context,
        )

    async def notify_agent_death(
        self, run_id: str, agent_name: str, death_cause: str, death_context: dict[str, Any] | None = None
    ) -> bool:
        """Tell that an agent ended without a word, so that nobody waits: timeout, no_heartbeat, silent_failure ..."""
        return await self._notify(
            "agent_death",
            run_id,
            agent_name,
            lambda: {
                "status": "dead",
                "death_cause": death_cause,
                "death_context": wire.sanitize_parameters(death_context),
                "message": self._get_user_friendly_death_message(death_cause, agent_name),
                "recovery_action": "refresh_required",
            },
        )

    def _get_user_friendly_death_message(self, death_cause: str, agent_name: str) -> str:
        return f"The {agent_name} agent {DEATHS.get(death_cause, UNKNOWN_DEATH)}"

    async def notify_progress_update(self, run_id: str, agent_name: str, progress: dict[str, Any]) -> bool:
        """Show how far an agent is; of `progress` only the documented keys pass."""
        return await self._notify(
            "progress_update",
            run_id,
            agent_name,
            lambda: {
                "status": "progress",
                "progress_data": wire.sanitize_progress(progress),
                "message": progress.get("message", f"{agent_name} is making progress"),
            },
        )

    async def notify_custom(self, run_id: str, agent_name: str, notification_type: str, data: dict[str, Any]) -> bool:
        """Send an event of any type with `data` as its payload, long texts shortened."""
        return await self._notify(notification_type, run_id, agent_name, lambda: wire.sanitize_custom(data))

    async def emit_agent_event(
        self, event_type: str, data: dict[str, Any], run_id: str | None = None, agent_name: str | None = None
    ) -> bool:
        """Send `data` as the payload of an event; without a `run_id` it would be nobody's and is refused."""
        name = agent_name or str(data.get("agent_name", ""))
        return await self._notify(event_type, run_id, name, lambda: wire.sanitize_custom(data))

    async def _notify(
        self,
        event_type: str,
        run_id: str | None,
        agent_name: str,
        payload: Callable[[], Mapping[str, Any]],
        trace: Mapping[str, Any] | None = None,
    ) -> bool:
        """Deliver one event within the deadline; the payload is made where a failure of it harms nobody."""
        if not self._validate_event_context(run_id, event_type, agent_name):
            return self._not_delivered("refused", event_type, run_id)
        if not self._has_manager():
            self._degrade()
            return self._not_delivered("no_manager", event_type, run_id)
        try:
            async with asyncio.timeout(self.config.send_timeout_s):
                event = wire.build_event(event_type, cast(str, run_id), agent_name, payload(), trace=trace)
                return await self._send(event, event_type, cast(str, run_id))
        except TimeoutError:
            return self._not_delivered("timed_out", event_type, run_id)
        except Exception:
            _logger.exception("%s of run %r cannot be sent", event_type, run_id)
            return self._not_delivered("failed", event_type, run_id)

    async def _send(self, event: dict[str, Any], event_type: str, run_id: str) -> bool:
        thread_id = await self._resolve_thread_id_from_run_id(run_id)
        if thread_id is None:
            return self._not_delivered("unresolved", event_type, run_id)
        if not await cast(ThreadSender, self._websocket_manager).send_to_thread(thread_id, event):
            return self._not_delivered("not_taken", event_type, run_id)
        self._events["delivered"] += 1
        return True

    def _not_delivered(self, reason: str, event_type: str, run_id: str | None) -> bool:
        self._events[reason] += 1
        _logger.warning("%s of run %r is not delivered: %s", event_type, run_id, reason)
        return False

    def _validate_event_context(self, run_id: str | None, event_type: str, agent_name: str | None = None) -> bool:
        """Whether an event has a user's run to go to; ids that look like a test's or a system's are only logged."""
        if not _is_id(run_id) or cast(str, run_id).strip() == SYSTEM_RUN:
            return False
        if self._is_suspicious_run_id(cast(str, run_id)):
            _logger.warning("%s of agent %r has the suspicious run id %r", event_type, agent_name, run_id)
        return True

    def _is_suspicious_run_id(self, run_id: str) -> bool:
        if not _is_id(run_id) or len(run_id.strip()) < SHORTEST_CREDIBLE:
            return True
        return not SUSPICIOUS_WORDS.isdisjoint(run_id.lower().replace("-", "_").split("_"))

    # ── emitters ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_user_emitter(self, user_context: Any) -> UnifiedWebSocketEmitter:
        """An emitter bound to a context's `user_id`, `thread_id`, `run_id`. ValueError without them or a manager."""
        try:
            if not self._has_manager():
                await self._initialize_websocket_manager()
            return wire.UnifiedWebSocketEmitter(user_context, self._websocket_manager)
        except Exception as error:
            raise ValueError(f"no emitter can be made: {error}") from error

    @classmethod
    async def create_user_emitter_from_ids(
        cls, user_id: str, thread_id: str, run_id: str, websocket_connection_id: str | None = None
    ) -> UnifiedWebSocketEmitter:
        """The same from ids. Raises ValueError."""
        return await cls().create_user_emitter(None)

    @staticmethod
    @asynccontextmanager
    async def create_scoped_emitter(user_context: Any) -> AsyncIterator[UnifiedWebSocketEmitter]:
        """An emitter for the length of an `async with`; of no use afterwards. Raises ValueError."""
        emitter = await AgentWebSocketBridge().create_user_emitter(user_context)
        try:
            yield emitter
        finally:
            await emitter.dispose()


_instance_lock: Final = threading.Lock()


async def get_agent_websocket_bridge() -> AgentWebSocketBridge:
    """The bridge for all, made at the first call; `AgentWebSocketBridge._instance = None` has another one made."""
    with _instance_lock:
        if AgentWebSocketBridge._instance is None:
            AgentWebSocketBridge._instance = AgentWebSocketBridge()
        return AgentWebSocketBridge._instance
