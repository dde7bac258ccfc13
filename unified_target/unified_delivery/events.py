"""What an agent's event looks like on the wire.

One function for each kind of event makes the payload from cleaned details: the keys that the front end reads, those
that the in-tree validator reads, and those that consumers of the old emitters read, side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from .redaction import Data, shown_error


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


Details = Mapping[str, Any]


def _started(agent: str, details: Details) -> Data:
    context = details.get("context") or {}
    message = f"{agent} is now working on your request"
    return {"status": "started", "context": context, "metadata": context, "message": message}


def _thinking(agent: str, details: Details) -> Data:
    thought, step = details["reasoning"], details.get("step_number")
    return {
        "status": "thinking", "reasoning": thought, "thought": thought, "thinking": thought,
        "step_number": step, "step": details.get("step", step), "total_steps": details.get("total_steps"),
        "progress_percentage": details.get("progress_percentage"),
        "message": f"{agent}: {str(thought or '')[:100]}",  # U01: its first 100 characters
    }  # fmt: skip


def _tool_executing(agent: str, details: Details) -> Data:
    tool, parameters = details["tool_name"], details.get("parameters") or {}
    message = f"{agent} uses {tool}"
    data = {"parameters": parameters, "tool_input": parameters}
    return {"status": "executing", "tool_name": tool, **data, "message": message}


def _tool_completed(agent: str, details: Details) -> Data:
    tool, outcome = details["tool_name"], _outcome(details)
    message = f"{agent} {'is done with' if outcome['success'] else 'could not finish'} {tool}"
    data = {"tool_output": outcome["result"], "result_summary": details.get("result_summary")}
    return {**outcome, "tool_name": tool, **data, "message": message}


def _completed(agent: str, details: Details) -> Data:
    outcome = _outcome(details)
    ending = "has finished" if outcome["success"] else "could not finish"
    return {**outcome, "message": f"{agent} {ending} your request"}


def _outcome(details: Details) -> Data:
    """How it ended: as the caller says, else as the result itself says, else well."""
    result, summary, success = (details.get(name) for name in ("result", "result_summary", "success"))
    if result is None:
        result = {} if summary is None else {"summary": summary}
    if success is None:
        success = not (isinstance(result, dict) and result.get("success") is False)
    how = {"status": "completed" if success else "failed", "success": bool(success)}
    return {**how, "result": result, "execution_time_ms": details.get("execution_time_ms")}


def _failed(agent: str, details: Details) -> Data:
    context, error = details.get("error_context") or {}, details.get("error") or shown_error(None)
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


def _dead(agent: str, details: Details) -> Data:
    cause = details["death_cause"]
    message = f"{agent} {_DEATHS.get(cause, 'broke down. Please refresh and try again.')}"
    data = {"death_cause": cause, "death_context": details.get("death_context") or {}}
    return {"status": "dead", **data, "message": message, "recovery_action": "refresh_required"}


def _progressing(agent: str, details: Details) -> Data:
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


def _as_given(_agent: str, details: Details) -> Data:
    data = details.get("data") or {}
    return data if isinstance(data, dict) else {"data": data}


class Kind(NamedTuple):
    """One kind of event: its payload, and the details that it must, may and, for old emitters, may also have.

    The required and the optional ones are the parameters of the notify method, in order. A bridge has no parameter for
    the extra ones; the wire has a key for each.
    """

    payload: Callable[[str, Details], Data]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def check(self, details: Details) -> None:
        """Raise TypeError, as a call with wrong arguments does."""
        unknown = details.keys() - {*self.required, *self.optional, *self.extra}
        missing = set(self.required) - details.keys()
        if unknown or missing:
            raise TypeError(f"unknown details: {sorted(unknown)}, missing: {sorted(missing)}")


_TIMED = ("result", "execution_time_ms")
_STEPS = ("step_number", "progress_percentage", "trace_context")
_ESTIMATES = ("progress_percentage", "current_step", "estimated_completion")
KINDS: Final[Mapping[str, Kind]] = {
    "agent_started": Kind(_started, (), ("context", "trace_context")),
    "agent_thinking": Kind(_thinking, ("reasoning",), _STEPS, ("step", "total_steps")),
    "tool_executing": Kind(_tool_executing, ("tool_name",), ("parameters",)),
    "tool_completed": Kind(_tool_completed, ("tool_name",), _TIMED, ("success", "result_summary")),
    "agent_completed": Kind(_completed, (), (*_TIMED, "trace_context"), ("success",)),
    "agent_error": Kind(_failed, ("error",), ("error_context", "trace_context"), ("error_type", "recoverable")),
    "agent_death": Kind(_dead, ("death_cause",), ("death_context",)),
    "progress_update": Kind(_progressing, (), ("progress",), _ESTIMATES),
    "custom": Kind(_as_given, ("notification_type", "data")),
    "agent_event": Kind(_as_given, ("event_type", "data")),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One event before it has a shape: what happened, in which run, with cleaned details."""

    kind: str
    owner: EmitterContext
    run_id: str
    agent_name: str
    details: Details

    @property
    def method(self) -> str:
        """The method of a bridge that tells the same."""
        return "emit_agent_event" if self.kind == "agent_event" else f"notify_{self.kind}"

    def arguments(self) -> Data:
        """As that method takes it; a trace only if there is one, since not every bridge knows traces."""
        kind = KINDS[self.kind]
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
        payload = KINDS[self.kind].payload(self.agent_name, self.details)
        inner = payload.get("payload") if self.kind == "agent_event" else None
        if isinstance(inner, dict):
            return inner
        return payload if self.kind in ("custom", "agent_event") else {**ids, **payload}

    def _loose(self) -> Data:
        """`emit_agent_event` puts its data beside the ids (A02); the ids win."""
        return _as_given("", self.details) if self.kind == "agent_event" else {}
