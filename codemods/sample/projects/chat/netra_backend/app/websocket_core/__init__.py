"""Everything about WebSocket connections in one import."""

from netra_backend.app.websocket_core.isolated_event_emitter import IsolatedWebSocketEventEmitter
from netra_backend.app.websocket_core.manager import (
    HeartbeatConfig,
    WebSocketHeartbeatManager,
    # the one everybody wants
    WebSocketManager,
    broadcast_message,
    get_heartbeat_manager,
    get_websocket_manager,  # not the one of netra_backend.app.websocket
    websocket_context,
)
from netra_backend.app.websocket_core.types import CRITICAL_EVENTS, WebSocketMessage, create_standard_message

__all__ = [
    "CRITICAL_EVENTS",
    "HeartbeatConfig",
    "IsolatedWebSocketEventEmitter",
    "WebSocketHeartbeatManager",
    "WebSocketManager",
    "WebSocketMessage",
    "broadcast_message",
    "create_standard_message",
    "get_heartbeat_manager",
    "get_websocket_manager",
    "websocket_context",
]
