"""Broadcasting under the name the admin tools know."""

from typing import Any, Dict

from netra_backend.app.websocket_core.manager import WebSocketManager as BroadcastManager

__all__ = ["BroadcastManager", "announce"]


async def announce(text: str) -> int:
    """Tell every connected user something."""
    broadcaster = BroadcastManager()
    message: Dict[str, Any] = {"type": "announcement", "payload": {"text": text}}
    reached = [await broadcaster.send_to_user(user_id, message) for user_id in list(broadcaster.user_connections)]
    return sum(reached)
