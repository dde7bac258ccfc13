"""Same method names, other arguments, other outcomes."""

import asyncio
from unittest.mock import AsyncMock, Mock, create_autospec

import pytest

from netra_backend.app.agents.supervisor.agent_instance_factory import UserWebSocketEmitter
from netra_backend.app.core.websocket_exceptions import AgentCommunicationFailureError, WebSocketSendFailureError
from netra_backend.app.models.user_execution_context import UserExecutionContext
from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge
from netra_backend.app.services.user_websocket_emitter import UserWebSocketEmitter as RoutedEmitter
from netra_backend.app.services.websocket_bridge_factory import UserWebSocketConnection, UserWebSocketContext
from netra_backend.app.services.websocket_bridge_factory import UserWebSocketEmitter as QueuedEmitter
from netra_backend.app.services.websocket_bridge_factory import WebSocketBridgeFactory
from netra_backend.app.services.websocket_emitter_pool import WebSocketEmitterPool
from netra_backend.app.services.websocket_event_emitter import WebSocketEventEmitter, WebSocketEventEmitterFactory
from netra_backend.app.services.websocket_event_router import WebSocketEventRouter
from netra_backend.app.websocket_core import IsolatedWebSocketEventEmitter, WebSocketManager
from tests.helpers.mock_websocket_manager import MockWebSocketManager

CONTEXT = UserExecutionContext("ada", "thread_ada", "run_1")


def test_the_event_emitter_takes_the_run_first_and_refuses_another_run():
    manager = Mock(spec=WebSocketManager)
    manager.send_to_thread = AsyncMock(return_value=True)
    emitter = WebSocketEventEmitter(CONTEXT, manager)
    assert asyncio.run(emitter.notify_agent_started("run_1", "agent")) is True
    assert asyncio.run(emitter.notify_agent_started("run_2", "agent")) is False
    assert manager.send_to_thread.await_args.args[0] == "thread_ada"


def test_a_disposed_event_emitter_raises():
    async def use_after_the_block():
        async with WebSocketEventEmitterFactory.create_scoped_emitter(CONTEXT) as emitter:
            pass
        await emitter.notify_agent_started("run_1", "agent")

    with pytest.raises(RuntimeError):
        asyncio.run(use_after_the_block())


def test_the_factory_emitter_takes_no_run_and_raises_when_nobody_hears():
    bridge = create_autospec(AgentWebSocketBridge, instance=True)  # knows the parameters, however they are given
    bridge.notify_tool_executing.return_value = True
    bridge.notify_agent_started.return_value = False
    bridge.notify_agent_thinking.side_effect = OSError("gone")
    bridge.notify_agent_error.side_effect = OSError("gone")
    emitter = UserWebSocketEmitter("ada", "thread_ada", "run_1", bridge)
    assert asyncio.run(emitter.notify_tool_executing("agent", "search", {"q": "tea"})) is True
    bridge.notify_tool_executing.assert_awaited_once_with("run_1", "agent", "search", {"q": "tea"})
    with pytest.raises(WebSocketSendFailureError):
        asyncio.run(emitter.notify_agent_started("agent"))
    with pytest.raises(AgentCommunicationFailureError):
        asyncio.run(emitter.notify_agent_thinking("agent", "hmm"))
    assert asyncio.run(emitter.notify_agent_error("agent", "boom")) is False


def test_the_routed_emitter_says_false_when_nobody_is_there():
    emitter = RoutedEmitter(CONTEXT, WebSocketEventRouter(WebSocketManager()))
    assert asyncio.run(emitter.notify_tool_completed("agent", "search", True, "2 hits")) is False


def test_the_isolated_emitter_says_nothing_at_all():
    manager = MockWebSocketManager(delivers=False)
    emitter = IsolatedWebSocketEventEmitter("ada", "thread_ada", "run_1", manager)
    assert asyncio.run(emitter.notify_agent_started("agent", "run_1")) is None
    assert [receiver for receiver, _ in manager.sent] == ["thread_ada"]


def test_the_queued_emitter_says_nothing_and_keeps_what_failed():
    async def send_to_nobody():
        context = UserWebSocketContext("ada", "thread_ada", "conn_1")
        connection = UserWebSocketConnection("ada", "conn_1")
        emitter = QueuedEmitter(context, connection, {"max_retries": 1}, WebSocketBridgeFactory())
        outcome = await emitter.notify_tool_executing("agent", "run_1", "search", {"q": "tea"})
        await emitter.cleanup()
        return outcome, [event["event_type"] for event in context.failed_events]

    assert asyncio.run(send_to_nobody()) == (None, ["tool_executing"])


def test_a_pooled_emitter_sends_nothing_after_its_release():
    async def use_twice():
        pool = WebSocketEmitterPool()
        router = WebSocketEventRouter(MockWebSocketManager())
        emitter = await pool.acquire(CONTEXT, router)
        assert await emitter.notify_agent_started("agent", {}) is True
        await pool.release(emitter)
        return await emitter.notify_agent_completed("agent", {}), pool.get_statistics()

    sent, statistics = asyncio.run(use_twice())
    assert not sent
    assert statistics.current_active == 0
