"""An emitter that belongs to one run of one user."""

import uuid
from typing import TYPE_CHECKING, Any, Dict, List, Optional

if TYPE_CHECKING:
    from netra_backend.app.websocket_core.manager import WebSocketManager

MAX_BUFFER_SIZE = 100

__all__ = ["MAX_BUFFER_SIZE", "IsolatedWebSocketEventEmitter"]


class IsolatedWebSocketEventEmitter:
    """Sends to its thread, or to its user when the thread is not shown anywhere."""

    def __init__(
        self, user_id: str, thread_id: str, run_id: str, websocket_manager: Optional["WebSocketManager"] = None
    ):
        self.user_id = user_id
        self.thread_id = thread_id
        self.run_id = run_id
        self._websocket_manager = websocket_manager
        self._event_buffer: List[Dict[str, Any]] = []
        self._events_sent = 0
        self._events_failed = 0

    @classmethod
    def create_for_user(
        cls, user_id: str, thread_id: str, run_id: str, websocket_manager: Optional["WebSocketManager"] = None
    ) -> "IsolatedWebSocketEventEmitter":
        return cls(user_id, thread_id, run_id, websocket_manager)

    async def emit_agent_started(self, agent_name: str, run_id: str) -> None:
        await self._emit("agent_started", {"agent_name": agent_name, "message": f"{agent_name} has started"})

    async def emit_agent_thinking(self, agent_name: str, message: str) -> None:
        await self._emit("agent_thinking", {"agent_name": agent_name, "message": message})

    async def emit_tool_executing(self, tool_name: str, run_id: str) -> None:
        await self._emit("tool_executing", {"tool_name": tool_name, "message": f"Running {tool_name}"})

    async def emit_tool_completed(self, tool_name: str, run_id: str, result: Any = None) -> None:
        await self._emit("tool_completed", {"tool_name": tool_name, "success": True, "result": result})

    async def emit_agent_completed(self, agent_name: str, run_id: str, result: Any = None) -> None:
        await self._emit("agent_completed", {"agent_name": agent_name, "success": True, "result": result})

    async def notify_agent_started(self, agent_name: str, run_id: str) -> None:
        await self.emit_agent_started(agent_name, run_id)

    async def notify_agent_completed(self, agent_name: str, run_id: str, result: Any = None) -> None:
        await self.emit_agent_completed(agent_name, run_id, result)

    async def notify_agent_error(self, agent_name: str, run_id: str, error: str) -> None:
        await self._emit("agent_error", {"agent_name": agent_name, "success": False, "error": error})

    def set_websocket_manager(self, websocket_manager: "WebSocketManager") -> None:
        self._websocket_manager = websocket_manager

    def get_event_stats(self) -> Dict[str, Any]:
        return {"sent": self._events_sent, "failed": self._events_failed, "buffered": len(self._event_buffer)}

    async def cleanup(self) -> None:
        self._event_buffer.clear()
        self._websocket_manager = None

    async def _emit(self, event_type: str, data: Dict[str, Any]) -> None:
        ids = {
            "event_id": uuid.uuid4().hex,
            "user_id": self.user_id,
            "thread_id": self.thread_id,
            "run_id": self.run_id,
        }
        message = {"type": event_type, "data": {**data, **ids}}
        self._event_buffer.append(message)
        if len(self._event_buffer) > MAX_BUFFER_SIZE:
            self._event_buffer = self._event_buffer[-MAX_BUFFER_SIZE // 2 :]
        if self._websocket_manager is None:
            self._events_failed += 1
            return
        to_thread = hasattr(self._websocket_manager, "send_to_thread")  # whatever it answers
        await (self._websocket_manager.send_to_thread(self.thread_id, message) if to_thread else self._to_user(message))
        self._events_sent += 1

    async def _to_user(self, message: Dict[str, Any]) -> None:
        await self._websocket_manager.send_to_user(self.user_id, message)
