"""Runs, their threads and their users: what is known of a run id, remembered within bounds, and read from it."""

from __future__ import annotations

import logging
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeGuard, TypeVar

_logger = logging.getLogger(__name__)

Value = TypeVar("Value")

MAX_MAPPINGS: Final = 10_000
"""Runs whose thread is remembered: the `max_mappings` that the replaced registry declared and never enforced."""

RECENT_ERRORS: Final = 10
"""Errors kept per place where the search for a thread failed, as with the class it replaces."""

SYSTEM_RUN: Final = "registry"
"""The run id of what is no user's run; events of it would be nobody's (facts A02)."""

SUSPICIOUS_WORDS: Final = frozenset(
    {"system", "global", "broadcast", "admin", "root", "default", "test", "mock", "fake", "dummy", "placeholder"}
    | {"example", "null", "none", "undefined", "empty", "debug", "dev", "local", "temp", "temporary", "sys"}
)
"""Parts of a run id, between `_` and `-`, that no user's run should have (facts A02)."""

SHORTEST_CREDIBLE: Final = 3
"""Characters of the shortest run id that is not suspicious (facts A02)."""


def is_id(value: object) -> TypeGuard[str]:
    """Whether it is an id at all: text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


class RecentlyUsed(Generic[Value]):
    """A bounded mapping: what was used longest ago makes room."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, Value] = OrderedDict()

    def put(self, key: str, value: Value) -> None:
        """Remember a value; the key was used now."""
        self._values[key] = value
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)

    def get(self, key: str) -> Value | None:
        """The value, None if it is not known (any more); the key was used now."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def pop(self, key: str) -> Value | None:
        """Forget a value, and return it."""
        return self._values.pop(key, None)

    def __len__(self) -> int:
        return len(self._values)


class RunThreadRegistry:
    """The threads of the runs that were registered or used last, in memory.

    Anything else with these members may be put into `AgentWebSocketBridge._thread_registry`, and stays its owner's to
    shut down.
    """

    def __init__(self, max_mappings: int = MAX_MAPPINGS) -> None:
        self._max_mappings = max_mappings
        self._threads: RecentlyUsed[str] = RecentlyUsed(max_mappings)
        self._registrations = 0

    async def register(self, run_id: str, thread_id: str, metadata: Mapping[str, Any] | None = None) -> bool:
        """Remember a run's thread; `metadata` is not kept. False for ids that are blank or no text."""
        if not (is_id(run_id) and is_id(thread_id)):
            return False
        known = self._threads.get(run_id)
        if known not in {None, thread_id}:
            _logger.warning("run %r moves from thread %r to %r", run_id, known, thread_id)
        self._threads.put(run_id, thread_id)
        self._registrations += 1
        return True

    async def get_thread(self, run_id: str) -> str | None:
        """The thread of a run, None if it is not known (any more)."""
        return self._threads.get(run_id)

    async def unregister_run(self, run_id: str) -> bool:
        """Forget a run. False if it was not known."""
        return self._threads.pop(run_id) is not None

    async def get_status(self) -> dict[str, Any]:
        """How full it is."""
        return {
            "registry_healthy": True,
            "active_mappings": len(self._threads),
            "total_registrations": self._registrations,
            "memory_usage_percentage": 100.0 * len(self._threads) / self._max_mappings,
            "config": {"max_mappings": self._max_mappings},
            "timestamp": datetime.now(UTC).isoformat(),
        }


THREADS_OF_ALL: Final = RunThreadRegistry()
USERS_OF_ALL: Final[RecentlyUsed[str]] = RecentlyUsed(MAX_MAPPINGS)
"""Both are shared, because a run is registered on one bridge and reports through others."""

# None of these looks at a character twice: run ids come from outside.
_NAME: Final = re.compile(r"[A-Za-z0-9]++(?:[_-][A-Za-z0-9]++)*+")
_PREFIXES: Final = re.compile(r"(?:thread_)*+")
_MADE: Final = re.compile(r"\d++_[0-9A-Fa-f]{8}")
_SUFFIX: Final = re.compile(r"[0-9A-Fa-f]{8}")


def thread_in(run_id: str) -> str | None:
    """The thread id that a run id carries, None if it carries none.

    `thread_X_run_<milliseconds>_<8 hex>`, `run_X_<8 hex>` and `thread_X` all belong to thread `thread_X`. X is made of
    letters and digits, with single `_` or `-` between; `_run_` is reserved: what could be read in two ways is not read.
    """
    name = _name_in(run_id)
    return f"thread_{name}" if _NAME.fullmatch(name) and "_run_" not in name else None


def _name_in(run_id: str) -> str:
    thread, _, made = run_id.rpartition("_run_")
    if thread.startswith("thread_") and _MADE.fullmatch(made):
        return _PREFIXES.sub("", thread, count=1)
    thread, _, suffix = run_id.rpartition("_")
    if thread.startswith("run_") and _SUFFIX.fullmatch(suffix):
        return _PREFIXES.sub("", thread.removeprefix("run_"), count=1)
    return run_id.removeprefix("thread_") if run_id.startswith("thread_") else ""


UNRESOLVED: Final = "complete_failure"
"""The failure source of runs that no source knew, as with the class it replaces."""


class Resolutions:
    """How the searches for a thread went, and where."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()
        self._milliseconds = 0.0
        self._failed: Counter[str] = Counter()
        self._errors: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=RECENT_ERRORS))

    def succeeded(self, source: str, milliseconds: float) -> None:
        """A search ended with a thread, found in this source."""
        self._found[source] += 1
        self._milliseconds += milliseconds

    def failed(self, source: str, error: str) -> None:
        """A source had no answer."""
        self._failed[source] += 1
        self._errors[source].append(error)

    def report(self) -> dict[str, Any]:
        """Counts by source, and the latest errors."""
        successes, failures = self._found.total(), self._failed[UNRESOLVED]
        total = successes + failures
        return {
            "total_resolutions": total,
            "successful_resolutions": successes,
            "failed_resolutions": failures,
            "success_rate": successes / total if total else 1.0,
            "avg_resolution_time_ms": self._milliseconds / max(1, successes),
            "resolution_sources": {source: {"count": count} for source, count in self._found.items()},
            "failure_sources": {
                source: {"count": self._failed[source], "recent_errors": list(errors)}
                for source, errors in self._errors.items()
            },
            "metrics_available": total > 0,
            "last_updated": datetime.now(UTC).isoformat(),
        }
