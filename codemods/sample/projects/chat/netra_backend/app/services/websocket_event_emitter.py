"""Events of one execution context, with redaction."""

from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Dict, Optional

from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.websocket_core import WebSocketManager, get_websocket_manager
from netra_backend.app.websocket_core.types import utc_now

SENSITIVE = ("password", "secret", "key", "token", "auth", "credential")


class WebSocketEventEmitter:
    """Sends for its own run only; refuses every other run id."""

    def __init__(self, user_context: UserExecutionContext, websocket_manager: WebSocketManager):
        if not isinstance(user_context, UserExecutionContext):
            raise ValueError("user_context must be a UserExecutionContext")
        self.user_context = user_context
        self.websocket_manager = websocket_manager
        self._metrics = {"events_sent": 0, "events_failed": 0}
        self._disposed = False

    async def notify_agent_started(self, run_id: str, agent_name: str, context: Optional[dict] = None) -> bool:
        payload = {"status": "started", "context": context or {}, "message": f"{agent_name} has started"}
        return await self._emit("agent_started", run_id, agent_name, payload)

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: Optional[int] = None,
        progress_percentage: Optional[float] = None,
    ) -> bool:
        payload = {"reasoning": reasoning, "step_number": step_number, "progress_percentage": progress_percentage}
        return await self._emit("agent_thinking", run_id, agent_name, payload)

    async def notify_tool_executing(
        self, run_id: str, agent_name: str, tool_name: str, parameters: Optional[dict] = None
    ) -> bool:
        payload = {"tool_name": tool_name, "parameters": self._redact(parameters or {}), "status": "executing"}
        return await self._emit("tool_executing", run_id, agent_name, payload)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: Optional[dict] = None,
        execution_time_ms: Optional[float] = None,
    ) -> bool:
        payload = {"tool_name": tool_name, "result": result or {}, "execution_time_ms": execution_time_ms}
        return await self._emit("tool_completed", run_id, agent_name, payload)

    async def notify_agent_completed(
        self, run_id: str, agent_name: str, result: Optional[dict] = None, execution_time_ms: Optional[float] = None
    ) -> bool:
        payload = {"status": "completed", "result": result or {}, "execution_time_ms": execution_time_ms}
        return await self._emit("agent_completed", run_id, agent_name, payload)

    async def notify_agent_error(
        self, run_id: str, agent_name: str, error: str, error_context: Optional[dict] = None
    ) -> bool:
        payload = {"status": "error", "error_message": error[:300], "error_context": error_context or {}}
        return await self._emit("agent_error", run_id, agent_name, payload)

    def get_metrics(self) -> Dict[str, Any]:
        return dict(self._metrics)

    def get_context(self) -> UserExecutionContext:
        return self.user_context

    async def dispose(self) -> None:
        self._disposed = True

    async def __aenter__(self) -> "WebSocketEventEmitter":
        return self

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        await self.dispose()

    def _redact(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: "[REDACTED]" if any(word in str(key).lower() for word in SENSITIVE) else self._redact(item)
                for key, item in value.items()
            }
        return value[:200] if isinstance(value, str) else value

    async def _emit(self, event_type: str, run_id: str, agent_name: str, payload: Dict[str, Any]) -> bool:
        if self._disposed:
            raise RuntimeError("the emitter has been disposed")
        message = {
            "type": event_type,
            "run_id": run_id,
            "agent_name": agent_name,
            "timestamp": utc_now(),
            "payload": payload,
        }
        own_run = run_id == self.user_context.run_id
        sent = own_run and await self.websocket_manager.send_to_thread(self.user_context.thread_id, message)
        self._metrics["events_sent" if sent else "events_failed"] += 1
        return sent


class WebSocketEventEmitterFactory:
    """Makes emitters, and cleans up after them."""

    @staticmethod
    async def create_emitter(
        user_context: UserExecutionContext, websocket_manager: Optional[WebSocketManager] = None
    ) -> WebSocketEventEmitter:
        return WebSocketEventEmitter(user_context, websocket_manager or get_websocket_manager())

    @staticmethod
    @asynccontextmanager
    async def create_scoped_emitter(
        user_context: UserExecutionContext, websocket_manager: Optional[WebSocketManager] = None
    ) -> AsyncIterator[WebSocketEventEmitter]:
        emitter = await WebSocketEventEmitterFactory.create_emitter(user_context, websocket_manager)
        try:
            yield emitter
        finally:
            await emitter.dispose()
