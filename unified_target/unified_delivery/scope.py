"""One connection's own view of the manager, which cannot leave its user."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from .channel import Channel
from .hub import ConnectionRefused
from .stream import FIVE_EVENTS
from .wire import now_text

logger = logging.getLogger(__name__)

Callback = Callable[[dict[str, Any]], Awaitable[None] | None]


class ConnectionScope:
    """One connection and nothing else: it can neither send to another user nor be fed by one.

    Made by `UnifiedWebSocketManager.get_connection_scope` for a connection that exists, or by
    `connection_scoped_manager` for one it opens. Blocked attempts are counted and stand in the manager's audit log.
    """

    _active_managers: ClassVar[set[str]] = set()
    _total_created: ClassVar[int] = 0

    def __init__(
        self, connection_id: str, user_id: str, thread_id: str | None, websocket: Any, parent_manager: Any
    ) -> None:
        self.connection_id, self.user_id, self._thread_id = connection_id, user_id, thread_id
        self.websocket, self.parent_manager = websocket, parent_manager
        self.event_callbacks: dict[str, list[Callback]] = {}
        self.stats: dict[str, Any] = {
            "events_sent": 0,
            "events_received": 0,
            "events_blocked": 0,
            "created_at": datetime.now(UTC),
            "last_activity": datetime.now(UTC),
            **dict.fromkeys(FIVE_EVENTS, 0),
        }
        self._is_cleaned = False

    @property
    def thread_id(self) -> str | None:
        """The thread that the connection shows; before it is connected, and after, the last one known."""
        channel = self._channel()
        if channel is not None:
            self._thread_id = channel.thread_id
        return self._thread_id

    def _channel(self) -> Channel | None:
        """The connection, if the one that has this id is still the user's, and has this socket."""
        channel: Channel | None = self.parent_manager.hub.channels.get(self.connection_id)
        if channel is None or channel.user_id != self.user_id or channel.socket.websocket is not self.websocket:
            return None
        return channel

    @classmethod
    def open(
        cls,
        websocket: Any,
        user_id: str,
        connection_id: str | None = None,
        thread_id: str | None = None,
        manager: Any = None,
    ) -> ConnectionScope:
        """A scope for a socket that is not connected yet; `initialize` connects it, by default to the one manager."""
        if manager is None:
            from ..unified_manager import get_websocket_manager

            manager = get_websocket_manager()
        scope = cls(connection_id or f"mgr_{user_id}_{uuid.uuid4().hex[:8]}", user_id, thread_id, websocket, manager)
        cls._active_managers.add(scope.connection_id)
        cls._total_created += 1
        return scope

    async def initialize(self, thread_id: str | None = None, session_id: str | None = None) -> bool:
        """Connect, if that has not been done; False when the manager has no room. `session_id` is only logged."""
        self._thread_id = thread_id or self._thread_id
        if self._channel() is not None:
            return True
        try:
            await self.parent_manager.connect_user(
                self.user_id, self.websocket, self._thread_id, connection_id=self.connection_id
            )
        except ConnectionRefused as error:
            logger.warning("connection %s (session %s) was refused: %s", self.connection_id, session_id, error)
            return False
        return True

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send_event(self, event_type: str, payload: dict[str, Any]) -> bool:
        """Send an event to this connection; what the payload says of users, connections and threads is overruled."""
        event = {
            "type": event_type,
            "payload": payload,
            "user_id": self.user_id,
            "connection_id": self.connection_id,
            "thread_id": self.thread_id,
            "timestamp": now_text(),
        }
        if self._is_cleaned or self._channel() is None:
            return False
        if not await self.parent_manager.send_to_connection(self.connection_id, event):
            return False
        self.stats["events_sent"] += 1
        self.stats["last_activity"] = datetime.now(UTC)
        if event_type in FIVE_EVENTS:
            self.stats[event_type] += 1
        await self._call_back(event_type, event)
        return True

    async def send_agent_started(self, agent_name: str, run_id: str, metadata: dict[str, Any] | None = None) -> bool:
        """The user sees that an agent began."""
        message = f"{agent_name} has started processing your request"
        return await self._send(
            "agent_started",
            agent_name,
            run_id,
            message,
            status="started",
            metadata=metadata or {},
            context=metadata or {},
        )

    async def send_agent_thinking(self, agent_name: str, run_id: str, thought: str, step: str | None = None) -> bool:
        """The user sees the reasoning."""
        message = f"{agent_name} is thinking: {thought[:100]}"
        return await self._send(
            "agent_thinking",
            agent_name,
            run_id,
            message,
            status="thinking",
            thought=thought,
            reasoning=thought,
            step=step,
        )

    async def send_tool_executing(self, tool_name: str, run_id: str, parameters: dict[str, Any] | None = None) -> bool:
        """The user sees that a tool is used."""
        return await self._send(
            "tool_executing",
            None,
            run_id,
            f"Executing {tool_name}...",
            status="executing",
            tool_name=tool_name,
            parameters=parameters or {},
        )

    async def send_tool_completed(self, tool_name: str, run_id: str, result: dict[str, Any] | None = None) -> bool:
        """The user sees what a tool gave."""
        return await self._send(
            "tool_completed",
            None,
            run_id,
            f"Completed {tool_name}",
            status="completed",
            tool_name=tool_name,
            result=result or {},
        )

    async def send_agent_completed(
        self, agent_name: str, run_id: str, result: dict[str, Any] | None = None, success: bool = True
    ) -> bool:
        """The user sees that the answer is ready."""
        status = "completed" if success else "failed"
        message = f"{agent_name} has {status}"
        return await self._send(
            "agent_completed", agent_name, run_id, message, status=status, result=result or {}, success=success
        )

    async def send_agent_error(
        self, agent_name: str, run_id: str, error: str, details: dict[str, Any] | None = None
    ) -> bool:
        """The user sees that the agent failed."""
        message = f"{agent_name} encountered an error: {error}"
        return await self._send(
            "agent_error", agent_name, run_id, message, status="error", error=error, details=details or {}
        )

    async def _send(self, event_type: str, agent_name: str | None, run_id: str, message: str, **payload: Any) -> bool:
        named = {"agent_name": agent_name} if agent_name is not None else {}
        return await self.send_event(event_type, {**named, "run_id": run_id, "message": message, **payload})

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def handle_incoming_message(self, message: Any) -> dict[str, Any] | None:
        """Take a message from the client: None when it is fine, an error reply when it is none or crosses users.

        `join_thread` moves the connection to the thread that it names, unless that is another user's.
        """
        self.stats["events_received"] += 1
        if not isinstance(message, Mapping):
            return _reply("a message is an object")
        claimed = message.get("user_id")
        if claimed is not None and not self.validate_user(claimed):
            return _reply("the message names another user")
        return self._join_thread(message) if message.get("type") == "join_thread" else None

    def _join_thread(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        payload = message.get("payload")
        wanted = message.get("thread_id") or (payload.get("thread_id") if isinstance(payload, Mapping) else None)
        if wanted is None:
            return None
        if not isinstance(wanted, str):
            return _reply("a thread id is a text")
        if self._channel() is None:  # it is known when it connects
            self._thread_id = wanted
            return None
        return None if self.parent_manager.join_thread(self.connection_id, wanted) else _reply("not your thread")

    def validate_user(self, user_id: str) -> bool:
        """Whether the id is this connection's user; another is counted, and noted in the audit log."""
        if user_id == self.user_id:
            return True
        self.stats["events_blocked"] += 1
        self.parent_manager.block(self.connection_id, f"names user {user_id}")
        return False

    # ── callbacks, state ─────────────────────────────────────────────────────────────────────────────────────────────

    def add_event_callback(self, event_type: str, callback: Callback) -> None:
        """Call `callback(event)` after each event of this type was sent; it may be a coroutine function."""
        self.event_callbacks.setdefault(event_type, []).append(callback)

    async def _call_back(self, event_type: str, event: dict[str, Any]) -> None:
        for callback in self.event_callbacks.get(event_type, ()):
            try:
                outcome = callback(event)
                if outcome is not None:
                    await outcome
            except Exception:
                logger.exception("a callback for %s failed; the event was sent", event_type)

    def is_connection_healthy(self) -> bool:
        """Whether the connection is there and its socket open."""
        here = not self._is_cleaned and self._channel() is not None
        return here and self.parent_manager.heartbeat.healthy(self.connection_id)

    def get_stats(self) -> dict[str, Any]:
        """Counters of this connection."""
        return {
            "connection_id": self.connection_id,
            "user_id": self.user_id,
            "thread_id": self.thread_id,
            **self.stats,
        }

    async def get_connection_stats(self) -> dict[str, Any]:
        """Counters and state of this connection."""
        breakdown = {event: self.stats[event] for event in FIVE_EVENTS}
        return {
            "connection_id": self.connection_id,
            "user_id": self.user_id,
            "thread_id": self.thread_id,
            "manager_stats": {**self.stats, "agent_events_breakdown": breakdown},
            "is_healthy": self.is_connection_healthy(),
            "is_initialized": self._channel() is not None,
            "is_cleaned": self._is_cleaned,
        }

    async def cleanup(self) -> None:
        """Close the connection and send nothing any more. Idempotent."""
        if self._is_cleaned:
            return
        self._is_cleaned = True
        self.event_callbacks.clear()
        if self._channel() is not None:
            await self.parent_manager.remove_connection(self.connection_id)
        elif self.connection_id not in self.parent_manager.hub.channels:
            ConnectionScope.gone(self.connection_id)

    @classmethod
    def gone(cls, connection_id: str) -> None:
        """Take note that a connection has gone, however that came."""
        cls._active_managers.discard(connection_id)

    @classmethod
    def get_global_stats(cls) -> dict[str, Any]:
        """How many scopes there are and ever were in this process."""
        return {
            "active_managers": len(cls._active_managers),
            "total_created": cls._total_created,
            "active_connection_ids": sorted(cls._active_managers),
        }


def _reply(problem: str) -> dict[str, Any]:
    return {"type": "error", "message": problem, "timestamp": now_text()}
