"""A manager per connection, so that one user never sees another's events."""

import inspect
import logging
import uuid
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Callable, Dict, List, Optional, Set

from netra_backend.app.websocket_core.manager import WebSocketManager
from netra_backend.app.websocket_core.manager import get_websocket_manager as _get_core_manager
from netra_backend.app.websocket_core.types import utc_now

logger = logging.getLogger(__name__)


class ConnectionScopedWebSocketManager:
    """Bound to one socket of one user."""

    _active_managers: Set[str] = set()
    _total_created = 0

    def __init__(
        self, websocket: Any, user_id: str, connection_id: Optional[str] = None, thread_id: Optional[str] = None
    ):
        self.websocket = websocket
        self.user_id = user_id
        self.connection_id = connection_id or f"conn_{uuid.uuid4().hex[:8]}"
        self.thread_id = thread_id
        self.manager_id = f"mgr_{user_id}_{uuid.uuid4().hex[:8]}"
        self.stats = {"events_sent": 0, "events_blocked": 0}
        self._callbacks: Dict[str, List[Callable[..., Any]]] = {}
        self._is_initialized = False
        ConnectionScopedWebSocketManager._active_managers.add(self.manager_id)
        ConnectionScopedWebSocketManager._total_created += 1

    async def initialize(self, thread_id: Optional[str] = None, session_id: Optional[str] = None) -> bool:
        self.thread_id = thread_id or self.thread_id
        self._is_initialized = True
        return True

    async def send_agent_started(self, agent_name: str, run_id: str, metadata: Optional[dict] = None) -> bool:
        return await self._send("agent_started", agent_name=agent_name, run_id=run_id, metadata=metadata or {})

    async def send_agent_thinking(self, agent_name: str, run_id: str, thought: str, step: Optional[str] = None) -> bool:
        return await self._send("agent_thinking", agent_name=agent_name, run_id=run_id, thought=thought, step=step)

    async def send_tool_executing(self, tool_name: str, run_id: str, parameters: Optional[dict] = None) -> bool:
        return await self._send("tool_executing", tool_name=tool_name, run_id=run_id, parameters=parameters or {})

    async def send_tool_completed(self, tool_name: str, run_id: str, result: Optional[dict] = None) -> bool:
        return await self._send("tool_completed", tool_name=tool_name, run_id=run_id, result=result or {})

    async def send_agent_completed(
        self, agent_name: str, run_id: str, result: Optional[dict] = None, success: bool = True
    ) -> bool:
        return await self._send(
            "agent_completed", agent_name=agent_name, run_id=run_id, result=result or {}, success=success
        )

    async def send_agent_error(self, agent_name: str, run_id: str, error: str, details: Optional[dict] = None) -> bool:
        return await self._send("agent_error", agent_name=agent_name, run_id=run_id, error=error, details=details or {})

    async def handle_incoming_message(self, message: Dict[str, Any]) -> Optional[dict]:
        if message.get("user_id", self.user_id) != self.user_id:
            self.stats["events_blocked"] += 1
            logger.error("message of another user on %s", self.connection_id)
            return {"type": "error", "payload": {"message": "user mismatch"}}
        if message.get("type") == "join_thread":
            self.thread_id = message["payload"]["thread_id"]
            return {"type": "thread_joined", "payload": {"thread_id": self.thread_id}}
        return None

    def add_event_callback(self, event_type: str, callback: Callable[..., Any]) -> None:
        self._callbacks.setdefault(event_type, []).append(callback)

    def is_connection_healthy(self) -> bool:
        return self._is_initialized and self.manager_id in self._active_managers

    async def get_connection_stats(self) -> Dict[str, Any]:
        return {"user_id": self.user_id, "connection_id": self.connection_id, **self.stats}

    async def cleanup(self) -> None:
        self._active_managers.discard(self.manager_id)
        self._callbacks.clear()

    @classmethod
    def get_global_stats(cls) -> Dict[str, Any]:
        return {"active": len(cls._active_managers), "total_created": cls._total_created}

    async def _send(self, event_type: str, **payload: Any) -> bool:
        if not self.is_connection_healthy():
            return False
        ids = {"user_id": self.user_id, "connection_id": self.connection_id, "thread_id": self.thread_id}
        try:
            await self.websocket.send_json({"type": event_type, **ids, "timestamp": utc_now(), "payload": payload})
        except Exception as error:
            logger.info("connection %s is gone: %s", self.connection_id, error)
            return False
        self.stats["events_sent"] += 1
        for callback in self._callbacks.get(event_type, ()):
            outcome = callback(payload)
            if inspect.isawaitable(outcome):
                await outcome
        return True


def get_websocket_manager() -> WebSocketManager:
    """The core manager, for callers that never moved."""
    return _get_core_manager()


@asynccontextmanager
async def connection_scoped_manager(
    websocket: Any, user_id: str, thread_id: Optional[str] = None
) -> AsyncIterator[ConnectionScopedWebSocketManager]:
    """A ready manager for the length of a block."""
    scoped = ConnectionScopedWebSocketManager(websocket, user_id, thread_id=thread_id)
    await scoped.initialize()
    try:
        yield scoped
    finally:
        await scoped.cleanup()
