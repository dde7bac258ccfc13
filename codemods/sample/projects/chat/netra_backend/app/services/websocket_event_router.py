"""Finds the connections an event may go to."""

from typing import Any, Dict, Optional

from netra_backend.app.websocket_core.manager import WebSocketManager


class WebSocketEventRouter:
    """Knows which connection belongs to whom."""

    def __init__(self, websocket_manager: Optional[WebSocketManager]):
        self.websocket_manager = websocket_manager
        self._owners: Dict[str, str] = {}

    async def register_connection(self, user_id: str, connection_id: str) -> None:
        self._owners[connection_id] = user_id

    async def route_event(self, user_id: str, connection_id: str, event: Dict[str, Any]) -> bool:
        if self.websocket_manager is None or self._owners.get(connection_id) != user_id:
            return False
        return await self.websocket_manager._send_to_connection(connection_id, event)

    async def broadcast_to_user(self, user_id: str, event: Dict[str, Any]) -> int:
        if self.websocket_manager is None:
            return 0
        return int(await self.websocket_manager.send_to_user(user_id, event))
