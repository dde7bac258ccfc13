"""Events of one user, through the event router."""

from typing import Any, Dict, Optional

from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.services.websocket_event_router import WebSocketEventRouter
from netra_backend.app.websocket_core.types import utc_now


class UserWebSocketEmitter:
    """Sends to one connection of the user, or to all of them."""

    def __init__(
        self, context: UserExecutionContext, router: WebSocketEventRouter, connection_id: Optional[str] = None
    ):
        self.context = context
        self.router = router
        self.connection_id = connection_id
        self.events_sent = 0
        self.events_failed = 0

    async def notify_agent_started(self, agent_name: str, metadata: Optional[dict] = None) -> bool:
        return await self._send("agent_started", agent_name, {"status": "started", "metadata": metadata or {}})

    async def notify_agent_thinking(self, agent_name: str, thought: str, step: Optional[str] = None) -> bool:
        return await self._send("agent_thinking", agent_name, {"thought": thought, "step": step})

    async def notify_tool_executing(self, agent_name: str, tool_name: str, tool_input: Optional[dict] = None) -> bool:
        return await self._send("tool_executing", agent_name, {"tool_name": tool_name, "tool_input": tool_input or {}})

    async def notify_tool_completed(
        self, agent_name: str, tool_name: str, success: bool, result_summary: Optional[str] = None
    ) -> bool:
        payload = {"tool_name": tool_name, "success": success, "result_summary": result_summary}
        return await self._send("tool_completed", agent_name, payload)

    async def notify_agent_completed(self, agent_name: str, result: Dict[str, Any], success: bool = True) -> bool:
        return await self._send("agent_completed", agent_name, {"result": result, "success": success})

    async def notify_agent_error(
        self, agent_name: str, error_type: str, error_message: str, recoverable: bool = False
    ) -> bool:
        payload = {"error_type": error_type, "error_message": error_message, "recoverable": recoverable}
        return await self._send("agent_error", agent_name, payload)

    def get_stats(self) -> Dict[str, Any]:
        return {"user_id": self.context.user_id, "sent": self.events_sent, "failed": self.events_failed}

    def __str__(self) -> str:
        return f"UserWebSocketEmitter(user={self.context.user_id}, run={self.context.run_id})"

    async def _send(self, event_type: str, agent_name: str, payload: Dict[str, Any]) -> bool:
        event = {
            "type": event_type,
            "run_id": self.context.run_id,
            "thread_id": self.context.thread_id,
            "request_id": self.context.request_id,
            "agent_name": agent_name,
            "timestamp": utc_now(),
            "payload": payload,
        }
        if self.connection_id:
            sent = await self.router.route_event(self.context.user_id, self.connection_id, event)
        else:
            sent = await self.router.broadcast_to_user(self.context.user_id, event) > 0
        self.events_sent += int(sent)
        self.events_failed += int(not sent)
        return sent
