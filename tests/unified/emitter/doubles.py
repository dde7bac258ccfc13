"""What an emitter sends through, in memory: each double keeps what it was given and answers as it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings

from unified_target.unified_emitter import EmitterSettings, UnifiedWebSocketEmitter

FIVE = ("agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed")
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no defect."""
HUNG = EmitterSettings(deadline_s=0.02)


@dataclass(frozen=True)
class Context:
    """A request's context; equal to nothing but itself in what it names."""

    user_id: str = "ada"
    thread_id: str = "thread_ada"
    run_id: str = "run_1"
    request_id: str = "request_1"


@dataclass
class Clock:
    """Time that moves only when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ThreadManager:
    """Delivers by thread."""

    answer: Any = True
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> Any:
        return await self._take(thread_id, message)

    async def _take(self, receiver: str, message: dict[str, Any]) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.sent.append((receiver, message))
        return self.answer

    @property
    def events(self) -> list[dict[str, Any]]:
        """What arrived, without where."""
        return [event for _, event in self.sent]


class UserManager(ThreadManager):
    """Knows only users."""

    send_to_thread = None  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        if name == "send_to_thread":
            raise AttributeError(name)
        return super().__getattribute__(name)

    async def send_to_user(self, user_id: str, message: dict[str, Any]) -> Any:
        return await self._take(f"user {user_id}", message)


class ConnectionManager(ThreadManager):
    """Reaches threads, users and single connections."""

    async def send_to_connection(self, connection_id: str, message: dict[str, Any]) -> Any:
        return await self._take(f"connection {connection_id}", message)

    async def send_to_user(self, user_id: str, message: dict[str, Any]) -> Any:
        return await self._take(f"user {user_id}", message)


class HungManager:
    """Takes an event and never answers."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    async def send_to_thread(self, thread_id: str, message: dict[str, Any]) -> bool:
        self.waiting.set()
        await asyncio.Event().wait()
        return True


@dataclass
class Router:
    """Knows whose each connection is."""

    owners: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def route_event(self, user_id: str, connection_id: str, event: dict[str, Any]) -> bool:
        if self.owners.get(connection_id) != user_id:
            return False
        self.sent.append((connection_id, event))
        return True

    async def broadcast_to_user(self, user_id: str, event: dict[str, Any]) -> int:
        mine = [connection for connection, owner in self.owners.items() if owner == user_id]
        self.sent.extend((connection, event) for connection in mine)
        return len(mine)


@dataclass
class Bridge:
    """Writes down which of its methods was called with what."""

    answer: Any = True
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith(("notify_", "emit_")):
            raise AttributeError(name)

        async def method(**arguments: Any) -> Any:
            self.calls.append((name, arguments))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return method


def emitter_for(manager: Any = None, **more: Any) -> UnifiedWebSocketEmitter:
    """An emitter of Ada's first run."""
    return UnifiedWebSocketEmitter("ada", "thread_ada", "run_1", manager, **more)


async def speak_all_five(emitter: Any, run_id: str = "run_1") -> list[bool]:
    """A whole run."""
    return [
        await emitter.notify_agent_started(run_id, "triage", {"question": "tea?"}),
        await emitter.notify_agent_thinking(run_id, "triage", "a question about tea", 1, 10.0),
        await emitter.notify_tool_executing(run_id, "triage", "search", {"q": "tea"}),
        await emitter.notify_tool_completed(run_id, "triage", "search", {"hits": 2}, 4.0),
        await emitter.notify_agent_completed(run_id, "triage", {"answer": "tea"}, 9.0),
    ]
