"""Reconnection: a user comes back with a new socket."""

from typing import Any

from netra_backend.app.websocket_core.manager import WebSocketManager as WebSocketRecoveryManager
from netra_backend.app.websocket_core.manager import logger as manager_logger


async def resume_user(recovery: WebSocketRecoveryManager, user_id: str, websocket: Any, thread_id: str) -> str:
    """Drop what is left of the old connections and take the new one."""
    await recovery.disconnect_user(user_id, None, code=1001, reason="Replaced by a new connection")
    manager_logger.info("user %s is back", user_id)
    return await recovery.connect_user(user_id, websocket, thread_id)
