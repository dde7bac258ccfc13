"""The WebSocket endpoint."""

from typing import Any, Optional

from netra_backend.app.core.dependencies import WebSocketManager, get_ready_agent_factory, get_websocket_manager
from netra_backend.app.models.user_execution_context import UserExecutionContext


async def open_connection(user_id: str, websocket: Any, thread_id: str) -> str:
    """A browser arrives."""
    manager: WebSocketManager = get_websocket_manager()
    return await manager.connect_user(user_id, websocket, thread_id)


async def close_connection(user_id: str, websocket: Any) -> None:
    """A browser leaves."""
    await get_websocket_manager().disconnect_user(user_id, websocket, 1000)


async def ask(user_id: str, thread_id: str, run_id: str, question: str) -> Optional[dict]:
    """Run the chat agent for a user."""
    factory = await get_ready_agent_factory()
    agent = await factory.create_agent(UserExecutionContext(user_id, thread_id, run_id))
    result = await agent.run(question)
    return result.data if result.success else None
