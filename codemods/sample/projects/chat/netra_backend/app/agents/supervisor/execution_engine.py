"""Runs an agent and says so through the bridge."""

from typing import TYPE_CHECKING, Any, Dict, Optional

from netra_backend.app.agents.base.interface import ExecutionContext, ExecutionResult

if TYPE_CHECKING:
    from netra_backend.app.agents.base.interface import WebSocketManagerProtocol
    from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge
    from netra_backend.app.websocket_core.manager import WebSocketManager


class ExecutionEngine:
    """For agents that have no emitter of their own."""

    def __init__(self, bridge: "AgentWebSocketBridge", websocket_manager: Optional["WebSocketManager"] = None):
        self.bridge = bridge
        self.websocket_manager = websocket_manager
        self.updates: "WebSocketManagerProtocol | None" = None

    async def execute(self, context: ExecutionContext, answer: Dict[str, Any]) -> ExecutionResult:
        await self.bridge.notify_agent_started(context.run_id, context.agent_name, {"question": context.question})
        sent = await self.bridge.notify_agent_completed(context.run_id, context.agent_name, answer, 3.0)
        return ExecutionResult(success=sent, data=answer)

    def is_connected(self) -> bool:
        from netra_backend.app.websocket_core import WebSocketManager

        return isinstance(self.websocket_manager, WebSocketManager)
