"""One agent instance per run, with the emitter that belongs to it."""

import logging
from typing import TYPE_CHECKING, Any, Dict, Optional

from netra_backend.app.agents.supervisor.user_execution_context import UserExecutionContext
from netra_backend.app.core.websocket_exceptions import AgentCommunicationFailureError, WebSocketSendFailureError
from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge

if TYPE_CHECKING:
    from netra_backend.app.agents.chat_agent import ChatAgent

logger = logging.getLogger(__name__)


class UserWebSocketEmitter:
    """Speaks through the bridge for one run, and is loud when nobody hears it."""

    def __init__(self, user_id: str, thread_id: str, run_id: str, websocket_bridge: AgentWebSocketBridge):
        self.user_id = user_id
        self.thread_id = thread_id
        self.run_id = run_id
        self.websocket_bridge = websocket_bridge
        self._event_count = 0

    async def notify_agent_started(self, agent_name: str, context: Optional[dict] = None) -> bool:
        return await self._deliver(self.websocket_bridge.notify_agent_started(self.run_id, agent_name, context))

    async def notify_agent_thinking(
        self,
        agent_name: str,
        reasoning: str,
        step_number: Optional[int] = None,
        progress_percentage: Optional[float] = None,
    ) -> bool:
        return await self._deliver(
            self.websocket_bridge.notify_agent_thinking(
                self.run_id, agent_name, reasoning, step_number, progress_percentage
            )
        )

    async def notify_tool_executing(self, agent_name: str, tool_name: str, parameters: Optional[dict] = None) -> bool:
        return await self._deliver(
            self.websocket_bridge.notify_tool_executing(self.run_id, agent_name, tool_name, parameters)
        )

    async def notify_tool_completed(
        self, agent_name: str, tool_name: str, result: Optional[dict] = None, execution_time_ms: Optional[float] = None
    ) -> bool:
        return await self._deliver(
            self.websocket_bridge.notify_tool_completed(self.run_id, agent_name, tool_name, result, execution_time_ms)
        )

    async def notify_agent_completed(
        self, agent_name: str, result: Optional[dict] = None, execution_time_ms: Optional[float] = None
    ) -> bool:
        return await self._deliver(
            self.websocket_bridge.notify_agent_completed(self.run_id, agent_name, result, execution_time_ms)
        )

    async def notify_agent_error(self, agent_name: str, error: str, error_context: Optional[dict] = None) -> bool:
        try:
            return await self.websocket_bridge.notify_agent_error(self.run_id, agent_name, error, error_context)
        except Exception as failure:
            logger.error("could not report the error of %s: %s", agent_name, failure)
            return False

    async def cleanup(self) -> None:
        self._event_count = 0

    def get_emitter_status(self) -> Dict[str, Any]:
        return {"user_id": self.user_id, "run_id": self.run_id, "event_count": self._event_count}

    async def _deliver(self, sending: Any) -> bool:
        try:
            sent = await sending
        except Exception as error:
            raise AgentCommunicationFailureError("emitter", self.run_id, str(error), self.user_id) from error
        if not sent:
            raise WebSocketSendFailureError("nobody took it", self.run_id, self.user_id)
        self._event_count += 1
        return True


class AgentInstanceFactory:
    """Makes agents; must be configured with a bridge first."""

    def __init__(self) -> None:
        self._websocket_bridge: Optional[AgentWebSocketBridge] = None

    def configure(self, websocket_bridge: AgentWebSocketBridge) -> None:
        self._websocket_bridge = websocket_bridge

    async def create_user_emitter(self, context: UserExecutionContext) -> UserWebSocketEmitter:
        if self._websocket_bridge is None:
            raise RuntimeError("configure the factory first")
        await self._websocket_bridge.register_run_thread_mapping(context.run_id, context.thread_id)
        return UserWebSocketEmitter(context.user_id, context.thread_id, context.run_id, self._websocket_bridge)

    async def create_agent(self, context: UserExecutionContext) -> "ChatAgent":
        from netra_backend.app.agents.chat_agent import ChatAgent

        return ChatAgent(await self.create_user_emitter(context))


_factory_instance: Optional[AgentInstanceFactory] = None


def get_agent_instance_factory() -> AgentInstanceFactory:
    """The factory of this process."""
    global _factory_instance
    if _factory_instance is None:
        _factory_instance = AgentInstanceFactory()
    return _factory_instance
