"""Endpoints that each found an emitter of their own."""

from typing import Any

from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.services.user_websocket_emitter import UserWebSocketEmitter
from netra_backend.app.services.websocket_bridge_factory import UserWebSocketEmitter as QueuedUserWebSocketEmitter
from netra_backend.app.services.websocket_emitter_pool import get_websocket_emitter_pool
from netra_backend.app.services.websocket_event_emitter import WebSocketEventEmitterFactory
from netra_backend.app.services.websocket_event_router import WebSocketEventRouter
from netra_backend.app.websocket.manager import connection_scoped_manager, get_websocket_manager
from netra_backend.app.websocket_core import IsolatedWebSocketEventEmitter


async def run_scoped(context: UserExecutionContext, agent: str) -> None:
    """Summaries."""
    async with WebSocketEventEmitterFactory.create_scoped_emitter(context) as emitter:
        await emitter.notify_agent_started(context.run_id, agent, {"question": "?"})
        await emitter.notify_agent_thinking(context.run_id, agent, "hmm", 1)
        await emitter.notify_tool_executing(context.run_id, agent, "search", {"q": "tea", "api_key": "k-123"})
        await emitter.notify_tool_completed(context.run_id, agent, "search", {"hits": 2}, 4.0)
        await emitter.notify_agent_completed(context.run_id, agent, {"answer": "tea"}, 9.0)


async def run_isolated(context: UserExecutionContext, agent: str) -> None:
    """Translations."""
    emitter = IsolatedWebSocketEventEmitter.create_for_user(
        context.user_id, context.thread_id, context.run_id, get_websocket_manager()
    )
    await emitter.emit_agent_started(agent, context.run_id)
    await emitter.emit_agent_thinking(agent, "hmm")
    await emitter.emit_tool_executing("search", context.run_id)
    await emitter.emit_tool_completed("search", context.run_id, {"hits": 2})
    await emitter.emit_agent_completed(agent, context.run_id, {"answer": "tea"})


async def run_routed(context: UserExecutionContext, agent: str) -> None:
    """Research."""
    emitter = UserWebSocketEmitter(context, WebSocketEventRouter(get_websocket_manager()))
    await emitter.notify_agent_started(agent, {"question": "?"})
    await emitter.notify_agent_thinking(agent, "hmm", "first")
    await emitter.notify_tool_executing(agent, "search", {"q": "tea"})
    await emitter.notify_tool_completed(agent, "search", True, "2 hits")
    await emitter.notify_agent_completed(agent, {"answer": "tea"}, True)


async def run_pooled(context: UserExecutionContext, agent: str) -> None:
    """Bulk jobs."""
    pool = await get_websocket_emitter_pool()
    emitter = await pool.acquire(context, WebSocketEventRouter(get_websocket_manager()))
    try:
        await emitter.notify_agent_started(agent, {"question": "?"})
        await emitter.notify_agent_thinking(agent, "hmm", "first")
        await emitter.notify_tool_executing(agent, "search", {"q": "tea"})
        await emitter.notify_tool_completed(agent, "search", True, "2 hits")
        await emitter.notify_agent_completed(agent, {"answer": "tea"})
    finally:
        await pool.release(emitter)


async def run_queued(emitter: QueuedUserWebSocketEmitter, agent: str, run_id: str) -> None:
    """Long reports."""
    await emitter.notify_agent_started(agent, run_id)
    await emitter.notify_agent_thinking(agent, run_id, "hmm")
    await emitter.notify_tool_executing(agent, run_id, "search", {"q": "tea"})
    await emitter.notify_tool_completed(agent, run_id, "search", {"hits": 2})
    await emitter.notify_agent_completed(agent, run_id, {"answer": "tea"})
    await emitter.cleanup()


async def run_on_socket(websocket: Any, context: UserExecutionContext, agent: str) -> None:
    """The widget on the landing page, which has no thread of its own."""
    async with connection_scoped_manager(websocket, context.user_id, context.thread_id) as scoped:
        await scoped.send_agent_started(agent, context.run_id, {"question": "?"})
        await scoped.send_agent_thinking(agent, context.run_id, "hmm", "first")
        await scoped.send_tool_executing("search", context.run_id, {"q": "tea"})
        await scoped.send_tool_completed("search", context.run_id, {"hits": 2})
        await scoped.send_agent_completed(agent, context.run_id, {"answer": "tea"})
