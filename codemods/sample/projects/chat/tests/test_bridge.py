"""The bridge, which must stay as it is."""

import asyncio
from unittest.mock import patch

from netra_backend.app.agents.base.interface import ExecutionContext, WebSocketManagerProtocol
from netra_backend.app.agents.supervisor.execution_engine import ExecutionEngine
from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge, IntegrationState
from netra_backend.app.websocket_core.manager import WebSocketManager as CoreManager
from tests.helpers.mock_websocket_manager import MockWebSocketManager


async def connected_bridge():
    bridge = AgentWebSocketBridge()
    await bridge.ensure_integration()
    return bridge


def test_integration_can_be_ensured_twice_and_a_run_needs_a_name():
    bridge = asyncio.run(connected_bridge())
    assert asyncio.run(bridge.ensure_integration()).success
    assert bridge.state is IntegrationState.ACTIVE
    assert asyncio.run(bridge.notify_agent_started("registry", "agent")) is False


def test_a_manager_that_cannot_be_had_fails_the_integration_and_no_more():
    with patch("netra_backend.app.services.agent_websocket_bridge.get_websocket_manager", side_effect=OSError("no")):
        bridge = asyncio.run(connected_bridge())
    assert bridge.state is IntegrationState.FAILED
    assert asyncio.run(bridge.notify_agent_completed("thread_a_run_1", "agent")) is False


def test_the_wire_shape_is_the_one_the_browser_reads():
    manager = MockWebSocketManager()
    with patch("netra_backend.app.services.agent_websocket_bridge.get_websocket_manager", return_value=manager):
        bridge = asyncio.run(connected_bridge())
    engine = ExecutionEngine(bridge, manager)
    assert asyncio.run(engine.execute(ExecutionContext("thread_a_run_1", "agent", "ada"), {"answer": 1})).success
    thread_id, message = manager.sent[-1]
    assert thread_id == "thread_a"
    assert {"type", "run_id", "agent_name", "timestamp", "payload"} <= set(message)


def test_only_a_real_manager_counts_as_connected():
    bridge = AgentWebSocketBridge()
    assert ExecutionEngine(bridge, CoreManager()).is_connected()
    assert not ExecutionEngine(bridge, MockWebSocketManager()).is_connected()
    assert not isinstance(MockWebSocketManager(), WebSocketManagerProtocol)
