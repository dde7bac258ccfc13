"""The older WebSocket package; most of it lives in websocket_core now."""

from netra_backend.app.websocket.manager import ConnectionScopedWebSocketManager, connection_scoped_manager
from netra_backend.app.websocket_core import *  # noqa: F401,F403
from netra_backend.app.websocket_core.types import *  # noqa: F401,F403
