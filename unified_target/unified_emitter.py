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
import json
import logging
import math
import re
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from pathlib import PurePath
from typing import Any, Final, NamedTuple, Protocol, Self
from uuid import UUID

__all__ = [
    "CRITICAL_EVENTS",
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

CRITICAL_EVENTS: Final = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
"""The five events a chat lives on, in the order of a run."""


class EmitterReleased(RuntimeError):
    """An emitter was used after it was disposed or given back to its pool (E01 raises RuntimeError)."""


class SendsToThread(Protocol):
    """A manager that delivers by conversation."""

    async def send_to_thread(self, thread_id: str, message: dict[str, Any], /) -> object:
        """Deliver one event to whoever shows the thread; truthy when it was accepted."""


class SendsToUser(Protocol):
    """A manager that only knows users."""

    async def send_to_user(self, user_id: str, message: dict[str, Any], /) -> object:
        """Deliver one event to every connection of the user; truthy when it was accepted."""


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
Data = dict[str, Any]


@dataclass(frozen=True)
class EmitterContext:
    """To whom an emitter is bound; `get_context` gives it out where no context object was passed in."""

    user_id: str
    thread_id: str
    run_id: str | None
    request_id: str | None = None
    websocket_connection_id: str | None = None

    def get_correlation_id(self) -> str:
        """A short name for log lines."""
        return f"{self.user_id[:8]}:{self.thread_id}:{self.run_id}"

    def to_dict(self) -> Data:
        """The ids as a plain dict."""
        return asdict(self)


@dataclass(frozen=True)
class EmitterSettings:
    """`deadline_s`: seconds until a route that does not answer counts as failed (W01: 5 s per attempt).

    `clock`: seconds that only grow; uptime and idleness are measured with it. Tests bring their own.
    """

    deadline_s: float = 5.0
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one event. `error` is the exception that stopped it; None when the answer was a plain no."""

    sent: bool
    error: Exception | None = None


# ---------------------------------------------------------------------------------------------------------------------
# What users may see of an agent's data. Every rule copies; the caller's data is never changed.

REDACTED: Final = "[REDACTED]"
CIRCULAR: Final = "[CIRCULAR]"
CUT: Final = "..."
MORE: Final = "...(truncated)"

_SECRET = ("password", "secret", "key", "token", "auth", "credential")
"""A key that contains one of these hides its value, at any depth and in lists too (E02, W05; `key` covers `api_key`).
U01 compared whole keys, so `db_password` passed: the stricter rule won. It holds for all data, also for results and
contexts, which no old rule redacted."""

_PLAIN = frozenset((
    "key_points", "key_findings", "key_insights", "key_metrics", "key_results", "key_messages", "key_challenges",
    "key_recommendations", "key_requirements", "key_assumptions", "key_takeaways", "keyword", "keywords", "author",
    "authors", "total_tokens", "max_tokens", "input_tokens", "output_tokens", "prompt_tokens", "completion_tokens",
    "estimated_tokens", "tokens_used", "token_count", "token_usage",
))  # fmt: skip
"""Whole keys that contain such a word and tell no secret. Agents fill results with them and the front end shows
results, so hiding them would take content from users. Compared as a whole: nothing else passes with them."""

_INTERNAL = frozenset(
    ("_internal", "debug_info", "system_context", "raw_response", "internal_reasoning", "system_prompt")
)
"""Keys that are taken out of results, at any depth (U01 and W05 together)."""

_HOME = re.compile(r"(?:/home|/Users|[A-Za-z]:\\Users)[/\\][^/\\\s'\":,;)]+|/root(?=[/\s'\":,;)]|$)")
"""Home folders in messages (E02). The old rule left the user's name standing; this one hides it too."""

_DEPTH, _VALUES = 20, 10_000
"""How deep and how many values a copy goes (our choice: data that refers to itself in all directions must neither
recurse for ever nor grow without end)."""

_AS_TEXT = (date, time_of_day, timedelta, Decimal, UUID, PurePath, BaseException)
_BYTES = (bytes, bytearray, memoryview)


def _is_secret(key: str) -> bool:
    lowered = key.lower()
    return lowered not in _PLAIN and any(word in lowered for word in _SECRET)


@dataclass(frozen=True)
class _Rule:
    """How one kind of data is shown: longest text in characters, longest list, what is taken out."""

    text: int | None = None
    items: int | None = None
    drops_internal: bool = False
    masks_homes: bool = False

    def __call__(self, value: object) -> Any:
        return _Copy(self).of(value, 0)

    def shown(self, text: str) -> str:
        text = _HOME.sub("[PATH]", text) if self.masks_homes else text
        return text if self.text is None or len(text) <= self.text else text[: self.text] + CUT

    def keeps(self, key: str) -> bool:
        return not (self.drops_internal and key in _INTERNAL)


class _Copy:
    """One copy in the making: what stands above the current value, and how many values are left."""

    def __init__(self, rule: _Rule) -> None:
        self._rule, self._left, self._above = rule, _VALUES, set[int]()

    def of(self, value: object, depth: int) -> Any:
        value = value.value if isinstance(value, Enum) else value
        if isinstance(value, str):
            return self._rule.shown(value)
        if value is None or isinstance(value, int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else None  # JSON has no NaN
        return self._of_container(value, depth)

    def _of_container(self, value: object, depth: int) -> Any:
        if id(value) in self._above:
            return CIRCULAR
        if depth >= _DEPTH:
            return MORE
        self._above.add(id(value))
        try:
            return self._members(value, depth + 1)
        finally:
            self._above.discard(id(value))

    def _members(self, value: object, depth: int) -> Any:
        named = _named_members(value, outermost=depth == 1)
        if named is not None:
            return self._dict(named, depth)
        if isinstance(value, (Sequence, Set)) and not isinstance(value, _BYTES):
            return self._list(value, depth)
        if isinstance(value, _AS_TEXT):
            return self._rule.shown(str(value))
        return f"<{type(value).__name__}>"  # its text might tell what its members would not

    def _dict(self, members: Mapping[Any, object], depth: int) -> Data:
        copy: Data = {}
        for key, member in members.items():
            if self._is_full():
                return {**copy, MORE: True}
            if self._rule.keeps(name := str(key)):
                copy[name] = REDACTED if _is_secret(name) else self.of(member, depth)
        return copy

    def _list(self, members: Iterable[object], depth: int) -> list[Any]:
        copy: list[Any] = []
        for member in members:
            if len(copy) == self._rule.items or self._is_full():
                return [*copy, MORE]
            copy.append(self.of(member, depth))
        return copy

    def _is_full(self) -> bool:
        self._left -= 1
        return self._left < 0


def _named_members(value: Any, outermost: bool) -> Mapping[Any, object] | None:
    """The members of whatever has names for them; None for all else.

    Attributes of an ordinary object are read only where it is the whole value, without private and internal ones (W05):
    an object deep inside may lead anywhere, to a session or an engine.
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (type, *_AS_TEXT)):
        return None
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    kind = type(value)
    dump = getattr(kind, "_asdict", None) or getattr(kind, "model_dump", None)  # a named tuple, a pydantic model
    if dump is not None and isinstance(members := dump(value), Mapping):
        return members
    if not outermost or isinstance(value, (Sequence, Set)):
        return None
    attributes = getattr(value, "__dict__", {})
    return {k: v for k, v in attributes.items() if not k.startswith("_") and "internal" not in k.lower()} or None


_PARAMETERS = _Rule(text=200, items=10)
"""E02, W05 and U01 agree on 200; lists as in E02. U01's marker for large data is gone: what it hid is cut instead."""
_RESULT = _Rule(text=500, items=10, drops_internal=True)
"""E02. U01 allowed 1000 and W05 10000, but what reaches the front end today is cut at 500."""
_CUSTOM = _Rule(text=1000)
"""E02, which leaves lists alone. Holds for contexts and traces too, which had no rule."""
_MESSAGE = _Rule(text=300, masks_homes=True)
"""E02 and W05: errors."""
_FREE = _Rule()
"""Reasoning, names and numbers are meant to be read in full; secrets in anything nested still go."""

_PROGRESS_KEYS = (
    "percentage", "current_step", "total_steps", "message", "status", "estimated_remaining", "progress_type",
)  # fmt: skip
"""E02: nothing else of a progress report is shown."""


def _progress(value: object) -> Any:
    shown = {key: value[key] for key in _PROGRESS_KEYS if key in value} if isinstance(value, Mapping) else {}
    return _CUSTOM(shown)


def _error(value: object) -> str:
    """Never empty (E02): users are told that something went wrong."""
    return _MESSAGE.shown(str(value)) if value else "Something went wrong"


def _error_context(value: object) -> Data:
    """Two keys of the caller's context and nothing else (E02)."""
    if not value or not isinstance(value, Mapping):
        return {}
    known = {key: _MESSAGE(value.get(key, "unknown")) for key in ("error_type", "agent_step")}
    return {**known, "user_facing": True}


_CLEANERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "parameters": _PARAMETERS,
    "result": _RESULT,
    "result_summary": _RESULT,
    "context": _CUSTOM,
    "data": _CUSTOM,
    "trace_context": _CUSTOM,
    "death_context": _Rule(text=1000, masks_homes=True),
    "progress": _progress,
    "error": _error,
    "error_context": _error_context,
}


def _clean(details: Mapping[str, Any]) -> Data:
    return {name: None if value is None else _CLEANERS.get(name, _FREE)(value) for name, value in details.items()}


# ---------------------------------------------------------------------------------------------------------------------
# What goes on the wire. One function per kind of event makes the payload from cleaned details: the keys that the front
# end reads, those that the in-tree validator reads, and those that consumers of the old emitters read, side by side.

_Details = Mapping[str, Any]


def _started(agent: str, details: _Details) -> Data:
    context = details.get("context") or {}
    message = f"{agent} is now working on your request"
    return {"status": "started", "context": context, "metadata": context, "message": message}


def _thinking(agent: str, details: _Details) -> Data:
    thought, step = details["reasoning"], details.get("step_number")
    return {
        "status": "thinking", "reasoning": thought, "thought": thought, "thinking": thought,
        "step_number": step, "step": details.get("step", step), "total_steps": details.get("total_steps"),
        "progress_percentage": details.get("progress_percentage"),
        "message": f"{agent}: {str(thought or '')[:100]}",  # U01: its first 100 characters
    }  # fmt: skip


def _tool_executing(agent: str, details: _Details) -> Data:
    tool, parameters = details["tool_name"], details.get("parameters") or {}
    message = f"{agent} uses {tool}"
    data = {"parameters": parameters, "tool_input": parameters}
    return {"status": "executing", "tool_name": tool, **data, "message": message}


def _tool_completed(agent: str, details: _Details) -> Data:
    tool, outcome = details["tool_name"], _outcome(details)
    message = f"{agent} {'is done with' if outcome['success'] else 'could not finish'} {tool}"
    data = {"tool_output": outcome["result"], "result_summary": details.get("result_summary")}
    return {**outcome, "tool_name": tool, **data, "message": message}


def _completed(agent: str, details: _Details) -> Data:
    outcome = _outcome(details)
    ending = "has finished" if outcome["success"] else "could not finish"
    return {**outcome, "message": f"{agent} {ending} your request"}


def _outcome(details: _Details) -> Data:
    """How it ended: as the caller says, else as the result itself says, else well."""
    result, summary, success = (details.get(name) for name in ("result", "result_summary", "success"))
    if result is None:
        result = {} if summary is None else {"summary": summary}
    if success is None:
        success = not (isinstance(result, dict) and result.get("success") is False)
    how = {"status": "completed" if success else "failed", "success": bool(success)}
    return {**how, "result": result, "execution_time_ms": details.get("execution_time_ms")}


def _failed(agent: str, details: _Details) -> Data:
    context, error = details.get("error_context") or {}, details.get("error") or _error(None)
    return {
        "status": "error", "success": False, "error": error, "error_message": error, "error_context": context,
        "error_type": details.get("error_type") or context.get("error_type", "unknown"),
        "recoverable": bool(details.get("recoverable")),
        "message": f"{agent} ran into a problem with your request",
    }  # fmt: skip


_DEATHS: Final[Mapping[Any, str]] = {
    "timeout": "took too long and was stopped. Please try again.",
    "no_heartbeat": "can no longer be reached. Please refresh and try again.",
    "silent_failure": "stopped without a word. Please refresh the page.",
    "memory_limit": "needed more memory than there is. Please try a simpler request.",
    "cancelled": "was cancelled. You can start a new request.",
}


def _dead(agent: str, details: _Details) -> Data:
    cause = details["death_cause"]
    message = f"{agent} {_DEATHS.get(cause, 'broke down. Please refresh and try again.')}"
    data = {"death_cause": cause, "death_context": details.get("death_context") or {}}
    return {"status": "dead", **data, "message": message, "recovery_action": "refresh_required"}


def _progressing(agent: str, details: _Details) -> Data:
    progress: Data = details.get("progress") or {}
    percentage = details.get("progress_percentage", progress.get("percentage"))
    return {
        "status": "progress",
        "progress_data": progress,
        "progress_percentage": min(100, max(0, percentage)) if isinstance(percentage, (int, float)) else None,  # U01
        "current_step": details.get("current_step", progress.get("current_step")),
        "total_steps": progress.get("total_steps"),
        "estimated_completion": details.get("estimated_completion", progress.get("estimated_remaining")),
        "message": progress.get("message") or f"{agent} is making progress",
    }


def _as_given(_agent: str, details: _Details) -> Data:
    data = details.get("data") or {}
    return data if isinstance(data, dict) else {"data": data}


class _Kind(NamedTuple):
    """One kind of event: its payload, and the details that it must, may and, for old emitters, may also have.

    The required and the optional ones are the parameters of the notify method, in order. A bridge has no parameter for
    the extra ones; the wire has a key for each.
    """

    payload: Callable[[str, _Details], Data]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def check(self, details: _Details) -> None:
        """Raise TypeError, as a call with wrong arguments does."""
        unknown = details.keys() - {*self.required, *self.optional, *self.extra}
        missing = set(self.required) - details.keys()
        if unknown or missing:
            raise TypeError(f"unknown details: {sorted(unknown)}, missing: {sorted(missing)}")


_TIMED = ("result", "execution_time_ms")
_STEPS = ("step_number", "progress_percentage", "trace_context")
_ESTIMATES = ("progress_percentage", "current_step", "estimated_completion")
_KINDS: Final[Mapping[str, _Kind]] = {
    "agent_started": _Kind(_started, (), ("context", "trace_context")),
    "agent_thinking": _Kind(_thinking, ("reasoning",), _STEPS, ("step", "total_steps")),
    "tool_executing": _Kind(_tool_executing, ("tool_name",), ("parameters",)),
    "tool_completed": _Kind(_tool_completed, ("tool_name",), _TIMED, ("success", "result_summary")),
    "agent_completed": _Kind(_completed, (), (*_TIMED, "trace_context"), ("success",)),
    "agent_error": _Kind(_failed, ("error",), ("error_context", "trace_context"), ("error_type", "recoverable")),
    "agent_death": _Kind(_dead, ("death_cause",), ("death_context",)),
    "progress_update": _Kind(_progressing, (), ("progress",), _ESTIMATES),
    "custom": _Kind(_as_given, ("notification_type", "data")),
    "agent_event": _Kind(_as_given, ("event_type", "data")),
}


@dataclass(frozen=True, slots=True)
class _Notice:
    """One event before it has a shape: what happened, in which run, with cleaned details."""

    kind: str
    owner: EmitterContext
    run_id: str
    agent_name: str
    details: _Details

    @property
    def method(self) -> str:
        """The method of a bridge that tells the same."""
        return "emit_agent_event" if self.kind == "agent_event" else f"notify_{self.kind}"

    def arguments(self) -> Data:
        """As that method takes it; a trace only if there is one, since not every bridge knows traces."""
        kind = _KINDS[self.kind]
        given = {name: self.details.get(name) for name in (*kind.required, *kind.optional)}
        if given.get("trace_context") is None:
            given.pop("trace_context", None)
        return {"run_id": self.run_id, "agent_name": self.agent_name, **given}

    def event(self) -> Data:
        """As it goes on the wire; a new dict every time, since managers write into it."""
        run = {"run_id": self.run_id, "agent_name": self.agent_name, "timestamp": datetime.now(UTC).isoformat()}
        ids = {**run, "thread_id": self.owner.thread_id}
        kind = self.details.get("notification_type") or self.details.get("event_type") or self.kind
        traced = {"request_id": self.owner.request_id, "trace": self.details.get("trace_context")}
        event = {"type": str(kind), **ids, "user_id": self.owner.user_id, "payload": self._payload(ids)}
        return {**self._loose(), **event, **{name: value for name, value in traced.items() if value}}

    def _payload(self, ids: Data) -> Data:
        """All payloads name their run too, but those that are the caller's own stay as they are."""
        payload = _KINDS[self.kind].payload(self.agent_name, self.details)
        inner = payload.get("payload") if self.kind == "agent_event" else None
        if isinstance(inner, dict):
            return inner
        return payload if self.kind in ("custom", "agent_event") else {**ids, **payload}

    def _loose(self) -> Data:
        """`emit_agent_event` puts its data beside the ids (A02); the ids win."""
        return _as_given("", self.details) if self.kind == "agent_event" else {}


# ---------------------------------------------------------------------------------------------------------------------
# Where events go.


def _is_manager(target: object) -> bool:
    return hasattr(target, "send_to_thread") or hasattr(target, "send_to_user")


@dataclass(frozen=True)
class _Route:
    """Through one of four, or nowhere. Raises whatever it raises; the answer is the truth about delivery."""

    manager: Any = None
    bridge: Any = None
    router: Any = None
    connection: Any = None
    connection_id: str | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        if sum(way is not None for way in (self.manager, self.bridge, self.router, self.connection)) > 1:
            raise ValueError("an emitter sends through one of manager, bridge, router and connection")
        if self.manager is not None and not _is_manager(self.manager):
            raise ValueError(f"{type(self.manager).__name__} has neither send_to_thread nor send_to_user")

    async def send(self, notice: _Notice) -> object:
        if self.manager is not None:
            return await self._to_manager(notice.owner, notice.event())
        if self.bridge is not None:
            return await getattr(self.bridge, notice.method)(**notice.arguments())
        if self.router is not None:
            return await self._to_router(notice.owner.user_id, notice.event())
        return await self._to_socket(notice.event())

    async def _to_manager(self, owner: EmitterContext, event: Data) -> object:
        """To one connection if it was named and the manager can, else to the thread, else to the user (I02)."""
        if self.connection_id is not None and hasattr(self.manager, "send_to_connection"):
            return await self.manager.send_to_connection(self.connection_id, event)
        if hasattr(self.manager, "send_to_thread"):
            return await self.manager.send_to_thread(owner.thread_id, event)
        return await self.manager.send_to_user(owner.user_id, event)

    async def _to_router(self, user_id: str, event: Data) -> object:
        """A router knows whose each connection is: to one of them, or to all of the user's (U01)."""
        if self.connection_id is not None:
            return await self.router.route_event(user_id, self.connection_id, event)
        return await self.router.broadcast_to_user(user_id, event)

    async def _to_socket(self, event: Data) -> bool:
        """One event at a time; without a socket nothing was delivered (W02 called that sent)."""
        socket = getattr(self.connection, "websocket", self.connection)
        if socket is None:
            raise ConnectionError("nothing to send through")
        async with self.turn:
            if hasattr(socket, "send_json"):
                await socket.send_json(event)
            else:
                write = socket.send_text if hasattr(socket, "send_text") else socket.send
                await write(json.dumps(event, allow_nan=False))
        return True


# ---------------------------------------------------------------------------------------------------------------------
# The emitter.


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
    asyncio.CancelledError on; nothing else. Secrets, long values and internal keys are taken out of all details first.
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
        self._bind(_checked(owner), context, _Route(manager, bridge, router, connection, connection_id))

    def _start(self, agent_name: str | None, settings: EmitterSettings) -> None:
        self._settings, self._agent_name, self._released = settings, agent_name, False
        self.events_sent = self.events_failed = self.events_refused = 0
        self.created_at, self._born = datetime.now(UTC), settings.clock()
        self.last_event_time: datetime | None = None
        self._last_used = self._born

    def _bind(self, owner: EmitterContext, context: Any, route: _Route) -> None:
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
        emitter._bind(EmitterContext("", "", ""), None, _Route())
        return emitter

    def initialize(self, context: RunContext, router: Any, connection_id: str | None = None) -> None:
        """Bind what `unbound` made. RuntimeError if it is bound already: no emitter ever passes to another user."""
        self._require_unreleased()
        if self._owner.user_id:
            raise RuntimeError(f"{self!r} is bound for good")
        route = _Route(router=router, connection_id=connection_id)
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
        _KINDS[kind].check(details)
        return await self._deliver(kind, self._owner.run_id if run_id is None else run_id, agent_name, details)

    async def _notify(self, kind: str, run_id: str | None, agent_name: str | None, *values: object) -> bool:
        names = (*_KINDS[kind].required, *_KINDS[kind].optional)
        return (await self._deliver(kind, run_id, agent_name, dict(zip(names, values, strict=True)))).sent

    async def _deliver(self, kind: str, run_id: str | None, agent_name: str | None, details: _Details) -> Delivery:
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

    async def _send(self, kind: str, run_id: str, agent_name: str, details: _Details) -> Delivery:
        try:
            notice = _Notice(kind, self._owner, run_id, agent_name, _clean(details))
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
        self._route = _Route(websocket_manager, connection_id=self.connection_id)

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
        self._released, self._route = True, _Route()

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


# ---------------------------------------------------------------------------------------------------------------------
# The factory.


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


# ---------------------------------------------------------------------------------------------------------------------
# The pool.


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
    def from_settings(cls, settings: Any) -> Self:
        """From an object with pool_initial_size, pool_max_size, pool_cleanup_interval and pool_reuse_timeout."""
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
        self.config = config or EmitterPoolConfig()
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
        manager, router = (router, None) if _is_manager(router) else (None, router)
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
