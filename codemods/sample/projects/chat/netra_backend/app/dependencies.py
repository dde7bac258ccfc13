"""What the routes ask for."""

from typing import Callable

from netra_backend.app.agents.supervisor.agent_instance_factory import AgentInstanceFactory, get_agent_instance_factory
from netra_backend.app.services.agent_websocket_bridge import AgentWebSocketBridge, get_agent_websocket_bridge
from netra_backend.app.websocket_core import WebSocketManager, get_websocket_manager


async def get_ready_bridge() -> AgentWebSocketBridge:
    """The bridge, connected."""
    bridge = await get_agent_websocket_bridge()
    await bridge.ensure_integration()
    return bridge


async def get_ready_agent_factory() -> AgentInstanceFactory:
    """The factory, configured with the bridge."""
    factory = get_agent_instance_factory()
    factory.configure(await get_ready_bridge())
    return factory


def get_connection_count(manager: "WebSocketManager | None" = None) -> int:
    """How many sockets are open."""
    return len((manager or get_websocket_manager()).connections)


def get_websocket_bridge_factory() -> Callable[[], object]:
    """A dependency; not the factory of services.websocket_bridge_factory."""
    return get_ready_bridge
